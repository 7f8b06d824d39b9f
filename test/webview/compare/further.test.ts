/** What the comparison computes beside curves: axes, repetitions, what is better, scales, pictures. */
import { describe, expect, test } from 'vitest';
import { clock, logTicks } from '../../../webview/compare/axes';
import { clearlyBest } from '../../../webview/compare/better';
import { chartPicture, chartRows, linearTicks } from '../../../webview/compare/picture';
import { sharedName } from '../../../src/sharedName';
import { hasRepetitions, meanAndDeviation, taken } from '../../../webview/compare/repetitions';
import { apart, scaleOf } from '../../../webview/compare/scale';
import { curveOf } from '../../../webview/compare/series';
import { readSettings } from '../../../webview/compare/settings';
import { comparison } from '../syntheticRuns';

const { runs } = comparison(6, 20);
const [run] = runs;
if (!run) throw new Error('no run');

describe('axes', () => {
  const curve = { steps: [1, 10, 11, 20], epochs: [1, 1, 2, 2], times: [2, 20, 30, 50], values: [4, 3, 2, 1] };
  const one = { ...run, curves: { 'train/loss': curve, 'val/loss': { ...curve, steps: [10, 20], epochs: [1, 2], times: [20, 50], values: [1, 1] } }, cost: { ...run.cost, images: 95, batch: 10, stepsPerEpoch: 10, macs: 7 } };
  const x = (axis: Parameters<typeof curveOf>[2], changes: Partial<typeof run.cost> = {}) => curveOf({ ...one, cost: { ...one.cost, ...changes } }, 'train/loss', axis)?.x;
  test('count steps, epochs, seconds, images and multiply-adds', () => {
    expect(x('step')).toEqual([1, 10, 11, 20]);
    expect(x('epoch')).toEqual([0.1, 1, 1.1, 2]);
    expect(x('time')).toEqual([2, 20, 30, 50]);
    // The tenth step of an epoch has the 5 images that are left.
    expect(x('examples')).toEqual([10, 95, 105, 190]);
    expect(x('macs')).toEqual([10, 95, 105, 190].map((images) => images * 3 * 7));
  });
  test('a run that does not tell is left out', () => {
    expect(x('macs', { macs: null })).toBeUndefined();
    expect(x('examples', { batch: null })).toBeUndefined();
    expect(curveOf({ ...one, curves: { 'train/loss': { ...curve, times: [] } } }, 'train/loss', 'time')).toBeNull();
  });
  test('a clock, and ticks of logarithms', () => {
    expect([0, 59.6, 3599, 3600, 36_061].map(clock)).toEqual(['0:00', '1:00', '59:59', '1:00:00', '10:01:01']);
    expect(logTicks(0.08, 3)).toEqual([0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks(0.7, 0.9).length).toBeGreaterThanOrEqual(3);
    expect(logTicks(1e-7, 1)).toEqual([1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1].map((tick) => expect.closeTo(tick, 12) as number));
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(0.13, 0.87, 5, true)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });
});

describe('repetitions', () => {
  test('mean and deviation of a sample', () => {
    // numpy.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1) is 2.138089935299395.
    expect(meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: expect.closeTo(2.138089935299395, 14) as number });
    expect(meanAndDeviation([3])).toEqual({ mean: 3, sd: 0 });
  });
  test('are taken together at the steps that all have, and keep the place of the first', () => {
    const curve = (steps: number[], values: number[]) => ({ steps, epochs: steps, times: steps, values });
    const of = (name: string, recipe: string | null, steps: number[], values: number[]) => ({ ...run, path: name, name, recipe, seed: name.charCodeAt(0), curves: { m: curve(steps, values) } });
    const all = [of('a', 'x', [1, 2, 3], [1, 2, 3]), of('b', 'y', [1], [9]), of('c', 'x', [1, 2], [3, NaN]), of('d', null, [1], [1]), of('e', null, [1], [1])];
    expect(hasRepetitions(all)).toBe(true);
    expect(hasRepetitions([all[0]!, all[1]!, all[3]!, all[4]!])).toBe(false);
    const drawn = taken(all, (name, count) => `${count} ${name}`);
    expect(drawn.map(({ name, path, members }) => [name, path, members])).toEqual([['2 a', 'a', 2], ['b', 'b', undefined], ['d', 'd', undefined], ['e', 'e', undefined]]);
    expect(drawn[0]!.curves['m']).toEqual(curve([1], [2]));
    expect(drawn[0]!.spread?.['m']).toEqual({ low: [2 - Math.SQRT2], high: [2 + Math.SQRT2] });
    // The same seed again is the same training, and counts once.
    const twin = { ...all[0]!, path: 'twin' };
    expect(hasRepetitions([all[0]!, twin])).toBe(false);
    expect(taken([all[0]!, twin, all[2]!], (name, count) => `${count} ${name}`).map(({ path, members }) => [path, members])).toEqual([['a', 2], ['twin', undefined]]);
    expect(taken([{ ...twin, state: 'running' }, all[2]!, all[0]!], (name, count) => `${count} ${name}`).map(({ path, members }) => [path, members])).toEqual([['a', 2], ['twin', undefined]]);
    // What broke off is no repetition.
    expect(hasRepetitions([all[0]!, { ...all[2]!, state: 'stopped' }])).toBe(false);
    expect(hasRepetitions([all[0]!, { ...all[2]!, state: 'running' }])).toBe(true);
  });
  test('are called what their names have in common, whichever is first', () => {
    const called = (...names: string[]): string[] => [names, [...names].reverse()].map(sharedName);
    expect(called('deep s1', 'deep s2')).toEqual(['deep', 'deep']);
    expect(called('data-hunger [vit, per_class 500, seed 0]', 'data-hunger [vit, per_class 500, seed 1]')).toEqual(Array(2).fill('data-hunger [vit, per_class 500]'));
    expect(called('vit-p4 cifar10', 'vit-p4 cifar10')).toEqual(['vit-p4 cifar10', 'vit-p4 cifar10']);
    expect(called('vit-p4', 'vit-p4 again')).toEqual(['vit-p4', 'vit-p4']);
    expect(called('one', 'other')).toEqual(['one', 'other']);
  });
});

