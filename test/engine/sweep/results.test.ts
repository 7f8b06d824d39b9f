import { expect, test } from 'vitest';
import { advanced, changed, nextOf } from '../../../src/engine/sweep/advance';
import { sweepPicture } from '../../../src/engine/sweep/picture';
import type { Entry, SweepRecord } from '../../../src/engine/sweep/record';
import { axesOf, ranked, rowsOf, spreadOf, toCsv } from '../../../src/engine/sweep/results';

function entry(setting: number, seed: number, val?: number, more: Partial<Entry> = {}): Entry {
  return { setting, seed, round: 0, epochs: 2, state: val === undefined ? 'waiting' : 'finished', ...(val !== undefined && { val, test: val - 0.1, seconds: 10 * (setting + 1) }), ...more };
}

function record(entries: readonly Entry[], more: Partial<SweepRecord> = {}): SweepRecord {
  const settings = [4, 8, 16].map((patch) => ({ values: { 'model.patch_size': patch, 'train.schedule': '=cosine,"x"' }, set: [], params: 1000 * patch, macs: 1e6 / patch, tokens: 1024 / patch ** 2, omegaMsa: 1e5 / patch, memory: 0 }));
  return { format: 1, name: 'a <b>', created: '', config: '/c.yaml', text: '', monitor: 'val/top1', eta: 2, rounds: [2], seeds: [0, 1], settings, entries: [...entries], queue: [], pause: false, ...more };
}

const half = [entry(0, 0, 0.5), entry(1, 0, 0.7), entry(2, 0, 0.6), entry(0, 1, 0.7), entry(1, 1, 0.9), entry(2, 1)];

test('means and standard deviations are over the seeds that have ended', () => {
  // numpy.std([0.5, 0.7], ddof=1)
  expect(spreadOf([0.5, 0.7])!.sd).toBeCloseTo(0.1414213562373095, 12);
  expect(spreadOf([])).toBeUndefined();
  const rows = rowsOf(record(half));
  expect(rows.map(({ val, finished, of }) => [val!.mean, val!.n, finished, of])).toEqual([[0.6, 2, 2, 2], [0.8, 2, 2, 2], [0.6, 1, 1, 2]]);
  expect(ranked(record(half)).map(({ setting }) => setting)).toEqual([1, 0, 2]);
  expect(ranked(record(half, { monitor: 'val/loss' })).map(({ setting }) => setting)).toEqual([0, 2, 1]);
  expect(axesOf(record(half))).toEqual(['model.patch_size']);
});

test('of a round the best go on when all have ended, those that failed are out, and the last round is the last', () => {
  const rounds = { rounds: [2, 4] };
  expect(advanced(record(half, rounds)).entries).toHaveLength(6);
  const ended = record([...half.slice(0, 5), entry(2, 1, undefined, { state: 'failed' })], rounds);
  const next = advanced(ended);
  expect(next.entries.slice(6)).toEqual([entry(1, 0, undefined, { round: 1, epochs: 4 }), entry(1, 1, undefined, { round: 1, epochs: 4 })]);
  const done = next.entries.reduce((all, _, i) => changed(all, i, { state: 'finished' }), next);
  expect(advanced(done)).toBe(done);
});

test('what was stopped goes on before what waits', () => {
  expect(nextOf(record(half))).toBe(5);
  expect(nextOf(record([entry(0, 0), entry(1, 0, undefined, { state: 'stopped' })]))).toBe(1);
  expect(nextOf(record([entry(0, 0, 0.5)]))).toBeUndefined();
});

test('the table has a line for each training', () => {
  const [head, first] = toCsv(record(half)).split('\r\n');
  expect(head).toBe('model.patch_size,train.schedule,seed,round,epochs,state,val/top1,test/top1,seconds,parameters,macs,patches,tokens,omega_msa,run');
  expect(first).toBe(`4,"=cosine,""x""",0,0,2,finished,0.5,0.4,10,4000,250000,,64,25000,`);
});

