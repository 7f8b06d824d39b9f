import * as path from 'node:path';
import type { ParseArgsOptionsConfig } from 'node:util';
import * as l10n from '@vscode/l10n';
import type { EngineEvents } from '../protocol';
import { withNearest } from './config/nearest';
import { createEngine, type Engine } from './engine';
import { speak } from './language';
import { parseArguments } from './terminal/arguments';
import { buildTensorflowCommand } from './terminal/buildTensorflow';
import { classifyCommand } from './terminal/classify';
import { missing, tooMany } from './terminal/usage';
import { UsageError, type Command, type Terminal } from './terminal/command';
import { doctorCommand } from './terminal/doctor';
import { estimateCommand } from './terminal/estimate';
import { evalCommand } from './terminal/evaluate';
import { exportCommand } from './terminal/export';
import { galleryCommand } from './terminal/gallery';
import { explainCommand } from './terminal/glossary';
import { getCommand } from './terminal/get';
import { importCommand } from './terminal/import';
import { infoCommand } from './terminal/info';
import { initCommand } from './terminal/init';
import { headsCommand } from './terminal/heads';
import { inspectCommand } from './terminal/inspect';
import { probeCommand } from './terminal/probe';
import { rerunCommand } from './terminal/rerun';
import { newCommand } from './terminal/new';
import { createOutput, type Output } from './terminal/output';
import { pipelineCommand } from './terminal/pipeline';
import { previewCommand } from './terminal/preview';
import { reportCommand } from './terminal/report';
import { compareCommand, runsCommand } from './terminal/runs';
import { systemError } from './terminal/systemError';
import { runCommand } from './terminal/tensors';
import { scheduleCommand } from './terminal/schedule';
import { sweepCommand } from './terminal/sweep';
import { trackCommand } from './terminal/track';
import { resumeCommand, stopCommand, trainCommand } from './terminal/train';
import { UserError } from './userError';
import { VERSION } from './version';

const COMMANDS: Readonly<Record<string, Command>> = {
  init: initCommand,
  new: newCommand,
  preview: previewCommand,
  train: trainCommand,
  sweep: sweepCommand,
  schedule: scheduleCommand,
  estimate: estimateCommand,
  resume: resumeCommand,
  rerun: rerunCommand,
  stop: stopCommand,
  eval: evalCommand,
  classify: classifyCommand,
  get: getCommand,
  import: importCommand,
  export: exportCommand,
  inspect: inspectCommand,
  heads: headsCommand,
  gallery: galleryCommand,
  probe: probeCommand,
  runs: runsCommand,
  compare: compareCommand,
  track: trackCommand,
  report: reportCommand,
  pipeline: pipelineCommand,
  info: infoCommand,
  explain: explainCommand,
  run: runCommand,
  doctor: doctorCommand,
  'build-tensorflow': buildTensorflowCommand,
};

const COMMON: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } };
const INTERRUPTED = 130;
/** What happens when nobody reads the output any more; a training replaces it, so that it can checkpoint. */
let closed = (): void => process.exit(0);

async function main(args: readonly string[]): Promise<number> {
  speak(process.env, path.join(__dirname, '../l10n'));
  const [name, ...rest] = args;
  if (name === '--version' || name === '-V') return say(VERSION);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return say(overview(), name === undefined ? 2 : 0);
  const output = createOutput(rest.includes('--json'));
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) throw new UsageError(withNearest(l10n.t('There is no command {0}. vit-lab --help lists them.', name), name, Object.keys(COMMANDS)));
    return await runOne(name, command, rest, output);
  } catch (error) {
    return fail(error, name, output);
  }
}

async function runOne(name: string, command: Command, args: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, { ...COMMON, ...command.options });
  if (values['help'] === true) return say(helpOf(name, command));
  const [least, most] = command.takes;
  if (positionals.length < least) throw missing(name, command, positionals.length, values);
  if (positionals.length > most) throw tooMany(positionals[most]!, name, command, values);
  const { terminal, engine, release } = open(positionals, values, output);
  try {
    return await command.run(terminal);
  } finally {
    release();
    await engine.close();
    output.settle();
  }
}

