// `npm run l10n`: collects every text that the code shows into l10n/bundle.l10n.json, the list that translators work from.
//   --check   writes nothing; fails when the list is not up to date
import { readFile, readdir, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';
import { root } from './bundles.mjs';

const bundle = path.join(root, 'l10n/bundle.l10n.json');

async function sources(folder) {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'));
  return Promise.all(files.map(async ({ parentPath, name }) => ({ file: path.join(parentPath, name), text: await readFile(path.join(parentPath, name), 'utf8') })));
}

/** The English of each `l10n.t('…', …)`: TypeScript's own parser takes a tenth of the time of the grammar that @vscode/l10n-dev brings. */
function textsIn({ file, text }) {
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText())) found.push(...textOf(node));
    ts.forEachChild(node, visit);
  };
  if (text.includes('l10n.t(')) visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

function textOf(call) {
  const [given] = call.arguments;
  // A description that was collected elsewhere, see `descriptions`.
  if (ts.isObjectLiteralExpression(given)) return [];
  if (ts.isStringLiteral(given) || ts.isNoSubstitutionTemplateLiteral(given)) return [given.text];
  throw new Error(`${call.getSourceFile().fileName} shows what is no single text: ${call.getText()}`);
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
  const shown = [...(await sources('src')), ...(await sources('webview'))].flatMap(textsIn);
  const texts = { ...Object.fromEntries(shown.map((text) => [text, text])), ...(await descriptions()) };
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
