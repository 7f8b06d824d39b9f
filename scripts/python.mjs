// Python environments for what compares ViT Lab with other frameworks; nothing else needs Python.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run, step } from './progress.mjs';
import { cache } from './setup.mjs';

/** The Python of an environment in .cache. */
export function pythonOf(name) {
  return path.join(cache, name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

function imports(python, modules) {
  return existsSync(python) && run(python, ['-c', `import ${modules.join(', ')}`], { quiet: true }).then(() => true, () => false);
}

/**
 * A Python that has these modules: the one that the environment variable names, else one of our own in .cache, made when
 * it is not there.
 */
export async function ensurePython({ name, variable, packages, modules }) {
  const own = pythonOf(name);
  const python = process.env[variable] || own;
  if (await imports(python, modules)) return python;
  if (python !== own) throw new Error(`${variable} is ${python}, which does not have all of ${modules.join(', ')}`);
  await step(`Making a Python environment in .cache/${name}`, () => run('python3', ['-m', 'venv', path.join(cache, name)], { quiet: true }));
  await step(`Installing ${packages.join(', ')} (some minutes, once)`, () => run(own, ['-m', 'pip', 'install', '--quiet', ...packages], { quiet: true }));
  return own;
}
