/** How the Runs view sorts and groups, and how a filter is completed: what needs no VS Code. */
import { describe, expect, test } from 'vitest';
import { complete } from '../src/host/filterCompletion';
import { grouped, sorted, type Arrangement } from '../src/host/views/runGroups';
import type { FilterWords, RunSummary } from '../src/protocol';

const run = (name: string, changes: Partial<RunSummary> = {}): RunSummary => ({
  path: `/runs/${name}`, name, state: 'finished', created: '2026-07-15T10:00:00.000Z', epoch: 1, epochs: 1, step: 1, steps: 1, latest: {}, dataset: 'cifar10', resumable: false, ...changes,
});
const by = (change: Partial<Arrangement>): Arrangement => ({ sort: 'created', metric: 'val/top1', ascending: false, group: 'none', ...change });
const names = (runs: readonly RunSummary[]): string => runs.map(({ name }) => name).join(' ');

describe('sorting', () => {
  const runs = [
    run('a', { created: '2026-07-14T10:00:00.000Z', latest: { 'val/top1': 0.5 }, seconds: 30 }),
    run('b', { created: '2026-07-16T10:00:00.000Z', latest: { 'val/top1': NaN } }),
    run('c', { latest: { 'val/top1': 0.9 }, seconds: 10 }),
    run('d', { created: '', problem: 'damaged' }),
  ];
  test.each([
    [{ sort: 'created' }, 'b c a d'], [{ sort: 'created', ascending: true }, 'd a c b'],
    [{ sort: 'name', ascending: true }, 'a b c d'],
    [{ sort: 'metric' }, 'c a b d'], [{ sort: 'metric', ascending: true }, 'a c b d'],
    [{ sort: 'duration', ascending: true }, 'c a b d'],
  ] as const)('%o', (change, expected) => expect(names(sorted(runs, by(change)))).toBe(expected));

  test('starred ones come first', () => {
    const star = run('z', { created: '2020-01-01T00:00:00.000Z', notes: { starred: true, archived: false, tags: [], note: '' } });
    expect(names(sorted([...runs, star], by({})))).toBe('z b c a d');
  });
});

describe('groups', () => {
  const words = { alone: 'Others', day: (date: Date) => date.toISOString().slice(0, 10), recipe: ({ name }: RunSummary, count: number) => `${count} × ${name}` };
  const show = (...args: Parameters<typeof grouped>): string[] => grouped(...args).map(({ label, runs }) => `${label}: ${names(runs)}`);
  test('by sweep, the rest last', () =>
    expect(show([run('a'), run('b', { sweep: 's' }), run('c'), run('d', { sweep: 's' })], 'sweep', new Map(), words)).toEqual(['s: b d', 'Others: a c']));
  test('repetitions of a recipe; what stands alone is together', () => {
    const recipes = new Map([['/runs/a', 'x'], ['/runs/b', 'y'], ['/runs/c', 'x'], ['/runs/d', 'z']]);
    expect(show([run('a'), run('b'), run('c'), run('d'), run('e')], 'seed', recipes, words)).toEqual(['2 × a: a c', 'Others: b d e']);
  });
  test('by day, in local time', () => {
    const runs = [run('a', { created: new Date(2026, 6, 15, 23, 59).toISOString() }), run('b', { created: new Date(2026, 6, 15, 0, 1).toISOString() }), run('c', { created: '' })];
    expect(grouped(runs, 'date', new Map(), words).map((group) => names(group.runs))).toEqual(['a b', 'c']);
  });
  test('names of strangers make no prototype', () =>
    expect(show([run('a', { dataset: '__proto__' }), run('b', { dataset: 'constructor' })], 'dataset', new Map(), words)).toEqual(['__proto__: a', 'constructor: b']));
});

describe('completion', () => {
  const words: FilterWords = {
    fields: [{ name: 'state', explained: '', values: ['finished', 'failed'] }, { name: 'dataset', explained: 'data', values: ['my photos'] }],
    numbers: ['val/top1', 'epoch'],
    keys: [{ name: 'model.depth', values: ['6', '12'] }],
  };
  const filters = (text: string): string[] => complete(text, words).map(({ filter }) => filter);
  test.each([
    ['', ['state:', 'dataset:', 'val/top1>', 'epoch>']],
    ['sta', ['state:']], ['tag:x -sta', ['tag:x -state:']], ['state:fi', ['state:finished']], ['state:f', ['state:finished', 'state:failed']],
    ['dataset:', ['dataset:"my photos"']], ['dataset:"my ph', ['dataset:"my photos"']],
    ['dep', ['model.depth=']], ['model.depth>=1', ['model.depth>=12']], ['x val', ['x val/top1>']], ['nothing', []], ['val/top1>0.', []],
  ])('%s', (text, expected) => expect(filters(text)).toEqual(expected));
});
