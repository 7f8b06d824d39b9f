import { z } from 'zod';
import { bare, fieldsAt } from './keys';
import { configSchema } from './schema';

/** The JSON schema of a configuration file, for editors: completion, hover texts and checks as one types. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'ViT Lab configuration' };
}

/** The table of all keys, in Markdown: one source for it and the parser. */
export function configTable(): string {
  return tableOf([]).join('\n');
}

function tableOf(at: readonly string[]): string[] {
  const fields = Object.entries(fieldsAt(at) ?? {});
  const isSection = ([name]: [string, unknown]): boolean => fieldsAt([...at, name]) !== undefined;
  const values = fields.filter((field) => !isSection(field) && field[0] !== '$schema');
  const heading = at.length === 0 ? '## Of the whole run' : `${'#'.repeat(Math.min(4, at.length + 1))} \`${at.join('.')}\``;
  const rows = values.map(([name, schema]) => rowOf([...at, name].join('.'), schema));
  const own = rows.length === 0 ? [] : [heading, '', '| Key | Value | Default | Meaning |', '| --- | --- | --- | --- |', ...rows, ''];
  return [...own, ...fields.filter(isSection).flatMap(([name]) => tableOf([...at, name]))];
}

function rowOf(key: string, schema: z.ZodType): string {
  const fallback = defaultOf(schema);
  const cells = [`\`${key}\``, kindOf(bare(schema) as z.ZodType), fallback === undefined ? '' : `\`${fallback}\``, schema.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The default as it would be written. */
export function defaultOf(schema: z.ZodType): string | undefined {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return undefined;
  return typeof parsed.data === 'string' ? parsed.data : JSON.stringify(parsed.data).replaceAll(',', ', ');
}

/** What a value may be, in a few words, read off the JSON schema so that the two cannot differ. */
function kindOf(schema: z.ZodType): string {
  return wordsOf(jsonTypeOf(schema));
}

/** A value's type as the JSON schema has it. */
export function jsonTypeOf(schema: z.ZodType): JsonType {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as JsonType;
}

export interface JsonType {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonType[];
  readonly items?: JsonType | readonly JsonType[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

function wordsOf(type: JsonType): string {
  if (type.enum && type.enum.length > 20) return `one of ${type.enum.length} names`;
  if (type.enum) return type.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (type.const !== undefined) return `\`${JSON.stringify(type.const)}\``;
  if (type.anyOf) return type.anyOf.map(wordsOf).join(' or ');
  if (type.type === 'array') return Array.isArray(type.items) ? `[${type.items.map(wordsOf).join(', ')}]` : `list of ${wordsOf(type.items as JsonType)}`;
  if (type.type === 'integer' || type.type === 'number') return `${type.type === 'integer' ? 'whole number' : 'number'}${rangeOf(type)}`;
  return type.type === 'boolean' ? '`true`, `false`' : 'text';
}

/** `≥ 1, ≤ 64`, with a space before it. */
export function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonType): string {
  const parts = [
    minimum === undefined ? '' : `≥ ${minimum}`,
    exclusiveMinimum === undefined ? '' : `> ${exclusiveMinimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `≤ ${maximum}`,
    exclusiveMaximum === undefined ? '' : `< ${exclusiveMaximum}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}
