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

/** What a row of a narrow list says of a run. */
export interface RowName {
  /** As the run is called, and others may be. */
  readonly name: string;
  readonly label: string;
  /** What tells it from another run of the same name; of a name that no other has, nothing. */
  readonly apart?: string;
}

/** As many letters leave room for an accuracy and an epoch in a side bar of the width that VS Code gives it, with a wide font, too. */
const MOST_LETTERS = 15;
/** How many letters of the beginning stay where the rest is needed for the end: as many as tell the names apart. */
const HEADS = [7, 3, 0, MOST_LETTERS - 1];

/**
 * What each run is called in a row, by path: the beginning and the end of a long name, and beside it, not in it, what
 * `distinctNames` added. Names that only their middle tells apart stay as long as they are.
 *
 * @param distinct what `distinctNames` made of the same runs
 */
export function rowNames(runs: readonly NamedRun[], distinct: ReadonlyMap<string, string>): ReadonlyMap<string, RowName> {
  const labels = shortened(new Set(runs.map(({ name }) => name)));
  return new Map(
    runs.map(({ path, name }) => {
      const apart = (distinct.get(path) ?? name).slice(name.length).replace(/^ (· )?/, '');
      return [path, { name, label: labels.get(name)!, ...(apart !== '' && { apart }) }];
    }),
  );
}

function shortened(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const labels = new Map([...names].map((name) => [name, name]));
  let long = [...names].filter(isLong);
  const taken = new Set([...names].filter((name) => !isLong(name)));
  for (const head of HEADS) {
    const short = long.map((name) => [name, elided(name, head)] as const);
    const counts = new Map<string, number>();
    for (const [, label] of short) counts.set(label, (counts.get(label) ?? 0) + 1);
    const good = short.filter(([, label]) => counts.get(label) === 1 && !taken.has(label));
    for (const [name, label] of good) {
      labels.set(name, label);
      taken.add(label);
    }
    const told = new Set(good.map(([name]) => name));
    long = long.filter((name) => !told.has(name));
  }
  return labels;
}

function isLong(name: string): boolean {
  return [...name].length > MOST_LETTERS;
}

function elided(name: string, head: number): string {
  const letters = [...name];
  const tail = MOST_LETTERS - 1 - head;
  return `${letters.slice(0, head).join('').trimEnd()}…${tail === 0 ? '' : letters.slice(-tail).join('').trimStart()}`;
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
