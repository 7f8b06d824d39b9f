import { z } from 'zod';
import type { EvaluationReport } from '../../protocol';
import { exists, files, readJson } from './files';

/** JSON has no NaN: a number that was none comes back as none. */
const measure = z.union([z.number(), z.null().transform(() => NaN)]);
const perhaps = z.number().nullable();
const interval = z.tuple([z.number(), z.number()]);
const curve = z.array(z.number());

const classSchema = z.object({
  label: z.string(),
  support: z.int(),
  predicted: z.int(),
  precision: z.number(),
  precisionInterval: interval.nullable(),
  recall: z.number(),
  recallInterval: interval.nullable(),
  f1: z.number(),
  auc: perhaps,
  ap: perhaps,
  curves: z.object({ roc: z.object({ fpr: curve, tpr: curve }), pr: z.object({ recall: curve, precision: curve }) }).nullable(),
});

/** What a later version adds is passed over. */
const evaluationSchema = z.object({
  format: z.literal(1),
  split: z.enum(['train', 'val', 'test']),
  epoch: z.int(),
  tta: z.enum(['flip']).optional(),
  averaged: z.boolean().optional(),
  images: z.int(),
  metrics: z.record(z.string(), measure),
  intervals: z.record(z.string(), interval),
  weighted: z.object({ precision: z.number(), recall: z.number(), f1: z.number() }),
  macro: z.object({ auc: perhaps, ap: perhaps }),
  classes: z.array(classSchema),
  confused: z.array(z.object({ is: z.int(), as: z.int(), count: z.int() })),
  calibration: z.object({
    ece: measure,
    mce: measure,
    brier: measure,
    bins: z.array(z.object({ count: z.int(), confidence: perhaps, accuracy: perhaps })),
  }),
  omitted: z.enum(['memory', 'nan']).optional(),
});

/** What `evaluation.json` holds. */
export function evaluationText(report: EvaluationReport): string {
  return `${JSON.stringify({ format: 1, ...report })}\n`;
}

/**
 * What the test of a run found; null of a run that was not tested yet, or whose version kept less.
 *
 * @throws UserError naming the file when it is damaged or of a newer version
 */
export async function readEvaluation(run: string): Promise<EvaluationReport | null> {
  const file = files.evaluation(run);
  if (!(await exists(file))) return null;
  const { format: _, ...report } = await readJson(file, evaluationSchema);
  return report;
}
