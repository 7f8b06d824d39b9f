/** What tells two runs of one name apart. */
export interface NamedRun {
  readonly path: string;
  readonly name: string;
  /** ISO 8601; empty where it cannot be read. */
  readonly created: string;
}

const PARTS = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/**
 * The name of each run as people read it, by path. Only names that clash get the time of the run's creation, and a
 * number, by age, where that is the same minute or unknown.
 */
export function distinctNames(runs: readonly NamedRun[], language: string, timeZone?: string): ReadonlyMap<string, string> {
  const format = new Intl.DateTimeFormat(language, { ...PARTS, ...(timeZone === undefined ? {} : { timeZone }) });
  const oldestFirst = [...runs].sort((a, b) => compare(a.created, b.created) || compare(a.path, b.path));
  const dated = apart(oldestFirst, ({ name, created }) => dateOf(name, created, format));
  const seen = new Map<string, number>();
  const numbered = apart(dated, ({ name }) => {
    const index = (seen.get(name) ?? 0) + 1;
    seen.set(name, index);
    return `${name} #${index}`;
  });
  return new Map(numbered.map(({ path, name }) => [path, name]));
}

/** Renames what shares its name with another. */
function apart(runs: readonly NamedRun[], rename: (run: NamedRun) => string): NamedRun[] {
  const counts = new Map<string, number>();
  for (const { name } of runs) counts.set(name, (counts.get(name) ?? 0) + 1);
  return runs.map((run) => ((counts.get(run.name) ?? 0) > 1 ? { ...run, name: rename(run) } : run));
}

function dateOf(name: string, created: string, format: Intl.DateTimeFormat): string {
  const time = Date.parse(created);
  if (Number.isNaN(time)) return name;
  const part = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${name} · ${part.get('day') ?? ''} ${part.get('month') ?? ''} ${part.get('hour') ?? ''}:${part.get('minute') ?? ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
