import * as path from 'node:path';
import type { ConfusionMatrix, EvaluationReport, Metrics } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import { readEvaluation } from '../runs/evaluation';
import { files, readRecord } from '../runs/files';
import { readConfusion } from '../runs/read';

/** What the run of a checkpoint knows of it that the checkpoint does not. */
export interface Tested {
  readonly sizes: { readonly train: number; readonly val: number; readonly test: number };
  /** `test/…`, of the images that chose nothing; none where it was not this checkpoint that was tested. */
  readonly metrics: Metrics;
  readonly confusion?: ConfusionMatrix;
  /** Of the shares among the metrics, without their first part; runs of earlier versions have none. */
  readonly intervals?: EvaluationReport['intervals'];
  /** Name of the weights that a fine-tuning started from. */
  readonly start?: string;
}

/** Of a file that lies in no run, or in one that cannot be read, nothing is known: the card then says less. */
export async function testedIn({ path: file, meta }: Pick<Checkpoint, 'path' | 'meta'>): Promise<Tested | undefined> {
  const run = path.dirname(path.dirname(file));
  if (path.dirname(file) !== files.checkpoints(run)) return undefined;
  try {
    const { dataset, latest, start } = await readRecord(run);
    const confusion = await readConfusion(run);
    const metrics = Object.fromEntries(Object.entries(latest).filter(([name]) => name.startsWith('test/')));
    const tested = Object.keys(metrics).length > 0 && confusion?.epoch === meta.epoch;
    const shared = { sizes: dataset.sizes, ...(start && { start: path.basename(start.path) }) };
    if (!tested) return { ...shared, metrics: {} };
    const report = await readEvaluation(run);
    const measured = report?.split === 'test' && report.epoch === meta.epoch;
    return { ...shared, metrics, confusion, ...(measured && { intervals: report.intervals }) };
  } catch {
    return undefined;
  }
}