/** The engine with what the command hears and how it is interrupted. */
function open(args: readonly string[], values: Terminal['values'], output: Output): { terminal: Terminal; engine: Engine; release: () => void } {
  type Listener = Parameters<Terminal['listen']>[0];
  const listeners: Listener[] = [];
  const abort = new AbortController();
  let stop = (): void => undefined;
  let interrupts = 0;
  const interrupt = (): void => {
    if (++interrupts > 1) process.exit(INTERRUPTED);
    stop();
    abort.abort(Object.assign(new Error(l10n.t('Interrupted')), { name: 'AbortError' }));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  // A terminal of VS Code that is closed hangs up; elsewhere `nohup` may have asked to stay.
  if (process.env['VITLAB_TASK']) process.on('SIGHUP', interrupt);
  const engine = createEngine({
    emit: <K extends keyof EngineEvents>(name: K, value: EngineEvents[K]) => listeners.forEach((listener) => listener(name, value)),
    media: process.env['VITLAB_MEDIA'] ?? path.join(__dirname, '../media/sample'),
  });
  if (process.env['VITLAB_DEBUG']) listeners.push((name, value) => name === 'log' && output.note(JSON.stringify(value)));
  const terminal: Terminal = {
    output,
    args,
    values,
    engine,
    call: (onProgress) => ({ signal: abort.signal, progress: (value) => onProgress?.(value) }),
    listen: (listener) => void listeners.push(listener),
    onInterrupt: (action) => (stop = action),
    onClosed: (action) => (closed = action),
  };
  return { terminal, engine, release: () => process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', interrupt) };
}

function say(words: string, code = 0): number {
  process.stdout.write(`${words}\n`);
  return code;
}

/** Tells the user what went wrong, and nothing about our insides unless asked for. */
function fail(error: unknown, command: string, output: Output): number {
  if (error instanceof Error && error.name === 'AbortError') {
    output.note(l10n.t('Interrupted'));
    return INTERRUPTED;
  }
  const refused = systemError(error);
  const message = refused ?? (error instanceof Error ? error.message : String(error));
  output.note(l10n.t('error: {0}', withPlace(error, message)));
  if (process.env['VITLAB_DEBUG'] && error instanceof Error) output.note(error.stack ?? '');
  if (error instanceof UsageError) {
    output.note(l10n.t('Try: vit-lab {0} --help', Object.hasOwn(COMMANDS, command) ? command : '').replace('  ', ' '));
    return 2;
  }
  if (!(error instanceof UserError) && refused === null) output.note(l10n.t('This is a defect of ViT Lab. VITLAB_DEBUG=1 shows where.'));
  return 1;
}

function withPlace(error: unknown, message: string): string {
  if (!(error instanceof UserError) || error.place?.line === undefined) return message;
  const { file, line, column } = error.place;
  const place = column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
  return message.includes(`${file}:${line}`) ? message : `${place}: ${message}`;
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    l10n.t('ViT Lab {0}: train small Vision Transformers and look inside them.', VERSION),
    '',
    `vit-lab ${l10n.t('COMMAND')} …`,
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    l10n.t('CHECKPOINT is a .safetensors file, a run folder (its best one), or RUN@last, RUN@epoch-3.'),
    l10n.t('vit-lab COMMAND --help tells more; --json gives JSON on standard output.'),
  ].join('\n');
}

function helpOf(name: string, { summary, usage, help }: Command): string {
  const options = { ...help, json: l10n.t('JSON on standard output, and nothing else there') };
  const width = Math.max(...Object.keys(options).map((option) => option.length)) + 2;
  return [
    `vit-lab ${name}: ${summary}`,
    '',
    `  vit-lab ${name} ${usage}`,
    '',
    ...Object.entries(options).map(([option, words]) => `  ${`--${option}`.padEnd(width)}  ${words}`),
  ].join('\n');
}

// A reader that has seen enough (`| head`) closes the pipe; that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? closed() : process.exit(1)));
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
