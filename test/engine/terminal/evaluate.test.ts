import { expect, test } from 'vitest';
import { classCsv } from '../../../src/engine/metrics/classCsv';
import { printEvaluation } from '../../../src/engine/terminal/evaluate';
import type { Output } from '../../../src/engine/terminal/output';
import { startTally } from '../../../src/engine/metrics/tally';
import type { EvaluationReport } from '../../../src/protocol';

/** One image of each of K classes; those from `good` on are taken for the class before. */
function reportOf(K: number, good: number): { report: EvaluationReport; counts: readonly (readonly number[])[]; labels: string[] } {
  const tally = startTally(K, K, { curves: true });
  const labels = Array.from({ length: K }, (_, k) => `class ${k}`);
  for (let k = 0; k < K; k++) {
    const data = new Float32Array(K);
    data[k < good ? k : k - 1] = 2;
    tally.add({ shape: [1, K], data }, Int32Array.of(k));
  }
  return { report: { split: 'val', epoch: 1, ...tally.analysis(labels) }, counts: tally.counts, labels };
}

function printed(K: number, good: number, change: Partial<EvaluationReport> = {}): string {
  const lines: string[] = [];
  const output: Output = {
    json: false, print: (text = '') => lines.push(text), document: () => undefined, note: () => undefined, progress: () => undefined, settle: () => undefined,
    style: (_, text) => text,
  };
  const { report, counts, labels } = reportOf(K, good);
  printEvaluation(output, { ...report, ...change }, { labels, counts });
  return lines.join('\n');
}

test('few classes: all of them, what is not defined as a dash, and the whole confusion', () => {
  expect(printed(3, 2)).toBe(`3 images of val

  val/loss               0.9062
  val/top1               66.67 %  (95 %: 20.8 to 93.9 %)
  val/precision          50.00 %
  val/recall             66.67 %
  val/f1                 55.56 %
  val/balanced_accuracy  66.67 %
  val/ece                12.03 %
  val/auc                0.7500
  val/ap                 0.6111

Weighted by images: precision 50.0 %, recall 66.7 %, F1 55.6 %
Calibration: ECE 12.0 % in 15 bins, largest gap of a bin 12.0 %, Brier score 0.5217

Classes

class    images  precision   recall       F1     AUC      AP
class 0       1    100.0 %  100.0 %  100.0 %  1.0000  1.0000
class 1       1     50.0 %  100.0 %   66.7 %  0.7500  0.5000
class 2       1          –    0.0 %    0.0 %  0.5000  0.3333

Most often confused: class 2 taken for class 1 (1).

Confusion (rows: true class, columns: predicted)

         class 0  class 1  class 2
class 0        1        0        0
class 1        0        1        0
class 2        0        1        0`);
});

test('many classes: the worst 20, with a note, and no confusion table', () => {
  const text = printed(60, 50);
  expect(text).toContain('The 20 classes with the lowest F1, of 60; --csv and --json give all');
  expect(text.match(/^class \d+ /gm)).toHaveLength(20);
  expect(text).not.toContain('Confusion');
});

test('why there are no curves is said', () => {
  expect(printed(3, 2, { omitted: 'memory' })).toContain('more than 64 MiB');
  expect(printed(3, 2, { omitted: 'nan' })).toContain('gave no numbers');
});

test('the CSV has every class with all digits, quotes where they are needed, and nothing where nothing is defined', () => {
  const { report } = reportOf(60, 50);
  const classes = report.classes.map((one, k) => (k === 0 ? { ...one, label: 'a "b", c', auc: null, precisionInterval: null } : one));
  const lines = classCsv({ classes }).split('\r\n');
  expect(lines).toHaveLength(1 + 60 + 1);
  expect(lines[1]).toBe('"a ""b"", c",1,1,1,,,1,0.20654931437723742,1,1,,1');
});
