import { placesApart } from '../../../webview/compare/places';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { assignSlots } from '../../../src/runSlots';
import { metricSpread } from '../../../webview/numbers';
import { strokeOf } from '../../../webview/compare/palette';
import { curveOf, endOf, groupMetrics, pointRows, smooth, tableMetrics, pointAt } from '../../../webview/compare/series';
import { readSettings } from '../../../webview/compare/settings';
import { metricRows, sortRuns } from '../../../webview/compare/tables';
import { placeOf, sortedValues } from '../../../webview/compare/tooltip';
import { toCsv, toTsv } from '../../../webview/csv';
import type { ComparedRun } from '../../../src/protocol';
import { comparison } from '../syntheticRuns';

const here = path.dirname(fileURLToPath(import.meta.url));
const themes = JSON.parse(readFileSync(path.join(here, '../themes.json'), 'utf8')) as Record<string, { variables: Record<string, string> }>;

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test.each(['dark', 'light', 'hc', 'hc-light'])('every line has at least 3:1 on the backgrounds of %s (WCAG 1.4.11)', (theme) => {
  for (const name of ['sideBar-background', 'editor-background'])
    for (let slot = 0; slot < 7; slot++) {
      const { colour } = strokeOf(slot, theme.includes('light'));
      expect(contrast(colour, themes[theme]?.variables[name] ?? ''), `${colour} on ${name}`).toBeGreaterThanOrEqual(3);
    }
});

test('no two of the first 49 runs look the same', () => {
  const looks = Array.from({ length: 49 }, (_, slot) => JSON.stringify(strokeOf(slot, false)));
  expect(new Set(looks).size).toBe(49);
});

test('a run keeps its place while others come and go', () => {
  const first = assignSlots({}, ['a', 'b', 'c']);
  expect(first).toEqual({ a: 0, b: 1, c: 2 });
  expect(assignSlots(first, ['c', 'd', 'a'])).toEqual({ c: 2, a: 0, d: 1 });
});

test('smoothing is exact for a constant, from the first point on, and leaves gaps', () => {
  expect(smooth([2, 2, 2], 0.9).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([2, 2, 2]);
  // By hand: weights 0.5·0.5 and 0.5 of 1 and 4, over 0.75.
  expect(smooth([1, Number.NaN, 4], 0.5)).toEqual([1, Number.NaN, (0.25 * 1 + 0.5 * 4) / 0.75]);
  expect(smooth([1, 2], 0)).toEqual([1, 2]);
});

test('groups, axes and ends', () => {
  const { runs } = comparison(2, 20);
  expect(groupMetrics(runs).map(({ metrics }) => metrics)).toEqual([['train/loss', 'val/loss'], ['val/top1'], ['val/f1'], ['lr']]);
  expect(tableMetrics(runs)).toEqual(['test/top1', 'val/loss', 'val/top1', 'val/f1', 'train/loss']);
  const [run] = runs;
  if (!run) throw new Error('no run');
  expect(curveOf(run, 'train/loss', 'epoch')?.x[0]).toBeCloseTo(10 / 78, 9);
  expect(curveOf(run, 'val/top1', 'epoch')?.x.at(-1)).toBe(20);
  expect(endOf(runs, 'step')).toBe(20 * 78);
  expect(curveOf(run, 'nothing', 'step')).toBeNull();
});

test('a run that was stopped in its first epoch has its line on the axis of epochs', () => {
  const [run] = comparison(1, 20).runs;
  const loss = run!.curves['train/loss']!;
  const begun = loss.steps.filter((step) => step < 78).length;
  const stopped = { ...run!, curves: { 'train/loss': { steps: loss.steps.slice(0, begun), epochs: loss.epochs.slice(0, begun), times: loss.times.slice(0, begun), values: loss.values.slice(0, begun) } } };
  expect(curveOf(stopped, 'train/loss', 'epoch')?.x).toEqual(stopped.curves['train/loss'].steps.map((step) => step / 78));
  expect(curveOf({ ...stopped, cost: { ...stopped.cost, stepsPerEpoch: null } }, 'train/loss', 'epoch')?.x).toEqual(stopped.curves['train/loss'].epochs);
});

test('a metric that no run has at its best epoch has one column', () => {
  const compared = comparison(2, 3);
  const heads = (runs: readonly ComparedRun[]): readonly unknown[] => metricRows({ ...compared, runs }, { metric: null, kind: 'final', descending: false })[0]!;
  const without = compared.runs.map((run) => ({ ...run, best: { 'val/loss': 1 } }));
  expect(heads(without)).toEqual(['Run', 'test/top1 best checkpoint', 'val/loss last', 'val/loss at best epoch', 'val/top1 last', 'val/f1 last', 'train/loss last']);
  expect(heads([without[0]!, { ...without[1]!, best: { 'test/top1': 0.5 } }])).toContain('test/top1 at best epoch');
});

test('a value is read at the nearest point, and nowhere outside the curve', () => {
  const curve = { x: [1, 2, 4], y: [10, 20, 40] };
  expect(pointAt(curve, 1.4)).toEqual({ x: 1, y: 10 });
  expect(pointAt(curve, 3.5)).toMatchObject({ y: 40 });
  expect(pointAt(curve, 9)).toBeNull();
  expect(pointAt({ x: [], y: [] }, 1)).toBeNull();
});

test('the tooltip tells the place of its values where they share one, else that of the cursor', () => {
  expect(placeOf([{ x: 2 }, { x: 2 }], 2.2)).toBe(2);
  expect(placeOf([{ x: 2 }, { x: 2.25 }], 2.2)).toBe(2.2);
});

test('a mean and its deviation have the digits that the deviation has', () => {
  expect(metricSpread('val/loss', 1.3702, 0.07108)).toBe('1.370 ± 0.071');
  expect(metricSpread('val/loss', 1.3702, 0)).toBe('1.370 ± 0.000');
  expect(metricSpread('train/grad_norm', 12.34, 3.456)).toBe('12.3 ± 3.5');
  expect(metricSpread('val/top1', 0.55, 0.0123)).toBe('55.0% ± 1.2%');
});

test('the tooltip has the best on top: high accuracy, low loss', () => {
  const { runs } = comparison(3, 20);
  for (const metric of ['val/top1', 'val/loss']) {
    const entries = runs.flatMap((run) => {
      const curve = curveOf(run, metric, 'epoch');
      return curve ? [{ run, metric, curve }] : [];
    });
    const values = sortedValues({ x: 20, entries }).map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => (metric === 'val/loss' ? a - b : b - a)));
  }
});

