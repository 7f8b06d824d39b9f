import * as l10n from '@vscode/l10n';
import type { z } from 'zod';
import { defaultOf, jsonTypeOf, rangeOf, type JsonType } from '../config/jsonSchema';
import { bare, fieldsAt } from '../config/keys';
import { MANY_NAMES } from './usual';

/** The schema of a key, below its default; undefined where there is none. */
export function schemaAt(path: readonly string[]): z.ZodType | undefined {
  const fields = fieldsAt(path.slice(0, -1));
  const name = path.at(-1) ?? '';
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/**
 * The key of the configuration that is meant at a place: under `sweep` it is written with dots. Undefined for what is free
 * there: a name of a variant.
 */
export function meantKey(path: readonly string[]): readonly string[] | undefined {
  const [first, second, ...rest] = path;
  if (first !== 'sweep') return path;
  if (second === 'parameters' && rest.length === 1) return rest[0]!.split('.');
  if (second === 'variants' && rest.length === 2) return rest[1]!.split('.');
  return path.length <= 2 ? path : undefined;
}

/** What a schema says of itself, in the user's language: `npm run l10n` collects its texts. */
export function describeSchema(schema: z.ZodType): string {
  const { description } = schema;
  return description === undefined ? '' : l10n.t({ message: description, args: [], comment: [] });
}

/** Meaning, values and default of a key, in Markdown. */
export function wordsOfKey(path: readonly string[], schema: z.ZodType): string {
  const isSection = fieldsAt(path) !== undefined;
  const fallback = defaultOf(schema);
  const facts = [
    ...(isSection ? [l10n.t('section')] : [kindWords(jsonTypeOf(bare(schema) as z.ZodType))]),
    ...(isSection || fallback === undefined ? [] : [l10n.t('default: {0}', `\`${fallback}\``)]),
  ];
  return `\`${path.join('.')}\` · ${facts.join(' · ')}\n\n${describeSchema(schema)}`;
}

/** What a value may be, in a few words. */
export function kindWords(type: JsonType): string {
  if (type.enum && type.enum.length > MANY_NAMES) return l10n.t('one of {0} names', type.enum.length);
  if (type.enum) return type.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (type.const !== undefined) return `\`${String(type.const)}\``;
  if (isSizeOrPair(type)) return l10n.t('{0}, or a pair of it', kindWords(type.anyOf![0]!));
  if (type.anyOf) return type.anyOf.map(kindWords).join(` ${l10n.t('or')} `);
  if (type.type === 'array') return Array.isArray(type.items) ? `[${type.items.map(kindWords).join(', ')}]` : l10n.t('list of: {0}', kindWords((type.items ?? {}) as JsonType));
  if (type.type === 'integer') return l10n.t('whole number') + rangeOf(type);
  if (type.type === 'number') return l10n.t('number') + rangeOf(type);
  if (type.type === 'boolean') return '`true`, `false`';
  return l10n.t('text');
}

function isSizeOrPair({ anyOf = [] }: JsonType): boolean {
  const [one, pair] = anyOf;
  const items = pair && [pair.items ?? []].flat();
  return anyOf.length === 2 && items?.length === 2 && items.every((item) => JSON.stringify(item) === JSON.stringify(one));
}

/** The words among the values of a type, and whether they are words of YAML. */
export function optionsOf(type: JsonType): readonly (string | number | boolean)[] {
  if (type.enum) return type.enum as readonly (string | number)[];
  if (type.const !== undefined) return [type.const as string | number];
  if (type.anyOf) return type.anyOf.flatMap(optionsOf);
  if (type.type === 'array') return [type.items ?? []].flat().flatMap((item) => optionsOf(item)).filter((option, i, all) => all.indexOf(option) === i);
  return type.type === 'boolean' ? [true, false] : [];
}
