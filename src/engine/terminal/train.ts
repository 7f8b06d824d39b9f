import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineEvents, MovedPlaces, RunEvent } from '../../protocol';
import { reasonOf } from '../atomic';
import { wilson } from '../metrics/interval';
import { intervalWords } from '../metrics/words';
import { readRun } from '../runStore';
import { UserError } from '../userError';
import { duration, short } from '../units';
import { text, texts, type Command, type Terminal } from './command';
import { invocation, quoted } from './invocation';
import { namedRuns } from './namedRuns';
import { metric, type Output } from './output';

type Ended = Extract<RunEvent, { type: 'ended' }>;

export const trainCommand: Command = {
  get summary() {
    return l10n.t('train a Vision Transformer from a configuration file');
  },
  usage: 'CONFIG [--set KEY=VALUE]… [--probe IMAGE]… [--runs DIR] [--accept-broken] [--json]',
  options: {
    set: { type: 'string', multiple: true },
    probe: { type: 'string', multiple: true },
    runs: { type: 'string', default: './runs' },
    'accept-broken': { type: 'boolean' },
  },
  get help() {
    return {
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      probe: l10n.t('an image to watch the training on: it is looked into after every epoch (probe.image)'),
      runs: l10n.t('folder of the runs (default ./runs)'),
      'accept-broken': l10n.t('go on although more images are broken than dataset.max_broken allows'),
    };
  },
  takes: [1, 1],
  run: (terminal) =>
    follow(terminal, (onProgress) =>
      terminal.engine.api.startTraining(
        {
          config: terminal.args[0]!,
          runs: text(terminal, 'runs') ?? './runs',
          set: [...texts(terminal, 'set'), ...probeOf(texts(terminal, 'probe'))],
          acceptBroken: terminal.values['accept-broken'] === true,
        },
        terminal.call(onProgress),
      ),
    ),
};

export const resumeCommand: Command = {
  get summary() {
    return l10n.t('go on with a run that was stopped or interrupted');
  },
  usage: 'RUN [--data PLACE] [--teacher PLACE] [--json]',
  options: { data: { type: 'string' }, teacher: { type: 'string' } },
  get help() {
    return { data: l10n.t('where the dataset lies now, when it is not where the run says; the run keeps it'), teacher: movedHelp().teacher };
  },
  takes: [1, 1],
  run: (terminal) =>
    follow(terminal, async (onProgress) => {
      const [run] = await namedRuns(terminal.args);
      return terminal.engine.api.resumeTraining({ run: run!, ...movedPlaces(terminal, ['data', 'teacher']) }, terminal.call(onProgress));
    }),
};

/** What was moved since a run, for `--help`. */
export function movedHelp(): Record<keyof MovedPlaces, string> {
  return {
    data: l10n.t('where the dataset lies now, when it is not where the run says'),
    weights: l10n.t('where the weights lie now that it started from: a checkpoint or a run'),
    teacher: l10n.t('where its teacher lies now: a checkpoint or a run'),
  };
}

/** Seen from here. */
export function movedPlaces(terminal: Terminal, names: readonly (keyof MovedPlaces)[]): MovedPlaces {
  return Object.fromEntries(names.flatMap((name) => (text(terminal, name) === undefined ? [] : [[name, path.resolve(text(terminal, name)!)]])));
}

export const stopCommand: Command = {
  get summary() {
    return l10n.t('ask the process that trains a run to checkpoint and stop, and wait for it');
  },
  usage: 'RUN',
  options: {},
  help: {},
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const { path: run, state, problem } = await readRun(terminal.args[0]!);
    if (problem !== undefined) throw new UserError(l10n.t('{0} is not a run that can be stopped: {1}', run, problem));
    if (state !== 'running') throw new UserError(l10n.t('{0} is not running; there is nothing to stop.', run));
    await engine.api.stopTraining({ run }, terminal.call());
    if (output.json) output.document({ stopped: run });
    else output.print(l10n.t('Stopped {0} at step {1}.', run, (await readRun(run)).step));
    return 0;
  },
};

