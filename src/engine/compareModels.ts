import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ModelComparison, ModelFacts } from '../protocol';
import { loadConfig } from './config/load';
import { startFacts } from './finetune/start';
import { describeConfig, describePreset, isConfigFile } from './describe';
import { isPresetName } from './model/presets';
import { grouped, mebibytes, short } from './units';
import { UserError } from './userError';

/** Of ten classes, as CIFAR-10 has them, where the data that would tell are not there. */
const ASSUMED = 10;

export interface ComparisonQuestion {
  /** Configurations, presets, checkpoints. */
  readonly models: readonly string[];
  readonly set?: readonly string[];
  readonly classes?: number;
}

type Compared = ModelComparison['models'][number];

/**
 * Models side by side: sizes, costs, what a position sees of the image and what is presumed of it. Data that cannot be read do
 * not matter here; that the number of classes is assumed then is said.
 *
 * @param ofCheckpoint the facts of a checkpoint
 * @throws UserError when fewer than two are named, or one is no model
 */
export async function compareModels(q: ComparisonQuestion, ofCheckpoint: (file: string) => Promise<ModelFacts>): Promise<ModelComparison> {
  if (q.models.length < 2) throw new UserError(l10n.t('A comparison takes two models or more.'));
  const models: Compared[] = [];
  for (const file of q.models) models.push({ file, title: titleOf(file), ...(await factsOf(file, q, ofCheckpoint)) });
  return { models, rows: rowsOf(models) };
}

async function factsOf(file: string, { set, classes }: ComparisonQuestion, ofCheckpoint: (file: string) => Promise<ModelFacts>): Promise<ModelFacts & { readonly assumed: boolean }> {
  if (isPresetName(file) && !existsSync(file)) return { ...describePreset(file, set, classes), assumed: false };
  if (!isConfigFile(file)) return { ...(await ofCheckpoint(file)), assumed: false };
  const config = await loadConfig(file, set, undefined, startFacts);
  if (classes !== undefined) return { ...(await describeConfig(config, file, classes)), assumed: false };
  try {
    return { ...(await describeConfig(config, file)), assumed: false };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...(await describeConfig(config, file, ASSUMED)), assumed: true };
  }
}

/** Sizes, costs and what each network presumes of images, in words: a value for each. */
export function rowsOf(models: readonly Compared[]): ModelComparison['rows'] {
  const row = (label: string, value: (model: Compared) => string): ModelComparison['rows'][number] => ({ label, values: models.map(value) });
  const none = '–';
  return [
    row(l10n.t('network'), ({ name }) => name),
    row(l10n.t('image'), ({ config }) => `${config.imageSize.join(' × ')} × ${config.channels}`),
    row(l10n.t('classes'), ({ config, assumed }) => (assumed ? l10n.t('{0} (assumed: the data cannot be read)', config.classes) : String(config.classes))),
    row(l10n.t('parameters'), ({ params }) => grouped(params)),
    row(l10n.t('multiply-adds, one image'), ({ macs }) => short(macs)),
    row(l10n.t('memory, inference'), ({ memory }) => mebibytes(memory.inference)),
    row(l10n.t('memory, training'), ({ memory }) => l10n.t('{0} (batch of {1})', mebibytes(memory.training), memory.batch)),
    row(l10n.t('tokens'), ({ tokens }) => (tokens > 0 ? String(tokens) : none)),
    row(l10n.t('Ω(MSA), one block'), ({ omegaMsa }) => (omegaMsa > 0 ? short(omegaMsa) : none)),
    row(l10n.t('a position sees first'), ({ receptiveField: { first } }) => `${first.join(' × ')} px`),
    row(l10n.t('a position sees at last'), ({ receptiveField: { last } }) => (last ? `${last.join(' × ')} px` : l10n.t('all, from block 1 on'))),
    row(l10n.t('locality'), ({ bias }) => bias.locality),
    row(l10n.t('translation equivariance'), ({ bias }) => bias.translation),
    row(l10n.t('2-D structure'), ({ bias }) => bias.structure),
    row(l10n.t('hierarchy'), ({ bias }) => bias.hierarchy),
  ];
}

/** What a column is called: the file without its folder and ending. */
function titleOf(file: string): string {
  return path.basename(file).replace(/\.(vit\.)?(ya?ml|json|safetensors)$/i, '');
}
