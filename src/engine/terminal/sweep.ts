import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunEvent, SweepChange, SweepSpread, SweepSummary, SweepTrial } from '../../protocol';
import { MOST_PARALLEL } from '../config/sweepSchema';
import { expectedRounds } from '../sweep/advance';
import { applied, changeSweep } from '../sweep/change';
import { sideBySide } from '../sweep/fit';
import { leadSweep, type Trainer } from '../sweep/lead';
import { sweepSummary } from '../sweep/list';
import { describeSetting } from '../sweep/plan';
import { processTrainer } from '../sweep/processTrainer';
import { readSweep, type SweepRecord } from '../sweep/record';
import { axesOf, ranked, shortKey, shown, type Row } from '../sweep/results';
import { createSweep, isSweep, openSweep, planSweep, RESULTS, writeResults, type Sweep } from '../sweep/sweep';
import { short } from '../units';
import { isOwned } from '../runs/owner';
import { UserError } from '../userError';
import { number, text, texts, UsageError, type Command, type Terminal } from './command';
import { invocation, quoted } from './invocation';
import { metric, table } from './output';
import { stateWord } from './states';
import { trainerOf } from './trainer';

/** Options that change the queue, or show it, and train nothing. */
const QUEUE = ['list', 'pause', 'skip', 'first'] as const;

/** Options of the training itself. */
const RUNNING = ['retry', 'parallel', 'dry-run'] as const;

