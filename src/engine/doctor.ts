import { availableParallelism, cpus, totalmem } from 'node:os';
import type { EngineInfo, EngineTrial, Examination } from '../protocol';
import { reasonOf } from './compile/backends';
import { aboutOnnx } from './compile/onnx/open';
import { renewedVerdict, type Candidate } from './compile/verdicts';
import type { Provider } from './config/schema';
import { VERSION } from './version';

type Progress = { readonly done: number; readonly of: number };

/**
 * Tests every engine that may compute here, each in a process of its own, against one that is trusted. The verdicts are
 * recorded, so that what was installed since the last test is used from now on.
 *
 * @param inUse what is taken by default, asked after the tests
 */
export async function examine(inUse: () => Promise<EngineInfo>, signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Examination> {
  const { candidates, trials } = await candidatesHere();
  const tested: EngineTrial[] = [];
  for (const [done, candidate] of candidates.entries()) {
    signal.throwIfAborted();
    onProgress({ done, of: candidates.length });
    tested.push(trialOf(candidate, await renewedVerdict(candidate)));
  }
  onProgress({ done: candidates.length, of: candidates.length });
  const { label } = await inUse();
  const engines = [...trials, ...tested].map((trial) => ({ ...trial, chosen: trial.label === label }));
  return { system: systemHere(), engines };
}

/** What can be tried, and what is known not to work without trying. */
async function candidatesHere(): Promise<{ candidates: readonly Candidate[]; trials: readonly EngineTrial[] }> {
  const others = (['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const).map((backend) => ({ backend }));
  try {
    const { providers } = await aboutOnnx();
    return { candidates: [...providers.map((provider) => ({ backend: 'onnx', provider }) as const), ...others], trials: [] };
  } catch (error) {
    return { candidates: others, trials: [trialOf({ backend: 'onnx' }, { works: false, reason: reasonOf(error) })] };
  }
}

function trialOf({ backend, provider }: { backend: string; provider?: Provider }, verdict: Awaited<ReturnType<typeof renewedVerdict>>): EngineTrial {
  const { works, label = null, reason = null, stepMs = null, difference = null } = verdict;
  return { backend, provider: provider ?? null, chosen: false, works, label, reason, stepMs, difference };
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