test('better is only what no interval overlaps', () => {
  const of = (path: string, value: number | undefined, interval?: readonly [number, number]) => ({ ...run, path, final: value === undefined ? {} : { 'val/top1': value, 'val/loss': value }, intervals: { final: interval ? { 'val/top1': interval, 'val/loss': interval } : {}, best: {} } });
  const best = (metric: string, ...given: Parameters<typeof of>[]) => clearlyBest(given.map((one) => of(...one)), metric, 'final');
  expect(best('val/top1', ['a', 0.9, [0.85, 0.93]], ['b', 0.7, [0.6, 0.8]])).toBe('a');
  expect(best('val/loss', ['a', 0.9, [0.85, 0.93]], ['b', 0.7, [0.6, 0.8]])).toBe('b');
  expect(best('val/top1', ['a', 0.9, [0.79, 0.93]], ['b', 0.7, [0.6, 0.8]])).toBeNull();
  expect(best('val/top1', ['a', 0.9, [0.8, 0.93]], ['b', 0.7, [0.6, 0.8]])).toBeNull();
  expect(best('val/top1', ['a', 0.9, [0.85, 0.93]], ['b', 0.7])).toBeNull();
  expect(best('val/top1', ['a', 0.9, [0.85, 0.93]], ['b', undefined])).toBeNull();
});

describe('scales of what a configuration has', () => {
  test('ticks keep their distance, and both ends stay', () => {
    const ticks = [0.02, 0.5, 0, 1, 0.97, 0.54].map((at) => ({ at, text: String(at) }));
    expect(apart(ticks, 0.05).map(({ at }) => at)).toEqual([0, 0.5, 1]);
    expect(apart([], 0.05)).toEqual([]);
    expect(apart(ticks.slice(0, 1), 0.05)).toEqual(ticks.slice(0, 1));
  });

  const places = (values: readonly string[]) => values.map(scaleOf(values, String).at);
  test('numbers along a line, by their logarithm where they are far apart, names side by side', () => {
    expect(places(['2', '4', '6'])).toEqual([0, 0.5, 1]);
    expect(places(['0.0001', '0.01', '1'])).toEqual([0, expect.closeTo(0.5, 12), 1]);
    expect(places(['none', 'cls', 'avg'])).toEqual([1, 0.5, 0]);
    expect(places(['8', '8'])).toEqual([0.5, 0.5]);
    expect(places(['', '4', '8'])).toEqual([null, 0, 1]);
    expect(places(['4', 'auto'])).toEqual([0, 1]);
    expect(places([])).toEqual([]);
  });
});

describe('pictures of charts', () => {
  const group = { name: 'top1', metrics: ['val/top1'] };
  const view = { axis: 'epoch', log: false, zoom: null, smoothing: 0, end: 20, stroke: () => ({ colour: '#0072b2', dash: [] }) } as const;
  const colours = { background: '#fff', text: '#000' };
  test('names of strangers become no markup', () => {
    const hostile = { ...run, name: '<script>alert("x")</script>&\u0000\u001b' };
    const { svg } = chartPicture('<b>', group, [hostile], view, colours);
    expect(svg).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;</text>');
    expect(svg).not.toMatch(/<script|<b>|\u0000|\u001b/);
  });
  test('hold the values, zoomed and over logarithms', () => {
    for (const change of [{}, { log: true }, { zoom: [5, 10] as const }, { smoothing: 0.9 }]) {
      const { svg } = chartPicture('a', group, runs, { ...view, ...change }, colours);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg.match(/<polyline/g)?.length).toBeGreaterThanOrEqual(runs.length);
    }
    const rows = chartRows(group, [run], { ...view, zoom: [5, 7] });
    const curve = run.curves['val/top1']!;
    expect(rows).toEqual([['epoch', `val/top1 · ${run.name}`], [5, curve.values[4]], [6, curve.values[5]], [7, curve.values[6]]]);
  });
  test('training is thinner than validation, in the lines and in their names, and it is drawn for paper', () => {
    const both = { name: 'loss', metrics: ['train/loss', 'val/loss'] };
    const { svg } = chartPicture('a', both, [run], { ...view, paper: { stroke: () => ({ colour: '#111111', dash: [] }) } }, colours);
    const widths = (element: string): string[] => [...svg.matchAll(new RegExp(`<${element} [^>]*stroke="#111111" stroke-width="([\\d.]+)"`, 'g'))].map(([, width]) => width!);
    expect([widths('polyline'), widths('line')]).toEqual([['1', '2.5'], ['1', '2.5']]);
    expect(svg).not.toContain('#0072b2');
  });
  test('an empty chart is one, too', () => expect(chartPicture('a', group, [], view, colours).svg).toContain('</svg>'));
});

test('settings of before are read, what is wrong falls back', () => {
  expect(readSettings({ axis: 'time', log: true, band: 1, zoom: [1, 2], cost: 'macs' })).toMatchObject({ axis: 'time', log: true, band: false, zoom: [1, 2], cost: 'macs' });
  for (const zoom of [[2, 1], [1], 'x', [NaN, 1], {}]) expect(readSettings({ zoom }).zoom).toBeNull();
  expect(readSettings({ axis: 'weeks', cost: 'money' })).toMatchObject({ axis: 'epoch', cost: 'params' });
});
