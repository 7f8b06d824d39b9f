import { existsSync } from 'node:fs';
import { loadTrainPoint } from './checkpoint';
import { tunedFor } from './model/tuning';
import { trainedSpecs } from './model/params';
import type { Executor } from './compile/executor';
import { evaluateOpened, evaluateRun, type Evaluated, type EvaluationQuestion } from './evaluateCheckpoint';
import type { EngineApi, WeightsName } from '../protocol';
import type { Call, Server } from '../rpc';
import { readRecord } from './runs/files';
import type { Looker } from './looking';
import { resolveCheckpoint } from './runStore';

export interface EvaluatedWeights extends Evaluated {
  readonly weights: WeightsName;
}

/**
 * A run's weights side by side on the same images. Where the last epoch is the best one, it stands there once. A training
 * keeps its unaveraged weights with the newest checkpoint only, to go on from.
 *
 * @throws UserError when there is no run, or its images cannot be found
 */
export async function evaluateWeights(q: EvaluationQuestion, looker: Looker, executor: () => Promise<Executor>): Promise<readonly EvaluatedWeights[]> {
  const [best, last] = [await resolveCheckpoint(q.checkpoint, 'best'), await resolveCheckpoint(q.checkpoint, 'last')];
  const found: EvaluatedWeights[] = [];
  const state = last.replace(/\.safetensors$/, '.state.safetensors');
  const averages = existsSync(state) && (await looker.withCheckpoint(last, ({ meta }) => Promise.resolve(meta.config.train.model_ema_decay > 0)));
  const count = 1 + Number(last !== best) + Number(averages);
  // One after the other, on the same images: together they are one evaluation of all.
  const onProgress = (done: number, of: number): void => q.onProgress?.(found.length * of + done, count * of);
  const evaluate = (checkpoint: string, weights: WeightsName): Promise<EvaluatedWeights> =>
    looker.withCheckpoint(checkpoint, async (opened) => ({ weights, ...(await evaluateOpened(opened, { ...q, checkpoint, onProgress })) }));
  found.push(await evaluate(best, 'best'));
  if (last !== best) found.push(await evaluate(last, 'last'));
  if (!averages) return found;
  const raw = await looker.withCheckpoint(last, async (opened) => {
    const point = await loadTrainPoint(state, opened.params, trainedSpecs(tunedFor(opened.spec, opened.meta.config.finetune)));
    if (!point.state.average) return undefined;
    const session = await (await executor()).infer(opened.spec, point.state.params);
    try {
      const { report, ...rest } = await evaluateOpened({ ...opened, session }, { ...q, checkpoint: last, onProgress });
      // These are not averaged, whatever the configuration says.
      const { averaged: _, ...own } = report;
      return { weights: 'last, not averaged' as const, report: own, ...rest };
    } finally {
      session.dispose();
    }
  });
  return raw ? [...found, raw] : found;
}

/** Evaluations that a panel asks for: of a run's best weights in full, or of all of them side by side. */
export function evaluationApi(looker: Looker, executor: () => Promise<Executor>): Pick<Server<EngineApi>, 'evaluateRun' | 'weighRun' | 'splitSizes'> {
  const telling = ({ signal, progress }: Call): Pick<EvaluationQuestion, 'signal' | 'onProgress'> => ({ signal, onProgress: (done, of) => progress({ done, of }) });
  return {
    evaluateRun: ({ run }, call) => evaluateRun(run, looker, telling(call)),
    weighRun: async ({ run, split, tta }, call) => {
      const all = await evaluateWeights({ checkpoint: run, split, tta, ...telling(call) }, looker, executor);
      return all.map(({ weights, report: { epoch, images, metrics, intervals, averaged } }) => ({ weights, split, tta, epoch, images, metrics, intervals, ...(averaged && { averaged }) }));
    },
    splitSizes: async ({ run }) => (await readRecord(run)).dataset.sizes,
  };
}
