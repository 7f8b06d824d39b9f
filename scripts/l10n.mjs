// `npm run l10n`: collects every text that the code shows into l10n/bundle.l10n.json, the list that translators work from.
//   --check   writes nothing; fails when the list is not up to date
import { readFile, readdir, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { root } from './bundles.mjs';

const bundle = path.join(root, 'l10n/bundle.l10n.json');

async function sources(folder) {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'));
  const read = await Promise.all(files.map(async (file) => ({ extension: '.ts', contents: await readFile(path.join(file.parentPath, file.name), 'utf8') })));
  // Parsing is slow; a file without a text needs none.
  return read.filter(({ contents }) => contents.includes('l10n.t('));
}

const DESCRIPTION = /\.describe\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)/g;

/** What keys of a configuration mean, as their schemas say it: shown in the user's language where the key is written. */
async function descriptions() {
  const folder = path.join(root, 'src/engine/config');
  const files = (await readdir(folder)).filter((name) => /schema\.ts$/i.test(name) && name !== 'jsonSchema.ts');
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  const found = texts.flatMap((text) => [...text.matchAll(DESCRIPTION)].map(([, literal]) => literal.slice(1, -1).replace(/\\(.)/g, '$1')));
  const calls = texts.reduce((sum, text) => sum + text.split('.describe(').length - 1, 0);
  if (found.length !== calls) throw new Error(`${calls - found.length} descriptions of ${folder} are no single text and cannot be collected`);
  return Object.fromEntries(found.map((text) => [text, text]));
}

/** The texts of the host, the engine, the command line and the webviews, sorted. */
export async function extract() {
  const texts = { ...(await getL10nJson([...(await sources('src')), ...(await sources('webview'))])), ...(await descriptions()) };
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

if (process.argv[1] === import.meta.filename) {
  const text = `${JSON.stringify(await extract(), null, 2)}\n`;
  if (process.argv.includes('--check')) {
    if ((await readFile(bundle, 'utf8')) !== text) throw new Error('l10n/bundle.l10n.json is not up to date: run `npm run l10n`');
  } else {
    await mkdir(path.dirname(bundle), { recursive: true });
    await writeFile(bundle, text);
    console.log(`${Object.keys(JSON.parse(text)).length} texts in ${path.relative(root, bundle)}`);
  }
}
