import * as l10n from '@vscode/l10n';
import type { TrainingEstimate } from '../../protocol';
import { duration, gibibytes, grouped, mebibytes, short } from '../units';
import { number, text, texts, UsageError, type Command } from './command';

export const estimateCommand: Command = {
  get summary() {
    return l10n.t('what a training will take on this machine: time, memory and multiply-adds, from a few seconds of it');
  },
  usage: 'CONFIG [--set KEY=VALUE]… [--seconds N] [--json]',
  options: { set: { type: 'string', multiple: true }, seconds: { type: 'string' } },
  get help() {
    return {
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      seconds: l10n.t('seconds of steps to measure (default 6); longer is more exact'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const seconds = number(terminal, 'seconds', 6);
    if (text(terminal, 'seconds') !== undefined && !(seconds >= 1 && seconds <= 600)) throw new UsageError(l10n.t('--seconds takes a number from 1 to 600'));
    const measuring = l10n.t('Measuring …');
    output.progress(measuring, 0);
    const found = await engine.api.estimateTraining({ config: terminal.args[0]!, set: texts(terminal, 'set'), seconds }, terminal.call((said) => output.progress(typeof said === 'string' && said !== '' ? said : measuring, 0)));
    output.settle();
    if (output.json) output.document(found);
    else {
      for (const line of lines(found)) output.print(line);
      for (const warning of found.warnings) output.note(l10n.t('warning: {0}', warning));
    }
    return 0;
  },
};

function lines(found: TrainingEstimate): string[] {
  const rows = rowsOf(found);
  const width = Math.max(...rows.map(([label]) => label.length));
  return [found.network.name, ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`), '', measuredWords(found), ...found.notes];
}

function rowsOf({ perStep, perEpoch, evaluation, total, macs, memory, imagesPerSecond, waiting, network, images, epochs, stepsPerEpoch, batchSize, preparation, trainings }: TrainingEstimate): [string, string][] {
  return [
    ...(trainings === undefined ? [] : [[l10n.t('trainings'), String(trainings)] as [string, string]]),
    [l10n.t('images'), l10n.t('{0} training, {1} validation, {2} test', grouped(images.train), grouped(images.val), grouped(images.test))],
    [l10n.t('a step'), l10n.t('{0} of {1} images; {2} images a second, {3} % of the time waiting for them', seconds(perStep), batchSize, short(Math.round(imagesPerSecond)), (100 * waiting).toFixed(1))],
    [l10n.t('an epoch'), l10n.t('{0} of {1} steps, {2} of them evaluation', seconds(perEpoch), grouped(stepsPerEpoch), seconds(evaluation))],
    [trainings === undefined ? l10n.t('the training') : l10n.t('all trainings'), trainings === undefined ? l10n.t('{0} for {1} epochs and the test', duration(total), epochs) : duration(total)],
    [l10n.t('to begin with'), l10n.t('{0} to open and compile, just now; what is kept of it makes the next start shorter', duration(preparation))],
    [l10n.t('multiply-adds'), l10n.t('{0} an image forward, {1} in all', short(network.macs), short(macs))],
    [l10n.t('memory'), l10n.t('{0} taken just now; {1} by estimate of a step; this machine has {2}', mebibytes(memory.measured), mebibytes(memory.estimate), gibibytes(memory.machine))],
  ];
}

function measuredWords({ engine, measured: { steps, seconds: took, evaluated, networks } }: TrainingEstimate): string {
  return networks === 1
    ? l10n.t('Measured: {0} steps and {1} evaluated images in {2}, {3}.', steps, evaluated, seconds(took), engine)
    : l10n.t('Measured: {0} steps and {1} evaluated images of {2} networks in {3}, {4}.', steps, evaluated, networks, seconds(took), engine);
}

/** Short times in milliseconds. */
function seconds(value: number): string {
  return value < 1 ? `${(1000 * value).toPrecision(3)} ms` : value < 60 ? `${value.toPrecision(3)} s` : duration(value);
}
