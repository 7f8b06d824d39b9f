import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { RunEvent } from '../../protocol';
import { refuseBeyondMachine } from '../compile/memory';
import type { Executor } from '../compile/executor';
import type { Config } from '../config/schema';
import { describeDataset } from '../dataset/open';
import type { Origin } from '../config/aboutKey';
import type { Dataset } from '../dataset/dataset';
import { openNamed, refuseUnfit } from '../fitsData';
import { countParams } from '../model/params';
import type { ViTSpec } from '../model/spec';
import { countedOf, warningsWithData } from '../oddWithData';
import { createRun } from '../runStore';
import { openTeacher } from '../teacher';
import { openBoth, runTraining, specOf, startOf, type Prepared, type TrainingTools } from '../training';
import { UserError } from '../userError';
import { epochsBetween } from '../watch/watcher';
import { partOf } from './part';

/** What a training takes, in seconds; measured on a short one of its own kind. */
export interface Calibration {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly sizes: { readonly train: number; readonly val: number; readonly test: number };
  readonly engine: string;
  /** Opening the data and compiling. */
  readonly preparation: number;
  /** From the start to the first step, without that. */
  readonly start: number;
  /** A whole batch, with what it waits for. */
  readonly step: number;
  /** Share of a step that waits. */
  readonly waiting: number;
  /** An image of an evaluation. */
  readonly evaluated: number;
  /** A checkpoint, and the first step of an epoch beyond the others. */
  readonly epoch: number;
  /** Looking into heads and layers. */
  readonly look: number;
  /** Epochs from one look to the next. */
  readonly every: number;
  /** What a test takes beside its images. */
  readonly test: number;
  readonly measured: { readonly steps: number; readonly seconds: number; readonly evaluated: number };
  /** Bytes that the process took at most. */
  readonly memory: number;
  /** What is odd about the configuration with these images but no error. */
  readonly warnings: readonly string[];
}

interface Opened {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly spec: ViTSpec;
  readonly prepared: Omit<Prepared, 'writer' | 'executor' | 'dataset'>;
}

/** What happened when, in seconds. */
interface Timeline {
  readonly steps: readonly { readonly begin: number; readonly end: number }[];
  /** Behind the evaluation of an epoch. */
  readonly evaluated: readonly number[];
  /** Behind its checkpoint. */
  readonly saved: readonly number[];
  readonly ended: number;
}

const now = (): number => performance.now() / 1000;

/**
 * Trains for about so many seconds on a part of the data, with everything that a training does, in a folder that is deleted
 * again: once to compile and to warm up, once to measure.
 *
 * @throws UserError what a training would be refused for, or ended by
 */
