// `npm run package`: writes vit-lab-<version>-<platform>.vsix with what the product needs on this platform, and nothing else.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './progress.mjs';
import { cache, projectEnv, root } from './setup.mjs';

const staging = path.join(cache, 'package');
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** The platform in the Marketplace's words. */
function platform() {
  const { glibcVersionRuntime } = process.report.getReport().header;
  if (process.platform === 'linux' && !glibcVersionRuntime) return `alpine-${process.arch}`;
  return `${process.platform}-${process.arch === 'arm' ? 'armhf' : process.arch}`;
}

/** A package and all that it needs at run time, as far as it is installed here: other platforms' parts are not. */
async function closure(name, found = new Set()) {
  const folder = path.join(root, 'node_modules', name);
  if (found.has(name) || !existsSync(folder)) return found;
  found.add(name);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) await closure(next, found);
  return found;
}

// Sources, headers, tests and prose of a native package are for building it; its licence has to stay.
const unneeded = /\.(map|d\.[cm]?ts|md|markdown|h|cc|gyp)$|^(test|tests|docs|src|install|bin)$|[/\\](include|glib-2\.0)$/i;
const isNeeded = (file) => !unneeded.test(file) || /licen[cs]e/i.test(path.basename(file));

/** ONNX Runtime's package carries the binaries of all platforms, its sources and what its installer needs; only this platform's are copied. */
const foreign = new RegExp(
  String.raw`^onnxruntime-node/(bin/napi-v\d+/(?!${process.platform}(/${process.arch}(/|$)|$))|script|lib|node_modules)|^onnxruntime-common/(lib|dist/esm)`,
);

/**
 * Native packages go beside the engine that loads them, under dist/node_modules: Node finds them there,
 * and vsce leaves the root's node_modules alone.
 */
async function copyNatives() {
  const modules = path.join(root, 'node_modules');
  for (const name of [...(await closure('sharp')), 'onnxruntime-node', 'onnxruntime-common'])
    await cp(path.join(modules, name), path.join(staging, 'dist/node_modules', name), {
      recursive: true,
      filter: (source) => isNeeded(path.relative(modules, source)) && !foreign.test(path.relative(modules, source).replaceAll('\\', '/')),
    });
}

async function copyOwn() {
  const optional = ['media', 'l10n', 'configs', 'README.md', 'CHANGELOG.md', 'LICENSE'];
  const strings = (await readdir(root)).filter((name) => /^package\.nls(\.[a-z-]+)?\.json$/.test(name));
  for (const name of ['dist', ...optional, ...strings])
    if (existsSync(path.join(root, name)))
      await cp(path.join(root, name), path.join(staging, name), { recursive: true, filter: (source) => !source.endsWith('.map') });
  const { scripts, devDependencies, dependencies, optionalDependencies, allowScripts, private: hidden, bin, ...shipped } = manifest;
  await writeFile(path.join(staging, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  await writeFile(path.join(staging, '.vscodeignore'), await readFile(path.join(root, '.vscodeignore'), 'utf8'));
}

await rm(staging, { recursive: true, force: true });
await mkdir(staging, { recursive: true });
await copyOwn();
await copyNatives();
const target = platform();
const vsix = path.join(root, `${manifest.name}-${manifest.version}-${target}.vsix`);
const args = ['package', '--target', target, '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', vsix];
await run(process.execPath, [path.join(root, 'node_modules/@vscode/vsce/vsce'), ...args], { quiet: true, cwd: staging, env: projectEnv() });
console.log(`${path.relative(root, vsix)}  ${((await stat(vsix)).size / 1e6).toFixed(1)} MB`);
