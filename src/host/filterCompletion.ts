import type { FilterWords } from '../protocol';

/** What may stand at the end of a filter that is being typed. No VS Code in here. */

export interface Completion {
  /** The whole filter with it. */
  readonly filter: string;
  readonly label: string;
  readonly explained: string;
}

const MOST = 40;

/** Completions of the last word: fields, their values, numbers with a comparison, keys of configurations with values. */
export function complete(filter: string, words: FilterWords): readonly Completion[] {
  const start = lastWordAt(filter);
  const [before, word] = [filter.slice(0, start), filter.slice(start)];
  const minus = word.startsWith('-') ? '-' : '';
  const bare = word.slice(minus.length);
  const make = (label: string, explained = ''): Completion => ({ filter: before + minus + label, label: minus + label, explained });
  const [, field, typed] = /^([A-Za-z]+):(.*)$/s.exec(bare) ?? [];
  const known = field === undefined ? undefined : words.fields.find(({ name }) => name === field);
  if (known && typed !== undefined) return known.values.filter((value) => fits(value, typed)).slice(0, MOST).map((value) => make(`${known.name}:${quoted(value)}`));
  const [, key, sign, value] = /^([\w./@-]+?)(>=|<=|!=|[><=:])(.*)$/s.exec(bare) ?? [];
  if (key !== undefined && sign !== undefined && value !== undefined) {
    const values = words.keys.find(({ name }) => name === key)?.values ?? [];
    return values.filter((one) => fits(one, value)).slice(0, MOST).map((one) => make(`${key}${sign}${quoted(one)}`));
  }
  return [
    ...words.fields.filter(({ name }) => fits(name, bare)).map(({ name, explained }) => make(`${name}:`, explained)),
    ...words.numbers.filter((name) => fits(name, bare)).map((name) => make(`${name}>`)),
    // Without a letter the keys, of which there are many, would hide the rest.
    ...(bare === '' ? [] : words.keys.filter(({ name }) => fits(name, bare)).map(({ name, values }) => make(`${name}=`, values.slice(0, 6).join(', ')))),
  ].slice(0, MOST);
}

/** Where the last word begins: behind the last white space that no quotes hold. */
function lastWordAt(filter: string): number {
  let [at, open] = [0, false];
  for (let i = 0; i < filter.length; i++) {
    if (filter[i] === '"') open = !open;
    else if (!open && /\s/.test(filter[i]!)) at = i + 1;
  }
  return at;
}

function fits(word: string, typed: string): boolean {
  return word.toLowerCase().includes(typed.replaceAll('"', '').toLowerCase());
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${value.replaceAll('"', '')}"` : value;
}