export async function calibrate(config: Config, origin: Origin, seconds: number, tools: TrainingTools): Promise<Calibration> {
  const began = now();
  const opened = await open(config, origin, tools);
  const folder = await mkdtemp(path.join(tmpdir(), 'vit-lab-estimate-'));
  try {
    const { train, val, test } = opened.dataset.splits;
    const { batch_size: batch } = opened.config.train;
    const first = await trainPart(opened, { epochs: 1, train: 2 * batch, val: batch, test: batch }, folder, tools.signal);
    const preparation = now() - began;
    const rough = duration(first.steps.at(-1)!);
    // Steps of an epoch; there are two epochs, and the very first step is none to go by.
    const wanted = Math.max(2, Math.min(500, Math.ceil(seconds / rough / 2)));
    const counts = { epochs: 2, train: Math.min(train.size, wanted * batch), val: Math.min(val.size, 4 * batch), test: Math.min(test.size, 4 * batch) };
    const most = watchMemory();
    const line = await trainPart(opened, counts, folder, tools.signal);
    const warnings = await warningsWithData(config, countedOf(opened.dataset), origin);
    return { ...figures(opened, line, { val: counts.val, test: counts.test }), preparation, memory: most(), warnings };
  } finally {
    opened.prepared.teacher?.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(written: Config, origin: Origin, tools: TrainingTools): Promise<Opened> {
  const folder = path.dirname(path.resolve(origin.file));
  const { sweep: _, ...rest } = written;
  const { progressive: _smaller, ...train } = rest.train;
  const config: Config = { ...rest, train: { ...train, epochs: 2, early_stop: { ...train.early_stop, patience: 0 } }, probe: { ...rest.probe, image: [rest.probe.image].flat().map((image) => path.resolve(folder, image)) } };
  const { dataset, executor } = await openBoth((options) => openNamed(config, origin, options), config, tools, true);
  const spec = specOf(config, dataset);
  refuseBeyondMachine(spec, Math.ceil(config.train.batch_size / config.train.grad_accum_steps));
  await refuseUnfit(config, dataset, origin);
  const start = await startOf(config, folder, spec, dataset);
  const teacher = await openTeacher(config, folder, dataset.classes, executor);
  return { config, dataset, executor, spec, prepared: { config, spec, notes: [], warnings: [], ...(start && { start: start.params }), ...(teacher && { teacher }) } };
}

async function trainPart({ config, dataset, executor, spec, prepared }: Opened, { epochs, ...counts }: { readonly epochs: number; readonly train: number; readonly val: number; readonly test: number }, folder: string, signal: AbortSignal): Promise<Timeline> {
  const steps: { begin: number; end: number }[] = [];
  const times = { evaluated: [] as number[], saved: [] as number[] };
  const part = partOf(dataset, counts);
  const writer = await createRun({ runs: folder, config, configText: '', dataset: describeDataset(part), engine: executor.info, params: countParams(spec), git: null });
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener('abort', abort);
  const hear = ({ type, ...event }: RunEvent): void => {
    // Of weights to start from there is an evaluation before the first step.
    if (type === 'epoch' && 'step' in event && event.step > 0) times.evaluated.push(now());
    if (type === 'checkpoint') times.saved.push(now());
  };
  const { teacher } = prepared;
  const short = { ...config, train: { ...config.train, epochs } };
  const ended = await runTraining({ ...prepared, config: short, dataset: part, executor: timed(executor, steps), writer, ...(teacher && { teacher: { ...teacher, dispose: () => undefined } }) }, stop, hear).finally(() => signal.removeEventListener('abort', abort));
  signal.throwIfAborted();
  if (ended.reason === 'error' || ended.reason === 'non-finite') throw new UserError(ended.message);
  return { steps, ...times, ended: now() };
}

/** The executor, with the time of every step told. */
function timed(executor: Executor, steps: { begin: number; end: number }[]): Executor {
  return {
    ...executor,
    infer: (...of) => executor.infer(...of),
    train: async (...of) => {
      const session = await executor.train(...of);
      return {
        spec: session.spec,
        forward: (...asked) => session.forward(...asked),
        state: () => session.state(),
        dispose: () => session.dispose(),
        step: async (input) => {
          const begin = now();
          const result = await session.step(input);
          steps.push({ begin, end: now() });
          return result;
        },
      };
    },
  };
}

function duration({ begin, end }: { readonly begin: number; readonly end: number }): number {
  return end - begin;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);

/** What the times of a short training of two epochs say of a long one. */
function figures({ config, dataset, executor, spec }: Opened, { steps, evaluated, saved, ended }: Timeline, seen: { readonly val: number; readonly test: number }): Omit<Calibration, 'preparation' | 'memory' | 'warnings'> {
  const { train, val, test } = dataset.splits;
  const half = steps.length / 2;
  // From the end of a step to the end of the next one, within an epoch.
  const whole = steps.flatMap(({ begin, end }, i) => (i === 0 || i === half ? [] : [{ took: end - steps[i - 1]!.end, waited: begin - steps[i - 1]!.end }]));
  const opening = duration(steps[half]!) + steps[half]!.begin - saved[0]!;
  const step = whole.length > 0 ? mean(whole.map(({ took }) => took)) : opening;
  const perImage = seen.val > 0 ? mean([evaluated[0]! - steps[half - 1]!.end, evaluated[1]! - steps.at(-1)!.end]) / seen.val : 0;
  const [plain, last] = [saved[0]! - evaluated[0]!, saved[1]! - evaluated[1]!];
  const every = epochsBetween({ config, spec, dataset });
  const short = epochsBetween({ config, spec, dataset: partOf(dataset, { train: (steps.length / 2) * config.train.batch_size, val: 0, test: 0 }) });
  // Where each epoch was looked at, a look is in both.
  const look = short > 1 ? Math.max(0, last - plain) : 0;
  const looks = config.train.tta === 'none' ? 1 : 2;
  return {
    config,
    spec,
    sizes: { train: train.size, val: val.size, test: test.size },
    engine: executor.info.label,
    start: Math.max(0, duration(steps[0]!) - step),
    step,
    waiting: whole.length > 0 ? sum(whole.map(({ waited }) => waited)) / sum(whole.map(({ took }) => took)) : 0,
    evaluated: perImage,
    epoch: (short > 1 ? plain : mean([plain, last])) + Math.max(0, opening - step),
    look,
    every,
    test: seen.test > 0 ? Math.max(0, ended - saved[1]! - seen.test * perImage * looks) : 0,
    measured: { steps: steps.length - 1, seconds: ended - steps[0]!.begin, evaluated: 2 * seen.val + seen.test },
  };
}

/** Samples what this process takes; the answer ends it. */
function watchMemory(): () => number {
  let most = process.memoryUsage.rss();
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 200);
  return () => {
    clearInterval(timer);
    return Math.max(most, process.memoryUsage.rss());
  };
}
