import { isObject, type Json } from '../json';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ConfigProblem } from '../../protocol';
import { codeOf, reasonOf } from '../atomic';
import { UserError } from '../userError';
import { readSource, type Source } from './document';
import { fieldsAt, nearestKey } from './keys';
import { withPreset } from './preset';
import { type Broken, checkRules } from './rules';
import { type Config, configSchema } from './schema';
import { contradictions, fromOf, type StartFacts, type StartOf, withStart } from './start';
import { explain, keyOf, valueAt } from './words';

export interface ParsedConfig {
  /** Set when nothing is wrong; warnings may be there. */
  readonly config?: Config;
  /** All problems at once, in the order of the file. */
  readonly problems: readonly ConfigProblem[];
  /** Folder of the file: where `dataset.path` begins. */
  readonly folder: string;
  /** The weights that it starts from, as written. */
  readonly from?: string;
}

/** What the weights say that a configuration starts from, or why nobody can tell. */
export type Start = StartFacts | { readonly problem: string };

/** A `--set model.depth=6`, parsed: it stands above the file. */
interface Override {
  readonly path: readonly string[];
  readonly source: Source;
}

/**
 * Reads a configuration.
 *
 * @param text YAML or JSON.
 * @param file where it comes from; it need not exist.
 * @param set `key=value` of the command line, values written as in YAML.
 * @param start of the weights of `finetune.from`; without it, nothing is said of the network of such a configuration.
 */
export function parseConfig(text: string, file: string, set: readonly string[] = [], start?: Start): ParsedConfig {
  const folder = path.dirname(path.resolve(file));
  const source = readSource(text, file);
  const overrides = set.map(readOverride);
  const unread = [source, ...overrides.map((override) => override.source)].flatMap(({ problems }) => problems);
  if (unread.length > 0) return { problems: unread, folder };
  const written = source.value ?? {};
  if (!isObject(written)) {
    return { problems: [{ ...problemAt(source.placeOf([]), source, '', l10n.t('A configuration is a list of `key: value` lines.')), schema: true }], folder };
  }
  const below = overrides.filter(({ path: at }) => isBelowValue(at));
  const fitting = overrides.filter((override) => !below.includes(override));
  const value = fitting.reduce((whole, { path: at, source: { value: inner } }) => setIn(whole, at, inner), written);
  const place = locator(source, fitting);
  const problems = [...below.map(refuseBelowValue), ...unknownKeys(value, [], place), ...check(value, folder, place, start)];
  const parsed = problems.some(({ severity }) => severity === 'error') ? undefined : configSchema.parse(completed(value, start));
  const from = fromOf(value);
  return { ...(parsed && { config: parsed }), ...(from !== undefined && { from }), problems: problems.sort((a, b) => a.line - b.line || a.column - b.column), folder };
}

/** `parseConfig`, with what the weights say that a configuration starts from. */
export async function parseConfigFrom(text: string, file: string, set: readonly string[], startOf: StartOf): Promise<ParsedConfig> {
  const alone = parseConfig(text, file, set);
  if (alone.from === undefined) return alone;
  const start = await startOf(path.resolve(alone.folder, alone.from)).catch((error: unknown) => ({ problem: reasonOf(error) }));
  return parseConfig(text, file, set, start);
}

/** With what a preset, and below it the weights, say of the network. */
function completed(value: Section, start: Start | undefined): Section {
  const named = withPreset(value);
  return start && 'model' in start ? withStart(named, start) : named;
}

/**
 * Reads a configuration file. What is odd but no error is told to `onWarning`.
 *
 * @param startOf looks into the weights of `finetune.from`
 * @throws UserError that lists every error with its place.
 */
export async function loadConfig(file: string, set: readonly string[] = [], onWarning?: (message: string) => void, startOf: StartOf = cannotLook): Promise<Config> {
  return readConfig(await readConfigText(file), file, set, onWarning, startOf);
}