/** Seen from here, and not from the configuration. */
function probeOf(images: readonly string[]): string[] {
  return images.length === 0 ? [] : [`probe.image=${JSON.stringify(images.map((image) => path.resolve(image)))}`];
}

/** Starts a training, shows its events until it has ended, and checkpoints at the first Ctrl-C. Gives the exit code. */
export async function follow(terminal: Terminal, start: (onProgress: (value: unknown) => void) => unknown): Promise<number> {
  const { code, ended } = await followed(terminal, start);
  if (!ended) return code!;
  const { reason, run } = ended;
  await settled(terminal, run);
  if (reason === 'stopped') terminal.output.note(l10n.t('Go on with: {0} resume {1}', invocation(), quoted(run)));
  if (code !== undefined) return code;
  return reason === 'completed' || reason === 'early-stop' || reason === 'stopped' ? 0 : 1;
}

/** Waits until what the run has left for a tracking server is there, or is kept for another time. */
async function settled({ output, engine, call, listen, onInterrupt }: Terminal, run: string): Promise<void> {
  const leave = new AbortController();
  onInterrupt(() => leave.abort());
  listen((name, value) => name === 'log' && output.note((value as EngineEvents['log']).message));
  const timer = setTimeout(() => output.progress(l10n.t('Sending the rest of the run (Ctrl-C leaves it for later)')), 300);
  // A Ctrl-C that has stopped the training leaves what it has measured to be sent; another one does not.
  await engine.api.settleTracking({ run }, { ...call(), signal: leave.signal });
  clearTimeout(timer);
  output.settle();
}

/** `code` where the user has ended it, or nobody reads any more; `ended` unless it was never there. */
export async function followed(terminal: Terminal, start: (onProgress: (value: unknown) => void) => unknown): Promise<{ readonly code: number | undefined; readonly ended: Ended | undefined }> {
  const { output, engine } = terminal;
  const show = output.json ? (event: RunEvent): void => output.document(event) : screen(output);
  let code: number | undefined;
  let over = false;
  const ended = new Promise<Ended>((resolve) =>
    terminal.listen((name, value) => {
      // Another training may follow in this process, with a listener of its own.
      if (over) return;
      if (name === 'log') output.note((value as EngineEvents['log']).message);
      if (name !== 'run') return;
      const event = value as RunEvent;
      show(event);
      if (event.type !== 'ended') return;
      over = true;
      resolve(event);
    }),
  );
  terminal.onInterrupt(() => {
    code = 130;
    output.note(l10n.t('Stopping with a checkpoint … (Ctrl-C again ends at once)'));
    void engine.close();
  });
  terminal.onClosed(() => {
    code ??= 1;
    void engine.close();
  });
  try {
    await start((event) => show(event as RunEvent));
  } catch (error) {
    over = true;
    if (code === 1) return { code, ended: undefined };
    if (output.json) output.document(endedEarly(error));
    throw error;
  }
  return { ended: await ended, code };
}

/** The last line of `--json` where there never was a run, so that its reader always finds an end. */
function endedEarly(error: unknown): Omit<Ended, 'run'> & { run: null } {
  const stopped = error instanceof Error && error.name === 'AbortError';
  return { type: 'ended', reason: stopped ? 'stopped' : 'error', run: null, message: reasonOf(error), metrics: {} };
}

