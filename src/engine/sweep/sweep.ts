import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { readSource } from '../config/document';
import { idleKeys } from '../config/idle';
import { loadConfig } from '../config/load';
import type { Config, DatasetConfig } from '../config/schema';
import { surveyDataset, type Survey } from '../dataset/open';
import { describeConfig } from '../describe';
import { startFacts } from '../finetune/start';
import { folderName } from '../runs/name';
import { oddWithData, warningsWithData } from '../oddWithData';
import { UserError } from '../userError';
import { planned } from './advance';
import { rasterised } from '../pictures/rasterise';
import { sweepPicture } from './picture';
import { describeSetting, placeOfKey, sameTrainings, SweepError, type Setting } from './plan';
import { digestOf, readSweep, refuseChanged, SWEEP_FILE, writeSweep, type SweepRecord } from './record';
import { toCsv } from './results';

/** So many combinations that cannot be trained are told one by one. */
const MOST_WRONG = 5;

/** A sweep that can be gone on with: its folder, and what is to be trained. */
export interface Sweep {
  readonly folder: string;
  readonly record: SweepRecord;
}

/**
 * Plans the sweep of a configuration, and checks every combination before anything is trained. Nothing is written yet.
 *
 * @param onWarning hears what is odd in a combination but no error, once, with the combinations that it holds for
 * @throws UserError that names the combination and what is wrong with it
 */
export async function planSweep(file: string, set: readonly string[], onProgress: (done: number, of: number) => void, onWarning?: (message: string) => void): Promise<SweepRecord> {
  const place = path.resolve(file);
  const config = await loadConfig(place, set, undefined, startFacts);
  if (!config.sweep) throw new UserError(l10n.t('{0} has no section sweep. Give it one, e.g. sweep: {parameters: {model.patch_size: [4, 8]}}.', file), { file: place });
  const { sweep } = config;
  const text = await readFile(place, 'utf8');
  const placed = placer(text, file, set);
  const { settings, entries, ...plan } = plannedAt(config, placed);
  const described: SweepRecord['settings'] = [];
  const configs: Config[] = [];
  const wrong: { readonly key: string; readonly bare: string; readonly told: string }[] = [];
  const odd = new Map<string, string[]>();
  const expected = new Set<string>();
  const varied = new Set(settings.flatMap((setting) => setting.set.map((one) => one.slice(0, one.indexOf('=')))));
  const surveyOf = surveyor(path.dirname(place));
  for (const [i, setting] of settings.entries()) {
    onProgress(i, settings.length);
    try {
      const origin = { file: place, set: [...set, ...setting.set] };
      const warnings: string[] = [];
      const one = await loadConfig(place, origin.set, (message) => warnings.push(message), startFacts);
      const survey = await surveyOf(one.dataset);
      if (plan.rounds.length > 1 && survey.sizes.val === 0) throw new UserError(l10n.t('sweep.method: halving chooses by {0} which go on, and there are no validation images: dataset.val_split is {1}.', one.train.monitor, one.dataset.val_split));
      for (const { key, message, severity } of oddWithData(one, survey)) if (severity === 'error') throw new UserError(`--set ${key}: ${message}`);
      const { params, macs, patches, tokens, omegaMsa, memory } = await describeConfig(one, place, survey.classes.length);
      warnings.push(...(await warningsWithData(one, survey, origin)));
      const told = warnings.map((warning) => asInFile(warning, setting, (key, message) => placed(placeOfKey(sweep, key, setting), message)));
      for (const warning of told) odd.set(warning, [...(odd.get(warning) ?? []), describeSetting(setting.values)]);
      for (const warning of told) if (isExpected(warning, one, varied)) expected.add(warning);
      configs.push(one);
      described.push({ values: { ...setting.values }, set: origin.set, params, macs, patches: patches[0] * patches[1], tokens, omegaMsa, memory: memory.training });
    } catch (error) {
      const reason = reasonOf(error);
      const key = /^--set ([^:]+): /m.exec(reason)?.[1] ?? '';
      // As the file has it, and no command line; at the place of what is varied.
      const bare = reason.split('\n').map((line) => (line.startsWith(`${place}:`) ? line.slice(place.length) : line).replace(/^(--set [^:]+|:\d+:\d+): /, '')).join('\n');
      wrong.push({ key, bare, told: placed(placeOfKey(sweep, key, setting), l10n.t('{0} cannot be trained: {1}', describeSetting(setting.values), bare)) });
    }
  }
  const [first] = wrong;
  // What no combination gives, and none escapes, is wrong in the configuration itself, or on the command line.
  if (first && wrong.length === settings.length && first.key !== '' && !varied.has(first.key) && wrong.every(({ bare }) => bare === first.bare)) throw new UserError(set.some((one) => one.startsWith(`${first.key}=`)) ? `--set ${first.key}: ${first.bare}` : placed(first.key.split('.'), first.bare), { file: place });
  if (wrong.length > 0) throw new UserError([...wrong.slice(0, MOST_WRONG).map(({ told }) => told), ...(wrong.length > MOST_WRONG ? [l10n.t('{0} more cannot be trained.', wrong.length - MOST_WRONG)] : [])].join('\n'), { file: place });
  if (config.sweep.method !== 'grid' && settings.length < config.sweep.trials) onWarning?.(l10n.t('sweep.trials is {0}, and there are {1} combinations.', config.sweep.trials, settings.length));
  if (config.sweep.method === 'halving' && plan.rounds.length === 1) onWarning?.(l10n.t('There is a single round, in which none is put out: train.epochs ({0}) is less than sweep.min_epochs ({1}) × sweep.eta ({2}).', config.train.epochs, config.sweep.min_epochs, config.sweep.eta));
  for (const [warning, where] of odd) {
    if (where.length === settings.length) onWarning?.(warning);
    else if (!expected.has(warning)) onWarning?.(`${warning} (${where.join('; ')})`);
  }
  for (const group of sameTrainings(settings, configs)) onWarning?.(l10n.t('{0} make one and the same training: their results will be equal.', group.map(({ values }) => describeSetting(values)).join('; ')));
  // A combination may set its own; the rounds of halving override them, as `lead.ts` does.
  const own = plan.rounds.length > 1 ? entries : entries.map((entry) => ({ ...entry, epochs: configs[entry.setting]!.train.epochs }));
  const name = config.name ?? path.basename(place).replace(/(\.vit)?\.(ya?ml|json)$/i, '');
  return { format: 1, name, created: new Date().toISOString(), config: place, text: digestOf(text), ...plan, settings: described, entries: own, queue: [], pause: false, ...(config.sweep.parallel !== undefined && { parallel: config.sweep.parallel }) };
}

