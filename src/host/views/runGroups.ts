import type { RunSummary } from '../../protocol';

/** How a list of runs is arranged: in which order, under which headings. No VS Code in here. */

export const sortings = ['created', 'name', 'metric', 'duration'] as const;
export type SortBy = (typeof sortings)[number];
export const groupings = ['none', 'sweep', 'seed', 'date', 'dataset'] as const;
export type GroupBy = (typeof groupings)[number];

export interface Arrangement {
  readonly sort: SortBy;
  /** For `metric`: whose newest value. */
  readonly metric: string;
  readonly ascending: boolean;
  readonly group: GroupBy;
}

export interface RunGroup {
  /** Also tells it from a run. */
  readonly group: string;
  readonly label: string;
  readonly runs: readonly RunSummary[];
}

/** Runs in order; those without the value come last, whichever way round. Starred ones come first. */
export function sorted(runs: readonly RunSummary[], { sort, metric, ascending }: Arrangement): readonly RunSummary[] {
  const sign = ascending ? 1 : -1;
  const order = (a: RunSummary, b: RunSummary): number => {
    if (sort === 'name') return sign * a.name.localeCompare(b.name);
    if (sort === 'created') return sign * (a.created < b.created ? -1 : a.created > b.created ? 1 : 0);
    const [x, y] = sort === 'duration' ? [a.seconds, b.seconds] : [valueOf(a, metric), valueOf(b, metric)];
    const [none, other] = [x === undefined || Number.isNaN(x), y === undefined || Number.isNaN(y)];
    return none || other ? Number(none) - Number(other) : sign * (x! - y!);
  };
  return [...runs].sort((a, b) => Number(b.notes?.starred ?? false) - Number(a.notes?.starred ?? false) || order(a, b));
}

export function valueOf(run: RunSummary, metric: string): number | undefined {
  return run.latest[metric] ?? run.best?.[metric];
}

export interface GroupWords {
  readonly alone: string;
  readonly day: (date: Date) => string;
  readonly recipe: (first: RunSummary, count: number) => string;
}

/**
 * Sorted runs under headings, in the order of their first run. By seed only repetitions stand together: those of one recipe
 * of which there are several; what stands alone comes last, under one heading.
 *
 * @param recipes by run; needed for `seed`
 */
export function grouped(runs: readonly RunSummary[], by: Exclude<GroupBy, 'none'>, recipes: ReadonlyMap<string, string>, words: GroupWords): readonly RunGroup[] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const key = keyOf(run, by, recipes);
    // Thousands may stand under one heading: the list grows in place.
    const members = groups.get(key);
    if (members) members.push(run);
    else groups.set(key, [run]);
  }
  if (by === 'seed') {
    const single = [...groups].filter(([key, members]) => key !== '' && members.length === 1);
    for (const [key] of single) groups.delete(key);
    if (single.length > 0) groups.set('', [...(groups.get('') ?? []), ...single.flatMap(([, members]) => members)]);
  }
  const alone = groups.get('');
  groups.delete('');
  const named = [...groups].map(([key, members]): RunGroup => ({ group: `${by}:${key}`, label: labelOf(key, members, by, words), runs: members }));
  const order = new Map(runs.map((run, i) => [run.path, i]));
  return alone ? [...named, { group: `${by}:`, label: words.alone, runs: [...alone].sort((a, b) => order.get(a.path)! - order.get(b.path)!) }] : named;
}

function keyOf(run: RunSummary, by: Exclude<GroupBy, 'none'>, recipes: ReadonlyMap<string, string>): string {
  switch (by) {
    case 'sweep':
      return run.sweep ?? '';
    case 'dataset':
      return run.dataset;
    case 'date':
      return dayOf(run.created);
    case 'seed':
      return recipes.get(run.path) ?? '';
  }
}

/** In local time; empty of a run whose time cannot be read. */
function dayOf(created: string): string {
  const date = new Date(created);
  if (Number.isNaN(date.getTime())) return '';
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

function labelOf(key: string, members: readonly RunSummary[], by: Exclude<GroupBy, 'none'>, words: GroupWords): string {
  if (by === 'date') return words.day(new Date(`${key}T12:00:00`));
  return by === 'seed' ? words.recipe(members[0]!, members.length) : key;
}
