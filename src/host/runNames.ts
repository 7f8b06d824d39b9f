import { dateTime } from '../dateTime';

/** What tells two runs of one name apart. */
export interface NamedRun {
  readonly path: string;
  readonly name: string;
  /** ISO 8601; empty where it cannot be read. */
  readonly created: string;
}

/**
 * The name of each run as people read it, by path. Only names that clash get the time of the run's creation, and a
 * number, by age, where that is the same minute or unknown.
 */
export function distinctNames(runs: readonly NamedRun[], timeZone?: string): ReadonlyMap<string, string> {
  const oldestFirst = [...runs].sort((a, b) => compare(a.created, b.created) || compare(a.path, b.path));
  const dated = apart(oldestFirst, ({ name, created }) => [name, dateTime(created, timeZone)].filter(Boolean).join(' · '));
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
 * What each run is called in a row, by path: of a long name the beginning, and the end or what tells it from those that
 * begin alike, as the runs of a sweep do; and beside it, not in it, what `distinctNames` added. Where so few letters tell
 * too little, what was cut out stands beside it, too: behind the accuracy, which has to be seen.
 *
 * @param distinct what `distinctNames` made of the same runs
 */
export function rowNames(runs: readonly NamedRun[], distinct: ReadonlyMap<string, string>): ReadonlyMap<string, RowName> {
  const labels = shortened(new Set(runs.map(({ name }) => name)));
  return new Map(
    runs.map(({ path, name }) => {
      const { label, rest } = labels.get(name)!;
      const apart = [rest, (distinct.get(path) ?? name).slice(name.length).replace(/^ (· )?/, '')].filter(Boolean).join(' · ');
      return [path, { name, label, ...(apart !== '' && { apart }) }];
    }),
  );
}

interface Label {
  readonly label: string;
  /** What was cut out of the name, where the label does not tell it from others. */
  readonly rest?: string;
}

function shortened(names: ReadonlySet<string>): ReadonlyMap<string, Label> {
  const labels = new Map<string, Label>([...names].filter((name) => !isLong(name)).map((label) => [label, { label }]));
  const taken = new Set(labels.keys());
  let long = [...names].filter(isLong);
  const attempt = (short: (name: string) => string | undefined): void => {
    const tried = long.map((name) => [name, short(name)] as const);
    const counts = new Map<string, number>();
    for (const [, label] of tried) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const [name, label] of tried) if (label !== undefined && counts.get(label) === 1 && !taken.has(label)) labels.set(name, { label });
    long = long.filter((name) => !labels.has(name));
    for (const [name, label] of tried) if (labels.get(name)?.label === label && label !== undefined) taken.add(label);
  };
  for (const head of HEADS) attempt((name) => (cutsNumber(name, head) ? undefined : elided(name, head)));
  const telling = tellingWords(long);
  attempt((name) => beginningAnd(name, telling.get(name) ?? []));
  for (const name of long) {
    // As in the labels of shorter names: the values that differ, without what all have.
    const words = telling.get(name) ?? [];
    labels.set(name, { label: elided(name, HEADS[0]!), rest: words.length > 0 ? words.join(' ') : [...name].slice(HEADS[0], HEADS[0]! - MOST_LETTERS + 1).join('').trim() });
  }
  return labels;
}

/** The words of each name that not all have that begin with the same word and have as many: `16` and `32` of `patch_size 16, embed_dim 32`. */
function tellingWords(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[][]>();
  const wordsOf = (name: string): string[] => name.split(/[\s,]+/);
  const groupOf = (words: readonly string[]): string => `${words[0]!} ${words.length}`;
  for (const words of names.map(wordsOf)) groups.set(groupOf(words), [...(groups.get(groupOf(words)) ?? []), words]);
  return new Map(names.map((name) => [name, wordsOf(name).filter((word, i, words) => groups.get(groupOf(words))!.some((other) => other[i] !== word))]));
}

/** `practica…16 32`; nothing where that is too long. */
function beginningAnd(name: string, words: readonly string[]): string | undefined {
  const tail = [...words.join(' ')];
  if (tail.length === 0 || tail.length > MOST_LETTERS - 2) return undefined;
  return `${[...name].slice(0, MOST_LETTERS - 1 - tail.length).join('').trimEnd()}…${tail.join('')}`;
}

function isLong(name: string): boolean {
  return [...name].length > MOST_LETTERS;
}

/** Whether the end that stays begins within a number, of which the rest would tell another one: `165` of `0.165`. */
function cutsNumber(name: string, head: number): boolean {
  const letters = [...name];
  const from = letters.length - (MOST_LETTERS - 1 - head);
  return /[\d.]/.test(letters[from - 1] ?? '') && /[\d.]/.test(letters[from] ?? '');
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
