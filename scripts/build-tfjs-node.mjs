// `node scripts/build-tfjs-node.mjs [--python PATH] [--out FOLDER] [--gpu]`: builds native TensorFlow.js from the npm
// package's own source against pip's TensorFlow, by default into .cache/tensorflow, where `npm run test:parity` finds it.
// The same as `vit-lab build-tensorflow`, without a build of ViT Lab.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { report } from './progress.mjs';
import { cache, enter, root } from './setup.mjs';

try {
  await enter(import.meta.url);
  const { values } = parseArgs({ options: { python: { type: 'string' }, out: { type: 'string', default: path.join(cache, 'tensorflow') }, gpu: { type: 'boolean' } } });
  mkdirSync(cache, { recursive: true });
  const outfile = path.join(cache, 'build-tensorflow.cjs');
  await build({ absWorkingDir: root, entryPoints: ['src/engine/compile/tensorflow/build.ts'], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'warning' });
  const { buildTensorFlow } = createRequire(import.meta.url)(outfile);
  const { python, out, gpu } = values;
  const folder = path.resolve(out);
  const { version, addon } = await buildTensorFlow({ folder, python, gpu, onLine: (line) => console.log(`▸ ${line}`) });
  console.log(`TensorFlow ${version}: ${addon}\nVITLAB_TFJS_NODE=${folder} makes ViT Lab use it.`);
} catch (error) {
  if (error instanceof Error && error.name === 'UserError') console.error(error.message);
  else report(error);
  process.exitCode = 1;
}
