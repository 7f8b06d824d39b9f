import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { cacheFolder } from '../../cacheFolder';
import type { Provider } from '../../config/schema';
import { UserError } from '../../userError';
import type { Candidate, Executor } from '../executor';
import { DEVICES, obstacle } from '../machine';
import { reasonOf } from '../reason';
import { fasterOnRecord, labelOf } from '../search';
import { canTest } from '../testProcess';
import { createThread, type Thread } from '../thread';
import { threadExecutor } from '../threadExecutor';
import { forgetVerdict, knownVerdict, renewedVerdict } from '../verdicts';
import type { OnnxApi } from './api';

export interface OnnxOptions {
  /** `auto` takes the fastest that is known to compute right here; another one must pass its test. */
  readonly provider: Provider | 'auto';
  readonly threads: number;
  /** What asks for the provider, for messages. */
  readonly asks?: string;
  /** Takes the provider as it is: the self-test itself asks for this. */
  readonly untested?: boolean;
  readonly signal?: AbortSignal;
  readonly log?: (message: string) => void;
}

interface Rejection {
  readonly name: string;
  readonly reason: string;
}

/** Version of ONNX Runtime, and the providers that this build of it may have; whether they work is another question. */
async function about(thread: Thread<OnnxApi>): Promise<{ version: string; providers: readonly Provider[] }> {
  const { version, providers } = await thread.ask((api) => api.about({}));
  return { version, providers: ['cpu', ...DEVICES.filter((name) => providers.includes(name))] };
}

/**
 * ONNX Runtime on the wished provider, or by `auto` on the fastest that is on record as computing right here. Nothing is
 * tested for `auto`: what has no verdict yet is not taken.
 *
 * @throws UserError when the wished provider does not work here
 */
export async function openOnnx(options: OnnxOptions, rejected: readonly Rejection[]): Promise<Executor> {
  const thread = createThread<OnnxApi>('ONNX Runtime');
  const { version, providers } = await about(thread);
  const refused: Rejection[] = [];
  const provider = await chosen(options, thread, providers, refused);
  const folder = cacheFolder();
  const runtime = { provider, threads: options.threads, ...(folder === undefined ? {} : { cache: path.join(folder, 'graphs') }) };
  const on: Candidate = { backend: 'onnx', provider };
  const info = { name: 'onnx', label: `${labelOf(on)}, ONNX Runtime ${version}`, rejected: [...rejected, ...refused] } as const;
  return { ...threadExecutor(info, thread, runtime), ...(provider !== 'cpu' && { on }) };
}

async function chosen(options: OnnxOptions, thread: Thread<OnnxApi>, available: readonly Provider[], refused: Rejection[]): Promise<Provider> {
  const { provider: wish, untested = false } = options;
  if (wish === 'cpu' || (wish === 'auto' && (untested || !canTest()))) return 'cpu';
  if (wish !== 'auto') return untested ? wish : required(wish, options, thread, available);
  for (const { provider } of await fasterOnRecord(available.map((name) => ({ backend: 'onnx', provider: name }) as const))) {
    const reason = await failure(thread, provider);
    if (reason === undefined) return provider;
    refused.push({ name: labelOf({ backend: 'onnx', provider }), reason });
  }
  return 'cpu';
}

/** Why a provider does not work any more that once passed its test, if it does not; what is on record is then dropped. */
async function failure(thread: Thread<OnnxApi>, provider: Provider): Promise<string | undefined> {
  const candidate: Candidate = { backend: 'onnx', provider };
  try {
    const reason = obstacle(candidate);
    if (reason === undefined) await thread.ask((api) => api.probe({ provider }));
    else throw new UserError(reason);
    return undefined;
  } catch (error) {
    await forgetVerdict(candidate);
    return reasonOf(error);
  }
}

async function required(provider: Provider, { asks = 'engine.provider', log, signal }: OnnxOptions, thread: Thread<OnnxApi>, available: readonly Provider[]): Promise<Provider> {
  if (!available.includes(provider))
    throw new UserError(l10n.t('ONNX Runtime has no provider {0}, which {1} asks for, on this system (it has {2}). auto takes what works.', provider, asks, available.join(', ')));
  const candidate: Candidate = { backend: 'onnx', provider };
  // What failed another time may work by now: a driver was installed.
  if (!(await knownVerdict(candidate))?.works) {
    log?.(l10n.t('Testing once whether {0} computes right here', labelOf(candidate)));
    const { works, reason = '?' } = await renewedVerdict(candidate, signal ? { signal } : {});
    if (!works) throw doesNotWork(provider, obstacle(candidate) ?? reason, asks);
  }
  const reason = await failure(thread, provider);
  if (reason !== undefined) throw doesNotWork(provider, reason, asks);
  return provider;
}

function doesNotWork(provider: Provider, reason: string, asks: string): UserError {
  return new UserError(l10n.t('The provider {0}, which {1} asks for, does not work here: {2}. auto takes what works.', provider, asks, reason));
}