export const sweepCommand: Command = {
  get summary() {
    return l10n.t('train every combination of a sweep, and compare them');
  },
  usage: 'CONFIG|SWEEP [--set KEY=VALUE]… [--runs DIR] [--parallel N] [--dry-run] [--retry] [--list] [--pause] [--skip N] [--first N] [--json]',
  options: {
    set: { type: 'string', multiple: true },
    runs: { type: 'string', default: './runs' },
    'dry-run': { type: 'boolean' },
    parallel: { type: 'string' },
    retry: { type: 'boolean' },
    list: { type: 'boolean' },
    pause: { type: 'boolean' },
    skip: { type: 'string', multiple: true },
    first: { type: 'string', multiple: true },
  },
  get help() {
    return {
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      runs: l10n.t('folder of the runs (default ./runs)'),
      'dry-run': l10n.t('list the trainings and what they cost, and train nothing'),
      parallel: l10n.t('trainings side by side, each in a process of its own (default: sweep.parallel, else 1 for every 4 cores)'),
      retry: l10n.t('train again what has failed, and put back what was skipped'),
      list: l10n.t('show the queue of a sweep, and train nothing'),
      pause: l10n.t('ask the process that runs the sweep, a window or a terminal, to checkpoint and stop'),
      skip: l10n.t('N: take the training of this number out of the queue; --retry puts it back'),
      first: l10n.t('N: train this one next, behind what was stopped in the middle'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const [place] = terminal.args as readonly [string];
    // Before anything is written: a slip in the command line must not leave a sweep behind.
    const parallel = parallelOf(terminal);
    if (isSweep(place) && texts(terminal, 'set').length > 0) throw new UsageError(l10n.t('--set is for a configuration: the trainings of {0} are planned, and others would not be comparable. Start a new sweep with it', place));
    const queueing = QUEUE.find((name) => terminal.values[name] !== undefined);
    if (isSweep(place) && queueing !== undefined) {
      const running = RUNNING.find((name) => terminal.values[name] !== undefined);
      if (running !== undefined) throw new UsageError(l10n.t('--{0} shows or changes the queue and trains nothing: --{1} does not go with it', queueing, running));
      return changeQueue(terminal, path.resolve(place));
    }
    if (isSweep(place) && terminal.values['dry-run'] === true) return rehearse(terminal, await openSweep(place));
    if (isSweep(place)) return goOn(terminal, await openSweep(place));
    const only = ['retry', ...QUEUE].find((name) => terminal.values[name] !== undefined);
    if (only !== undefined && !existsSync(place)) throw new UserError(l10n.t('There is no file or folder {0}.', place), { file: place });
    if (existsSync(place) && !/\.(ya?ml|json)$/i.test(place)) throw new UserError(l10n.t('{0} is neither a configuration nor the folder of a sweep.', place), { file: place });
    if (only !== undefined) throw new UsageError(l10n.t('--{0} is for the folder of a sweep', only));
    const { output } = terminal;
    const warnings: string[] = [];
    const record = await planSweep(place, texts(terminal, 'set'), (done, of) => output.progress(l10n.t('Checking {0}/{1}', done, of), done / of), (message) => warnings.push(message));
    output.settle();
    introduce(terminal, record);
    for (const warning of warnings) output.note(l10n.t('  warning: {0}', warning));
    if (terminal.values['dry-run'] !== true) {
      sideBySide(record, parallel);
      return goOn(terminal, await createSweep(record, text(terminal, 'runs') ?? './runs'));
    }
    if (output.json) output.document(record);
    else output.print(planTable(terminal, record));
    return 0;
  },
};

function introduce({ output }: Terminal, record: SweepRecord): void {
  const { name, settings, seeds } = record;
  const rounds = expectedRounds(record);
  const trainings = rounds.reduce((sum, { combinations }) => sum + combinations * seeds.length, 0);
  output.print(output.style('bold', name));
  output.print(l10n.t('  combinations: {0}; seeds: {1}; trainings: {2}', settings.length, seeds.length, trainings));
  if (rounds.length > 1) output.print(l10n.t('  rounds: {0}; the best of each go on', rounds.map(({ epochs, combinations }) => l10n.t('{0} with {1} epochs', combinations, epochs)).join(', ')));
}

/** The plan with its costs, and what of it is done and left. */
async function rehearse(terminal: Terminal, { folder }: Sweep): Promise<number> {
  const { output, values } = terminal;
  const written = await readSweep(folder);
  const record = values['retry'] === true ? retried(written) : written;
  introduce(terminal, record);
  if (output.json) output.document(record);
  else output.print(`${planTable(terminal, record)}\n\n${queueTable(terminal, await sweepSummary(folder, record))}`);
  return 0;
}

function retried(record: SweepRecord): SweepRecord {
  return applied(record, { type: 'retry', trials: [...record.entries.keys()] });
}

async function goOn(terminal: Terminal, { folder }: Sweep): Promise<number> {
  const { output, values } = terminal;
  if (values['retry'] === true) await changeSweep(folder, retried);
  const parallel = sideBySide(await readSweep(folder), parallelOf(terminal));
  const { trainer, interrupted } = parallel === 1 ? trainerOf(terminal) : trainersOf(terminal);
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  if (parallel > 1) {
    output.print(l10n.t('  {0} trainings side by side', parallel));
    terminal.onInterrupt(() => {
      output.note(l10n.t('Stopping with a checkpoint … (Ctrl-C again ends at once)'));
      onInterrupt();
    });
    terminal.onClosed(onInterrupt);
  }
  const done = await leadSweep(folder, trainer, { parallel, signal: stop.signal, onChange: (record, index) => tell(terminal, record, index, parallel) });
  const latest = await readSweep(folder);
  await writeResults(folder, latest);
  await terminal.engine.tracking.sweepEnded(folder);
  if (output.json) output.document({ type: 'results', folder, done, results: ranked(latest) });
  else {
    output.print(`\n${resultTable(terminal, latest)}\n`);
    if (latest.entries.some(({ test }) => test !== undefined)) output.print(`${l10n.t('{0} is of the best epoch of each training, test/top1 of the weights of that epoch.', latest.monitor)}\n`);
    for (const name of Object.values(RESULTS)) output.print(path.relative('', path.join(folder, name)));
  }
  if (!done) output.note(l10n.t('Go on with: {0} sweep {1}', invocation(), quoted(path.relative('', folder))));
  return interrupted() ?? (stop.signal.aborted ? 130 : latest.entries.some(({ state }) => state === 'failed') ? 1 : 0);
}

function parallelOf(terminal: Terminal): number | undefined {
  if (text(terminal, 'parallel') === undefined) return undefined;
  const count = number(terminal, 'parallel', 1);
  if (!Number.isInteger(count) || count < 1 || count > MOST_PARALLEL) throw new UsageError(l10n.t('--{0} takes a whole number from {1} to {2}', 'parallel', 1, MOST_PARALLEL));
  return count;
}

function tell({ output }: Terminal, record: SweepRecord, index: number, parallel: number): void {
  const entry = record.entries[index]!;
  const what = `[${index + 1}/${record.entries.length}] ${describeSetting(record.settings[entry.setting]!.values)}, ${l10n.t('seed {0}', entry.seed)}`;
  if (output.json) return output.document({ type: 'sweep', index, of: record.entries.length, ...entry });
  if (entry.state === 'running') output.print(parallel === 1 ? `\n${output.style('bold', what)}` : l10n.t('{0}: begins', what));
  else if (entry.state === 'failed') output.note(parallel === 1 ? l10n.t('failed: {0}', entry.reason ?? '') : `${what}: ${l10n.t('failed: {0}', entry.reason ?? '')}`);
  else if (parallel > 1) output.print(`${what}: ${stateWord(entry.state)}${entry.val === undefined ? '' : `, ${record.monitor} ${metric(record.monitor, entry.val)}`}`);
}

/** Trains in processes of their own; one line tells how far each of them is. */
function trainersOf({ output }: Terminal): { readonly trainer: Trainer; readonly interrupted: () => number | undefined } {
  const running = new Map<string, { readonly step: number; readonly steps: number }>();
  const show = (event: RunEvent): void => {
    if (output.json) return output.document(event);
    if (event.type === 'started') running.set(event.run, { step: event.resumedFrom ?? 0, steps: event.steps });
    if (event.type === 'step') running.set(event.run, { step: event.step, steps: running.get(event.run)?.steps ?? event.step });
    if (event.type === 'ended') running.delete(event.run);
    if (event.type !== 'step') return;
    const all = [...running.values()];
    const share = all.reduce((sum, { step, steps }) => sum + step / steps, 0) / all.length;
    output.progress(l10n.t('steps {0}', all.map(({ step, steps }) => `${step}/${steps}`).join(', ')), share);
  };
  return { trainer: processTrainer({ file: path.join(__dirname, 'engine.js'), onEvent: show }), interrupted: () => undefined };
}

/** Changes the queue as the options say, and shows it. */
async function changeQueue(terminal: Terminal, folder: string): Promise<number> {
  const { output, values } = terminal;
  const { entries } = await readSweep(folder);
  const named = (option: 'skip' | 'first'): number[] =>
    texts(terminal, option).map((given) => {
      const index = Number(given) - 1;
      if (entries[index] === undefined) throw new UsageError(l10n.t('--{0} takes the number of a training, from 1 to {1}, not {2}', option, entries.length, given));
      return index;
    });
  const [skip, first] = [named('skip'), named('first')];
  const changes: readonly SweepChange[] = [
    ...(skip.length > 0 ? [{ type: 'skip', trials: skip } as const] : []),
    ...(first.length > 0 ? [{ type: 'move', trials: first, to: 'first' } as const] : []),
    ...(values['pause'] === true ? [{ type: 'pause' } as const] : []),
  ];
  if (values['pause'] === true && !(await isOwned(folder))) throw new UserError(l10n.t('No window and no terminal runs the sweep in {0}: there is nothing to pause. Nothing was changed.', folder));
  if (changes.length > 0) {
    // All or nothing, of what the sweep is at that moment: it may go on meanwhile.
    await changeSweep(folder, (record) => {
      refuseIdle(record, { skip, first });
      return changes.reduce(applied, record);
    });
  }
  const summary = await sweepSummary(folder);
  if (output.json) output.document(summary);
  else output.print(queueTable(terminal, summary));
  return 0;
}

function queueTable({ output }: Terminal, summary: SweepSummary): string {
  return table([['#', l10n.t('training'), l10n.t('state'), summary.monitor], ...summary.trials.map((trial) => trialLine(trial, summary))], output);
}

/** @throws UserError when one of those that are named cannot be skipped, or trained next, any more */
function refuseIdle({ entries }: SweepRecord, { skip, first }: Readonly<Record<'skip' | 'first', readonly number[]>>): void {
  const refuse = (option: string, index: number): never => {
    const { state } = entries[index]!;
    const why = state === 'failed' || state === 'skipped' ? l10n.t('--retry puts it back into the queue.') : '';
    throw new UserError(l10n.t('--{0} {1}: this training is not in the queue any more ({2}). Nothing was changed. {3}', option, index + 1, stateWord(state), why).trim());
  };
  for (const index of skip) if (entries[index]!.state === 'finished' || entries[index]!.state === 'failed' || entries[index]!.state === 'skipped') refuse('skip', index);
  for (const index of first) {
    const { state } = entries[index]!;
    if (state === 'running' || state === 'stopped') throw new UserError(l10n.t('--first {0}: this training has begun, and goes on before those that wait. Nothing was changed.', index + 1));
    if (state !== 'waiting') refuse('first', index);
    if (skip.includes(index)) throw new UserError(l10n.t('--first {0}: --skip takes the same training out of the queue. Nothing was changed.', index + 1));
  }
}

function trialLine({ index, label, seed, state, epoch, epochs, val, reason }: SweepTrial, { monitor, rounds }: SweepSummary): string[] {
  const far = epoch === undefined ? '' : ` ${epoch}/${epochs}`;
  return [String(index + 1), `${label}, ${rounds > 1 ? `epochs ${epochs}, ` : ''}${l10n.t('seed {0}', seed)}`, `${stateWord(state)}${far}`, val === undefined ? (reason ?? '–') : metric(monitor, val)];
}

function planTable({ output }: Terminal, record: SweepRecord): string {
  const keys = Object.keys(record.settings[0]!.values);
  const head = [...keys.map((key) => shortKey(key, keys)), l10n.t('tokens N'), l10n.t('parameters'), l10n.t('multiply-adds')];
  return table([head, ...record.settings.map(({ values, patches, tokens, params, macs }) => [...keys.map((key) => shown(values[key], key)), tokensWord(patches ?? tokens), short(params), short(macs)])], output);
}

/** A network without tokens, as a ResNet, has no number of them. */
function tokensWord(tokens: number): string {
  return tokens > 0 ? String(tokens) : '–';
}

/** The best first, with mean and standard deviation over the seeds. */
function resultTable({ output }: Terminal, record: SweepRecord): string {
  const axes = axesOf(record);
  const keys = axes.length > 0 ? axes : Object.keys(record.settings[0]!.values);
  const spread = (name: string, value: SweepSpread | undefined): string => (value === undefined ? '–' : `${metric(name, value.mean)}${value.n > 1 ? ` ± ${metric(name, value.sd)}` : ''}`);
  const line = (row: Row): string[] => [
    ...keys.map((key) => shown(row.values[key], key)),
    spread(record.monitor, row.val),
    spread('test/top1', row.test),
    `${row.finished}/${row.of}`,
    String(row.epochs),
    tokensWord(row.patches),
    short(row.params),
    short(row.macs),
    row.seconds === undefined ? '–' : row.seconds.mean.toFixed(row.seconds.mean < 10 ? 1 : 0),
  ];
  const head = [...keys.map((key) => shortKey(key, keys)), record.monitor, 'test/top1', l10n.t('ended'), l10n.t('epochs'), l10n.t('tokens N'), l10n.t('parameters'), l10n.t('multiply-adds'), l10n.t('seconds')];
  return table([head, ...ranked(record).map(line)], output);
}