/** The same of a text that is not in its file yet, as it stands in an editor. */
export async function readConfig(text: string, file: string, set: readonly string[], onWarning: ((message: string) => void) | undefined, startOf: StartOf): Promise<Config> {
  const { config, problems } = await parseConfigFrom(text, file, set, startOf);
  for (const problem of problems) if (problem.severity === 'warning') onWarning?.(describeProblem(problem));
  if (config !== undefined) return config;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const lines = errors.map((problem) => describeProblem(problem));
  const [first] = errors;
  throw new UserError(lines.join('\n'), { file, ...(first?.file === file ? { line: first.line, column: first.column } : {}) });
}

function cannotLook(from: string): Promise<never> {
  return Promise.reject(new UserError(l10n.t('The network of this configuration is that of the weights {0}; name one here that says its network itself.', from)));
}

/** `file:line:column: message`, as compilers write it and terminals link it. */
export function describeProblem({ file, line, column, message }: ConfigProblem): string {
  return file.startsWith('--set') ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}

/** @throws UserError when the file cannot be read */
export async function readConfigText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? l10n.t('there is no such file') : reasonOf(error);
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reason), { file });
  }
}

function readOverride(text: string): Override {
  const equals = text.indexOf('=');
  const key = (equals < 0 ? text : text.slice(0, equals)).trim();
  const file = `--set ${key}`;
  if (equals < 0) {
    const message = l10n.t('"{0}" has no value; write key=value, e.g. model.depth=6.', text);
    return { path: [], source: { ...readSource('', file), problems: [{ file, line: 1, column: 1, endLine: 1, endColumn: text.length + 1, key, message, severity: 'error' }] } };
  }
  return { path: key.split('.'), source: readSource(text.slice(equals + 1), file) };
}

/** Whether a path goes on below a key that holds a value and no section, as `model.depth.x` does. */
function isBelowValue(at: readonly string[]): boolean {
  return at.some((key, i) => i < at.length - 1 && hasField(at.slice(0, i), key) && fieldsAt(at.slice(0, i + 1)) === undefined);
}

function hasField(section: readonly string[], key: string): boolean {
  return Object.hasOwn(fieldsAt(section) ?? {}, key);
}

function refuseBelowValue({ path: at, source }: Override): ConfigProblem {
  const key = at.join('.');
  const holder = at.slice(0, at.findIndex((part, i) => hasField(at.slice(0, i), part) && fieldsAt(at.slice(0, i + 1)) === undefined) + 1).join('.');
  return problemAt(source.placeOf([]), source, key, l10n.t('There is no key {0}: {1} holds a value, no section. Did you mean {1}?', key, holder), holder);
}

type Section = Json;

/** A copy with one value changed. What stands in the way and is no section stays, for the schema to complain about. */
function setIn(whole: Section, [key, ...rest]: readonly string[], value: unknown): Section {
  if (key === undefined) return whole;
  const old = Object.hasOwn(whole, key) ? (whole[key] ?? {}) : {};
  const inner = rest.length === 0 ? value : isObject(old) ? setIn(old, rest, value) : old;
  // Entries rather than a spread with a computed key: `__proto__` must stay a key like any other.
  return Object.fromEntries([...Object.entries(whole).filter(([name]) => name !== key), [key, inner]]);
}

type Locate = (at: readonly PropertyKey[], key?: boolean) => { place: ReturnType<Source['placeOf']>; source: Source };

/** Where a value comes from: the last override that gave it, else the file. */
function locator(source: Source, overrides: readonly Override[]): Locate {
  return (at, key = false) => {
    const from = overrides.findLast(({ path: set }) => set.length <= at.length && set.every((part, i) => part === at[i]));
    // A section that the file lacks was made by the override that reaches into it.
    const absent = from === undefined && at.length > 0 && key && valueAt(source.value, at) === undefined;
    const maker = absent ? overrides.findLast(({ path: set }) => at.every((part, i) => part === set[i])) : undefined;
    if (maker !== undefined) return { place: maker.source.placeOf([]), source: maker.source };
    if (from === undefined) return { place: key ? source.placeOfKey(at) : source.placeOf(at), source };
    const rest = at.slice(from.path.length);
    return { place: key ? from.source.placeOfKey(rest) : from.source.placeOf(rest), source: from.source };
  };
}

