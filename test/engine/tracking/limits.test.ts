import { expect, test } from 'vitest';
import { batches, cleanKey, keysOf, metricValue, MOST, shortened } from '../../../src/engine/tracking/limits';

test.each([
  ['train/loss', 'train/loss'],
  ['classes/loss/Español (ñ)', 'classes/loss/Español _ñ_'],
  ['a//b', 'a/_/b'],
  ['../x', '_/x'],
  ['/x', '_/x'],
  ['a:b', 'a_b'],
  ['x'.repeat(300), 'x'.repeat(250)],
])('%s becomes a name that MLflow takes', (name, key) => {
  expect(cleanKey(name)).toBe(key);
});

test('names that would become one key stay apart, the same each time', () => {
  const names = ['a(b', 'a)b', 'A)b', 'a(b', 'x'.repeat(251), 'x'.repeat(252)];
  const keys = names.map(keysOf());
  expect(keys.slice(0, 4)).toEqual(['a_b', 'a_b_2', 'A_b_3', 'a_b']);
  expect(new Set(keys.slice(4)).size).toBe(2);
  expect(Math.max(...keys.map(({ length }) => length))).toBe(250);
  expect(names.map(keysOf())).toEqual(keys);
});

test('a text is cut to its length, and no character in two', () => {
  expect(shortened('abc', 3)).toEqual({ value: 'abc', cut: false });
  expect(shortened('abcd', 3)).toEqual({ value: 'ab…', cut: true });
  expect(shortened('a😀bcd', 3)).toEqual({ value: 'a…', cut: true });
});

test('batches hold all of it, in order, and no more than the server takes', () => {
  const pair = (i: number, length: number) => ({ key: `k${i}`, value: 'ñ'.repeat(length) });
  const all = {
    metrics: Array.from({ length: 2500 }, (_, step) => ({ key: 'm', value: 1, timestamp: step, step })),
    params: Array.from({ length: 250 }, (_, i) => pair(i, 6000)),
    tags: Array.from({ length: 101 }, (_, i) => pair(i, 5000)),
  };
  const made = batches(all);
  expect(made.flatMap(({ metrics }) => metrics)).toEqual(all.metrics);
  expect(made.flatMap(({ params }) => params)).toEqual(all.params);
  expect(made.flatMap(({ tags }) => tags)).toEqual(all.tags);
  for (const batch of made) {
    expect(batch.metrics.length).toBeLessThanOrEqual(MOST.metrics);
    expect(batch.params.length).toBeLessThanOrEqual(MOST.params);
    expect(batch.tags.length).toBeLessThanOrEqual(MOST.tags);
    expect(batch.metrics.length + batch.params.length + batch.tags.length).toBeLessThanOrEqual(MOST.all);
    expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(1e6);
  }
  expect(batches({ metrics: [], params: [], tags: [] })).toEqual([]);
});

test('JSON has no NaN and no infinity', () => {
  expect([1.5, NaN, Infinity, -Infinity].map(metricValue)).toEqual([1.5, 'NaN', 'Infinity', '-Infinity']);
});
