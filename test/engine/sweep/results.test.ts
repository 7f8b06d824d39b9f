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
  expect(head).toBe('model.patch_size,train.schedule,seed,round,epochs,state,val/top1,test/top1,seconds,parameters,macs,tokens,omega_msa,run');
  expect(first).toBe(`4,"=cosine,""x""",0,0,2,finished,0.5,0.4,10,4000,250000,64,25000,`);
});

test('the picture tells names as text, and what has not ended does not break it', () => {
  const picture = sweepPicture(record(half));
  expect(picture).toContain('a &#60;b&#62;');
  expect(picture).toContain('test/top1 against patch_size');
  expect(picture.match(/class="run"/g)).toHaveLength(3);
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  expect(sweepPicture(record([entry(0, 0)]))).toContain('No training has ended yet.');
  expect(sweepPicture(record([entry(0, 0, 0.5)]))).not.toMatch(/NaN|undefined|Infinity/);
});
