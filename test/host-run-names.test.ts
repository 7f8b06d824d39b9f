import { expect, test } from 'vitest';
import { distinctNames } from '../src/host/runNames';

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
