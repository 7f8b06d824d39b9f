import { describe, expect, test } from 'vitest';
import { dateTime } from '../src/dateTime';
import { distinctNames, rowNames } from '../src/host/runNames';

const run = (path: string, name: string, created: string): { path: string; name: string; created: string } => ({ path, name, created });
const namesOf = (...runs: ReturnType<typeof run>[]): Record<string, string> => Object.fromEntries(distinctNames(runs, 'UTC'));

test('names that differ stay as they are', () => {
  expect(namesOf(run('/a', 'shapes', '2026-11-23T08:17:30.000Z'), run('/b', 'mnist', '2026-11-23T08:17:30.000Z'))).toEqual({ '/a': 'shapes', '/b': 'mnist' });
});

test('equal names get the time of creation, the others nothing', () => {
  const names = namesOf(run('/a', 'shapes', '2026-11-23T08:17:30.000Z'), run('/b', 'shapes', '2026-11-24T00:05:00.000Z'), run('/c', 'mnist', ''));
  expect(names).toEqual({ '/a': 'shapes · 2026-11-23 08:17', '/b': 'shapes · 2026-11-24 00:05', '/c': 'mnist' });
});

test('within one minute they are numbered by age, whatever the order of the list', () => {
  const names = namesOf(run('/new', 'x', '2026-11-23T08:17:59.000Z'), run('/old', 'x', '2026-11-23T08:17:01.000Z'), run('/other', 'x', '2026-11-23T09:00:00.000Z'));
  expect(names).toEqual({ '/old': 'x · 2026-11-23 08:17 #1', '/new': 'x · 2026-11-23 08:17 #2', '/other': 'x · 2026-11-23 09:00' });
});

test('a creation that cannot be read falls back to numbers', () => {
  expect(namesOf(run('/b', 'x', ''), run('/a', 'x', ''))).toEqual({ '/a': 'x #1', '/b': 'x #2' });
});

describe('a row of the width that VS Code gives it', () => {
  const rowsOf = (...runs: ReturnType<typeof run>[]): Record<string, object> => Object.fromEntries([...rowNames(runs, distinctNames(runs, 'UTC'))].map(([path, { name: _, ...row }]) => [path, row]));

  test('of many keys the values that differ stand beside the label', () => {
    const names = [8, 24].flatMap((patch) => ['a', 'b'].flatMap((variant) => [4, 5].map((seed) => `esw ${variant}, patch_size ${patch}, embed_dim 24, lr 0.00${patch}95, mixup 0, seed ${seed}`)));
    expect(labelsOf(names).at(-1)).toEqual({ label: 'esw b,…seed 5', apart: 'b 24 0.002495 5' });
  });

  test('a short name stands as it is', () => expect(rowsOf(run('/a', 'shapes', ''))).toEqual({ '/a': { label: 'shapes' } }));

  test('what tells two runs of one name apart stands beside it', () =>
    expect(rowsOf(run('/new', 'x', '2026-11-23T08:17:59.000Z'), run('/old', 'x', '2026-11-23T08:17:01.000Z'), run('/other', 'x', '2026-11-24T09:00:00.000Z'), run('/y', 'y', ''))).toEqual({
      '/old': { label: 'x', apart: '2026-11-23 08:17 #1' }, '/new': { label: 'x', apart: '2026-11-23 08:17 #2' }, '/other': { label: 'x', apart: '2026-11-24 09:00' }, '/y': { label: 'y' },
    }));
  test('one without a time has a number', () => expect(rowsOf(run('/b', 'x', ''), run('/a', 'x', ''))).toEqual({ '/a': { label: 'x', apart: '#1' }, '/b': { label: 'x', apart: '#2' } }));

  test('of a long name the beginning and the end', () => expect(rowsOf(run('/a', 'vit-p4-d64-l6 cifar10', ''))).toEqual({ '/a': { label: 'vit-p4-…cifar10' } }));

  test('names that would become one keep what tells them apart', () => {
    const names = ['a grid patch_size 4, seed 0', 'a grid patch_size 8, seed 0', 'a grid of 9 trainings, seed 0'];
    const labels = names.map((name) => rowsOf(...names.map((each) => run(each, each, '')))[name]);
    expect(labels).toEqual([{ label: 'a g…e 4, seed 0' }, { label: 'a g…e 8, seed 0' }, { label: 'a g…ngs, seed 0' }]);
  });

  const labelsOf = (names: readonly string[]): object[] => names.map((name) => rowsOf(...names.map((each) => run(each, each, '')))[name]!);

  test('of what only the middle tells apart that middle', () =>
    expect(labelsOf(['a beginning for both, 1, and an end for both', 'a beginning for both, 2, and an end for both'])).toEqual([{ label: 'a beginning f…1' }, { label: 'a beginning f…2' }]));

  test('the runs of a sweep over two keys are as short as others, so that their accuracy is seen', () => {
    const names = [4, 8, 16].flatMap((patch) => [32, 64].map((width) => `practical-1-patches patch_size ${patch}, embed_dim ${width}, seed 0`));
    const labels = labelsOf([...names, 'shapes sample']).map((row) => (row as { label: string }).label);
    expect(labels).toEqual(['practical-…4 32', 'practical-…4 64', 'practical-…8 32', 'practical-…8 64', 'practical…16 32', 'practical…16 64', 'shapes sample']);
  });

  test('a number is whole or not there', () =>
    expect(labelsOf(['drawn lr 0.00165, weight_decay 0.165, seed 0', 'drawn lr 0.0004, weight_decay 0.0961, seed 0'])).toEqual([{ label: '…0.165, seed 0' }, { label: '…0.0961, seed 0' }]));

  test('no name is ever longer; what had to be cut out stands beside it', () => {
    const words = ['alphabetically', 'typographically'];
    expect(labelsOf(words.flatMap((x) => words.map((y) => `sweeper ${x} ${y} of it all, seed 0`)))[1]).toEqual({ label: 'sweeper…seed 0', apart: 'alphabetically typographically' });
  });
});

test('a moment is told in one form, and none where it cannot be read', () => {
  expect([dateTime('2026-07-05T23:14:59.000Z', 'UTC'), dateTime('2026-07-05T23:14:59.000Z', 'Europe/Madrid'), dateTime('')]).toEqual(['2026-07-05 23:14', '2026-07-06 01:14', '']);
});
