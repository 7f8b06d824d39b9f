import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { counting, text, type Command } from './command';
import { invocationIn, quoted } from './invocation';

export const newCommand: Command = {
  get summary() {
    return l10n.t('write a project: folders, configurations, tests, and a pipeline from raw data to report');
  },
  usage: 'DIR [--dataset PLACE] [--name NAME] [--lang en|es] [--json]',
  options: { dataset: { type: 'string' }, name: { type: 'string' }, lang: { type: 'string' } },
  get help() {
    return {
      dataset: l10n.t('fit it to this folder, zip or data file (default: a drawn sample)'),
      name: l10n.t('of the project (default: that of the folder)'),
      lang: l10n.t('language of its README, comments and report (default: that of the terminal)'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine, args } = terminal;
    const given = (option: string, name: string): object => (text(terminal, option) === undefined ? {} : { [name]: text(terminal, option) });
    const made = await engine.api.newProject({ folder: args[0]!, ...given('dataset', 'dataset'), ...given('name', 'name'), ...given('lang', 'language') }, terminal.call(counting(output, l10n.t('Drawing'))));
    output.settle();
    if (output.json) output.document(made);
    else {
      output.print(l10n.t('The project is in {0}. What to do now:', made.folder));
      const at = quoted(path.relative('', made.folder) || '.');
      output.print(`  cd ${at}`);
      const program = invocationIn(path.resolve(made.folder));
      output.print(`  ${program} pipeline --dry-run`);
      output.print(`  ${program} pipeline`);
    }
    return 0;
  },
};
