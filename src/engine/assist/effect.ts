import * as l10n from '@vscode/l10n';
import { checkRules } from '../config/rules';
import type { Config } from '../config/schema';
import { modelFacts } from '../facts';
import { isObject } from '../json';
import { fitToPatch, hasAttention, keptPatches, pairOf, prefixCount, vitSpec } from '../model/spec';
import type { ModelFacts } from '../../protocol';
import { grouped, mebibytes, short } from '../units';
import { schemaAt } from './meaning';

/** What the numbers of a configuration are computed from. */
export interface Circumstances {
  readonly config: Config;
  /** Of the configuration file. */
  readonly folder: string;
  readonly classes: number;
  /** The data could not be read, and the number of classes is a guess. */
  readonly assumed: boolean;
}

type Value = string | number | boolean | readonly number[];

/** Whole numbers in a geometric row around what there is. */
const around = (value: number, factors: readonly number[]): number[] => factors.map((factor) => value * factor).filter((one) => Number.isInteger(one) && one >= 1);
const QUARTER_TO_FOUR = [0.25, 0.5, 1, 2, 4];
const HALF_TO_TWO = [0.5, 1, 2];

const side = (size: number | readonly number[], factors: readonly number[]): Value[] => {
  if (typeof size === 'number') return around(size, factors);
  return factors.map((factor) => size.map((one) => one * factor)).filter((pair) => pair.every((one) => Number.isInteger(one) && one >= 1));
};

const VARIED: Readonly<Record<string, (config: Config) => readonly Value[]>> = {
  'model.patch_size': ({ model }) => side(model.patch_size, QUARTER_TO_FOUR),
  'model.embed_dim': ({ model }) => around(model.embed_dim, HALF_TO_TWO),
  'model.depth': ({ model }) => around(model.depth, HALF_TO_TWO),
  'model.num_heads': ({ model }) => around(model.num_heads, HALF_TO_TWO),
  'model.mlp_ratio': ({ model }) => HALF_TO_TWO.map((factor) => model.mlp_ratio * factor),
  'model.token_mlp_ratio': ({ model }) => HALF_TO_TWO.map((factor) => model.token_mlp_ratio * factor),
  'model.stem_dim': ({ model }) => around(model.stem_dim, HALF_TO_TWO),
  'model.reg_tokens': ({ model }) => [...new Set([0, 1, 4, model.reg_tokens])].sort((a, b) => a - b),
  'model.distilled': () => [false, true],
  'model.architecture': () => ['vit', 'mixer', 'resnet'],
  'model.projection': () => ['linear', 'conv', 'conv_stem', 'resnetv2', 'shifted_patches'],
  'model.pos_embed': () => ['learned', 'sincos1d', 'sincos2d', 'none', 'rope', 'relative'],
  'model.global_pool': () => ['token', 'avg', 'seq', 'map', 'token_avg'],
  'model.mlp_layer': () => ['mlp', 'swiglu'],
  'image.size': ({ image }) => side(image.size, HALF_TO_TWO),
  'image.channels': () => [1, 3],
  'train.batch_size': ({ train }) => around(train.batch_size, QUARTER_TO_FOUR),
  'train.grad_accum_steps': ({ train }) => around(train.grad_accum_steps, QUARTER_TO_FOUR),
};

/** These mean a whole network: its numbers as it is. */
const WHOLE = new Set(['model', 'model.preset', 'image', 'finetune.from']);

/** What this and neighbouring values of a key make of the network and its cost: a table in Markdown; undefined where a key has no such effect. */
export function effectOf(key: string, circumstances: Circumstances): string | undefined {
  const { config, assumed, classes } = circumstances;
  const note = assumed ? `\n\n${l10n.t('For {0} classes: the data cannot be read.', classes)}` : '';
  if (WHOLE.has(key)) return tableOf([row(l10n.t('now'), factsOf(circumstances), true)], config, '') + note;
  if (key === 'model.patch_drop_rate') return patchDropWords(circumstances);
  const values = VARIED[key]?.(config);
  if (!values) return undefined;
  const now = valueAt(config, key);
  const isNow = (value: Value): boolean => JSON.stringify(value) === JSON.stringify(now);
  // The network of trained weights is what it is.
  const fixed = key.startsWith('model.') && config.finetune?.from !== undefined;
  const rows = values
    .map((value) => ({ value, config: withValue(config, key, value) }))
    .filter(({ value, config: changed }) => isNow(value) || (!fixed && isSound(key, value, changed, circumstances.folder)))
    .map(({ value, config: changed }) => row(Array.isArray(value) ? value.join(' × ') : String(value as string), factsOf({ ...circumstances, config: changed }), isNow(value)));
  if (rows.length === 0) return undefined;
  return tableOf(rows, config, `\`${key.slice(key.lastIndexOf('.') + 1)}\``) + note;
}

