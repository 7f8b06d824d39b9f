import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { counting, text, UsageError, type Command, type Terminal } from './command';
import { invocation, quoted } from './invocation';
import { initPractical } from './practical';

export const initCommand: Command = {
  get summary() {
    return l10n.t('write the sample workspace, a configuration for a dataset of yours, or a practical of the course');
  },
  usage: '[DIR] | --config FILE [--dataset DIR] [--from WEIGHTS [--unfreeze all|head|N]] | [DIR] --practical 1|2|3|4 [--dataset DIR] [--classes NAMES] [--mlflow URI]',
  options: {
    config: { type: 'string' }, dataset: { type: 'string' }, from: { type: 'string' }, unfreeze: { type: 'string' },
    practical: { type: 'string' }, classes: { type: 'string' }, mlflow: { type: 'string' },
  },
  get help() {
    return {
      config: l10n.t('write this configuration file instead of the sample'),
      dataset: l10n.t('fit the configuration to this folder, zip or data file'),
      from: l10n.t('fine-tune these weights: a checkpoint, a run folder, or RUN@last'),
      unfreeze: l10n.t('what of them is trained: all, head, or the last N blocks (default all)'),
      practical: l10n.t('write this practical of the course: configurations, a guide with the questions, and images that are drawn unless --dataset names some'),
      classes: l10n.t('with --practical: only these classes, by name, with commas between'),
      mlflow: l10n.t('with --practical 4: address of the MLflow server'),
    };
  },
  takes: [0, 1],
  async run(terminal) {
    const { output, engine, args } = terminal;
    const config = text(terminal, 'config');
    const practical = text(terminal, 'practical');
    if (practical !== undefined) {
      if (config !== undefined || text(terminal, 'from') !== undefined || text(terminal, 'unfreeze') !== undefined) throw new UsageError(l10n.t('--practical goes with --dataset, --classes and --mlflow alone: its configurations are written for it'));
      return initPractical(terminal, practical);
    }
    const alone = ['classes', 'mlflow'].find((name) => text(terminal, name) !== undefined);
    if (alone !== undefined) throw new UsageError(l10n.t('--{0} goes with --practical N, the practical to write', alone));
    if (config !== undefined) {
      if (text(terminal, 'unfreeze') !== undefined && text(terminal, 'from') === undefined) throw new UsageError(l10n.t('--unfreeze goes with --from WEIGHTS, the weights to fine-tune'));
      const wishes = ['dataset', 'from', 'unfreeze'].flatMap((name) => (text(terminal, name) === undefined ? [] : [[name, text(terminal, name)!] as const]));
      await engine.api.newConfig({ file: path.resolve(config), ...Object.fromEntries(wishes) }, terminal.call());
      if (output.json) output.document({ config: path.resolve(config) });
      else output.print(l10n.t('Wrote {0}. Train it with: {1}', config, `${invocation()} train ${quoted(config)}`));
      return 0;
    }
    refuseWithoutConfig(terminal);
    const { folder, image } = await engine.api.createSample({ folder: args[0] ?? 'vit-lab-sample' }, terminal.call(counting(output, l10n.t('Drawing'))));
    output.settle();
    if (output.json) output.document({ folder, image });
    else {
      const at = (...names: string[]): string => quoted(path.relative('', path.join(folder, ...names)));
      const name = invocation();
      const runs = at('runs');
      output.print(l10n.t('The sample workspace is in {0}. What to try:', folder));
      output.print(`  ${name} runs --runs ${runs}`);
      output.print(`  ${name} inspect ${at('runs', 'shapes-sample')} ${quoted(path.relative('', image))}`);
      output.print(`  ${name} train ${at('shapes.vit.yaml')} --runs ${runs}`);
    }
    return 0;
  },
};

/** What a configuration is written for says nothing of the sample. */
function refuseWithoutConfig(terminal: Terminal): void {
  const alone = ['dataset', 'from', 'unfreeze'].find((name) => text(terminal, name) !== undefined);
  if (alone !== undefined) throw new UsageError(l10n.t('--{0} goes with --config FILE, the configuration to write', alone));
}
