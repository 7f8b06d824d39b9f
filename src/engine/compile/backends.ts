import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { BackendName, Provider } from '../config/schema';
import { UserError } from '../userError';
import type { Executor } from './executor';

export interface BackendOptions {
  /** Folder of the `.wasm` files; by default `wasm/` next to the bundle, else the package's own. */
  readonly wasmFolder?: string;
  readonly log?: (message: string) => void;
  /** How ONNX Runtime is to compute. */
  readonly provider?: Provider | 'auto';
  readonly threads?: number;
  /** Opens it without the self-test that it else has to pass. */
  readonly untested?: boolean;
}

type TensorFlow = typeof import('@tensorflow/tfjs');

/** Best first. */
const order: readonly BackendName[] = ['onnx', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'];

/**
 * Opens the wished backend, or by `auto` the best that loads here; `info.rejected` says why no better one does.
 * TensorFlow.js is loaded only now, so that a process that computes nothing starts quickly. Its backend is global to
 * the process: the last executor that was opened decides for all.
 *
 * @throws UserError when the wished backend, or none at all, can be had
 */
export async function openExecutor(wish: 'auto' | BackendName, options: BackendOptions = {}): Promise<Executor> {
  const rejected: { name: BackendName; reason: string }[] = [];
  let own: unknown;
  for (const name of candidates(wish, options)) {
    try {
      const executor = await openBackend(name, options, rejected);
      options.log?.(l10n.t('Computing with {0}.', executor.info.label));
      return executor;
    } catch (error) {
      own = error;
      rejected.push({ name, reason: reasonOf(error) });
    }
  }
  if (rejected.length === 1 && own instanceof UserError) throw own;
  const reasons = rejected.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new UserError(l10n.t('No backend can compute here ({0}). Set engine.backend to auto to use the best that can.', reasons));
}

/** Opens just this backend, or rejects with why it does not run (see `reasonOf`). */
export function openBackend(name: BackendName, options: BackendOptions, rejected: EngineInfo['rejected'] = []): Promise<Executor> {
  return name === 'onnx' ? openCompiled(rejected, options) : openEager(name, rejected, options);
}

/** A provider that is asked for by its name is one of ONNX Runtime: nothing else can stand in for it. */
function candidates(wish: 'auto' | BackendName, { provider = 'auto' }: BackendOptions): readonly BackendName[] {
  if (wish !== 'auto') return [wish];
  return provider === 'auto' || provider === 'cpu' ? order : ['onnx'];
}

async function openCompiled(rejected: EngineInfo['rejected'], { provider = 'auto', threads = 0, ...options }: BackendOptions): Promise<Executor> {
  const { openOnnx } = await import('./onnx/open');
  return openOnnx({ provider, threads, ...options }, rejected);
}

async function openEager(name: EagerName, rejected: EngineInfo['rejected'], options: BackendOptions): Promise<Executor> {
  const label = await start[name](options);
  const { eagerExecutor } = await import('./eager');
  return eagerExecutor({ name, label, rejected });
}

type EagerName = Exclude<BackendName, 'onnx'>;

const start: Readonly<Record<EagerName, (options: BackendOptions) => Promise<string>>> = {
  'tfjs-node-gpu': () => startNative('@tensorflow/tfjs-node-gpu'),
  'tfjs-node': () => startNative('@tensorflow/tfjs-node'),
  wasm: startWasm,
  cpu: startCpu,
};

async function loadTensorFlow(): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs');
  // Production mode keeps TensorFlow.js from advertising itself on the console.
  tf.env().set('PROD', true);
  return tf;
}

async function activate(tf: TensorFlow, backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error(l10n.t('the backend does not start'));
  await tf.ready();
}

/**
 * TensorFlow.js keeps its engine and its registries of kernels and gradients in globals, so the backend that the
 * package's own copy of it registers is the backend of the bundled copy, too.
 */
async function startNative(module: string): Promise<string> {
  restoreUtil();
  // TensorFlow's own notes about the processor would stand among a terminal's messages.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const tf = await loadTensorFlow();
  requireNative(module);
  await activate(tf, 'tensorflow');
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  const device = isUsingGpuDevice ? 'GPU' : 'CPU';
  return `${module.replace('@tensorflow/', '')} (${device}), TensorFlow.js ${tf.version['tfjs']}`;
}

/** Looks for the package in the folder that VITLAB_TFJS_NODE names, else where Node looks from here. */
function requireNative(module: string): void {
  const folder = process.env['VITLAB_TFJS_NODE'];
  createRequire(path.resolve(folder || __dirname, 'backends.js'))(module);
}

async function startWasm({ wasmFolder }: BackendOptions): Promise<string> {
  const tf = await loadTensorFlow();
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const folder = wasmFolder ?? defaultWasmFolder();
  if (!existsSync(path.join(folder, 'tfjs-backend-wasm-simd.wasm'))) throw new Error(l10n.t('no .wasm files in {0}', folder));
  if (tf.getBackend() !== 'wasm') setWasmPaths(path.join(folder, path.sep));
  await activate(tf, 'wasm');
  const { speedUpWasm } = await import('./wasmKernels');
  speedUpWasm();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `wasm${simd ? ' (SIMD)' : ''}, TensorFlow.js ${tf.version['tfjs']}`;
}

async function startCpu(): Promise<string> {
  const tf = await loadTensorFlow();
  await activate(tf, 'cpu');
  return `cpu (plain JavaScript), TensorFlow.js ${tf.version['tfjs']}`;
}

/** The build puts the `.wasm` files next to the bundle; in the source tree they are the package's. */
function defaultWasmFolder(): string {
  const beside = path.join(__dirname, 'wasm');
  if (existsSync(beside)) return beside;
  const { resolve } = createRequire(path.join(__dirname, 'backends.js'));
  return path.dirname(resolve('@tensorflow/tfjs-backend-wasm'));
}

/**
 * tfjs-node 4.22 calls functions of `util` that Node 23 removed (tfjs #8609; the fix #8425 was never released), or that
 * warn that they will be. It reads them from the module object, so they are put there before it loads.
 */
function restoreUtil(): void {
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
    isString: (value: unknown) => typeof value === 'string',
    isNumber: (value: unknown) => typeof value === 'number',
    isBoolean: (value: unknown) => typeof value === 'boolean',
    isObject: (value: unknown) => typeof value === 'object' && value !== null,
    isFunction: (value: unknown) => typeof value === 'function',
  };
  const target = createRequire(path.join(__dirname, 'backends.js'))('node:util') as Record<string, unknown>;
  Object.assign(target, removed);
}

/** Why a backend does not run, short and for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  if (/^cannot find (module|package) '@tensorflow\/tfjs-/i.test(text)) return l10n.t('not installed');
  if (/tfjs_binding.*can ?not be found|^cannot find module '[^']*napi/is.test(text))
    return l10n.t('no native binding for Node {0} on {1}', process.version, process.platform);
  // ONNX Runtime says first where in its source it noticed.
  if (text.includes('onnxruntime_src')) return text.split('\n')[0]!.replace(/^.* was false\. |^\S*onnxruntime_src\S* /, '');
  // What the system's loader says names the binding with its whole path.
  return text.split('\n')[0]!.replace(/^.*(?=tfjs_binding\.node)/, '');
}
