import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunSummary } from '../../protocol';
import { withNearest } from '../config/nearest';
import { dateTime } from '../../dateTime';
import { readRuns } from '../runStore';
import { changed, changeHelp, changeOptions } from './changeRuns';
import { counting, text, UsageError, type Command, type Terminal } from './command';
import { namedRuns } from './namedRuns';
import { metric, table } from './output';
import { stateWord } from './states';

const SHOWN = ['val/top1', 'test/top1', 'val/loss'];

export const runsCommand: Command = {
  get summary() {
    return l10n.t('list the runs, newest first; tag, star, archive, delete, export and import them');
  },
  usage: '[RUN…] [--runs DIR] [--filter TEXT] [--sort created|name|duration|METRIC] [--all] [--star] [--tag TAG]… [--note TEXT] [--archive] [--delete] [--export FILE] [--import FILE] [--json]',
  options: {
    runs: { type: 'string', default: './runs' },
    filter: { type: 'string' },
    sort: { type: 'string' },
    all: { type: 'boolean' },
    ...changeOptions,
  },
  get help() {
    return {
      runs: l10n.t('folder of the runs (default ./runs)'),
      filter: l10n.t('only those for which it holds, e.g. "state:finished tag:cct model.depth>=6 val/top1>0.7"'),
      sort: l10n.t('by created (default), name, duration, or a metric, the best first'),
      all: l10n.t('archived ones, too'),
      ...changeHelp(),
    };
  },
  takes: [0, Infinity],
  async run(terminal) {
    const folder = path.resolve(text(terminal, 'runs') ?? './runs');
    if (await changed(terminal, folder)) return 0;
    const named = await namedRuns(terminal.args);
    const all = named.length > 0 ? await readRuns(named) : await terminal.engine.api.listRuns({ runs: folder }, terminal.call());
    const runs = arranged(await filtered(terminal, all), text(terminal, 'sort'));
    if (terminal.output.json) terminal.output.document(runs);
    else if (runs.length === 0) terminal.output.print(all.length === 0 ? l10n.t('There are no runs in {0}.', folder) : l10n.t('No run in {0} is let through; there are {1}.', folder, all.length));
    else terminal.output.print(table([heading(), ...runs.map(row)], terminal.output));
    return 0;
  },
};

/** Archived ones are shown to those who ask for them, by option or by filter. */
async function filtered(terminal: Terminal, runs: readonly RunSummary[]): Promise<readonly RunSummary[]> {
  const filter = text(terminal, 'filter') ?? '';
  const shown = terminal.values['all'] === true || /\bis:\S*archived/.test(filter) || terminal.args.length > 0 ? runs : runs.filter(({ notes }) => notes?.archived !== true);
  if (filter === '') return shown;
  const found = await terminal.engine.api.filterRuns({ runs: shown.map((run) => run.path), filter }, terminal.call(counting(terminal.output, l10n.t('Reading configurations'))));
  if (found.problems.length > 0) throw new UsageError(`--filter: ${found.problems.join(' ')}`);
  const through = new Set(found.runs);
  return shown.filter((run) => through.has(run.path));
}

/** Runs in the order that is wished; those without the value come last. */
function arranged(runs: readonly RunSummary[], by: string | undefined): readonly RunSummary[] {
  if (by === undefined || by === 'created') return runs;
  if (by === 'name') return [...runs].sort((a, b) => a.name.localeCompare(b.name));
  const sign = by === 'duration' || /loss|ece|brier/.test(by) ? 1 : -1;
  const value = (run: RunSummary): number => (by === 'duration' ? run.seconds : run.latest[by]) ?? NaN;
  const rank = (run: RunSummary): number => (Number.isNaN(value(run)) ? Infinity : sign * value(run));
  const known = ['created', 'name', 'duration', ...new Set(runs.flatMap(({ latest }) => Object.keys(latest)))];
  if (runs.length > 0 && runs.every((run) => Number.isNaN(value(run)))) throw new UsageError(withNearest(l10n.t('--sort: no run has {0}', by), by, known));
  return [...runs].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

function heading(): string[] {
  return [l10n.t('run'), l10n.t('name'), l10n.t('state'), l10n.t('epoch'), ...SHOWN, l10n.t('created')];
}

function row(run: RunSummary): string[] {
  const folder = path.basename(run.path);
  if (run.problem !== undefined) return [folder, run.name, l10n.t('problem: {0}', run.problem), '', ...SHOWN.map(() => ''), ''];
  return [
    folder,
    run.notes?.starred ? `${run.name} ★` : run.name,
    run.warnings ? `${stateWord(run.state)}, ${l10n.t('warnings: {0}', run.warnings.map(({ rule }) => rule).join(' '))}` : stateWord(run.state),
    `${run.epoch}/${run.epochs}`,
    ...SHOWN.map((name) => metric(name, run.latest[name])),
    dateTime(run.created),
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
    const named = await namedRuns(args);
    const comparison = await engine.api.compareRuns({ runs: named }, call());
    for (const { path: run, problem } of await readRuns(named)) if (problem !== undefined) output.note(`${path.basename(run)}: ${l10n.t('problem: {0}', problem)}`);
    if (output.json) {
      output.document(comparison);
      return 0;
    }
    const { runs, differences } = comparison;
    const heads = runs.map(({ path: run }) => path.basename(run));
    const names = [...new Set(runs.flatMap(({ final }) => Object.keys(final)))].sort();
    // What did not train to its end has other last values than what did.
    const states = runs.every(({ state }) => state === 'finished') ? [] : [[l10n.t('state'), ...runs.map(({ state }) => stateWord(state))]];
    output.print(table([[l10n.t('metric'), ...heads], ...states, ...names.map((name) => [name, ...runs.map(({ final }) => metric(name, final[name]))])], output));
    output.print();
    if (differences.length === 0) output.print(l10n.t('The configurations are the same.'));
    else output.print(table([[l10n.t('configuration'), ...heads], ...differences.map(({ key, values }) => [key, ...values])], output));
    return 0;
  },
};
