// `node scripts/build-tfjs-node.mjs [--python PATH] [--out FOLDER] [--gpu]`: builds native TensorFlow.js from the npm
// package's own source against pip's TensorFlow, by default into .cache/tensorflow, where `npm run test:parity` looks for
// it, too. The same as `vit-lab build-tensorflow`, without a build of ViT Lab.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './progress.mjs';
import { enter } from './setup.mjs';
import { buildInto, builtFolder } from './tensorflow.mjs';

try {
  await enter(import.meta.url);
  const { values } = parseArgs({ options: { python: { type: 'string' }, out: { type: 'string', default: builtFolder }, gpu: { type: 'boolean' } } });
  const { python, out, gpu } = values;
  const folder = path.resolve(out);
  const { version, addon } = await buildInto({ folder, python, gpu, onLine: (line) => console.log(`▸ ${line}`) });
  console.log(`TensorFlow ${version}: ${addon}\nVITLAB_TFJS_NODE=${folder} makes ViT Lab use it.`);
} catch (error) {
  if (error instanceof Error && error.name === 'UserError') console.error(error.message);
  else report(error);
  process.exitCode = 1;
}
