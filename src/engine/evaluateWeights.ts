import { existsSync } from 'node:fs';
import { loadTrainPoint } from './checkpoint';
import { tunedFor } from './model/tuning';
import { trainedSpecs } from './model/params';
import type { Executor } from './compile/executor';
import { evaluateOpened, type Evaluated, type EvaluationQuestion } from './evaluateCheckpoint';
import type { Looker } from './looking';
import { resolveCheckpoint } from './runStore';

/** Which of a run's weights: the best epoch's, the last one's, and of a run that averages its weights those that it does not average. */
export type WeightsName = 'best' | 'last' | 'last, not averaged';

export interface EvaluatedWeights extends Evaluated {
  readonly weights: WeightsName;
}

/**
 * A run's weights side by side on the same images. Where the last epoch is the best one, it stands there once. A training
 * keeps its unaveraged weights with the newest checkpoint only, to go on from.
 *
 * @throws UserError when there is no run, or its images cannot be found
 */
export async function evaluateWeights(q: Omit<EvaluationQuestion, 'onProgress'>, looker: Looker, executor: () => Promise<Executor>): Promise<readonly EvaluatedWeights[]> {
  const [best, last] = [await resolveCheckpoint(q.checkpoint, 'best'), await resolveCheckpoint(q.checkpoint, 'last')];
  const found: EvaluatedWeights[] = [];
  const evaluate = (checkpoint: string, weights: WeightsName): Promise<EvaluatedWeights> =>
    looker.withCheckpoint(checkpoint, async (opened) => ({ weights, ...(await evaluateOpened(opened, { ...q, checkpoint })) }));
  found.push(await evaluate(best, 'best'));
  if (last !== best) found.push(await evaluate(last, 'last'));
  const state = last.replace(/\.safetensors$/, '.state.safetensors');
  if (!existsSync(state)) return found;
  const raw = await looker.withCheckpoint(last, async (opened) => {
    const point = await loadTrainPoint(state, opened.params, trainedSpecs(tunedFor(opened.spec, opened.meta.config.finetune)));
    if (!point.state.average) return undefined;
    const session = await (await executor()).infer(opened.spec, point.state.params);
    try {
      return { weights: 'last, not averaged' as const, ...(await evaluateOpened({ ...opened, session }, { ...q, checkpoint: last })) };
    } finally {
      session.dispose();
    }
  });
  return raw ? [...found, raw] : found;
}
