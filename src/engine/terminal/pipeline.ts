import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineEvents, RunEvent } from '../../protocol';
import type { PipelineResult, StepEvent } from '../../projectProtocol';
import type { LogLevel } from '../log';
import { loadPipeline, PIPELINE_FILE } from '../project/pipelineFile';
import { runPipeline } from '../project/run';
import { COMPARED } from '../project/results';
import { cellOf } from '../project/steps/compare';
import { duration } from '../units';
import { oneOf, text, UsageError, type Command } from './command';
import { invocation, quoted } from './invocation';
import { table, type Output } from './output';
import { trainerOf } from './trainer';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

export const pipelineCommand: Command = {
  get summary() {
    return l10n.t('do all steps of a project, from raw data to report; what has not changed is skipped');
  },
  usage: '[FILE] [--dry-run] [--force] [--only STEP] [--from STEP] [--log-level debug|info|warning|error] [--json]',
  options: { 'dry-run': { type: 'boolean' }, force: { type: 'boolean' }, only: { type: 'string' }, from: { type: 'string' }, 'log-level': { type: 'string' } },
  get help() {
    return {
      'dry-run': l10n.t('tell what would be done and why, and do nothing'),
      force: l10n.t('do also what has not changed'),
      only: l10n.t('this step, or all of a kind (train, train/vit), and nothing else'),
      from: l10n.t('this step and what depends on it; what comes before is left as it is'),
      'log-level': l10n.t('least level of the log file (default: log.level of the pipeline)'),
    };
  },
  takes: [0, 1],
  async run(terminal) {
    const { output, engine, values } = terminal;
    const [only, from] = [text(terminal, 'only'), text(terminal, 'from')];
    if (only !== undefined && from !== undefined) throw new UsageError(l10n.t('--only and --from exclude each other'));
    const logLevel = text(terminal, 'log-level') === undefined ? undefined : oneOf(terminal, 'log-level', LEVELS, 'info');
    const plan = await loadPipeline(terminal.args[0] ?? PIPELINE_FILE);
    const { trainer, interrupted } = trainerOf(terminal);
    const dryRun = values['dry-run'] === true;
    const goOn = `${invocation()} pipeline${terminal.args[0] === undefined ? '' : ` ${quoted(terminal.args[0])}`}`;
    const result = await runPipeline(plan, { only, from, force: values['force'] === true, dryRun, logLevel }, {
      looker: engine.looker,
      trainer,
      signal: terminal.call().signal,
      onEvent: shower(output),
      onProgress: (message, share) => output.progress(message, share),
      onNote: (message) => output.note(message),
      hear: (listener) => terminal.listen((name, value) => name === 'run' && listener(value as EngineEvents['run'] & RunEvent)),
    }).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'AbortError') output.note(l10n.t('Go on with: {0}', goOn));
      throw error;
    });
    output.settle();
    if (output.json) output.document(result);
    else conclude(output, path.join(plan.folder, plan.log.file), result, dryRun);
    if (!result.done && !dryRun) output.note(l10n.t('Go on with: {0}', goOn));
    return interrupted() ?? (result.done || dryRun ? 0 : 1);
  },
};

/** A line for each step: what becomes of it, and why. */
function shower(output: Output): (event: StepEvent) => void {
  return (event) => {
    output.settle();
    if (output.json) return output.document(event);
    const { step, state, reasons, seconds } = event;
    const line = (mark: string, words: string): void => output.print(`${mark} ${output.style('bold', step)}  ${words}`);
    if (state === 'skipped') line('·', l10n.t('skipped: nothing has changed'));
    else if (state === 'left out') line('·', l10n.t('left out'));
    else if (state === 'running') line('▸', l10n.t('runs: {0}', reasons.join('; ')));
    else if (state === 'would run') line('▸', l10n.t('would run: {0}', reasons.join('; ')));
    else if (state === 'may run') line('?', l10n.t('may run: {0}', reasons.join('; ')));
    else if (state === 'done') line(output.style('green', '✓'), l10n.t('done in {0}', duration(seconds ?? 0)));
    else if (state === 'stopped') line('■', event.message ?? l10n.t('stopped'));
  };
}

function conclude(output: Output, log: string, { steps, comparison, report }: PipelineResult, dryRun: boolean): void {
  const count = (...states: readonly StepEvent['state'][]): number => steps.filter(({ state }) => states.includes(state)).length;
  output.print();
  if (dryRun) return output.print(l10n.t('Would run: {0}; may run: {1}; up to date: {2}', count('would run'), count('may run'), count('skipped')));
  output.print(l10n.t('Done: {0}; skipped: {1}', count('done'), count('skipped')));
  if (comparison.length > 0) {
    const rows = comparison.map(({ config, seeds, metrics }) => [config, String(seeds), ...COMPARED.map((name) => cellOf(name, metrics[name]))]);
    output.print(`\n${table([[l10n.t('configuration'), l10n.t('seeds'), ...COMPARED], ...rows], output)}\n`);
  }
  if (report !== null) output.print(l10n.t('Report: {0}', shown(report)));
  output.print(l10n.t('Log: {0}', shown(log)));
}

function shown(file: string): string {
  const relative = path.relative('', file);
  return relative.startsWith('..') ? file : relative;
}
