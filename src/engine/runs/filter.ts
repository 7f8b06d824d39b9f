import * as l10n from '@vscode/l10n';
import type { RunSummary } from '../../protocol';
import { withNearest } from '../config/nearest';
import type { FlatConfig } from './configs';

/**
 * The language of filters: `state:finished tag:cct model.depth>=6 val/top1>0.7 -is:starred "a text"`. All parts must hold;
 * a minus turns one round. `field:a,b` is either of them.
 */

export interface Filter {
  /** Whether a run is let through, as far as its summary tells. */
  readonly bySummary: (run: RunSummary) => boolean;
  /** Whether its configuration is needed, too, and what that has to say; null is one that cannot be read. */
  readonly byConfig: ((config: FlatConfig | null) => boolean) | null;
  readonly problems: readonly string[];
}

const STATES = ['running', 'finished', 'stopped', 'failed', 'interrupted'] as const;
const MARKS = ['starred', 'archived', 'damaged', 'resumable', 'finetuned', 'warned'] as const;
type Mark = (typeof MARKS)[number];

/** Words before a colon, and what a run has there. */
const FIELDS: Readonly<Record<string, (run: RunSummary) => readonly string[]>> = {
  state: ({ state }) => [state],
  is: (run) => MARKS.filter((mark) => hasMark(run, mark)),
  tag: ({ notes }) => notes?.tags ?? [],
  dataset: ({ dataset }) => [dataset],
  sweep: ({ sweep }) => (sweep === undefined ? [] : [sweep]),
  engine: ({ engine }) => (engine === undefined ? [] : [engine]),
  name: ({ name }) => [name],
  note: ({ notes }) => (notes?.note ? [notes.note] : []),
};
/** Where a part of the word is enough. */
const LOOSE = new Set(['name', 'note', 'engine', 'dataset', 'sweep']);

/** Numbers of a run that are no metrics. */
const NUMBERS: Readonly<Record<string, (run: RunSummary) => number | undefined>> = {
  epoch: ({ epoch }) => epoch,
  step: ({ step }) => step,
  seconds: ({ seconds }) => seconds,
  params: ({ params }) => params,
  seed: ({ seed }) => seed,
  created: ({ created }) => Date.parse(created),
};

export const fieldNames: readonly string[] = Object.keys(FIELDS);
export const numberNames: readonly string[] = Object.keys(NUMBERS);
export const knownValues: Readonly<Record<string, readonly string[]>> = { state: STATES, is: MARKS };

/** What a run has at a field. */
export function valuesOf(run: RunSummary, field: string): readonly string[] {
  return FIELDS[field]?.(run) ?? [];
}

function hasMark(run: RunSummary, mark: Mark): boolean {
  switch (mark) {
    case 'starred':
      return run.notes?.starred === true;
    case 'archived':
      return run.notes?.archived === true;
    case 'damaged':
      return run.problem !== undefined;
    case 'resumable':
      return run.resumable;
    case 'finetuned':
      return run.start !== undefined;
    case 'warned':
      return run.warnings !== undefined;
  }
}

type Part =
  | { readonly kind: 'summary'; readonly holds: (run: RunSummary) => boolean }
  | { readonly kind: 'config'; readonly holds: (config: FlatConfig | null) => boolean }
  | { readonly kind: 'problem'; readonly problem: string };

/** Reads a filter; what cannot be understood is a problem in words. An empty one lets every run through. */
export function parseFilter(text: string): Filter {
  const parts = wordsOf(text).map(partOf);
  const summaries = parts.flatMap((part) => (part.kind === 'summary' ? [part.holds] : []));
  const configs = parts.flatMap((part) => (part.kind === 'config' ? [part.holds] : []));
  return {
    bySummary: (run) => summaries.every((holds) => holds(run)),
    byConfig: configs.length === 0 ? null : (config) => configs.every((holds) => holds(config)),
    problems: parts.flatMap((part) => (part.kind === 'problem' ? [part.problem] : [])),
  };
}

/** Words at white space, which quotes keep together. */
function wordsOf(text: string): readonly { readonly word: string; readonly quoted: boolean }[] {
  const words: { word: string; quoted: boolean }[] = [];
  for (const [raw] of text.matchAll(/(?:"[^"]*"?|[^\s"])+/g)) words.push({ word: raw.replaceAll('"', ''), quoted: raw.startsWith('"') });
  return words.filter(({ word }) => word !== '' && word !== '-');
}

