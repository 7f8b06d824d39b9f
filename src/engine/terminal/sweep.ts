import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunEvent } from '../../protocol';
import { changed } from '../sweep/advance';
import { describeSetting } from '../sweep/plan';
import { writeSweep, type SweepRecord } from '../sweep/record';
import { axesOf, ranked, shortKey, shown, type Row, type Spread } from '../sweep/results';
import { createSweep, isSweep, openSweep, planSweep, RESULTS, runSweep, writeResults, type Sweep, type Trainer } from '../sweep/sweep';
import { short } from '../units';
import { UserError } from '../userError';
import { text, texts, UsageError, type Command, type Terminal } from './command';
import { invocation, quoted } from './invocation';
import { metric, table } from './output';
import { followed } from './train';

type Ended = Extract<RunEvent, { type: 'ended' }>;

export const sweepCommand: Command = {
  get summary() {
    return l10n.t('train every combination of a sweep, and compare them');
  },
  usage: 'CONFIG|SWEEP [--set KEY=VALUE]… [--runs DIR] [--dry-run] [--retry] [--json]',
  options: {
    set: { type: 'string', multiple: true },
    runs: { type: 'string', default: './runs' },
    'dry-run': { type: 'boolean' },
    retry: { type: 'boolean' },
  },
  get help() {
    return {
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      runs: l10n.t('folder of the runs (default ./runs)'),
      'dry-run': l10n.t('list the trainings and what they cost, and train nothing'),
      retry: l10n.t('train again what has failed'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const [place] = terminal.args as readonly [string];
    if (isSweep(place)) return goOn(terminal, await openSweep(place));
    if (existsSync(place) && !/\.(ya?ml|json)$/i.test(place)) throw new UserError(l10n.t('{0} is neither a configuration nor the folder of a sweep.', place), { file: place });
    if (terminal.values['retry'] === true) throw new UsageError(l10n.t('--retry is for the folder of a sweep'));
    const { output } = terminal;
    const record = await planSweep(place, texts(terminal, 'set'), (done, of) => output.progress(l10n.t('Checking {0}/{1}', done, of), done / of));
    output.settle();
    introduce(terminal, record);
    if (terminal.values['dry-run'] !== true) return goOn(terminal, await createSweep(record, text(terminal, 'runs') ?? './runs'));
    if (output.json) output.document(record);
    else output.print(planTable(terminal, record));
    return 0;
  },
};

function introduce({ output }: Terminal, { name, settings, seeds, rounds, entries }: SweepRecord): void {
  output.print(output.style('bold', name));
  output.print(l10n.t('  combinations: {0}; seeds: {1}; trainings: {2}', settings.length, seeds.length, entries.length));
  if (rounds.length > 1) output.print(l10n.t('  rounds of {0} epochs; the best of each go on', rounds.join(', ')));
}

async function goOn(terminal: Terminal, sweep: Sweep): Promise<number> {
  const { output, values } = terminal;
  const record = values['retry'] === true ? sweep.record.entries.reduce((all, { state }, i) => (state === 'failed' ? changed(all, i, { state: 'waiting' }) : all), sweep.record) : sweep.record;
  if (record !== sweep.record) await writeSweep(sweep.folder, record);
  const { trainer, interrupted } = trainerOf(terminal);
  let latest = record;
  const done = await runSweep({ folder: sweep.folder, record }, trainer, (next, index) => {
    latest = next;
    const entry = next.entries[index]!;
    const what = `${describeSetting(next.settings[entry.setting]!.values)}, ${l10n.t('seed {0}', entry.seed)}`;
    if (output.json) output.document({ type: 'sweep', index, of: next.entries.length, ...entry });
    else if (entry.state === 'running') output.print(`\n${output.style('bold', `[${index + 1}/${next.entries.length}] ${what}`)}`);
    else if (entry.state === 'failed') output.note(l10n.t('failed: {0}', entry.reason ?? ''));
  });
  await writeResults(sweep.folder, latest);
  if (output.json) output.document({ type: 'results', folder: sweep.folder, done, results: ranked(latest) });
  else {
    output.print(`\n${resultTable(terminal, latest)}\n`);
    for (const name of Object.values(RESULTS)) output.print(path.relative('', path.join(sweep.folder, name)));
  }
  if (!done) output.note(l10n.t('Go on with: {0} sweep {1}', invocation(), quoted(path.relative('', sweep.folder))));
  return interrupted() ?? (latest.entries.some(({ state }) => state === 'failed') ? 1 : 0);
}

/** Trains in this process, and shows it as `train` does. */
function trainerOf(terminal: Terminal): { readonly trainer: Trainer; readonly interrupted: () => number | undefined } {
  const { api } = terminal.engine;
  let code: number | undefined;
  const follow = async (start: (onProgress: (value: unknown) => void) => unknown): Promise<Ended> => {
    const end = await followed(terminal, start);
    code ??= end.code;
    return end.ended ?? { type: 'ended', run: '', reason: 'stopped', message: '', metrics: {} };
  };
  const trainer: Trainer = {
    start: (q, onRun) => follow(async (onProgress) => onRun((await api.startTraining(q, terminal.call(onProgress))).run)),
    resume: (run) => follow((onProgress) => api.resumeTraining({ run }, terminal.call(onProgress))),
  };
  return { trainer, interrupted: () => code };
}

function planTable({ output }: Terminal, record: SweepRecord): string {
  const keys = Object.keys(record.settings[0]!.values);
  const head = [...keys.map((key) => shortKey(key, keys)), l10n.t('tokens'), l10n.t('parameters'), l10n.t('multiply-adds')];
  return table([head, ...record.settings.map(({ values, tokens, params, macs }) => [...keys.map((key) => shown(values[key])), String(tokens), short(params), short(macs)])], output);
}

/** The best first, with mean and standard deviation over the seeds. */
function resultTable({ output }: Terminal, record: SweepRecord): string {
  const axes = axesOf(record);
  const keys = axes.length > 0 ? axes : Object.keys(record.settings[0]!.values);
  const spread = (name: string, value: Spread | undefined): string => (value === undefined ? '–' : `${metric(name, value.mean)}${value.n > 1 ? ` ± ${metric(name, value.sd)}` : ''}`);
  const line = (row: Row): string[] => [
    ...keys.map((key) => shown(row.values[key])),
    spread(record.monitor, row.val),
    spread('test/top1', row.test),
    `${row.finished}/${row.of}`,
    String(row.epochs),
    String(row.tokens),
    short(row.params),
    short(row.macs),
    row.seconds === undefined ? '–' : row.seconds.mean.toFixed(0),
  ];
  const head = [...keys.map((key) => shortKey(key, keys)), record.monitor, 'test/top1', l10n.t('ended'), l10n.t('epochs'), l10n.t('tokens'), l10n.t('parameters'), l10n.t('multiply-adds'), l10n.t('seconds')];
  return table([head, ...ranked(record).map(line)], output);
}
