// `npm run test:parity`: compares ViT Lab's numbers with PyTorch, timm, Pillow and scikit-learn. The only suite that needs
// Python 3; it makes its own environment in .cache/parity, or takes the Python that VITLAB_PYTHON names, and is no part of
// `npm test`. The photos are looked for in VITLAB_DATA. Native TensorFlow is compared, too, where VITLAB_TFJS_NODE names a
// folder that has it, or scripts/build-tfjs-node.mjs has built it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { report, run } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { cache, enter, nodeProgram, projectEnv, root } from './setup.mjs';

const environment = {
  name: 'parity',
  variable: 'VITLAB_PYTHON',
  // Pillow 13 changed the order of the passes of a resize; ViT Lab follows it.
  packages: ['torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'pillow>=13', 'scikit-learn', 'onnx', 'onnxruntime'],
  modules: ['torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'PIL', 'sklearn', 'onnx', 'onnxruntime'],
};

const built = path.join(cache, 'tensorflow');
const tensorFlow = process.env.VITLAB_TFJS_NODE || (existsSync(built) ? built : '');

try {
  await enter(import.meta.url);
  const python = await ensurePython(environment);
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'vitest.parity.config.mts', ...process.argv.slice(2)];
  await run(nodeProgram, args, { cwd: root, env: projectEnv({ VITLAB_PYTHON: python, ...(tensorFlow && { VITLAB_TFJS_NODE: tensorFlow }) }) });
} catch (error) {
  report(error);
  process.exitCode = 1;
}
