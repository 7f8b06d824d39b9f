import * as l10n from '@vscode/l10n';
import type { z } from 'zod';
import { isObject } from '../json';
import { nearest, withMeant } from './nearest';

type Issue = z.core.$ZodIssue;

/** What is wrong with a value, in plain words with the value itself. */
export function explain(key: string, issue: Issue, value: unknown): { readonly message: string; readonly suggestion?: string } {
  // A section is neither: one of its own values is wrong.
  const words = isObject(value) ? undefined : numberOrWord(issue);
  if (words !== undefined && typeof value !== 'number') return { message: l10n.t('{0} is {1}; it must be a whole number above 0 or one of: {2}.', key, show(value), words.join(', ')) };
  const told = branchOf(issue, value);
  if (told !== issue) return explain(dotted(key, told.path), told, valueAt(value, told.path));
  const options = optionsOf(issue);
  if (options !== undefined) return oneOf(key, value, options);
  return { message: sentence(key, issue, show(value)) };
}

function sentence(key: string, issue: Issue, value: string): string {
  if (issue.code === 'invalid_type') return l10n.t('{0} is {1}; {2} is needed.', key, value, expected(issue.expected));
  if (issue.code === 'too_small') return tooSmall(key, issue, value);
  if (issue.code === 'too_big') return tooBig(key, issue, value);
  if (issue.code === 'invalid_union' && key.startsWith('sweep.parameters.')) return l10n.t('{0} is {1}; a list of values is needed, such as [{1}], or for random and halving a range {min, max}.', key, value);
  if (issue.code === 'invalid_union') return l10n.t('{0} is {1}; a whole number or a pair [height, width] is needed.', key, value);
  if (issue.code === 'unrecognized_keys') return l10n.t('{0} is not known.', issue.keys.map((name) => keyOf([...issue.path, name])).join(', '));
  return l10n.t('{0} is {1}: {2}', key, value, issue.message);
}

function tooSmall(key: string, { origin, minimum, inclusive }: z.core.$ZodIssueTooSmall, value: string): string {
  const least = String(minimum);
  if (origin === 'string' || (origin === 'array' && minimum === 1)) return l10n.t('{0} must not be empty.', key);
  if (origin === 'array') return l10n.t('{0} is {1}; it needs at least {2} entries.', key, value, least);
  return inclusive === false ? l10n.t('{0} is {1}; it must be more than {2}.', key, value, least) : l10n.t('{0} is {1}; it must be at least {2}.', key, value, least);
}

function tooBig(key: string, { origin, maximum, inclusive }: z.core.$ZodIssueTooBig, value: string): string {
  const most = String(maximum);
  if (origin === 'string') return l10n.t('{0} has more than {1} characters.', key, most);
  if (origin === 'array') return l10n.t('{0} is {1}; it takes at most {2} entries.', key, value, most);
  return inclusive === false ? l10n.t('{0} is {1}; it must be less than {2}.', key, value, most) : l10n.t('{0} is {1}; it must be at most {2}.', key, value, most);
}

function expected(type: string): string {
  switch (type) {
    case 'int':
      return l10n.t('a whole number');
    case 'number':
      return l10n.t('a number');
    case 'string':
      return l10n.t('a text');
    case 'boolean':
      return l10n.t('true or false');
    case 'array':
    case 'tuple':
      return l10n.t('a list such as [0.5, 0.5]');
    default:
      return l10n.t('a section with keys of its own');
  }
}

/** More options than these are too many for a sentence. */
const MOST_LISTED = 20;

function oneOf(key: string, value: unknown, options: readonly string[]): { message: string; suggestion?: string } {
  const suggestion = typeof value === 'string' ? nearest(value, options) : undefined;
  const message =
    options.length > MOST_LISTED
      ? l10n.t('{0} is {1}; that is none of the {2} known names.', key, show(value), options.length)
      : l10n.t('{0} is {1}; it must be one of: {2}.', key, show(value), options.join(', '));
  return suggestion === undefined ? { message } : { message: withMeant(message, suggestion), suggestion };
}

/** The words of a union that takes numbers, too. */
function numberOrWord(issue: Issue): readonly string[] | undefined {
  if (issue.code !== 'invalid_union' || optionsOf(issue) !== undefined) return undefined;
  const words = issue.errors.flatMap((errors) => (errors.length === 1 ? (optionsOf(errors[0]!) ?? []) : []));
  return words.length > 0 ? words : undefined;
}

/** The literal values of an enumeration, or of a union of literals. */
function optionsOf(issue: Issue): string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return undefined;
  const parts = issue.errors.map((errors) => (errors.length === 1 ? optionsOf(errors[0]!) : undefined));
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** Of a union, the complaint of the one form that the value tried to have: a list is judged as a list. */
function branchOf(issue: Issue, value: unknown): Issue {
  if (issue.code !== 'invalid_union' || optionsOf(issue) !== undefined) return issue;
  const wrongType = (errors: readonly Issue[]): boolean =>
    errors.some(({ code, path, ...rest }) => code === 'invalid_type' && path.length === 0 && !('format' in rest && typeof value === 'number'));
  const near = issue.errors.filter((errors) => errors.length > 0 && !wrongType(errors));
  return near.length === 1 ? near[0]![0]! : issue;
}

function dotted(key: string, path: readonly PropertyKey[]): string {
  return key + path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
}

/** `model.patch_size[0]`. */
export function keyOf(path: readonly PropertyKey[]): string {
  return dotted('', path).replace(/^\./, '');
}

/** All that a schema has against a value, as sentences. */
export function complaints({ issues }: z.ZodError, value: unknown): string {
  return issues.map((issue) => explain(keyOf(issue.path), issue, valueAt(value, issue.path)).message).join(' ');
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}

/** A value as it would be written, cut to a length that fits a line. */
export function show(value: unknown): string {
  if (value === undefined) return l10n.t('missing');
  if (value === null) return l10n.t('empty');
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
