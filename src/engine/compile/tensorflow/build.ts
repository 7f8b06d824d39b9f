import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { cacheFolder } from '../../cacheFolder';
import { UserError } from '../../userError';

/** The last release of the package, and the version of Node's stable interface (N-API) that its sources are written for. */
const PACKAGE_VERSION = '4.22.0';
const NAPI = 8;

/** What the parts take on a disk, in bytes: TensorFlow and its environment (with CUDA, with the packages of NVIDIA); and the rest. */
const ROOM = { cpu: 2.2e9, cuda: 9e9, package: 0.5e9 };

export interface BuildOptions {
  /** Gets `node_modules` with the package, and `python` with TensorFlow when no Python is named. */
  readonly folder: string;
  /** A Python that has TensorFlow. */
  readonly python?: string;
  /** Builds tfjs-node-gpu on a TensorFlow with CUDA. */
  readonly gpu?: boolean;
  /** C++ compiler. */
  readonly compiler?: string;
  readonly signal?: AbortSignal;
  /** Hears what is being done, a line each. */
  readonly onLine: (line: string) => void;
}

export interface Built {
  /** Path of the binding. */
  readonly addon: string;
  /** Version of TensorFlow. */
  readonly version: string;
}

/** All that a build needs was there, and no working binding came out: the package's sources and this TensorFlow do not go together. */
export class BindingError extends UserError {}

/**
 * Builds the native binding of tfjs-node from the sources in its npm package against the TensorFlow of a pip package:
 * the package's own installer downloads a binding that is old, and none for current versions of Node.
 *
 * @throws UserError when a tool, room on the disk or a download is missing, with what it said; BindingError when it is none of these
 */
export async function buildTensorFlow(options: BuildOptions): Promise<Built> {
  const { folder, gpu = false, onLine } = options;
  if (process.platform === 'win32') throw new UserError(l10n.t('The binding of TensorFlow can be built on Linux and macOS only.'));
  const run = runner(options);
  const compiler = await compilerOf(options, run);
  await mkdir(folder, { recursive: true });
  await requireRoom(folder, ROOM.package + (options.python === undefined ? ROOM[gpu ? 'cuda' : 'cpu'] : 0));

  const given = options.python === undefined ? undefined : await tensorFlowOf(options.python, run);
  const home = await installPackage(folder, gpu, run, onLine);
  const tensorFlow = given ?? (await tensorFlowOf(await installTensorFlow(folder, gpu, run, onLine), run));
  const addon = path.join(home, 'lib', `napi-v${NAPI}`, 'tfjs_binding.node');
  onLine(l10n.t('Compiling the binding'));
  await compile({ compiler, home, headers: path.join(folder, 'node_modules/node-api-headers/include'), tensorFlow, addon }, run);
  onLine(l10n.t('Loading it'));
  return { addon, version: await versionOf(addon, run) };
}

/** Where native TensorFlow is built when nobody names a folder. */
export function defaultBuildFolder(): string {
  return path.join(cacheFolder() ?? '.', 'tensorflow');
}

type Failed = (output: string) => string | UserError;

type Run = (command: string, args: readonly string[], failed: Failed, cwd?: string) => Promise<string>;

/** Runs programs to their end and gives their output; an exit code other than 0 becomes the error that `failed` words. */
function runner({ signal }: BuildOptions): Run {
  const errorOf = (failure: string | UserError): UserError => (typeof failure === 'string' ? new UserError(failure) : failure);
  return (command, args, failed, cwd) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }), ...(cwd !== undefined && { cwd }) });
      const output: string[] = [];
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
      child.once('error', (error) => reject(error.name === 'AbortError' ? error : errorOf(failed(error.message))));
      child.once('close', (code) => (code === 0 ? resolve(output.join('')) : reject(errorOf(failed(lastLines(output.join('')))))));
    });
}

/** The end of what a program printed is where it says what is wrong. */
function lastLines(output: string): string {
  return output.trim().split('\n').slice(-8).join('\n');
}

async function compilerOf({ compiler = process.env['CXX'] || (process.platform === 'darwin' ? 'c++' : 'g++') }: BuildOptions, run: Run): Promise<string> {
  const install = process.platform === 'darwin' ? 'xcode-select --install' : 'apt install g++';
  await run(compiler, ['--version'], () => l10n.t('There is no C++ compiler {0}. Install one ({1}), or name another in CXX.', compiler, install));
  return compiler;
}

