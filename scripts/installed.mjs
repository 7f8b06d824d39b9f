// A VS Code of its own with our package installed in it, and the sample workspace that the package writes.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run, step } from './progress.mjs';
import { cache, nodeProgram, projectEnv, root } from './setup.mjs';
import { installCodeServer, installExtension, quietSettings, writeSettings } from './vscode-browser.mjs';

/** The newest package in the project's root. */
export async function findPackage() {
  const names = (await readdir(root)).filter((name) => name.endsWith('.vsix'));
  const dated = await Promise.all(names.map(async (name) => ({ name, time: (await stat(path.join(root, name))).mtimeMs })));
  const newest = dated.sort((a, b) => b.time - a.time)[0];
  if (!newest) throw new Error('There is no .vsix; run `npm run package` first.');
  return path.join(root, newest.name);
}

/** The folder into which the package was installed. */
async function installedFolder(extensions) {
  const name = (await readdir(extensions)).find((entry) => entry.startsWith('vit-lab.vit-lab-'));
  if (!name) throw new Error(`The package is not in ${extensions}`);
  return path.join(extensions, name);
}

/** Writes the sample workspace with the command line of the installed package, which proves that it finds its native parts. */
async function writeWorkspace(extension, folder) {
  await run(nodeProgram, [path.join(extension, 'dist/cli.js'), 'init', folder], { quiet: true, env: projectEnv() });
}

/**
 * Prepares .cache/vscode/<name> afresh: user data, extensions with the package, workspace.
 * `settings` are added to the quiet ones.
 */
export async function prepareInstalled(name, settings = {}) {
  await installCodeServer();
  const base = path.join(cache, 'vscode', name);
  const place = { userData: path.join(base, 'user'), extensions: path.join(base, 'extensions'), folder: path.join(base, 'sample-workspace') };
  await rm(base, { recursive: true, force: true });
  await mkdir(place.extensions, { recursive: true });
  await writeSettings(place.userData, { ...quietSettings, ...settings });
  const vsix = await findPackage();
  await step(`Installing ${path.basename(vsix)} into a fresh VS Code`, () => installExtension(vsix, place));
  const extension = await installedFolder(place.extensions);
  await step('Writing the sample workspace with the installed package', () => writeWorkspace(extension, place.folder));
  return { ...place, extension };
}

/** Adds an unpacked extension to an extensions folder that already keeps a list of what is installed. */
export async function addUnpacked(source, extensions) {
  const { name, publisher, version } = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8'));
  const folder = path.join(extensions, `${publisher}.${name}-${version}`);
  await cp(source, folder, { recursive: true });
  const list = path.join(extensions, 'extensions.json');
  const known = existsSync(list) ? JSON.parse(await readFile(list, 'utf8')) : [];
  const location = { $mid: 1, path: folder, scheme: 'file' };
  known.push({ identifier: { id: `${publisher}.${name}` }, version, location, relativeLocation: path.basename(folder) });
  await writeFile(list, JSON.stringify(known));
}
