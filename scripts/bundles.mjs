// What is bundled into what: the list that the build runs and that test/invariants.test.ts holds it to.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(import.meta.url), '../..');

// Native modules and the optional TensorFlow bindings are never bundled; the engine loads them when it first needs them.
const native = ['sharp', 'onnxruntime-node', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/** esbuild's options for the programs that run in Node. `minify` is off while watching, for readable stacks. */
const node = (minify) => ({
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  minify,
  keepNames: true,
  logLevel: 'warning',
});

const browser = (minify) => ({
  platform: 'browser',
  target: 'es2023',
  format: 'iife',
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  minify,
  logLevel: 'warning',
});

/**
 * Only the host may import `vscode`: the engine and the terminal do not declare it external,
 * so that such an import breaks the build.
 */
export function bundles({ minify }) {
  return [
    { ...node(minify), entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
    { ...node(minify), entryPoints: ['src/engine/main.ts'], outfile: 'dist/engine.js', external: native },
    { ...node(minify), entryPoints: ['src/engine/compile/onnx/worker.ts'], outfile: 'dist/onnxWorker.js', external: native },
    { ...node(minify), entryPoints: ['src/engine/pipeline/worker.ts'], outfile: 'dist/dataWorker.js', external: native },
    { ...node(minify), entryPoints: ['src/engine/cli.ts'], outfile: 'dist/cli.js', external: native, banner: { js: '#!/usr/bin/env node' } },
    ...['inspector', 'standalone', 'compare', 'results', 'evaluation', 'gallery', 'sweep', 'preview', 'glossary'].map((view) => ({
      ...browser(minify),
      entryPoints: [`webview/${view}/${view}.ts`],
      outfile: `dist/webview/${view}.js`,
    })),
  ];
}