function problemAt(place: ReturnType<Source['placeOf']>, { file }: Source, key: string, message: string, suggestion?: string): ConfigProblem {
  return { file, ...place, key, message, ...(suggestion === undefined ? {} : { suggestion }), severity: 'error' };
}

function* unknownKeys(value: unknown, at: readonly string[], locate: Locate): Generator<ConfigProblem> {
  const fields = fieldsAt(at);
  if (fields === undefined || !isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(fields, name)) yield* unknownKeys(inner, [...at, name], locate);
    else yield unknownKey([...at, name], Object.keys(fields), locate);
  }
}

function unknownKey(at: readonly string[], known: readonly string[], locate: Locate): ConfigProblem {
  const { place, source } = locate(at, true);
  const key = at.join('.');
  const suggestion = nearestKey(at);
  const message =
    suggestion === undefined
      ? l10n.t('There is no key {0}. Known here: {1}.', key, known.join(', '))
      : l10n.t('There is no key {0}. Did you mean {1}?', key, suggestion);
  return { ...problemAt(place, source, key, message, suggestion), schema: true };
}

/** The schema's complaints, and those of the rules that no broken field takes part in. */
function check(written: Section, folder: string, locate: Locate, start: Start | undefined): ConfigProblem[] {
  const value = completed(written, start);
  const parsed = configSchema.safeParse(value);
  const issues = parsed.success ? [] : parsed.error.issues.filter(({ code }) => code !== 'unrecognized_keys');
  const problems: ConfigProblem[] = issues.map((issue) => {
    const { place, source } = locate(issue.path);
    const key = keyOf(issue.path);
    const { message, suggestion } = explain(key, issue, valueAt(value, issue.path));
    return { ...problemAt(place, source, key, message, suggestion), schema: true };
  });
  const wrong = problems.map(({ key }) => key.replace(/\[.*/, ''));
  const sound = parsed.success ? parsed.data : configSchema.parse(without(value, []));
  for (const { key, keys, at, message, severity, remedies, misspelt } of [...checkRules(sound, folder), ...startRules(written, sound, start)]) {
    if (networkIsUnknown(written, start) && keys.some((part) => part.startsWith('model.'))) continue;
    if (keys.some((part) => wrong.some((bad) => part === bad || part.startsWith(`${bad}.`)))) continue;
    const { place, source } = locate(at ?? key.split('.'), misspelt !== undefined);
    problems.push({ ...problemAt(place, source, key, message, misspelt?.suggestion), severity, ...(remedies && { remedies }) });
  }
  return problems;
}

function startRules(written: Section, sound: Config, start: Start | undefined): Iterable<Broken> {
  if (start === undefined) return [];
  return 'model' in start ? contradictions(written, sound, start) : [{ key: 'finetune.from', keys: ['finetune.from'], message: start.problem, severity: 'error' }];
}

/** Whether it is that of weights which nobody has looked at. */
function networkIsUnknown(written: Section, start: Start | undefined): boolean {
  return fromOf(written) !== undefined && !(start && 'model' in start);
}

/** What remains of a section without unknown keys and wrong values, so that their defaults stand in for them. */
function without(value: Section, at: readonly string[]): Section {
  const fields = fieldsAt(at) ?? {};
  const kept: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (!Object.hasOwn(fields, name)) continue;
    if (fieldsAt([...at, name]) !== undefined) {
      if (isObject(inner)) kept.push([name, without(inner, [...at, name])]);
    } else if (fields[name]!.safeParse(inner).success) kept.push([name, inner]);
  }
  return Object.fromEntries(kept);
}