test('the picture tells names as text, and what has not ended does not break it', () => {
  const picture = sweepPicture(record(half));
  expect(picture).toContain('a &#60;b&#62;');
  expect(picture).toContain('test/top1 against patch_size');
  expect(picture.match(/class="run"/g)).toHaveLength(3);
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  expect(sweepPicture(record([entry(0, 0)]))).toContain('No training has ended yet.');
  expect(sweepPicture(record([entry(0, 0, 0.5)]))).not.toMatch(/NaN|undefined|Infinity/);
  expect(picture).toContain('5 trainings, 2 seeds');
  expect(sweepPicture(record([entry(0, 0, 0.5)], { seeds: [0] }))).toContain('1 training, 1 seed<');
});

/** The same trainings with other values. */
function valued(values: readonly SweepRecord['settings'][number]['values'][], more: Partial<SweepRecord> = {}): SweepRecord {
  const base = record(values.map((_, i) => entry(i, 0, 0.5 + i / 10)), more);
  return { ...base, settings: values.map((one) => ({ ...base.settings[0]!, values: one })) };
}

test('names are not joined by a line, and a long one is cut, with all of it in its title', () => {
  const long = 'a variant with a very long name indeed, which no panel has room for';
  const picture = sweepPicture(valued([long, 'cnn', 'vit', 'mixer'].map((variant) => ({ variant }))));
  expect(picture).not.toContain('class="mean"');
  expect(picture).toMatch(new RegExp(`<text [^>]*><title>${long}</title>a variant[^<]*…</text>`));
  expect(sweepPicture(record(half))).toContain('class="mean"');
  // To the left of a heat map, too.
  const heat = sweepPicture(valued([[long, 4], [long, 8], ['cnn', 4], ['cnn', 8]].map(([variant, patch]) => ({ variant: variant!, 'model.patch_size': patch! }))));
  expect(heat).toMatch(new RegExp(`text-anchor="end"><title>${long}</title>[^<]{1,25}…</text>`));
});

test('of two keys, each value of the other one has a line of its own, named at its end', () => {
  const values = [50, 150].flatMap((count) => ['vit', 'cnn'].map((variant) => ({ variant, 'dataset.subset.per_class': count })));
  const [, panel = ''] = sweepPicture(valued(values)).split('test/top1 against per_class');
  const [own = ''] = panel.split('class="title"');
  expect(own.match(/<polyline class="mean"/g)).toHaveLength(2);
  expect(own).toMatch(/>vit<\/text>/);
  expect(own).toMatch(/>cnn<\/text>/);
  // Both of a number stand side by side.
  expect(new Set([...own.matchAll(/<circle[^>]* cx="([\d.]+)"/g)].map(([, x]) => x)).size).toBe(4);
});

test('what was drawn from a range stands where its number is, each power of ten alike', () => {
  const at = (ranges: SweepRecord['ranges']): number[] => {
    const [, panel = ''] = sweepPicture(valued([1e-4, 1e-3, 1e-1].map((lr) => ({ 'train.lr': lr })), { ...(ranges && { ranges }) })).split('test/top1 against lr');
    return [...panel.split('</g>')[0]!.matchAll(/<circle [^>]*cx="([\d.]+)"/g)].map(([, cx]) => Number(cx));
  };
  const share = ([a, b, c]: number[]): number => (b! - a!) / (c! - a!);
  expect(share(at({ 'train.lr': 'log' }))).toBeCloseTo(1 / 3, 2);
  expect(share(at({ 'train.lr': 'linear' }))).toBeCloseTo(0.0009 / 0.0999, 2);
  expect(share(at(undefined))).toBeCloseTo(1 / 2, 2);
});