async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const gigabytes = (size: number): string => (size / 1e9).toFixed(1);
  if (bavail * bsize < bytes) throw new UserError(l10n.t('{0} has room for {1} GB; about {2} GB are needed. Name another folder by --out.', folder, gigabytes(bavail * bsize), gigabytes(bytes)));
}

/** Installs the package from npm without its own installer, and the headers of N-API; gives the folder of the package. */
async function installPackage(folder: string, gpu: boolean, run: Run, onLine: BuildOptions['onLine']): Promise<string> {
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const home = path.join(folder, 'node_modules', name);
  onLine(l10n.t('Installing {0} from npm', `${name}@${PACKAGE_VERSION}`));
  // Without a package of its own, npm would look for one in the folders above.
  if (!existsSync(path.join(folder, 'package.json'))) await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${PACKAGE_VERSION}`, 'node-api-headers@1'];
  await run('npm', args, (output) => l10n.t('npm could not install {0}: {1}', name, output), folder);
  return home;
}

/** Makes a Python environment with TensorFlow in the folder; gives its Python. */
async function installTensorFlow(folder: string, gpu: boolean, run: Run, onLine: BuildOptions['onLine']): Promise<string> {
  const home = path.join(folder, 'python');
  const python = path.join(home, 'bin/python');
  if (!existsSync(python)) {
    onLine(l10n.t('Making a Python environment in {0}', home));
    await run('python3', ['-m', 'venv', home], (output) => l10n.t('There is no Python 3 that can make an environment (on Debian and Ubuntu: apt install python3-venv). Install it, or name one that has TensorFlow (vit-lab build-tensorflow --python): {0}', output));
  }
  const slim = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  const name = gpu ? 'tensorflow[and-cuda]' : slim;
  onLine(l10n.t('Installing {0} from PyPI (some minutes, once)', name));
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', name], (output) => l10n.t('pip could not install {0}: {1}', name, output));
  return python;
}

/** The folder of the TensorFlow of a Python, which is not loaded for this. */
async function tensorFlowOf(python: string, run: Run): Promise<string> {
  const question = "import importlib.util as u; s = u.find_spec('tensorflow'); print(s.submodule_search_locations[0] if s else '')";
  const answer = await run(python, ['-c', question], (output) => l10n.t('{0} does not run: {1}', python, output));
  const folder = answer.trim().split('\n').at(-1)!;
  if (folder === '' || !existsSync(path.join(folder, 'include'))) throw new UserError(l10n.t('{0} has no TensorFlow with headers. Install it there (pip install tensorflow), or leave --python out.', python));
  return folder;
}

interface Sources {
  readonly compiler: string;
  readonly home: string;
  readonly headers: string;
  readonly tensorFlow: string;
  readonly addon: string;
}

async function compile({ compiler, home, headers, tensorFlow, addon }: Sources, run: Run): Promise<void> {
  const sources = (await readdir(path.join(home, 'binding'))).filter((name) => name.endsWith('.cc')).map((name) => path.join(home, 'binding', name));
  const libraries = (await readdir(tensorFlow)).filter((name) => /^libtensorflow_(cc|framework)\.(so\.\d+|\d+\.dylib)$/.test(name));
  if (libraries.length < 2) throw new BindingError(l10n.t('{0} lacks the libraries libtensorflow_cc and libtensorflow_framework.', tensorFlow));
  await mkdir(path.dirname(addon), { recursive: true });
  // Another process may have the old binding loaded: it keeps the file that it has.
  const fresh = `${addon}.${process.pid}`;
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI}`, ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [])];
  const includes = [`-I${headers}`, `-I${path.join(tensorFlow, 'include')}`];
  const linked = libraries.map((name) => path.join(tensorFlow, name));
  try {
    await run(compiler, [...flags, ...includes, ...sources, '-o', fresh, ...linked, '-Xlinker', '-rpath', '-Xlinker', tensorFlow], (output) => new BindingError(l10n.t('The binding does not compile: {0}', output)));
    await rename(fresh, addon);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Loads the binding in a process of its own, where a crash harms nobody. */
async function versionOf(addon: string, run: Run): Promise<string> {
  const question = `try { console.log('\\n' + require(${JSON.stringify(addon)}).TF_Version) } catch (error) { console.log(error.message); process.exit(1) }`;
  const answer = await run(process.execPath, ['-e', question], (output) => new BindingError(l10n.t('The binding was built but does not load: {0}', output)));
  return answer.trim().split('\n').at(-1)!;
}
