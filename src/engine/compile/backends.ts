import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { BackendName, EngineConfig } from '../config/schema';
import { UserError } from '../userError';
import type { EagerOptions } from './eagerBackends';
import type { Executor } from './executor';
import { canTest, verdictOf } from './verdicts';

export interface BackendOptions extends EagerOptions, Partial<Omit<EngineConfig, 'backend'>> {
  readonly log?: (message: string) => void;
  /** Opens it without the self-test that it else has to pass. */
  readonly untested?: boolean;
}

const native = ['tfjs-node-gpu', 'tfjs-node'] as const;

/**
 * Opens the wished backend, or by `auto` the best that computes right here; `info.rejected` says why no better one does.
 *
 * @throws UserError when the wished backend, or none at all, can be had
 */
export async function openExecutor(wish: 'auto' | BackendName, options: BackendOptions = {}): Promise<Executor> {
  const rejected: { name: BackendName; reason: string }[] = [];
  let own: unknown;
  for (const name of await candidates(wish, options)) {
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
export async function openBackend(name: BackendName, options: BackendOptions, rejected: EngineInfo['rejected'] = []): Promise<Executor> {
  const { provider = 'auto', threads = 0, execution = 'compiled', precision = 'fp32' } = options;
  const compiles = isNative(name) && execution === 'compiled';
  if (precision === 'bf16' && !compiles) throw new UserError(l10n.t('engine.precision bf16 needs the compiled graphs of tfjs-node or tfjs-node-gpu; {0} computes in fp32.', name));
  if (name === 'onnx') {
    const { openOnnx } = await import('./onnx/open');
    return openOnnx({ ...options, provider, threads }, rejected);
  }
  if (compiles) {
    const { openTensorFlow } = await import('./tensorflow/open');
    return openTensorFlow(name, { precision }, rejected);
  }
  const { openEager } = await import('./eagerBackends');
  return openEager(name, options, rejected);
}

/** Best first. What only one kind of engine can do leaves the others out: nothing else can stand in for it. */
async function candidates(wish: 'auto' | BackendName, options: BackendOptions): Promise<readonly BackendName[]> {
  const { provider = 'auto', precision = 'fp32' } = options;
  if (wish !== 'auto') return [wish];
  if (provider !== 'auto' && provider !== 'cpu') return ['onnx'];
  if (precision === 'bf16') return native;
  const faster = provider === 'auto' ? await fasterThanOnnx(options) : [];
  return [...faster, 'onnx', ...native.filter((name) => !faster.includes(name)), 'wasm', 'cpu'];
}

/** Installed engines that passed their test, which measures their speed against that of ONNX Runtime on the CPU. */
async function fasterThanOnnx({ log, untested, execution }: BackendOptions): Promise<(typeof native)[number][]> {
  if (untested || execution === 'eager' || !canTest()) return [];
  const { hasAddon } = await import('./tensorflow/open');
  const faster: (typeof native)[number][] = [];
  for (const name of native.filter((one) => hasAddon(one))) {
    const { works, stepMs = 0, referenceMs = 0 } = await verdictOf({ backend: name }, () => log?.(l10n.t('Testing once whether {0} computes right here', name)));
    if (works && stepMs < referenceMs) faster.push(name);
  }
  return faster;
}

function isNative(name: BackendName): name is (typeof native)[number] {
  return native.some((one) => one === name);
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
