import * as l10n from '@vscode/l10n';
import type { z } from 'zod';
import type { CompletionQuestion, Suggestion, Suggestions } from '../../authoringProtocol';
import { defaultOf, jsonTypeOf } from '../config/jsonSchema';
import { allKeys, bare, fieldsAt } from '../config/keys';
import { describePreset } from '../describe';
import { isPresetName, presetNames, type PresetName } from '../model/presets';
import { short } from '../units';
import { cursorAt, offsetOf, type Cursor } from './cursor';
import { placesAt } from './files';
import { describeSchema, kindWords, meantKey, optionsOf, schemaAt, wordsOfKey } from './meaning';
import { PLACES, READY, usualValues } from './usual';

/**
 * What can be written at a place of a configuration, whether or not the text is valid YAML just now: keys of the section that are
 * not there yet, values of a key, files. Nothing is opened but folders.
 */
export async function completeConfig(place: CompletionQuestion): Promise<Suggestions | null> {
  const cursor = cursorAt(place.text, offsetOf(place.text, place.line, place.column));
  if (!cursor) return null;
  const all = cursor.key === undefined ? keysAt(cursor) : await valuesAt(cursor, cursor.key, place.file);
  const inSweep = cursor.section[0] === 'sweep' && /^(parameters|variants)$/.test(cursor.section[1] ?? '');
  const items = place.beyondSchema === true && !inSweep ? all.filter(({ kind }) => kind === 'file' || kind === 'folder' || kind === 'snippet') : all;
  if (items.length === 0) return null;
  const column = place.column - cursor.typed.length - (cursor.key === undefined && /["']/.test(place.text[cursor.token.start] ?? '') ? 1 : 0);
  return { line: place.line, column, endColumn: place.column + cursor.token.end - offsetOf(place.text, place.line, place.column), items };
}

function keysAt({ section, present, flow, colon }: Cursor): Suggestion[] {
  const [first, second] = section;
  const left = (name: string): boolean => !present.has(name);
  if (first === 'sweep' && second === 'parameters' && section.length === 2) return dotted().filter(left).map((key) => dottedKey(key, colon, (value) => `[${value}]`));
  if (first === 'sweep' && second === 'variants' && section.length === 3) return dotted().filter(left).map((key) => dottedKey(key, colon, (value) => value));
  if (first === 'sweep' && second === 'parameters' && section.length === 3) return rangeKeys().filter(({ label }) => left(label));
  const fields = fieldsAt(section) ?? {};
  return Object.entries(fields)
    .filter(([name]) => left(name) && name !== '$schema')
    .flatMap(([name, schema]) => keySuggestions([...section, name], schema, { flow, colon, newline: false }));
}

interface How {
  readonly flow: boolean;
  readonly colon: boolean;
  /** Written behind the colon of the section, on a line of its own. */
  readonly newline: boolean;
}

/** A key, and where there is one a section ready to fill in. */
function keySuggestions(path: readonly string[], schema: z.ZodType, { flow, colon, newline }: How): Suggestion[] {
  const name = path.at(-1)!;
  const isSection = fieldsAt(path) !== undefined || name === 'parameters' || name === 'variants';
  const begin = newline ? `\n  ${name}` : name;
  const words = wordsOfKey(path, schema);
  if (!isSection) return [{ label: name, kind: 'key', detail: kindWords(jsonTypeOf(bare(schema) as z.ZodType)).replaceAll('`', ''), words, insert: colon ? begin : `${begin}: `, again: !colon }];
  const body = flow ? ': {$0}' : newline ? ':\n    $0' : ':\n  $0';
  const plain: Suggestion = { label: name, kind: 'section', detail: l10n.t('section'), words, insert: colon ? begin : begin + body, again: !colon };
  const ready = READY[path.join('.')];
  if (!ready || flow || colon) return [plain];
  const indent = newline ? '\n    ' : '\n  ';
  const written = [`${name}:`, ...ready.map((line) => `  ${line.replace(/\$\{\d+[:|]([^},|]*)[^}]*\}/g, '$1')}`)].join('\n');
  return [plain, { label: name, kind: 'snippet', detail: l10n.t('section, ready to fill in'), words: `${describeSchema(schema)}\n\n\`\`\`yaml\n${written}\n\`\`\``, insert: `${begin}:${ready.map((line) => indent + line).join('')}`, again: false }];
}

/** The keys that a sweep can vary. */
function dotted(): string[] {
  return allKeys().filter((key) => !/^(sweep|\$schema|name$)/.test(key) && fieldsAt(key.split('.')) === undefined);
}

function dottedKey(key: string, colon: boolean, around: (value: string) => string): Suggestion {
  const schema = schemaAt(key.split('.'))!;
  const value = usualValues(key).slice(0, 3).join(', ') || optionsOf(jsonTypeOf(bare(schema) as z.ZodType)).join(', ') || defaultOf(schema) || '';
  const first = around('') === '' ? value.split(', ')[0]! : value;
  return { label: key, kind: 'key', words: wordsOfKey(key.split('.'), schema), insert: colon ? key : `${key}: ${around(`\${1:${first}}`)}`, again: false };
}

function rangeKeys(): Suggestion[] {
  const parameters = bare(schemaAt(['sweep', 'parameters'])!) as z.ZodRecord;
  const range = (parameters.valueType as z.ZodUnion<readonly [z.ZodType, z.ZodObject]>).options[1];
  return Object.entries(range.shape).map(([name, schema]) => ({ label: name, kind: 'key' as const, words: describeSchema(schema as z.ZodType), insert: `${name}: `, again: true }));
}

async function valuesAt(cursor: Cursor, name: string, file: string): Promise<Suggestion[]> {
  const written = [...cursor.section, name];
  const isRange = cursor.section[0] === 'sweep' && cursor.section[1] === 'parameters' && cursor.section.length === 3;
  if (isRange) return (name === 'scale' ? ['linear', 'log'] : name === 'integer' ? ['true', 'false'] : []).map((value) => valueOf(value, cursor));
  const path = meantKey(written);
  const schema = path && schemaAt(path);
  if (!path || !schema) return [];
  const key = path.join('.');
  const fields = fieldsAt(path);
  if (fields && !cursor.list) {
    if (cursor.flow || cursor.typed !== '') return [];
    return Object.entries(fields).flatMap(([inner, one]) => keySuggestions([...path, inner], one, { flow: false, colon: false, newline: true })).filter(({ kind }) => kind !== 'snippet');
  }
  const pattern = PLACES[key];
  if (pattern) return placesAt(cursor, file, pattern, key);
  if (path[0] === 'sweep' && (name === 'parameters' || name === 'variants')) return [];
  // A list of a sweep holds values of the key; of a key that is a list itself, its items.
  const inSweep = written.length !== path.length || path.join() !== written.join();
  const fallback = defaultOf(schema);
  const options = optionsOf(jsonTypeOf(bare(schema) as z.ZodType)).map(String);
  const values = [...new Set([...options, ...(cursor.list && !inSweep ? [] : usualValues(key)), ...(fallback === undefined || cursor.list ? [] : [fallback])])];
  return values.map((value) => ({ ...valueOf(value, cursor), ...detailOf(key, value, fallback), words: describeSchema(schema) }));
}

function valueOf(value: string, { tight, typed }: Cursor): Suggestion {
  const quoted = /^["']/.test(typed) ? `${typed[0]!}${value}` : value;
  return { label: value, kind: 'value', insert: tight ? ` ${quoted}` : quoted, again: false };
}

const costs = new Map<string, string>();

/** What tells values apart: the default, the size of a preset. */
function detailOf(key: string, value: string, fallback: string | undefined): Pick<Suggestion, 'detail'> {
  if (value === fallback) return { detail: l10n.t('default') };
  return key === 'model.preset' && isPresetName(value) ? { detail: sizeOf(value) } : {};
}

function sizeOf(preset: PresetName): string {
  const known = costs.get(preset);
  if (known !== undefined) return known;
  const { params, macs, config } = describePreset(preset);
  const told = l10n.t('{0} parameters, {1} MACs at {2} px', short(params), short(macs), config.imageSize[0]);
  costs.set(preset, told);
  return told;
}

/** Every network that has a name, with its size in a few words. */
export function listPresets(): readonly { readonly name: string; readonly detail: string }[] {
  return presetNames.map((name) => ({ name, detail: sizeOf(name) }));
}
