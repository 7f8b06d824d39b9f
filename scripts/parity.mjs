// `npm run test:parity`: compares ViT Lab's numbers with PyTorch and timm. The only suite that needs Python 3;
// it makes its own environment in .cache/parity and is no part of `npm test`.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { report, run, step } from './progress.mjs';
import { cache, enter, nodeProgram, projectEnv, root } from './setup.mjs';

const venv = path.join(cache, 'parity');
const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const packages = ['torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'pillow'];

async function hasPackages() {
  const modules = packages.map((name) => (name === 'pillow' ? 'PIL' : name));
  return existsSync(python) && run(python, ['-c', `import ${modules.join(', ')}`], { quiet: true }).then(() => true, () => false);
}

async function prepare() {
  if (await hasPackages()) return;
  await step('Making a Python environment in .cache/parity', () => run('python3', ['-m', 'venv', venv], { quiet: true }));
  await step(`Installing ${packages.join(', ')} (some minutes, once)`, () => run(python, ['-m', 'pip', 'install', '--quiet', ...packages], { quiet: true }));
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
