import { expect, test } from 'vitest';
import { quoting } from '../../../src/engine/report/document';
import type { Group, ReportRun } from '../../../src/engine/report/material';
import { countOverSeeds, numberOverSeeds } from '../../../src/engine/report/words';

/** Runs of one group, each of another seed. */
function over(write: typeof countOverSeeds, ...values: (number | undefined)[]): string {
  const runs = values.map((value, seed) => ({ record: { seed }, value }) as unknown as ReportRun & { readonly value: number | undefined });
  return write({ runs: runs.map((_, i) => i) } as unknown as Group, runs, (run) => (run as (typeof runs)[number]).value);
}

test('what is counted has no digits behind the point unless seeds differ', () => {
  expect(over(countOverSeeds, 4)).toBe('4');
  expect(over(countOverSeeds, 30, 30)).toBe('30');
  expect(over(countOverSeeds, 3, 6)).toBe('4.5 ± 2.1');
  expect(over(countOverSeeds, undefined)).toBe('–');
  expect(over(numberOverSeeds, 1.3)).toBe('1.30');
});

test('keys of a message are code, and a single backtick is one', () => {
  expect(quoting('Consider `train.class_weights: balanced` or `a`.')).toEqual(['Consider ', { code: 'train.class_weights: balanced' }, ' or ', { code: 'a' }, '.']);
  expect(quoting("it's 5` long")).toEqual(["it's 5` long"]);
});
