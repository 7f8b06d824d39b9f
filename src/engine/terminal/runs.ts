import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunSummary } from '../../protocol';
import { text, type Command } from './command';
import { metric, table } from './output';
import { stateWord } from './states';

const SHOWN = ['val/top1', 'test/top1', 'val/loss'];

export const runsCommand: Command = {
  get summary() {
    return l10n.t('list the runs, newest first');
  },
  usage: '[--runs DIR] [--json]',
  options: { runs: { type: 'string', default: './runs' } },
  get help() {
    return { runs: l10n.t('folder of the runs (default ./runs)') };
  },
  takes: [0, 0],
  async run(terminal) {
    const folder = path.resolve(text(terminal, 'runs') ?? './runs');
    const runs = await terminal.engine.api.listRuns({ runs: folder }, terminal.call());
    if (terminal.output.json) terminal.output.document(runs);
    else if (runs.length === 0) terminal.output.print(l10n.t('There are no runs in {0}.', folder));
    else terminal.output.print(table([heading(), ...runs.map(row)], terminal.output));
    return 0;
  },
};

function heading(): string[] {
  return [l10n.t('run'), l10n.t('name'), l10n.t('state'), l10n.t('epoch'), ...SHOWN, l10n.t('created')];
}

function row(run: RunSummary): string[] {
  const folder = path.basename(run.path);
  if (run.problem !== undefined) return [folder, run.name, l10n.t('problem: {0}', run.problem), '', ...SHOWN.map(() => ''), ''];
  return [
    folder,
    run.name,
    run.warnings ? `${stateWord(run.state)}, ${l10n.t('warnings: {0}', run.warnings.map(({ rule }) => rule).join(' '))}` : stateWord(run.state),
    `${run.epoch}/${run.epochs}`,
    ...SHOWN.map((name) => metric(name, run.latest[name])),
    run.created.slice(0, 16).replace('T', ' '),
  ];
}

export const compareCommand: Command = {
  get summary() {
    return l10n.t('compare runs: final metrics, and the configuration where they differ');
  },
  usage: 'RUN RUN… [--json]',
  options: {},
  help: {},
  takes: [2, Infinity],
  async run({ args, engine, call, output }) {
    const comparison = await engine.api.compareRuns({ runs: args.map((run) => path.resolve(run)) }, call());
    if (output.json) {
      output.document(comparison);
      return 0;
    }
    const { runs, differences } = comparison;
    const heads = runs.map(({ path: run }) => path.basename(run));
    const names = [...new Set(runs.flatMap(({ final }) => Object.keys(final)))].sort();
    output.print(table([[l10n.t('metric'), ...heads], ...names.map((name) => [name, ...runs.map(({ final }) => metric(name, final[name]))])], output));
    output.print();
    if (differences.length === 0) output.print(l10n.t('The configurations are the same.'));
    else output.print(table([[l10n.t('configuration'), ...heads], ...differences.map(({ key, values }) => [key, ...values])], output));
    return 0;
  },
};
