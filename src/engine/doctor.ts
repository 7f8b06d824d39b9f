import { availableParallelism, cpus, totalmem } from 'node:os';
import type { EngineTrial, Examination } from '../protocol';
import type { Candidate } from './compile/executor';
import { obstacle, providersHere } from './compile/machine';
import { reasonOf } from './compile/reason';
import type { Verdict } from './compile/selfTest';
import { renewedVerdict } from './compile/verdicts';
import type { Executors, Forced } from './executors';
import { VERSION } from './version';

type Progress = { readonly done: number; readonly of: number };

/**
 * Tests every engine that may compute here, each in a process of its own, against one that is trusted. The verdicts are
 * recorded, so that what was installed since the last test is used from now on.
 *
 * @param executors asked after the tests what is used by default
 */
export async function examine(executors: Pick<Executors, 'open' | 'forced'>, signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Examination> {
  const candidates = candidatesHere();
  const tested: EngineTrial[] = [];
  for (const [done, candidate] of candidates.entries()) {
    onProgress({ done, of: candidates.length });
    tested.push(trialOf(candidate, await renewedVerdict(candidate, { signal })));
  }
  onProgress({ done: candidates.length, of: candidates.length });
  const { label, forced, problem } = await inUse(executors, signal);
  const engines = tested.map((trial) => ({ ...trial, chosen: trial.label === label, forcedBy: isForced(trial, forced) ? forced!.by : null }));
  return { system: systemHere(), engines, problem };
}

/** What computes where a configuration leaves it open; or why nothing does, since something else is forced. */
async function inUse({ open, forced }: Pick<Executors, 'open' | 'forced'>, signal: AbortSignal): Promise<{ label?: string; forced?: Forced | undefined; problem: string | null }> {
  try {
    const wish = forced();
    try {
      return { label: (await open(undefined, signal)).info.label, forced: wish, problem: null };
    } catch (error) {
      return { forced: wish, problem: reasonOf(error) };
    }
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

function isForced({ backend, provider, precision }: EngineTrial, forced: Forced | undefined): boolean {
  if (!forced || precision !== 'fp32') return false;
  const [wanted, on] = [forced.provider === 'auto' ? forced.backend : 'onnx', forced.provider];
  return backend === wanted && (on === 'auto' || provider === on);
}

/** What can be tried. */
function candidatesHere(): readonly Candidate[] {
  const onnx = providersHere().map((provider): Candidate => ({ backend: 'onnx', provider }));
  const natives = (['tfjs-node-gpu', 'tfjs-node'] as const).flatMap((backend): Candidate[] => [{ backend }, ...(obstacle({ backend }) === undefined ? [{ backend, precision: 'bf16' } as const] : [])]);
  return [...onnx, ...natives, { backend: 'wasm' }, { backend: 'cpu' }];
}

/** What a look at the machine tells is said in better words than a driver has for it. */
function trialOf(candidate: Candidate, verdict: Verdict): EngineTrial {
  const { backend, provider = null, precision = 'fp32' } = candidate;
  const { works, label = null, reason = null, stepMs = null, difference = null } = verdict;
  return { backend, provider, precision, chosen: false, forcedBy: null, works, label, reason: works ? null : (obstacle(candidate) ?? reason), stepMs, difference };
}

function systemHere(): Examination['system'] {
  return {
    vitLab: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? '?',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