/** Whether a configuration with another value would be accepted as it is, without a word about its sizes. */
function isSound(key: string, value: Value, config: Config, folder: string): boolean {
  if (!schemaAt(key.split('.'))!.safeParse(value).success) return false;
  if (config.model.architecture !== 'resnet') {
    const [size, patch] = [pairOf(config.image.size), pairOf(config.model.patch_size)];
    if (patch.some((one, axis) => one > size[axis]!) || fitToPatch(config.image, config.model).how !== 'none') return false;
  }
  // The whole batch must be divisible only in so far as each part has an image.
  if (config.train.grad_accum_steps > config.train.batch_size) return false;
  return checkRules(config, folder).every(({ severity, keys }) => severity !== 'error' || !keys.some((part) => part.startsWith('model.') || part.startsWith('image.')));
}

function factsOf({ config, classes }: Circumstances): ModelFacts {
  const { train, image, model } = config;
  return modelFacts(vitSpec(image, model, classes), Math.ceil(train.batch_size / train.grad_accum_steps), fitToPatch(image, model));
}

interface Row {
  readonly cells: readonly string[];
  readonly facts: ModelFacts;
}

function row(label: string, facts: ModelFacts, now: boolean): Row {
  const { tokens, params, macs, omegaMsa, memory } = facts;
  const cells = [tokens > 0 ? String(tokens) : '–', grouped(params), short(macs), omegaMsa > 0 ? short(omegaMsa) : '–', mebibytes(memory.training)];
  const bold = (text: string): string => (now ? `**${text}**` : text);
  return { facts, cells: [bold(label), ...cells.map(bold)] };
}

/** Columns in which every row says the same of nothing are left out: a ResNet has no tokens. */
function tableOf(rows: readonly Row[], { train }: Config, corner: string): string {
  const heads = [corner, l10n.t('tokens'), l10n.t('parameters'), l10n.t('MACs'), l10n.t('Ω(MSA)'), l10n.t('memory, training')];
  const kept = heads.map((_, column) => rows.some(({ cells }) => !/^\**–\**$/.test(cells[column]!)));
  const line = (cells: readonly string[]): string => `| ${cells.filter((_, column) => kept[column]).join(' | ')} |`;
  // A hover's table has no room between its columns.
  const apart = (cells: readonly string[]): readonly string[] => cells.map((cell, column) => (column === 0 ? cell : `&nbsp;&nbsp;&nbsp;${cell}`));
  const parts = Math.ceil(train.batch_size / train.grad_accum_steps);
  const words = rows.length === 1
    ? l10n.t('MACs: multiply-adds of one image; Ω(MSA) of one block; memory: estimate for {0} images at a time.', parts)
    : l10n.t('Bold: now. MACs: multiply-adds of one image; Ω(MSA) of one block; memory: estimate of a training step.');
  return [line(apart(heads)), line(heads.map((_, column) => (column === 0 ? ':--' : '--:'))), ...rows.map(({ cells }) => line(apart(cells))), '', words].join('\n');
}

function patchDropWords({ config, classes }: Circumstances): string | undefined {
  const spec = vitSpec(config.image, config.model, classes);
  if (!hasAttention(spec)) return undefined;
  const tokens = (rate: number): number => keptPatches({ ...spec, patchDropRate: rate }) + prefixCount(spec);
  const rates = [...new Set([0, 0.25, 0.5, config.model.patch_drop_rate])].sort((a, b) => a - b);
  return l10n.t('Tokens of a training step: {0}.', rates.map((rate) => (rate === config.model.patch_drop_rate ? `**${rate}** → **${tokens(rate)}**` : `${rate} → ${tokens(rate)}`)).join(', '));
}

function valueAt(config: Config, key: string): unknown {
  return key.split('.').reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), config);
}

function withValue(config: Config, key: string, value: Value): Config {
  const [section, name] = key.split('.') as ['model' | 'image' | 'train', string];
  return { ...config, [section]: { ...config[section], [name]: value } };
}
