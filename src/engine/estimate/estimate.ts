import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { TrainingEstimate } from '../../protocol';
import { machineMemory } from '../compile/memory';
import { loadConfig } from '../config/load';
import { sizeStages } from '../config/progressive';
import type { Config } from '../config/schema';
import { modelName } from '../facts';
import { startFacts } from '../finetune/start';
import { macs, memoryEstimate } from '../model/cost';
import { countParams } from '../model/params';
import { forImages, type ViTSpec } from '../model/spec';
import { expectedRounds } from '../sweep/advance';
import { planSweep } from '../sweep/sweep';
import type { SweepRecord } from '../sweep/record';
import type { TrainingTools } from '../training';
import { calibrate, type Calibration } from './calibrate';

interface Question {
  readonly config: string;
  readonly set?: readonly string[];
  readonly seconds?: number;
}

/** Of steps, for each network that is tried. */
const SECONDS = 6;
/** Networks of a sweep that are tried; what lies between is computed. */
const MOST_TRIED = 3;

/** What a training, or all of a sweep, will take on this machine as it is loaded now. */
export async function estimateTraining({ config: file, set = [], seconds = SECONDS }: Question, tools: TrainingTools): Promise<TrainingEstimate> {
  const warnings: string[] = [];
  const config = await loadConfig(file, set, (message) => warnings.push(message), startFacts);
  if (config.sweep) return estimateSweep(file, set, seconds, tools);
  const found = await calibrate(config, { file, set }, seconds, tools);
  return { ...told(config, found), warnings: [...warnings, ...found.warnings] };
}

/** The numbers of one training. */
function told(config: Config, found: Calibration): Omit<TrainingEstimate, 'warnings'> {
  const { sizes, spec, engine, step } = found;
  const { train } = config;
  const stepsPerEpoch = Math.ceil(sizes.train / train.batch_size);
  const rows = Math.ceil(Math.min(train.batch_size, sizes.train) / train.grad_accum_steps);
  const batch = Math.min(train.batch_size, sizes.train);
  return {
    engine,
    measured: { ...found.measured, networks: 1 },
    network: { name: modelName(spec), params: countParams(spec), macs: macs(spec) },
    epochs: train.epochs,
    stepsPerEpoch,
    images: sizes,
    batchSize: train.batch_size,
    preparation: found.preparation,
    perStep: step,
    waiting: found.waiting,
    imagesPerSecond: batch / step,
    perEpoch: epochSeconds(found) + found.look / found.every,
    evaluation: sizes.val * found.evaluated,
    total: totalOf(config, found),
    macs: trainingMacs(config, spec, sizes),
    memory: { estimate: memoryEstimate(spec, rows).training, measured: found.memory, machine: machineMemory() },
    notes: [...(train.progressive ? [l10n.t('Steps with smaller images are computed from their multiply-adds.')] : []), ...notesOf(config)],
  };
}

function notesOf({ train }: Config): string[] {
  return [
    ...(train.early_stop.patience > 0 ? [l10n.t('The training may stop earlier: when {0} has not improved for {1} epochs.', train.monitor, train.early_stop.patience)] : []),
    l10n.t('As this machine is loaded now; what else computes beside a training makes it slower.'),
  ];
}

/** A full-size epoch with evaluation and checkpoint, without a look. */
function epochSeconds({ config, sizes, step, evaluated, epoch }: Calibration): number {
  return (sizes.train / Math.min(config.train.batch_size, sizes.train)) * step + sizes.val * evaluated + epoch;
}

function totalOf(config: Config, found: Calibration): number {
  const { sizes, step, evaluated, look, every, start, test } = found;
  const { epochs, tta } = config.train;
  const stepsOfEpoch = sizes.train / Math.min(config.train.batch_size, sizes.train);
  const saved = stepsOfEpoch * step * (epochs - fullEpochs(config, found.spec));
  const looks = 1 + Math.ceil(epochs / every);
  const tested = sizes.test > 0 ? test + sizes.test * evaluated * (tta === 'none' ? 1 : 2) : 0;
  const before = config.finetune?.from === undefined ? 0 : sizes.val * evaluated;
  return start + before + epochs * epochSeconds(found) - saved + looks * look + tested;
}

/** Epochs, each counted by the multiply-adds of its images. */
function fullEpochs(config: Config, spec: ViTSpec): number {
  const { epochs, progressive } = config.train;
  if (!progressive) return epochs;
  const stages = sizeStages(config);
  return stages.reduce((sum, { epoch, size }, i) => sum + (((stages[i + 1]?.epoch ?? epochs) - epoch) * macs(forImages(spec, size))) / macs(spec), 0);
}

/** Forward, and twice that backward; evaluations are forward alone. */
function trainingMacs(config: Config, spec: ViTSpec, sizes: Calibration['sizes']): number {
  return macs(spec) * (3 * sizes.train * fullEpochs(config, spec) + sizes.val * config.train.epochs + sizes.test);
}

