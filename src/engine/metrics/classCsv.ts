import type { EvaluationReport } from '../../protocol';
import { csvText } from '../csv';

/** All classes with all digits; what is not defined is empty. */
export function classCsv({ classes }: Pick<EvaluationReport, 'classes'>): string {
  const heading = ['class', 'support', 'predicted', 'precision', 'precision_low', 'precision_high', 'recall', 'recall_low', 'recall_high', 'f1', 'auc', 'ap'];
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));
  const rows = classes.map((one) => [
    one.label,
    ...[one.support, one.predicted].map(String),
    ...[one.precision, ...(one.precisionInterval ?? [null, null]), one.recall, ...(one.recallInterval ?? [null, null]), one.f1, one.auc, one.ap].map(number),
  ]);
  return csvText([heading, ...rows]);
}
