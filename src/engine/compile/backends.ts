import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { BackendName, EngineConfig } from '../config/schema';
import { UserError } from '../userError';
import type { EagerOptions } from './eagerBackends';
import type { Executor } from './executor';
import { withFallback } from './fallback';
import { reasonOf } from './reason';
import { fasterOnRecord } from './search';
import { canTest } from './testProcess';
import { forgetVerdict } from './verdicts';

export interface BackendOptions extends EagerOptions, Partial<Omit<EngineConfig, 'backend'>> {
  readonly log?: (message: string) => void;
  /** What asks for the backend and for the provider, where it is not the configuration: for messages. */
  readonly asks?: { readonly backend: string; readonly provider: string };
  /** Opens it without the self-test that it else has to pass. */
  readonly untested?: boolean;
  readonly signal?: AbortSignal;
}

type Rejections = { name: string; reason: string }[];

const native = ['tfjs-node-gpu', 'tfjs-node'] as const;

/**
 * Opens the wished backend, or by `auto` the best that is known to compute right here; `info.rejected` says why no
 * better one does. `auto` tests nothing: see `searchFaster`.
 *
 * @throws UserError when the wished backend, or none at all, can be had
 */
export async function openExecutor(wish: 'auto' | BackendName, options: BackendOptions = {}): Promise<Executor> {
  return openFirst(wish, await candidates(wish, options), options, []);
}

async function openFirst(wish: 'auto' | BackendName, names: readonly BackendName[], options: BackendOptions, rejected: Rejections): Promise<Executor> {
  let own: unknown;
  for (const [i, name] of names.entries()) {
    try {
      const executor = await openBackend(name, options, rejected);
      const { on, info } = executor;
      if (!on || wish !== 'auto' || (options.provider ?? 'auto') !== 'auto') return executor;
      return withFallback(executor, async (error) => {
        const refused = { name: info.label, reason: reasonOf(error) };
        await forgetVerdict(on);
        options.log?.(l10n.t('{0} is not used: {1}', refused.name, refused.reason));
        // ONNX Runtime has other providers.
        return openFirst(wish, names.slice(name === 'onnx' ? i : i + 1), options, [...rejected, refused]);
      });
    } catch (error) {
      own = error;
      options.signal?.throwIfAborted();
      if (wish === 'auto' && isNative(name)) await forgetVerdict({ backend: name });
      rejected.push({ name, reason: reasonOf(error) });
    }
  }
  throw rejected.length === 1 && own instanceof UserError ? own : noneComputes(wish, options, rejected);
}

/** Opens just this backend, or rejects with why it does not run (see `reasonOf`). */
export async function openBackend(name: BackendName, options: BackendOptions, rejected: EngineInfo['rejected'] = []): Promise<Executor> {
  const { provider = 'auto', threads = 0, execution = 'compiled', precision = 'fp32' } = options;
  const compiles = isNative(name) && execution === 'compiled';
  if (precision === 'bf16' && !compiles) throw new UserError(l10n.t('engine.precision bf16 needs the compiled graphs of tfjs-node or tfjs-node-gpu; {0} computes in fp32.', name));
  if (name === 'onnx') {
    const { openOnnx } = await import('./onnx/open');
    const { asks, ...rest } = options;
    return openOnnx({ ...rest, provider, threads, ...(asks && { asks: asks.provider }) }, rejected);
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

/** Native TensorFlow where it is on record as right and faster than ONNX Runtime on the CPU. */
async function fasterThanOnnx({ untested = false, execution }: BackendOptions): Promise<(typeof native)[number][]> {
  if (untested || execution === 'eager' || !canTest()) return [];
  return (await fasterOnRecord(native.map((backend) => ({ backend })))).map(({ backend }) => backend);
}

function isNative(name: BackendName): name is (typeof native)[number] {
  return native.some((one) => one === name);
}

function noneComputes(wish: 'auto' | BackendName, { precision, provider = 'auto', asks }: BackendOptions, rejected: Rejections): UserError {
  const reasons = rejected.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  if (precision === 'bf16' && wish === 'auto')
    return new UserError(l10n.t('engine.precision bf16 needs native TensorFlow ({0}). Build it (vit-lab build-tensorflow, in VS Code Build Native TensorFlow…), or set engine.precision to fp32.', reasons));
  const asking = wish !== 'auto' ? (asks?.backend ?? 'engine.backend') : provider !== 'auto' ? (asks?.provider ?? 'engine.provider') : undefined;
  if (asking === undefined) return new UserError(l10n.t('Nothing can compute here ({0}). vit-lab doctor tests everything anew.', reasons));
  return new UserError(l10n.t('What {0} asks for cannot compute here ({1}). auto takes the best that can.', asking, reasons));
}
