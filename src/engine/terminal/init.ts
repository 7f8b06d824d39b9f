import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { counting, text, type Command } from './command';
import { invocation, quoted } from './invocation';

export const initCommand: Command = {
  get summary() {
    return l10n.t('write the sample workspace, or a configuration for a dataset of yours');
  },
  usage: '[DIR] | --config FILE [--dataset DIR]',
  options: { config: { type: 'string' }, dataset: { type: 'string' } },
  get help() {
    return {
      config: l10n.t('write this configuration file instead of the sample'),
      dataset: l10n.t('fit the configuration to this folder, zip or data file'),
    };
  },
  takes: [0, 1],
  async run(terminal) {
    const { output, engine, args } = terminal;
    const config = text(terminal, 'config');
    if (config !== undefined) {
      const dataset = text(terminal, 'dataset');
      await engine.api.newConfig({ file: path.resolve(config), ...(dataset === undefined ? {} : { dataset }) }, terminal.call());
      if (output.json) output.document({ config: path.resolve(config) });
      else output.print(l10n.t('Wrote {0}. Train it with: {1}', config, `${invocation()} train ${quoted(config)}`));
      return 0;
    }
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