async function estimateSweep(file: string, set: readonly string[], seconds: number, tools: TrainingTools): Promise<TrainingEstimate> {
  const warnings: string[] = [];
  const record = await planSweep(file, set, (done, of) => tools.emit({ type: 'preparing', message: l10n.t('Planning the sweep'), done, of }), (message) => warnings.push(message));
  const configs = await Promise.all(record.settings.map((setting) => loadConfig(path.resolve(file), setting.set, undefined, startFacts)));
  const kinds = [...new Set(configs.map((config) => kindOf(config)))];
  // The cheapest, the dearest, and what is between: multiply-adds of a step.
  const costOf = (kind: string): number => stepMacs(configs, record, kind);
  const sorted = kinds.sort((a, b) => costOf(a) - costOf(b));
  const tried = sorted.length <= MOST_TRIED ? sorted : [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
  const known: { readonly kind: string; readonly cost: number; readonly found: Calibration }[] = [];
  for (const kind of tried) {
    const at = configs.findIndex((config) => kindOf(config) === kind);
    known.push({ kind, cost: costOf(kind), found: await calibrate(configs[at]!, { file, set: record.settings[at]!.set }, seconds / Math.sqrt(tried.length), tools) });
  }
  const parts = trainingsOf(record).map(({ setting, epochs, count }) => {
    const config = { ...configs[setting]!, train: { ...configs[setting]!.train, epochs } };
    const found = between(known, kindOf(config), costOf(kindOf(config)));
    return { count, seconds: totalOf(config, found), macs: trainingMacs(config, found.spec, found.sizes) * (record.settings[setting]!.macs / macs(found.spec)) };
  });
  const first = told(configs[0]!, between(known, kindOf(configs[0]!), costOf(kindOf(configs[0]!))));
  const trainings = parts.reduce((sum, { count }) => sum + count, 0);
  return {
    ...first,
    warnings,
    measured: { steps: sumOf(known, 'steps'), seconds: sumOf(known, 'seconds'), evaluated: sumOf(known, 'evaluated'), networks: known.length },
    preparation: known.reduce((sum, { found }) => sum + found.preparation, 0),
    total: parts.reduce((sum, part) => sum + part.count * part.seconds, 0),
    macs: parts.reduce((sum, part) => sum + part.count * part.macs, 0),
    trainings,
    memory: { ...first.memory, estimate: Math.max(...record.settings.map(({ memory }) => memory)), measured: Math.max(...known.map(({ found }) => found.memory)) },
    notes: [
      l10n.t('{0} trainings one after the other; side by side they share this machine, so that all of them take about as long.', trainings),
      kinds.length > tried.length ? l10n.t('{0} of {1} different networks and batches were tried; the others are computed from their multiply-adds.', tried.length, kinds.length) : l10n.t('Each of the {0} different networks and batches was tried.', kinds.length),
      ...(record.rounds.length > 1 ? [l10n.t('As many trainings in each round as successive halving leaves.')] : []),
      ...notesOf(configs[0]!),
    ],
  };
}

function sumOf(known: readonly { readonly found: Calibration }[], what: keyof Calibration['measured']): number {
  return known.reduce((sum, { found }) => sum + found.measured[what], 0);
}

/** What fixes the time of a step and of an evaluation. */
function kindOf({ image, model, dataset, finetune, engine, train }: Config): string {
  const { batch_size, grad_accum_steps, opt, augment, distillation, mixup, cutmix, model_ema_decay, clip_mode, sam_rho } = train;
  return JSON.stringify([image, model, dataset, finetune?.from, finetune?.unfreeze, engine, batch_size, grad_accum_steps, opt, augment, distillation, mixup > 0, cutmix > 0, model_ema_decay > 0, clip_mode, sam_rho > 0]);
}

function stepMacs(configs: readonly Config[], { settings }: SweepRecord, kind: string): number {
  const at = configs.findIndex((config) => kindOf(config) === kind);
  return settings[at]!.macs * configs[at]!.train.batch_size;
}

/** As it was measured, else between the two nearest in multiply-adds of a step, or in proportion beyond them. */
function between(known: readonly { readonly kind: string; readonly cost: number; readonly found: Calibration }[], kind: string, cost: number): Calibration {
  const same = known.find((one) => one.kind === kind);
  if (same) return same.found;
  const below = known.findLast((one) => one.cost <= cost) ?? known[0]!;
  const above = known.find((one) => one.cost > cost) ?? known.at(-1)!;
  const share = above.cost > below.cost ? (cost - below.cost) / (above.cost - below.cost) : 0;
  const mixed = (a: number, b: number): number => (above === below ? a * (cost / below.cost) : a + share * (b - a));
  const { found } = share < 0.5 ? below : above;
  return { ...found, step: mixed(below.found.step, above.found.step), evaluated: mixed(below.found.evaluated, above.found.evaluated) };
}

/** How often each combination is trained for so many epochs: by its seeds, and in the rounds that it is expected to reach. */
function trainingsOf(record: SweepRecord): readonly { readonly setting: number; readonly epochs: number; readonly count: number }[] {
  const { settings, entries, seeds } = record;
  const first = entries.map(({ setting, epochs }) => ({ setting, epochs, count: 1 }));
  // Which ones go on nobody knows: each stands for its share.
  const later = expectedRounds(record).slice(1).flatMap(({ epochs, combinations }) => settings.map((_, setting) => ({ setting, epochs, count: (seeds.length * combinations) / settings.length })));
  return [...first, ...later];
}
