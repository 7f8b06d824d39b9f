import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import type { ConfigProblem } from '../../protocol';
import { readSource, type Source } from '../config/document';
import { describeProblem, readConfigText } from '../config/load';
import { bare } from '../config/keys';
import { nearest } from '../config/nearest';
import { explain, keyOf, valueAt } from '../config/words';
import { isObject } from '../json';
import { spoken } from '../language';
import { UserError } from '../userError';
import { pipelineSchema, type Pipeline } from './schema';

export const PIPELINE_FILE = 'pipeline.yaml';

/** A pipeline that is well said, with where it stands. */
export interface Plan extends Pipeline {
  /** Absolute. */
  readonly file: string;
  /** The project: where its paths begin. */
  readonly folder: string;
}

/**
 * Reads `pipeline.yaml`, or that of a folder.
 *
 * @throws UserError that lists every error with its place
 */
export async function loadPipeline(given: string): Promise<Plan> {
  const file = path.resolve(/\.(ya?ml|json)$/i.test(given) ? given : path.join(given, PIPELINE_FILE));
  const text = await readConfigText(file);
  const { plan, problems } = checkPipeline(text, file);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (plan) return { ...plan, file, folder: path.dirname(file) };
  const [first] = errors;
  throw new UserError(errors.map(describeProblem).join('\n'), { file, ...(first && { line: first.line, column: first.column }) });
}

/** All that is wrong with the text of a pipeline, in the order of the file; `plan` when nothing is. */
export function checkPipeline(text: string, file: string): { readonly plan?: Pipeline; readonly problems: readonly ConfigProblem[] } {
  const source = readSource(text, file);
  if (source.problems.length > 0) return { problems: source.problems };
  const value = source.value ?? {};
  if (!isObject(value)) return { problems: [problemAt(source, [], l10n.t('A pipeline is a list of `key: value` lines.'))] };
  const parsed = pipelineSchema.safeParse(value);
  const problems = parsed.success ? rulesOf(parsed.data, source, path.dirname(path.resolve(file))) : complaintsOf(parsed.error.issues, value, source);
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  return { problems: sorted, ...(parsed.success && sorted.length === 0 && { plan: parsed.data }) };
}

type Issue = Parameters<typeof explain>[1];

function complaintsOf(issues: readonly Issue[], value: unknown, source: Source): ConfigProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey([...issue.path, name], source));
    const key = keyOf(issue.path);
    if (key === 'configs' && valueAt(value, issue.path) === undefined) return [problemAt(source, [], l10n.t('configs is missing: list the configurations to train, e.g. configs: [configs/vit.vit.yaml].'))];
    const { message, suggestion } = explain(key, issue, valueAt(value, issue.path));
    return [problemAt(source, issue.path, message, suggestion)];
  });
}

function unknownKey(at: readonly PropertyKey[], source: Source): ConfigProblem {
  const inside = at.slice(0, -1).map(String);
  const known = knownKeys(inside);
  const suggestion = nearest(String(at.at(-1)), known);
  const key = keyOf(at);
  const message = suggestion === undefined ? l10n.t('There is no key {0}. Known here: {1}.', key, known.join(', ')) : l10n.t('There is no key {0}. Did you mean {1}?', key, keyOf([...inside, suggestion]));
  return { ...problemAt(source, at, message, suggestion), ...source.placeOfKey(at) };
}

/** The keys of the section at a path. */
function knownKeys([section]: readonly string[]): string[] {
  const inside = section === undefined ? pipelineSchema : (pipelineSchema.shape as Readonly<Record<string, z.ZodType>>)[section];
  const schema = inside && bare(inside);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** What joins two keys, and what needs a look at the disk. */
function rulesOf(plan: Pipeline, source: Source, folder: string): ConfigProblem[] {
  const names = plan.configs.map(stemOf);
  const { baseline } = plan.report;
  return [
    ...plan.configs.flatMap((config, i) => {
      if (!existsSync(path.resolve(folder, config))) return [problemAt(source, ['configs', i], l10n.t('There is no configuration {0}.', path.resolve(folder, config)))];
      const twin = names.indexOf(names[i]!);
      return twin < i ? [problemAt(source, ['configs', i], l10n.t('{0} and {1} have the same name; results are told apart by it. Rename one of them.', plan.configs[twin]!, config))] : [];
    }),
    ...(Array.isArray(plan.seeds) && new Set(plan.seeds).size < plan.seeds.length ? [problemAt(source, ['seeds'], l10n.t('seeds names a seed twice; that would be the same training.'))] : []),
    ...(baseline !== undefined && !plan.configs.includes(baseline) ? [problemAt(source, ['report', 'baseline'], l10n.t('report.baseline is {0}; it must be one of configs: {1}.', baseline, plan.configs.join(', ')))] : []),
    ...outside(plan).map(({ at, value }) => problemAt(source, at, l10n.t('{0} is {1}; it must lie inside the project, since it is written.', keyOf(at), value))),
  ];
}

/** What is written stays in the project, whatever a stranger's pipeline says. */
function outside(plan: Pipeline): { readonly at: readonly string[]; readonly value: string }[] {
  const written = [
    { at: ['models'], value: plan.models },
    { at: ['log', 'file'], value: plan.log.file },
    ...(plan.sample ? [{ at: ['sample', 'folder'], value: plan.sample.folder }] : []),
  ];
  return written.filter(({ value }) => path.isAbsolute(value) || /^(\.\.)?([\\/]|$)/.test(path.normalize(value)) || path.normalize(value) === '.');
}

function problemAt(source: Source, at: readonly PropertyKey[], message: string, suggestion?: string): ConfigProblem {
  return { file: source.file, ...source.placeOf(at), key: keyOf(at), message, ...(suggestion !== undefined && { suggestion }), severity: 'error' };
}

/** `configs/vit.vit.yaml` → `vit`: how steps and results name a configuration. */
export function stemOf(config: string): string {
  return path.basename(config).replace(/(\.vit)?\.(ya?ml|json)$/i, '');
}

export function seedsOf({ seeds }: Pick<Pipeline, 'seeds'>): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i) : seeds;
}

/** Of what is written for people: the pipeline's own, so that it does not change from machine to machine. */
export function languageOf({ report }: Pipeline): string {
  return report.language ?? spoken();
}
