import * as l10n from '@vscode/l10n';
import type { Candidate } from './executor';
import { obstacle, providersHere } from './machine';
import { reasonOf } from './reason';
import type { Verdict } from './selfTest';
import { canTest } from './testProcess';
import { knownVerdict, renewedVerdict } from './verdicts';

/** Why a candidate is not taken by `auto`, if it is not. The reference of its test is ONNX Runtime on the CPU. */
export function reasonAgainst({ works, reason, stepMs = 0, referenceMs = 0 }: Verdict): string | undefined {
  if (!works) return reason ?? '?';
  return stepMs < referenceMs ? undefined : l10n.t('slower than the CPU: {0} ms a step, not {1}', stepMs.toFixed(1), referenceMs.toFixed(1));
}

/** The candidates that are on record as right and faster than ONNX Runtime on the CPU, the fastest first. */
export async function fasterOnRecord<C extends Candidate>(candidates: readonly C[]): Promise<readonly C[]> {
  const verdicts = await Promise.all(candidates.map(async (candidate) => ({ candidate, verdict: await knownVerdict(candidate) })));
  const faster = verdicts.filter(({ verdict }) => verdict && reasonAgainst(verdict) === undefined);
  return faster.sort((a, b) => a.verdict!.stepMs! - b.verdict!.stepMs!).map(({ candidate }) => candidate);
}

export interface Search {
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
}

let searching = false;

/**
 * Tests in the background what has no verdict yet and may exist here; trainings know from the next one on.
 *
 * @returns whether anything was tested; an abort ends it quietly
 */
export async function searchFaster({ signal, tell }: Search): Promise<boolean> {
  if (searching || !canTest()) return false;
  searching = true;
  try {
    const candidates = await withoutVerdict();
    if (candidates.length === 0) return false;
    tell(l10n.t('Testing in the background whether another engine is faster here: {0}', candidates.map(labelOf).join(', ')));
    const found: Verdict[] = [];
    for (const candidate of candidates) {
      const verdict = await renewedVerdict(candidate, { signal, background: true });
      const against = reasonAgainst(verdict);
      if (against === undefined) found.push(verdict);
      else tell(l10n.t('{0} is not used: {1}', labelOf(candidate), against));
    }
    const [best] = found.sort((a, b) => a.stepMs! - b.stepMs!);
    if (best) tell(l10n.t('A faster engine was found: {0}, {1} ms a step of the test instead of {2} ms. The next training uses it.', best.label ?? '?', best.stepMs!.toFixed(1), best.referenceMs!.toFixed(1)));
    return true;
  } catch (error) {
    if (!signal.aborted) tell(l10n.t('The test of other engines failed: {0}', reasonOf(error)));
    return false;
  } finally {
    searching = false;
  }
}

/** What may be faster than ONNX Runtime on the CPU, and was never tested here. */
async function withoutVerdict(): Promise<readonly Candidate[]> {
  const all: Candidate[] = [...providersHere().filter((name) => name !== 'cpu').map((provider) => ({ backend: 'onnx', provider }) as const), { backend: 'tfjs-node-gpu' }, { backend: 'tfjs-node' }];
  const possible = all.filter((candidate) => obstacle(candidate) === undefined);
  const verdicts = await Promise.all(possible.map(knownVerdict));
  return possible.filter((_, i) => verdicts[i] === undefined);
}

/** An engine as people see it, e.g. `onnx (WEBGPU)`. */
export function labelOf({ backend, provider }: Candidate): string {
  return provider === undefined ? backend : `${backend} (${provider.toUpperCase()})`;
}