/** What is said of a value that the sweep gives, and no command line: at its place in the file. */
function asInFile(warning: string, { set }: Setting, placed: (key: string, message: string) => string): string {
  const [whole, key = ''] = /^--set ([^:]+): /.exec(warning) ?? [''];
  return set.some((one) => one.startsWith(`${key}=`)) ? placed(key, warning.slice(whole.length)) : warning;
}

type Placed = (at: readonly string[], message: string) => string;

/** Names the place of a message in the configuration, where it stands there. */
function placer(text: string, file: string, set: readonly string[]): Placed {
  const source = readSource(text, file);
  const here = !set.some((one) => one.startsWith('sweep')) && source.problems.length === 0;
  return (at, message) => {
    const { line, column } = source.placeOf(at);
    return here ? `${file}:${line}:${column}: ${message}` : message;
  };
}

function plannedAt(config: Config, placed: Placed): ReturnType<typeof planned> {
  try {
    return planned(config);
  } catch (error) {
    throw error instanceof SweepError ? new UserError(placed(error.at, error.message)) : error;
  }
}

/** That a key changes nothing where the sweep switches off what it belongs to; where the sweep varies the key itself, it says that these combinations are alike. */
function isExpected(warning: string, config: Config, varied: ReadonlySet<string>): boolean {
  return [...idleKeys(config)].some(({ key, needs, message }) => warning.endsWith(message) && varied.has(needs) && !varied.has(key));
}

/** Lists a dataset once for all combinations that share it. */
function surveyor(folder: string): (dataset: DatasetConfig) => Promise<Survey> {
  const known = new Map<string, Survey>();
  return async (dataset) => {
    const key = JSON.stringify(dataset);
    const survey = known.get(key) ?? (await surveyDataset(dataset, folder));
    known.set(key, survey);
    return survey;
  };
}

/** Makes the folder of a sweep among the runs. */
export async function createSweep(record: SweepRecord, runs: string): Promise<Sweep> {
  const folder = path.join(path.resolve(runs), folderName(`${record.name} sweep`, new Date()));
  await ensureFolder(folder);
  await writeSweep(folder, record);
  return { folder, record };
}

/** @throws UserError when it is none, or its configuration has changed since */
export async function openSweep(folder: string): Promise<Sweep> {
  const record = await readSweep(path.resolve(folder));
  const text = await readFile(record.config, 'utf8').catch((error: unknown): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', record.config, reasonOf(error)), { file: record.config });
  });
  refuseChanged(record, text);
  return { folder: path.resolve(folder), record };
}

export const RESULTS = { table: 'results.csv', picture: 'results.svg', raster: 'results.png' } as const;

/** Table and pictures anew. */
export async function writeResults(folder: string, record: SweepRecord): Promise<void> {
  const picture = sweepPicture(record);
  await writeFileAtomic(path.join(folder, RESULTS.table), toCsv(record));
  await writeFileAtomic(path.join(folder, RESULTS.picture), picture);
  await writeFileAtomic(path.join(folder, RESULTS.raster), (await rasterised(picture)).png);
}

/** Whether a place is the folder of a sweep. */
export function isSweep(place: string): boolean {
  return existsSync(path.join(place, SWEEP_FILE));
}
