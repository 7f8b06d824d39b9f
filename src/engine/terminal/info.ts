import { existsSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import { loadConfig } from '../config/load';
import { nearest, withMeant } from '../config/nearest';
import { describeConfig, describePreset, isConfigFile } from '../describe';
import { startFacts } from '../finetune/start';
import { isPresetName, presetNames } from '../model/presets';
import { number, text, texts, UsageError, type Command, type Terminal } from './command';
import type { ModelFacts } from '../../protocol';
import { UserError } from '../userError';
import { grouped, mebibytes, short } from '../units';
import { table } from './output';
import { tellData } from './data';

export const infoCommand: Command = {
  get summary() {
    return l10n.t('sizes and costs of the model of a configuration, a checkpoint or a preset');
  },
  usage: 'CONFIG|CHECKPOINT|PRESET [--compare MODEL…] [--set KEY=VALUE]… [--classes K] [--data] [--json], or --presets',
  options: { compare: { type: 'boolean' }, data: { type: 'boolean' }, set: { type: 'string', multiple: true }, classes: { type: 'string' }, presets: { type: 'boolean' } },
  get help() {
    return {
      data: l10n.t('opens the dataset of a configuration instead: images of each class, and what occurs twice'),
      compare: l10n.t('puts two models or more side by side, also what they presume of images'),
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      classes: l10n.t('number of classes, instead of those of the dataset (of a preset: 1000)'),
      presets: l10n.t('lists the presets: networks by timm\'s names, with their parameters and multiply-adds'),
    };
  },
  takes: [0, Infinity],
  async run(terminal) {
    if (terminal.values['presets'] === true) return listPresets(terminal);
    if (terminal.args.length === 0) throw new UsageError(l10n.t('info takes a configuration, a checkpoint or a preset; --presets lists the presets'));
    if (terminal.values['compare'] === true) return compare(terminal);
    if (terminal.args.length > 1) throw new UsageError(l10n.t('info tells of one model; give --compare to put {0} side by side', terminal.args.length));
    if (terminal.values['data'] === true) return tellData(terminal);
    const facts = await factsOf(terminal);
    if (terminal.output.json) terminal.output.document({ ...facts, imageSize: facts.config.imageSize, classes: facts.config.classes });
    else for (const line of lines(facts)) terminal.output.print(line);
    return 0;
  },
};

async function compare(terminal: Terminal): Promise<number> {
  const { args, output } = terminal;
  if (args.length < 2) throw new UsageError(l10n.t('--compare takes two models or more'));
  const classes = classesOf(terminal);
  const comparison = await terminal.engine.api.compareModels({ models: args, set: texts(terminal, 'set'), ...(classes !== undefined && { classes }) }, terminal.call());
  if (output.json) output.document(comparison);
  else output.print(table([['', ...comparison.models.map(({ title }) => title)], ...comparison.rows.map(({ label, values }) => [label, ...values])], output));
  return 0;
}

/** Every preset with its size, smallest families first as they are listed. */
function listPresets({ output }: Terminal): number {
  const rows = presetNames.map((name) => ({ ...describePreset(name), name }));
  if (output.json) output.document(rows.map(({ name, params, macs, config }) => ({ name, params, macs, imageSize: config.imageSize })));
  else for (const { name, params, macs, config } of rows) output.print(`${name.padEnd(36)} ${short(params).padStart(8)}  ${short(macs).padStart(8)} MACs  ${config.imageSize.join(' × ')}`);
  return 0;
}

async function factsOf(terminal: Terminal): Promise<ModelFacts> {
  const file = terminal.args[0]!;
  if (isPresetName(file) && !existsSync(file)) return describePreset(file, texts(terminal, 'set'), classesOf(terminal));
  const meant = isConfigFile(file) || existsSync(file) ? undefined : nearest(file, presetNames);
  if (meant !== undefined) throw new UserError(withMeant(l10n.t('There is no file and no preset {0}.', file), meant));
  if (!isConfigFile(file)) return terminal.engine.api.describe({ path: file }, terminal.call());
  return describeConfig(await loadConfig(file, texts(terminal, 'set'), (message) => terminal.output.note(l10n.t('warning: {0}', message)), startFacts), file, classesOf(terminal));
}

function classesOf(terminal: Terminal): number | undefined {
  if (text(terminal, 'classes') === undefined) return undefined;
  const classes = number(terminal, 'classes', 0);
  if (Number.isInteger(classes) && classes > 0) return classes;
  throw new UsageError(l10n.t('--classes takes a whole number above 0'));
}

function lines({ name, params, macs, tokens, patches, omegaMsa, memory, config, note }: ModelFacts): string[] {
  const row = (key: string, value: string): string => `  ${key.padEnd(22)} ${value}`;
  // A network of convolutions has neither tokens nor attention.
  const hasTokens = config.depth > 0;
  return [
    name,
    row(l10n.t('image'), `${config.imageSize.join(' × ')} × ${config.channels}`),
    ...(config.stem.length > 0 ? [row(l10n.t('stem'), l10n.t('{0} convolutions 3 × 3, each with a max-pool: {1} channels', config.stem.length, config.stem.join(', ')))] : []),
    ...(hasTokens ? [row(l10n.t('patches'), `${patches.join(' × ')}; ${config.patchSize.join(' × ')} px`), row(l10n.t('tokens'), String(tokens))] : []),
    row(l10n.t('classes'), String(config.classes)),
    row(l10n.t('parameters'), `${grouped(params)} (${mebibytes(memory.parameters)})`),
    row(l10n.t('multiply-adds'), `${short(macs)} (${l10n.t('one image forward')})`),
    ...(omegaMsa > 0 ? [row('Ω(MSA)', `${short(omegaMsa)} (${l10n.t('4hwC² + 2(hw)²C, one block')})`)] : []),
    row(l10n.t('memory, inference'), mebibytes(memory.inference)),
    row(l10n.t('memory, training'), mebibytes(memory.training)),
    ...(note === undefined ? [] : [row(l10n.t('note'), note)]),
  ];
}