/** Draws events for people. */
function screen(output: Output): (event: RunEvent) => void {
  let steps = 1;
  let epochs = 1;
  let tested = 0;
  return (event) => {
    if (event.type === 'preparing') {
      const { message, done, of } = event;
      output.progress(done === undefined ? message : `${message} ${done}/${of}`, done === undefined || !of ? undefined : done / of);
    } else if (event.type === 'started') {
      ({ steps, epochs } = event);
      tested = event.dataset.sizes.test;
      introduce(output, event);
    } else if (event.type === 'step') {
      const [waiting, computing] = [event.dataShare, 1 - event.dataShare].map((share) => (share * 100).toFixed(0));
      const speed = l10n.t('{0} images/s (computing {1} %, waiting for images {2} %)', event.imagesPerSecond.toFixed(event.imagesPerSecond < 10 ? 1 : 0), computing!, waiting!);
      const left = event.secondsLeft === undefined ? '' : `  ${l10n.t('{0} left', duration(event.secondsLeft))}`;
      output.progress(l10n.t('epoch {0}/{1}  step {2}/{3}  loss {4}  {5}', event.epoch, epochs, event.step, steps, event.loss.toFixed(4), speed) + left, event.step / steps);
    } else if (event.type === 'warning') {
      // The error that ends the training says the same.
      if (event.rule === 'non-finite') return;
      output.note(`${output.style('yellow', l10n.t('warning: {0}', event.message))} ${event.advice}`);
    } else if (event.type === 'note') {
      output.print(`  ${event.message}`);
    } else if (event.type === 'epoch') {
      const { metrics } = event;
      const values = ['train/loss', 'train/top1', 'val/loss', 'val/top1', 'val/f1'].filter((name) => name in metrics);
      const line = values.map((name) => `${name} ${metric(name, metrics[name])}`).join('  ');
      // Without validation images each epoch takes the place of the one before, and none was compared.
      const best = event.improved && Object.keys(metrics).some((name) => name.startsWith('val/'));
      output.print(`${l10n.t('epoch {0}/{1}', String(event.epoch).padStart(String(epochs).length), epochs)}  ${line}${best ? ` ${output.style('green', '*')}` : ''}`);
    } else if (event.type === 'ended') conclude(output, event, tested);
  };
}

function introduce(output: Output, event: Extract<RunEvent, { type: 'started' }>): void {
  const { sizes, classes, broken } = event.dataset;
  output.print(output.style('bold', event.name));
  output.print(l10n.t('  {0} classes; {1} training, {2} validation, {3} test images', classes.length, sizes.train, sizes.val, sizes.test));
  output.print(l10n.t('  {0} parameters; training steps: {1}; engine: {2}', short(event.params), event.steps, event.engine.label));
  output.print(l10n.t('  run: {0}', event.run));
  if (event.resumedFrom !== undefined) output.print(l10n.t('  resumed at step {0}', event.resumedFrom));
  for (const note of event.notes) output.print(`  ${note}`);
  for (const warning of event.warnings) output.note(l10n.t('  warning: {0}', warning));
  for (const { name, reason } of event.engine.rejected) output.note(l10n.t('  not used: {0}: {1}', name, firstLine(reason)));
  for (const { file, reason } of broken.slice(0, 10)) output.note(l10n.t('  skipped: {0}: {1}', file, reason));
  if (broken.length > 10) output.note(l10n.t('  … and {0} more; all are in the log of the run', broken.length - 10));
}

/** @param images of the test, whose shares have an interval */
function conclude(output: Output, { reason, message, metrics }: Ended, images: number): void {
  const failed = reason === 'error' || reason === 'non-finite';
  output.settle();
  if (failed) output.note(l10n.t('error: {0}', message));
  else output.print(message);
  const tested = Object.entries(metrics).filter(([name]) => name.startsWith('test/'));
  const width = Math.max(...tested.map(([name]) => name.length));
  for (const [name, value] of tested) {
    // Of the others a share and a count give no interval.
    const interval = /\/top\d+$/.test(name) ? wilson(Math.round(value * images), images) : null;
    output.print(`  ${name.padEnd(width)}  ${metric(name, value)}${interval ? `  (${intervalWords(interval)})` : ''}`);
  }
}

function firstLine(reason: string): string {
  return reason.split('\n', 1)[0]!;
}
