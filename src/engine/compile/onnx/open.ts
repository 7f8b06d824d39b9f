import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { cacheFolder } from '../../cacheFolder';
import type { Provider } from '../../config/schema';
import { UserError } from '../../userError';
import type { Executor } from '../executor';
import type { Verdict } from '../selfTest';
import { canTest, renewedVerdict, verdictOf } from '../verdicts';
import { createThread, type Thread } from '../thread';
import { threadExecutor } from '../threadExecutor';
import type { OnnxApi } from './api';

export interface OnnxOptions {
  /** `auto` takes the fastest that passes the self-test; another one must pass it. */
  readonly provider: Provider | 'auto';
  readonly threads: number;
  /** Takes the provider as it is: the self-test itself asks for this. */
  readonly untested?: boolean;
  readonly log?: (message: string) => void;
}

interface Rejection {
  readonly name: string;
  readonly reason: string;
}

/** Providers beside the cpu that this build of the runtime may have; the others that it knows are no use to a training. */
const others: readonly Provider[] = ['cuda', 'dml', 'coreml', 'webgpu'];

/** Version of ONNX Runtime, and the providers that this build of it may have; whether they work is another question. */
export async function aboutOnnx(): Promise<{ version: string; providers: readonly Provider[] }> {
  return about(createThread<OnnxApi>('ONNX Runtime'));
}

async function about(thread: Thread<OnnxApi>): Promise<{ version: string; providers: readonly Provider[] }> {
  const { version, providers } = await thread.ask((api) => api.about({}));
  return { version, providers: ['cpu', ...others.filter((name) => providers.includes(name))] };
}

/**
 * ONNX Runtime on the wished provider, or by `auto` on the fastest that computes right here.
 *
 * @throws UserError when the wished provider does not work here
 */
export async function openOnnx(options: OnnxOptions, rejected: readonly Rejection[]): Promise<Executor> {
  const thread = createThread<OnnxApi>('ONNX Runtime');
  const { version, providers } = await about(thread);
  const refused: Rejection[] = [];
  const provider = await chosen(options, providers, refused);
  const folder = cacheFolder();
  const runtime = { provider, threads: options.threads, ...(folder === undefined ? {} : { cache: path.join(folder, 'graphs') }) };
  const info = { name: 'onnx', label: `${labelOf(provider)}, ONNX Runtime ${version}`, rejected: [...rejected, ...refused] } as const;
  return threadExecutor(info, thread, runtime);
}

function labelOf(provider: Provider): string {
  return `onnx (${provider.toUpperCase()})`;
}

async function chosen({ provider: wish, untested, log }: OnnxOptions, available: readonly Provider[], refused: Rejection[]): Promise<Provider> {
  if (wish === 'cpu' || (wish === 'auto' && !canTest())) return 'cpu';
  if (wish !== 'auto') return untested ? wish : required(wish, available, log);
  const passed: { provider: Provider; ms: number }[] = [];
  for (const provider of available.filter((name) => name !== 'cpu')) {
    let now = false;
    const verdict = await verdictOf({ backend: 'onnx', provider }, () => {
      now = true;
      log?.(testing(provider));
    });
    const against = reasonAgainst(verdict);
    if (against === undefined) passed.push({ provider, ms: verdict.stepMs! });
    // It is told once; a machine without such a device is nothing to hear of at every start.
    else if (now) refused.push({ name: labelOf(provider), reason: against });
  }
  return passed.sort((a, b) => a.ms - b.ms)[0]?.provider ?? 'cpu';
}

/** Why a provider is not taken, if it is not. */
export function reasonAgainst({ works, reason, stepMs = 0, referenceMs = 0 }: Verdict): string | undefined {
  if (!works) return reason ?? '?';
  return stepMs < referenceMs ? undefined : l10n.t('slower than the CPU: {0} ms a step, not {1}', stepMs.toFixed(1), referenceMs.toFixed(1));
}

function testing(provider: Provider): string {
  return l10n.t('Testing once whether {0} computes right here', labelOf(provider));
}

async function required(provider: Provider, available: readonly Provider[], log: OnnxOptions['log']): Promise<Provider> {
  if (!available.includes(provider))
    throw new UserError(l10n.t('ONNX Runtime has no provider {0} on this system (it has {1}). Set engine.provider to auto.', provider, available.join(', ')));
  let now = false;
  const first = await verdictOf({ backend: 'onnx', provider }, () => {
    now = true;
    log?.(testing(provider));
  });
  // What failed another time may work by now: a driver was installed.
  const { works, reason } = first.works || now ? first : await renewedVerdict({ backend: 'onnx', provider });
  if (!works) throw new UserError(l10n.t('engine.provider {0} does not work here: {1}. Set it to auto to use what does.', provider, reason ?? '?'));
  return provider;
}