test('a run without the metric sorts last, up or down', () => {
  const given = comparison(3, 5);
  const [a, b, c] = given.runs;
  if (!a || !b || !c) throw new Error('no runs');
  const runs = [{ ...a, final: {} }, b, c];
  for (const descending of [true, false])
    expect(sortRuns({ ...given, runs }, { metric: 'val/top1', kind: 'final', descending }).at(-1)?.path).toBe(a.path);
});

test('the copied table has the order that is shown, and one line for each run whatever its name', () => {
  const compared = comparison(2, 3);
  const [first, ...others] = compared.runs;
  const odd = { ...compared, runs: [{ ...first!, name: 'a\tb\nc' }, ...others] };
  const lines = toTsv(metricRows(odd, { metric: null, kind: 'final', descending: false })).trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(new Set(lines.map((line) => line.split('\t').length)).size).toBe(1);
  expect(lines.some((line) => line.startsWith('a b c\t'))).toBe(true);
  const column = lines[0]?.split('\t').indexOf('val/loss at best epoch') ?? -1;
  const written = lines.find((line) => line.startsWith('a b c\t'))?.split('\t')[column];
  expect(Number(written)).toBe(first?.best['val/loss']);
});

test('the file follows RFC 4180', () => {
  expect(toCsv([['a', 'b,c'], ['say "x"', 'two\nlines'], [1.5, '']])).toBe('a,"b,c"\r\n"say ""x""","two\nlines"\r\n1.5,\r\n');
  const rows = pointRows(comparison(1, 2).runs);
  expect(rows[0]).toEqual(['run', 'metric', 'step', 'epoch', 'seconds', 'value']);
  expect(rows).toHaveLength(1 + 15 + 15 + (3 + 12 + 5) * 2);
});

test('kept settings are read field by field', () => {
  const settings = { log: false, band: false, zoom: null, metric: null, key: null, cost: 'params', axis: 'step', smoothing: 0.5, sorting: { metric: 'val/top1', kind: 'best', descending: true } } as const;
  expect(readSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  expect(readSettings({ axis: 1, smoothing: 3, sorting: 'x' })).toEqual(readSettings(null));
});

test.each([
  [['/home/a/data/pets', '/home/a/data/cifar'], ['…/pets', '…/cifar']],
  [['/home/a/data/pets', '/home/a/data/pets/small'], ['…/pets', '…/pets/small']],
  [['/home/a/data/pets', '', '/home/a/b.zip'], ['…/data/pets', '', '…/b.zip']],
  [['C:\\data\\one', 'C:\\data\\two'], ['…/one', '…/two']],
  [['/a', '/b'], ['/a', '/b']],
  [['0.1', '/home/a'], ['0.1', '/home/a']],
])('%j are told apart as %j', (values, told) => {
  expect(placesApart(values)).toEqual(told);
});
