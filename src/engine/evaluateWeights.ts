import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { loadTrainPoint } from './checkpoint';
import { tunedFor } from './model/tuning';
import { trainedSpecs } from './model/params';
import type { Executor } from './compile/executor';
import { evaluateOpened, evaluateRun, type Evaluated, type EvaluationQuestion } from './evaluateCheckpoint';
import type { EngineApi, WeightsName } from '../protocol';
import type { Call, Server } from '../rpc';
import { readRecord } from './runs/files';
import type { Looker } from './looking';
import { locateImages } from './moved';
import { looksLikeRun, readRunConfig, resolveCheckpoint } from './runStore';
import { UserError } from './userError';

export interface EvaluatedWeights extends Evaluated {
  readonly weights: WeightsName;
}

export interface WeightsSideBySide {
  readonly found: readonly EvaluatedWeights[];
  /** Why others could not be evaluated, as a damaged file. */
  readonly problems: readonly string[];
}

/**
 * A run's weights side by side on the same images. Where the last epoch is the best one, it stands there once. A training
 * keeps its unaveraged weights with the newest checkpoint only, to go on from. Of weights that cannot be read that is told,
 * and the others are evaluated all the same.
 *
 * @throws UserError when there is no run, its images cannot be found, or none of its weights can be read
 */
export async function evaluateWeights({ checkpoint: run, ...q }: EvaluationQuestion, looker: Looker, executor: () => Promise<Executor>): Promise<WeightsSideBySide> {
  if (!(await looksLikeRun(path.resolve(run)))) throw new UserError(l10n.t('Weights are set side by side of a run: {0} is none. Name the run’s folder.', run), { file: run });
  const [best, last] = [await resolveCheckpoint(run, 'best'), await resolveCheckpoint(run, 'last')];
  // Of a damaged configuration no more is known; checkpoints have their own.
  const config = await readRunConfig(run).catch(() => undefined);
  const averages = config !== undefined && config.train.model_ema_decay > 0 && existsSync(stateOf(last));
  const wanted: readonly WeightsName[] = [...(last === best ? ['best, last' as const] : ['best' as const, 'last' as const]), ...(averages ? ['last, not averaged' as const] : [])];
  const found: EvaluatedWeights[] = [];
  const errors: UserError[] = [];
  for (const [i, weights] of wanted.entries()) {
    // One after the other, on the same images: together they are one evaluation of all.
    const onProgress = (done: number, of: number): void => q.onProgress?.(i * of + done, wanted.length * of);
    const of = { ...q, checkpoint: weights === 'last' || weights === 'last, not averaged' ? last : best, onProgress };
    try {
      const one = weights === 'last, not averaged' ? await evaluateRaw(of, looker, executor) : await looker.withCheckpoint(of.checkpoint, (opened) => evaluateOpened(opened, of));
      if (one) found.push({ weights, ...one });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(error);
    }
  }
  if (found.length === 0 && errors[0]) throw errors[0];
  return { found, problems: [...new Set(errors.map(({ message }) => message))] };
}

function stateOf(checkpoint: string): string {
  return checkpoint.replace(/\.safetensors$/, '.state.safetensors');
}

/** What a training that averages its weights goes on from. */
function evaluateRaw(q: EvaluationQuestion, looker: Looker, executor: () => Promise<Executor>): Promise<Evaluated | undefined> {
  return looker.withCheckpoint(q.checkpoint, async (opened) => {
    const point = await loadTrainPoint(stateOf(q.checkpoint), opened.params, trainedSpecs(tunedFor(opened.spec, opened.meta.config.finetune)));
    if (!point.state.average) return undefined;
    const session = await (await executor()).infer(opened.spec, point.state.params);
    try {
      const { report, ...rest } = await evaluateOpened({ ...opened, session }, q);
      // These are not averaged, whatever the configuration says.
      const { averaged: _, ...own } = report;
      return { report: own, ...rest };
    } finally {
      session.dispose();
    }
  });
}

/** Evaluations that a panel asks for: of a run's best weights in full, or of all of them side by side; and where the images lie that they did not find. */
export function evaluationApi(looker: Looker, executor: () => Promise<Executor>): Pick<Server<EngineApi>, 'evaluateRun' | 'weighRun' | 'splitSizes' | 'locateImages'> {
  const telling = ({ signal, progress }: Call): Pick<EvaluationQuestion, 'signal' | 'onProgress'> => ({ signal, onProgress: (done, of) => progress({ done, of }) });
  return {
    evaluateRun: ({ run }, call) => evaluateRun(run, looker, telling(call)),
    weighRun: async ({ run, split, tta }, call) => {
      const { found, problems } = await evaluateWeights({ checkpoint: run, split, tta, ...telling(call) }, looker, executor);
      const weighed = found.map(({ weights, report: { epoch, images, metrics, intervals, averaged, otherImages } }) => ({ weights, split, tta, epoch, images, metrics, intervals, ...(averaged && { averaged }), ...(otherImages && { otherImages }) }));
      return { weighed, problems };
    },
    locateImages: async (q, call) => ({ runs: await locateImages(q, telling(call)) }),
    splitSizes: async ({ run }) => (await readRecord(run)).dataset.sizes,
  };
}
