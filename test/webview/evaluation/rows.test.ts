import { expect, test } from 'vitest';
import { classCsv } from '../../../src/engine/metrics/classCsv';
import { toCsv } from '../../../webview/csv';
import { arrange, csvRows, readShown } from '../../../webview/evaluation/rows';
import { evaluation } from '../syntheticEvaluation';

const { classes } = evaluation(8);

test('by class it is the order of the dataset; by a number what is not defined comes last, whichever way', () => {
  expect(arrange(classes, { column: 'label', descending: false })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(arrange(classes, { column: 'label', descending: true })[0]).toBe(7);
  for (const descending of [false, true]) {
    const order = arrange(classes, { column: 'recall', descending });
    // The last class has no image.
    expect(order.at(-1)).toBe(7);
    const recalls = order.slice(0, -1).map((k) => classes[k]!.recall);
    expect(recalls).toEqual([...recalls].sort((a, b) => (descending ? b - a : a - b)));
  }
});

test('what was kept is read leniently', () => {
  expect(readShown(undefined)).toMatchObject({ column: 'label', descending: false, chosen: 0, curve: 'roc' });
  expect(readShown({ column: 'what', descending: 1, chosen: -2, curve: 'pr' })).toMatchObject({ column: 'label', descending: false, chosen: 0, curve: 'pr' });
  expect(readShown({ column: 'ap', descending: true, chosen: 3, curve: 'roc' })).toMatchObject({ column: 'ap', descending: true, chosen: 3, curve: 'roc' });
});

test('the panel and the terminal write the same CSV', () => {
  expect(toCsv(csvRows(classes))).toBe(classCsv({ classes }));
});
