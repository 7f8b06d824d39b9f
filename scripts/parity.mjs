// `npm run test:parity`: compares ViT Lab's numbers with PyTorch, timm, Pillow and scikit-learn. The only suite that needs
// Python 3; it makes its own environment in .cache/parity, or takes the Python that VITLAB_PYTHON names, and is no part of
// `npm test`. The photos are looked for in VITLAB_DATA.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { report, run, step } from './progress.mjs';
import { cache, enter, nodeProgram, projectEnv, root } from './setup.mjs';

const venv = path.join(cache, 'parity');
const own = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const python = process.env.VITLAB_PYTHON || own;
// Pillow 13 changed the order of the passes of a resize; ViT Lab follows it.
const packages = ['torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'pillow>=13', 'scikit-learn', 'onnx', 'onnxruntime'];
const modules = ['torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'PIL', 'sklearn', 'onnx', 'onnxruntime'];

async function hasPackages() {
  return existsSync(python) && run(python, ['-c', `import ${modules.join(', ')}`], { quiet: true }).then(() => true, () => false);
}

async function prepare() {
  if (await hasPackages()) return;
  if (python !== own) throw new Error(`VITLAB_PYTHON is ${python}, which does not have all of ${modules.join(', ')}`);
  await step('Making a Python environment in .cache/parity', () => run('python3', ['-m', 'venv', venv], { quiet: true }));
  await step(`Installing ${packages.join(', ')} (some minutes, once)`, () => run(own, ['-m', 'pip', 'install', '--quiet', ...packages], { quiet: true }));
}

try {
  await enter(import.meta.url);
  await prepare();
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'vitest.parity.config.mts', ...process.argv.slice(2)];
  await run(nodeProgram, args, { cwd: root, env: projectEnv({ VITLAB_PYTHON: python }) });
} catch (error) {
  report(error);
  process.exitCode = 1;
}
