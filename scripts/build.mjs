// Builds every bundle into dist/. `--watch` keeps building and checks the types beside it.
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, context } from 'esbuild';
import { bundles, root } from './bundles.mjs';

const watch = process.argv.includes('--watch');
const wasm = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];
const present = bundles({ minify: !watch }).filter((bundle) => existsSync(path.join(root, bundle.entryPoints[0])));

async function copyWasm() {
  await mkdir(path.join(root, 'dist/wasm'), { recursive: true });
  const source = path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  for (const file of wasm) await copyFile(path.join(source, file), path.join(root, 'dist/wasm', file));
}

/** Removes what an earlier build left; what is in use is replaced in place, so that a running engine keeps working. */
async function prune(outputs) {
  const kept = new Set([...outputs, ...wasm.map((file) => `dist/wasm/${file}`)].map((file) => path.normalize(file)));
  for (const entry of await readdir(path.join(root, 'dist'), { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path.relative(root, file))) await rm(file);
  }
}

/** Tells the watch task when a round begins and ends. */
const rounds = (name) => ({
  name: 'rounds',
  setup(plugin) {
    plugin.onStart(() => console.log(`[watch] building ${name}`));
    plugin.onEnd(() => console.log(`[watch] done ${name}`));
  },
});

function watchTypes() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  for (const project of ['src/engine', 'src', 'webview'])
    spawn(process.execPath, [tsc, '--noEmit', '--watch', '--preserveWatchOutput', '--pretty', 'false', '-p', project], { cwd: root, stdio: 'inherit' });
}

await copyWasm();
if (watch) {
  for (const bundle of present) await (await context({ ...bundle, logLevel: 'info', plugins: [rounds(bundle.outfile)] })).watch();
  watchTypes();
} else {
  const results = await Promise.allSettled(present.map((bundle) => build({ ...bundle, metafile: true })));
  // esbuild has printed what is wrong and where; its stack would only hide it.
  if (results.some((result) => result.status === 'rejected')) process.exit(1);
  await prune(results.flatMap((result) => Object.keys(result.value.metafile.outputs)));
  await chmod(path.join(root, 'dist/cli.js'), 0o755);
}
