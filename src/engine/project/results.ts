import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import type { ComparedConfig } from '../../projectProtocol';
import { spreadOf } from '../sweep/results';
import { complaints } from '../config/words';
import { UserError } from '../userError';
import { seedsOf, stemOf, type Plan } from './pipelineFile';
import type { Lock } from './lock';
import { doneStep } from './step';
import { evaluateName } from './steps/evaluate';

/** What the comparison tells, in this order; all but loss and ECE are the better the larger. */
export const COMPARED = ['top1', 'balanced_accuracy', 'f1', 'loss', 'ece'] as const;

const evaluation = z.object({
  images: z.int(),
  split: z.string(),
  epoch: z.int(),
  metrics: z.record(z.string(), z.number().nullable()),
  intervals: z.record(z.string(), z.tuple([z.number(), z.number()])),
});

/** The evaluation of one training. */
export interface Evaluation extends z.output<typeof evaluation> {
  readonly config: string;
  readonly seed: number;
}

/** @throws UserError when one of them is not there or damaged */
export async function readEvaluations(plan: Plan, lock: Lock): Promise<readonly Evaluation[]> {
  const found: Evaluation[] = [];
  for (const config of plan.configs)
    for (const seed of seedsOf(plan)) {
      const [name] = Object.keys(doneStep(lock, evaluateName(config, seed)).outputs).filter((output) => output.endsWith('.json'));
      const file = path.join(plan.folder, name!);
      const value: unknown = JSON.parse(await readFile(file, 'utf8'));
      const parsed = evaluation.safeParse(value);
      if (!parsed.success) throw new UserError(l10n.t('{0} is damaged: {1}', file, complaints(parsed.error, value)), { file });
      found.push({ ...parsed.data, config: stemOf(config), seed });
    }
  return found;
}

/** Mean and standard deviation (of the sample, n − 1) over the seeds of each configuration. */
export function comparisonOf(evaluations: readonly Evaluation[]): readonly ComparedConfig[] {
  const names = [...new Set(evaluations.map(({ config }) => config))];
  return names.map((config) => {
    const own = evaluations.filter((one) => one.config === config);
    const metrics = COMPARED.flatMap((name) => {
      const values = own.flatMap((one) => (typeof one.metrics[name] === 'number' ? [one.metrics[name]] : []));
      const spread = spreadOf(values);
      return spread === undefined ? [] : [[name, { mean: spread.mean, sd: spread.n > 1 ? spread.sd : null }] as const];
    });
    return { config, seeds: own.length, images: own[0]!.images, metrics: Object.fromEntries(metrics) };
  });
}
