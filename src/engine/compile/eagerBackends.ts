import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { BackendName } from '../config/schema';
import type { Executor } from './executor';

type TensorFlow = typeof import('@tensorflow/tfjs');

/** Backends of TensorFlow.js, which run the model op by op. */
export type EagerName = Exclude<BackendName, 'onnx'>;

export interface EagerOptions {
  /** Folder of the `.wasm` files; by default `wasm/` next to the bundle, else the package's own. */
  readonly wasmFolder?: string;
}

/**
 * Sets the backend of TensorFlow.js and gives its executor. TensorFlow.js is loaded only now, so that a process that
 * computes nothing starts quickly. Its backend is global to the process: the last one that was opened decides for all.
 */
export async function openEager(name: EagerName, options: EagerOptions, rejected: EngineInfo['rejected']): Promise<Executor> {
  const label = await start[name](options);
  const { eagerExecutor } = await import('./eager');
  return eagerExecutor({ name, label, rejected });
}

const start: Readonly<Record<EagerName, (options: EagerOptions) => Promise<string>>> = {
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
  const { allowBorders } = await import('./nativeKernels');
  allowBorders();
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  const device = isUsingGpuDevice ? 'GPU' : 'CPU';
  return `${module.replace('@tensorflow/', '')} (${device}), TensorFlow.js ${tf.version['tfjs']}`;
}

/** Looks for the package in the folder that VITLAB_TFJS_NODE names, else where Node looks from here. */
function requireNative(module: string): void {
  const folder = process.env['VITLAB_TFJS_NODE'];
  createRequire(path.resolve(folder || __dirname, 'eagerBackends.js'))(module);
}

async function startWasm({ wasmFolder }: EagerOptions): Promise<string> {
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
  const { resolve } = createRequire(path.join(__dirname, 'eagerBackends.js'));
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
  const target = createRequire(path.join(__dirname, 'eagerBackends.js'))('node:util') as Record<string, unknown>;
  Object.assign(target, removed);
}
