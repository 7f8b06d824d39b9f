import { describe, expect, test } from 'vitest';
import { distinctNames, rowNames } from '../src/host/runNames';

const run = (path: string, name: string, created: string): { path: string; name: string; created: string } => ({ path, name, created });
const namesOf = (...runs: ReturnType<typeof run>[]): Record<string, string> => Object.fromEntries(distinctNames(runs, 'en', 'UTC'));

test('names that differ stay as they are', () => {
  expect(namesOf(run('/a', 'shapes', '2026-11-23T08:17:30.000Z'), run('/b', 'mnist', '2026-11-23T08:17:30.000Z'))).toEqual({ '/a': 'shapes', '/b': 'mnist' });
});

test('equal names get the time of creation, the others nothing', () => {
  const names = namesOf(run('/a', 'shapes', '2026-11-23T08:17:30.000Z'), run('/b', 'shapes', '2026-11-24T00:05:00.000Z'), run('/c', 'mnist', ''));
  expect(names).toEqual({ '/a': 'shapes · 23 Nov 08:17', '/b': 'shapes · 24 Nov 00:05', '/c': 'mnist' });
});

test('within one minute they are numbered by age, whatever the order of the list', () => {
  const names = namesOf(run('/new', 'x', '2026-11-23T08:17:59.000Z'), run('/old', 'x', '2026-11-23T08:17:01.000Z'), run('/other', 'x', '2026-11-23T09:00:00.000Z'));
  expect(names).toEqual({ '/old': 'x · 23 Nov 08:17 #1', '/new': 'x · 23 Nov 08:17 #2', '/other': 'x · 23 Nov 09:00' });
});

test('a creation that cannot be read falls back to numbers', () => {
  expect(namesOf(run('/b', 'x', ''), run('/a', 'x', ''))).toEqual({ '/a': 'x #1', '/b': 'x #2' });
});

describe('a row of the width that VS Code gives it', () => {
  const rowsOf = (...runs: ReturnType<typeof run>[]): Record<string, object> => Object.fromEntries([...rowNames(runs, distinctNames(runs, 'en', 'UTC'))].map(([path, { name: _, ...row }]) => [path, row]));

  test('a short name stands as it is', () => expect(rowsOf(run('/a', 'shapes', ''))).toEqual({ '/a': { label: 'shapes' } }));

  test('what tells two runs of one name apart stands beside it', () =>
    expect(rowsOf(run('/new', 'x', '2026-11-23T08:17:59.000Z'), run('/old', 'x', '2026-11-23T08:17:01.000Z'), run('/other', 'x', '2026-11-24T09:00:00.000Z'), run('/y', 'y', ''))).toEqual({
      '/old': { label: 'x', apart: '23 Nov 08:17 #1' }, '/new': { label: 'x', apart: '23 Nov 08:17 #2' }, '/other': { label: 'x', apart: '24 Nov 09:00' }, '/y': { label: 'y' },
    }));
  test('one without a time has a number', () => expect(rowsOf(run('/b', 'x', ''), run('/a', 'x', ''))).toEqual({ '/a': { label: 'x', apart: '#1' }, '/b': { label: 'x', apart: '#2' } }));

  test('of a long name the beginning and the end', () => expect(rowsOf(run('/a', 'vit-p4-d64-l6 cifar10', ''))).toEqual({ '/a': { label: 'vit-p4-…cifar10' } }));

  test('names that would become one keep what tells them apart', () => {
    const names = ['a grid patch_size 4, seed 0', 'a grid patch_size 8, seed 0', 'a grid of 9 trainings, seed 0'];
    const labels = names.map((name) => rowsOf(...names.map((each) => run(each, each, '')))[name]);
    expect(labels).toEqual([{ label: 'a g…e 4, seed 0' }, { label: 'a g…e 8, seed 0' }, { label: 'a g…ngs, seed 0' }]);
  });

  test('what only the middle tells apart stays whole', () => {
    const names = ['a beginning for both, 1, and an end for both', 'a beginning for both, 2, and an end for both'];
    expect(names.map((name) => rowsOf(...names.map((each) => run(each, each, '')))[name])).toEqual(names.map((label) => ({ label })));
  });
});
