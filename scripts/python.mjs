// Python environments for what compares ViT Lab with other frameworks; nothing else needs Python.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run, step } from './progress.mjs';
import { Missing } from './results.mjs';
import { cache } from './setup.mjs';

/** The Python of an environment in .cache. */
export function pythonOf(name) {
  return path.join(cache, name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

function imports(python, modules) {
  return run(python, ['-c', `import ${modules.join(', ')}`], { quiet: true });
}

/** The end of what a program printed is where it says what is wrong. */
function lacking(what) {
  return (error) => {
    throw new Missing(`${what}:\n${`${error.output ?? ''}${error.message}`.trim().split('\n').slice(-5).join('\n')}`);
  };
}

/** What pip downloads is installed in .cache at once and stays there: a second copy, elsewhere, serves nobody. */
export const pipSettings = { PIP_NO_CACHE_DIR: '1' };

async function makeEnvironment(name, packages) {
  const python = pythonOf(name);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  await step(`Making a Python environment in .cache/${name}`, () => run('python3', ['-m', 'venv', path.join(cache, name)], { quiet: true })).catch(
    lacking('There is no Python 3 that can make an environment (on Debian and Ubuntu: apt install python3-venv)'),
  );
  await step(`Installing ${packages.join(', ')} (some minutes, once)`, () => run(python, install, { quiet: true, env: { ...process.env, ...pipSettings } })).catch(
    lacking(`pip could not install ${packages.join(', ')}`),
  );
  return python;
}

/**
 * A Python that has these modules: the one that the environment variable names, else one of our own in .cache, made when
 * it is not there.
 *
 * @throws Missing when there is no Python 3, or what it needs cannot be downloaded
 */
export async function ensurePython({ name, variable, packages, modules }) {
  const own = pythonOf(name);
  const python = process.env[variable] || own;
  const works = existsSync(python) && (await imports(python, modules).then(() => true, () => false));
  if (works) return python;
  if (python !== own) throw new Error(`${variable} is ${python}, which does not have all of ${modules.join(', ')}`);
  await makeEnvironment(name, packages);
  await imports(own, modules).catch(lacking(`What pip installed does not load`));
  return own;
}
