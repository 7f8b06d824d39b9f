// Builds every bundle into dist/. `--watch` keeps building.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const watch = process.argv.includes('--watch');

const node = {
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  minify: !watch,
  keepNames: true,
  logLevel: 'info',
};

// Only the host may import `vscode`: the engine and the terminal do not declare it, so that such an import breaks the build.
// Native modules and the optional TensorFlow bindings are never bundled; the engine loads them when it first needs them.
const native = ['sharp', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];
const bundles = [
  { ...node, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  { ...node, entryPoints: ['src/engine/main.ts'], outfile: 'dist/engine.js', external: native },
  { ...node, entryPoints: ['src/engine/cli.ts'], outfile: 'dist/cli.js', external: native, banner: { js: '#!/usr/bin/env node' } },
  ...['inspector', 'compare', 'results'].map((view) => ({
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2023',
    sourcemap: true,
    minify: !watch,
    logLevel: 'info',
    loader: { '.css': 'css' },
    entryPoints: [`webview/${view}/${view}.ts`],
    outfile: `dist/webview/${view}.js`,
  })),
];

await rm(path.join(root, 'dist'), { recursive: true, force: true });
await mkdir(path.join(root, 'dist/wasm'), { recursive: true });
for (const file of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'])
  await copyFile(path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', file), path.join(root, 'dist/wasm', file));

const present = bundles.filter((bundle) => existsSync(path.join(root, bundle.entryPoints[0])));
if (watch) for (const bundle of present) await (await context(bundle)).watch();
else await Promise.all(present.map((bundle) => build(bundle)));
