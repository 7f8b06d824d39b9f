import * as l10n from '@vscode/l10n';
import type { SchedulePhase, SchedulePreview } from '../protocol';
import { sizeStages } from './config/progressive';
import type { Config } from './config/schema';
import { learningRate, scheduleEdges } from './schedule';

/** More points than that no picture shows. */
const MOST_POINTS = 1200;

/**
 * What a recipe will do with every step, before it is run: the learning rate as the trainer asks for it, and from which
 * step to which something holds.
 *
 * @param stepsPerEpoch batches of the training images, the last of which may be smaller
 * @param warnings what was found odd about the configuration when it was read
 */
export function scheduleCurve(config: Config, stepsPerEpoch: number, warnings: readonly string[] = []): SchedulePreview {
  const { epochs } = config.train;
  const steps = epochs * stepsPerEpoch;
  const phases = phasesOf(config, stepsPerEpoch);
  const step = points(steps, phases);
  return {
    epochs,
    stepsPerEpoch,
    step,
    epoch: step.map((at) => at / stepsPerEpoch),
    lr: step.map((at) => learningRate(at, stepsPerEpoch, config.train)),
    phases,
    notes: notesOf(config),
    warnings,
  };
}

/** Evenly over the steps, with the first and the last, and both sides of every edge of a phase. */
function points(steps: number, phases: readonly SchedulePhase[]): number[] {
  const count = Math.min(steps, MOST_POINTS);
  const even = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (steps - 1)) / (count - 1))));
  const edges = phases.flatMap(({ begin, end }) => [begin - 1, begin, end - 1, end]).filter((at) => at >= 0 && at < steps);
  return [...new Set([...even, ...edges])].sort((a, b) => a - b);
}

function phasesOf(config: Config, stepsPerEpoch: number): SchedulePhase[] {
  const { train, model } = config;
  const steps = train.epochs * stepsPerEpoch;
  const { warmup, last } = scheduleEdges(stepsPerEpoch, train);
  const cools = train.cooldown_epochs > 0;
  const decayed = cools ? Math.min(steps, last + 1) : steps;
  const phases: SchedulePhase[] = [
    { kind: 'warmup', label: l10n.t('warm-up'), begin: 0, end: Math.min(steps, warmup) },
    ...decays(train, warmup, last, decayed),
    { kind: 'cooldown', label: l10n.t('cool-down'), begin: decayed, end: steps },
    ...sizes(config, stepsPerEpoch),
    ...mixing(train, stepsPerEpoch),
    ...(model.patch_drop_rate > 0 ? [{ kind: 'patch_dropout', label: l10n.t('patch dropout'), begin: 0, end: steps, value: model.patch_drop_rate } as const] : []),
  ];
  return phases.filter(({ begin, end }) => end > begin);
}

/** More cycles than these are told as one phase. */
const MOST_CYCLES = 12;

/** Behind the warm-up: one phase, or each cosine of several by itself. */
function decays({ schedule, cycles }: Config['train'], warmup: number, last: number, end: number): SchedulePhase[] {
  const count = schedule === 'cosine' && cycles <= MOST_CYCLES ? cycles : 1;
  const begin = (cycle: number): number => (cycle === count ? end : warmup + Math.ceil((cycle * (last - warmup)) / count));
  return Array.from({ length: count }, (_, i) => ({ kind: 'decay', label: count === 1 ? (schedule === 'cosine' && cycles > 1 ? `${schedule} × ${cycles}` : schedule) : `${schedule} ${i + 1}/${count}`, begin: begin(i), end: begin(i + 1) }));
}

function mixing({ mixup, cutmix, mixup_off_epoch: off, epochs }: Config['train'], stepsPerEpoch: number): SchedulePhase[] {
  if (mixup === 0 && cutmix === 0) return [];
  const names = [...(mixup > 0 ? ['mixup'] : []), ...(cutmix > 0 ? ['CutMix'] : [])];
  return [{ kind: 'mixing', label: names.join(', '), begin: 0, end: (off > 0 ? Math.min(off, epochs) : epochs) * stepsPerEpoch }];
}

function notesOf({ train }: Config): string[] {
  const { schedule, early_stop: stop, monitor, decay_rate: rate, plateau } = train;
  return [
    ...(schedule === 'plateau' ? [l10n.t('Behind the warm-up the learning rate is multiplied by {0} when {1} has not improved for {2} epochs; when that will be, only the run tells.', rate, monitor, plateau.patience + 1)] : []),
    ...(stop.patience > 0 ? [l10n.t('The training may stop earlier: when {0} has not improved for {1} epochs.', monitor, stop.patience)] : []),
  ];
}

/** Sizes of the images, where there are several. */
function sizes(config: Config, stepsPerEpoch: number): SchedulePhase[] {
  if (!config.train.progressive) return [];
  const stages = sizeStages(config);
  return stages.map(({ epoch, size: [height, width] }, i) => ({
    kind: 'size',
    label: l10n.t('{0} px', height === width ? height : `${height} × ${width}`),
    begin: epoch * stepsPerEpoch,
    end: (stages[i + 1]?.epoch ?? config.train.epochs) * stepsPerEpoch,
    value: height,
  }));
}