test('a network of convolutions has no place on the axis of tokens, which are those of the patches alone', () => {
  const base = valued(['vit', 'small', 'cnn'].map((variant) => ({ variant })));
  const sizes = [[64, 65, 100], [16, 17, 50], [0, 0, 0]] as const;
  const settings = base.settings.map((setting, i) => ({ ...setting, patches: sizes[i]![0], tokens: sizes[i]![1], omegaMsa: sizes[i]![2] }));
  const [, panel = ''] = sweepPicture({ ...base, settings }).split('test/top1 against Tokens');
  const [own = ''] = panel.split('class="title"');
  expect(own.match(/class="dot"/g)).toHaveLength(2);
  expect(own).toMatch(/>64<\/text>/);
  expect(own).toMatch(/>16<\/text>/);
  expect(own).not.toMatch(/>(1|17|65)<\/text>/);
  expect(own).toContain('Tokens N = HW/P² (combinations without: 1)');
  expect(sweepPicture(base)).not.toContain('combinations without');
});

test('dots of several keys have the colour of one of them, which a legend tells; a heat map averages the rest', () => {
  const values = [4, 8].flatMap((patch) => [32, 64].flatMap((width) => ['none', 'learned'].map((positions) => ({ 'model.patch_size': patch, 'model.embed_dim': width, 'model.pos_embed': positions }))));
  const picture = sweepPicture(valued(values));
  const [heat = ''] = picture.split('test/top1 by patch_size and embed_dim; mean over pos_embed')[1]!.split('class="title"');
  // Of 0.4, 0.5, 0.6 … the first two are of one cell: their mean alone, as their distance is no deviation over seeds.
  expect(heat.match(/<rect/g)).toHaveLength(4);
  expect(heat).toContain('>45.0 %<');
  const [own = ''] = picture.split('test/top1 against patch_size')[1]!.split('class="title"');
  expect(own).toMatch(/>none<\/text>.*>learned<\/text>/);
  expect(new Set([...own.matchAll(/class="run"[^>]*style="fill: (#\w+)"/g)].map(([, colour]) => colour)).size).toBe(2);
});

test('what successive halving ended early is hollow, and says after how many epochs', () => {
  const early = record([entry(0, 0, 0.5), entry(1, 0, 0.7), entry(2, 0, 0.6), entry(1, 0, 0.8, { round: 1, epochs: 4 })], { rounds: [2, 4], seeds: [0] });
  const picture = sweepPicture(early);
  expect(picture).toContain('hollow: ended in an earlier round');
  const [own = ''] = picture.split('test/top1 against patch_size')[1]!.split('class="title"');
  expect(own.match(/class="run early"/g)).toHaveLength(2);
  expect(own).toContain('patch_size 8, epochs 4: 70.0 %');
  expect(sweepPicture(record(half))).not.toContain('hollow');
  // Of the metric that is asked for, where the picture is saved from one.
  expect(sweepPicture(early, 'val')).toContain('val/top1 against patch_size');
  // Between those that had other epochs, no line.
  expect(own).not.toContain('polyline');
  expect(sweepPicture(record(half))).toContain('polyline');
});

test('names beside a heat map are whole where there is room', () => {
  const picture = sweepPicture(valued(['vit', 'spt-lsa', 'transformer'].flatMap((variant) => [50, 500].map((images) => ({ variant, 'dataset.subset.per_class': images })))));
  const [heat = ''] = picture.split('test/top1 by variant and per_class')[1]!.split('class="title"');
  for (const name of ['vit', 'spt-lsa', 'transformer']) expect(heat).toContain(`>${name}</text>`);
});

test('a single point does not stand between hairs: its axis spans more than a percent', () => {
  const ticks = [...sweepPicture(record([entry(0, 0, 0.5)])).matchAll(/<text class="small"[^>]*text-anchor="end">([\d.]+) ?%?</g)].map(([, text]) => Number(text));
  expect(ticks.length).toBeGreaterThan(2);
  expect(Math.max(...ticks) - Math.min(...ticks)).toBeGreaterThanOrEqual(4);
});