function partOf({ word: given, quoted }: { readonly word: string; readonly quoted: boolean }): Part {
  const not = !quoted && given.startsWith('-');
  const word = not ? given.slice(1) : given;
  const [, key, sign, value] = (!quoted && /^([A-Za-z][\w./@-]*?)(>=|<=|!=|[><=:])(.*)$/s.exec(word)) || [];
  if (key === undefined || sign === undefined || value === undefined) return textPart(word, not);
  if (sign === ':' && !/[./]/.test(key)) return fieldPart(key, value, not);
  if (value === '') return { kind: 'problem', problem: l10n.t('"{0}" has no value after {1}.', given, sign) };
  if (key.includes('/') || Object.hasOwn(NUMBERS, key)) return numberPart(key, sign, value, not);
  if (Object.hasOwn(FIELDS, key) && (sign === '=' || sign === '!=')) return fieldPart(key, value, not !== (sign === '!='));
  return configPart(key, sign, value, not);
}

/** A word without a sign: part of the name, the folder, a tag or the note. */
function textPart(word: string, not: boolean): Part {
  const wanted = word.toLowerCase();
  const holds = ({ name, path, notes }: RunSummary): boolean =>
    [name, path.split(/[\\/]/).at(-1) ?? '', ...(notes?.tags ?? []), notes?.note ?? ''].some((text) => text.toLowerCase().includes(wanted));
  return { kind: 'summary', holds: (run) => holds(run) !== not };
}

function fieldPart(field: string, value: string, not: boolean): Part {
  const own = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  if (!own) {
    return { kind: 'problem', problem: withNearest(l10n.t('There is no field "{0}". There are: {1}', field, fieldNames.join(', ')), field, fieldNames) };
  }
  const wanted = value.toLowerCase().split(',').filter((one) => one !== '');
  const unknown = knownValues[field] && wanted.find((one) => !knownValues[field]!.includes(one));
  if (unknown !== undefined) return { kind: 'problem', problem: withNearest(l10n.t('There is no {0}:{1}. There are: {2}', field, unknown, knownValues[field]!.join(', ')), unknown, knownValues[field]!) };
  const matches = (text: string, one: string): boolean => (LOOSE.has(field) ? text.toLowerCase().includes(one) : text.toLowerCase() === one);
  const holds = (run: RunSummary): boolean => (wanted.length === 0 ? own(run).length > 0 : own(run).some((text) => wanted.some((one) => matches(text, one))));
  return { kind: 'summary', holds: (run) => holds(run) !== not };
}

/** A run without the number is let through by neither side of a comparison. */
function numberPart(key: string, sign: string, value: string, not: boolean): Part {
  const wanted = key === 'created' ? Date.parse(value) : value.endsWith('%') ? Number(value.slice(0, -1)) / 100 : Number(value);
  if (Number.isNaN(wanted)) {
    const problem = key === 'created' ? l10n.t('"{0}" is no date; write one as 2026-07-31.', value) : l10n.t('{0} is compared with a number, not with "{1}".', key, value);
    return { kind: 'problem', problem };
  }
  const own = (run: RunSummary): number | undefined => (Object.hasOwn(NUMBERS, key) ? NUMBERS[key]!(run) : (run.latest[key] ?? run.best?.[key]));
  const holds = (run: RunSummary): boolean => {
    const number = run.problem === undefined ? own(run) : undefined;
    return number !== undefined && compare(number, sign, wanted) !== not;
  };
  return { kind: 'summary', holds };
}

function configPart(key: string, sign: string, value: string, not: boolean): Part {
  const numeric = value.trim() !== '' && !Number.isNaN(Number(value));
  if (['<', '<=', '>', '>='].includes(sign) && !numeric) return { kind: 'problem', problem: l10n.t('{0} is compared with a number, not with "{1}".', key, value) };
  const holds = (config: FlatConfig | null): boolean => {
    const own = config?.[key];
    if (own === undefined) return false;
    const number = Number(own);
    if (numeric && own.trim() !== '' && !Number.isNaN(number)) return compare(number, sign, Number(value)) !== not;
    const same = value.toLowerCase().split(',').includes(own.toLowerCase());
    return (sign === '!=' ? !same : sign === '=' || sign === ':' ? same : false) !== not;
  };
  return { kind: 'config', holds };
}

function compare(a: number, sign: string, b: number): boolean {
  switch (sign) {
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '!=':
      return a !== b;
    default:
      return a === b;
  }
}
