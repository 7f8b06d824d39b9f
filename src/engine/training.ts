import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf } from './atomic';
import type { Executor } from './compile/executor';
import { refuseBeyondMachine } from './compile/memory';
import type { Config } from './config/schema';
import type { Dataset } from './dataset/dataset';
import { evensOut, warningsOf } from './dataset/findings';
import { describeDataset, openDataset, type OpenOptions } from './dataset/open';
import { openStart, startFacts, type Start } from './finetune/start';
import { decodeImage } from './image';
import { countParams, countTrained, initParams } from './model/params';
import { vitSpec, type ViTSpec } from './model/spec';
import { tunedFor } from './model/tuning';
import type { TensorMap } from './tensors';
import type { Metrics, RunEvent } from '../protocol';
import { createRun, reopenRun, type RunWriter } from './runStore';
import { aboutKey } from './config/aboutKey';
import { loadConfig } from './config/load';
import { engineWarnings } from './executors';
import { openNamed, refuseUnfit } from './fitsData';
import { countedOf, warningsWithData } from './oddWithData';
import { demandData, moved } from './moved';
import { openTeacher, type Teacher } from './teacher';
import { train, type TrainEvent, type TrainPoint } from './trainer';
import { epochLine, finish, metricsText } from './trainingEnd';
import { UserError } from './userError';
import type { RunRecord } from './runs/files';
import { openWatcher } from './watch/open';
import { createWaits, stepTeller } from './watch/pace';
import { notFinite } from './watch/rules';

/** Everything that a training needs, opened and checked. */
export interface Prepared {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly writer: RunWriter;
  readonly from?: TrainPoint;
  /** Weights that a fine-tuning starts from. */
  readonly start?: TensorMap;
  /** What is learnt from, with `train.distillation`. */
  readonly teacher?: Teacher;
  /** What is worth knowing of the start, for people. */
  readonly notes: readonly string[];
  /** What is odd in the configuration but no error. */
  readonly warnings: readonly string[];
}

export interface TrainingTools {
  readonly executor: (wish: Config['engine']) => Promise<Executor>;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

export type Ended = Extract<RunEvent, { type: 'ended' }>;
type Step = Extract<TrainEvent, { type: 'step' }>;

/** Opens what a new training needs and makes its run folder. `source` is what its author wrote, where that is another file than the configuration. */
export async function prepareNew(
  q: { readonly config: string; readonly runs: string; readonly set?: readonly string[]; readonly acceptBroken?: boolean; readonly sweep?: string; readonly source?: string },
  tools: TrainingTools,
): Promise<Prepared> {
  const file = path.resolve(q.config);
  const warnings: string[] = [];
  const { sweep, ...config } = await loadConfig(file, q.set, (message) => warnings.push(message), startFacts);
  if (sweep && q.sweep === undefined) throw new UserError(l10n.t('{0} is a sweep of many trainings. Run it with: vit-lab sweep {1}', file, q.config), { file });
  warnings.push(...engineWarnings(config.engine));
  const origin = { file, set: q.set };
  const { dataset, executor } = await openBoth((options) => openNamed(config, origin, options), config, tools, q.acceptBroken ?? false);
  warnings.push(...warningsOf(dataset.findings, dataset.classes, evensOut(config)));
  warnings.push(...(await warningsWithData(config, countedOf(dataset), origin)));
  const spec = specOf(config, dataset);
  refuseBeyondMachine(spec, Math.ceil(config.train.batch_size / config.train.grad_accum_steps));
  // What does not go with the data is told before there is a run of it.
  await refuseUnfit(config, dataset, origin);
  await aboutKey(origin, 'probe.image', () => checkProbe(config, path.dirname(file)));
  const start = await startOf(config, path.dirname(file), spec, dataset);
  const teacher = await aboutKey(origin, 'train.distillation.teacher', () => openTeacher(config, path.dirname(file), dataset.classes, executor));
  const writer = await createRun({
    runs: path.resolve(q.runs),
    config: seenFromRun(withTeacher(config, teacher), path.dirname(file), path.resolve(q.runs)),
    ...(q.sweep !== undefined && { sweep: q.sweep }),
    ...(teacher && { teacher: { path: teacher.file, sha256: teacher.sha256 } }),
    ...(start && { start: start.record, ...(start.origin && { origin: start.origin }) }),
    configText: await readFile(q.source ?? file, 'utf8'),
    dataset: describeDataset(dataset),
    engine: executor.info,
    params: countParams(spec),
  });
  return { config: withProbe(config, path.dirname(file)), spec, dataset, executor, writer, warnings, notes: [...(start?.notes ?? []), ...(teacher?.notes ?? [])], ...(start && { start: start.params }), ...(teacher && { teacher }) };
}

/** That an image cannot be looked at is told before there is a run, while it is easily put right. */
async function checkProbe({ probe }: Config, folder: string): Promise<void> {
  for (const image of [probe.image].flat()) await decodeImage(path.resolve(folder, image));
}

export function specOf(config: Config, dataset: Dataset): ViTSpec {
  return tunedFor(vitSpec(config.image, config.model, dataset.classes.length), config.finetune);
}

/** The weights that a configuration starts from, fitted to its network; none for a training from scratch. */
export async function startOf(config: Config, folder: string, spec: ViTSpec, dataset: Dataset): Promise<Start | undefined> {
  const { finetune } = config;
  if (finetune?.from === undefined) return undefined;
  const start = await openStart(path.resolve(folder, finetune.from), { ...config, finetune }, spec, dataset.classes);
  return { ...start, notes: [...start.notes, trainedNote(spec)] };
}

function trainedNote(spec: ViTSpec): string {
  const [all, trained] = [countParams(spec), countTrained(spec)];
  return trained === all ? l10n.t('All {0} parameters are trained.', all) : l10n.t('{0} of {1} parameters are trained; the others are frozen.', trained, all);
}

/** Opens what a run needs to go on from its last checkpoint. The data must be what it was trained on; where they lie now is kept with the run. */
export async function prepareResume(q: { readonly run: string; readonly data?: string; readonly teacher?: string }, tools: TrainingTools): Promise<Prepared> {
  const { writer, config: written, point, dataset: recorded, teacher: taught, skipped } = await reopenRun(path.resolve(q.run));
  try {
    const config = moved(written, q);
    demandData(writer.path, config);
    const { dataset, executor } = await openBoth((options) => openDataset(config, writer.path, options), config, tools, true);
    if (dataset.fingerprint !== recorded.fingerprint) throw changedData(dataset, recorded);
    if (q.data !== undefined) await writer.moveData(q.data);
    const teacher = await openTeacher(config, writer.path, dataset.classes, executor);
    if (teacher && taught && teacher.sha256 !== taught.sha256)
      throw new UserError(l10n.t('The teacher {0} has changed since this run was started, so it cannot be resumed. Put the file back, or start a new training.', teacher.file), { file: teacher.file });
    return { config, spec: specOf(config, dataset), dataset, executor, writer, from: point, ...(teacher && { teacher }), notes: [], warnings: [...skipped, ...engineWarnings(config.engine)] };
  } catch (error) {
    await writer.finish('stopped', reasonOf(error), {});
    throw error;
  }
}

/** Only counts are on record of each image's part, which are enough to see what is missing. */
function changedData({ name, path: place, splits: { train, val, test } }: Dataset, { sizes }: RunRecord['dataset']): UserError {
  const counts = (a: number, b: number, c: number): string => [a, b, c].join(' + ');
  const [then, now] = [counts(sizes.train, sizes.val, sizes.test), counts(train.size, val.size, test.size)];
  const what = then === now ? l10n.t('as many images as then ({0}), with other contents or names', now) : l10n.t('{0} images then, {1} now (training + validation + test)', then, now);
  return new UserError(l10n.t('The images in {0} are not those that this run was started with, so it cannot be resumed: {1}. Put those back, or start a new training.', place || name, what), place ? { file: place } : undefined);
}

export async function openBoth(open: (options: OpenOptions) => Promise<Dataset>, config: Config, tools: TrainingTools, acceptBroken: boolean): Promise<{ dataset: Dataset; executor: Executor }> {
  tools.emit({ type: 'preparing', message: l10n.t('Opening the dataset') });
  const dataset = await open({
    acceptBroken,
    signal: tools.signal,
    onProgress: (done, of) => tools.emit({ type: 'preparing', message: l10n.t('Reading images'), done, of }),
  });
  tools.emit({ type: 'preparing', message: l10n.t('Starting the engine') });
  const executor = await tools.executor(config.engine);
  tools.signal.throwIfAborted();
  return { dataset, executor };
}

/** The very checkpoint, so that a resume learns from the one that the run began with. */
function withTeacher(config: Config, teacher: Teacher | undefined): Config {
  const { distillation } = config.train;
  return distillation && teacher ? { ...config, train: { ...config.train, distillation: { ...distillation, teacher: teacher.file } } } : config;
}

/**
 * Where a run finds its data, its teacher and the weights of its start again, seen from its own folder: relative when all lie in one
 * workspace, so that this can be moved as a whole, else absolute, so that the run can be moved alone.
 */
function seenFromRun(config: Config, folder: string, runs: string): Config {
  const { dataset, finetune, probe, train: recipe } = config;
  const seen = (written: string): string => {
    const target = path.resolve(folder, written);
    const inWorkspace = !path.relative(path.dirname(runs), target).startsWith('..');
    return (inWorkspace ? path.relative(path.join(runs, 'run'), target) : target).split(path.sep).join('/');
  };
  return {
    ...config,
    ...(dataset.path !== undefined && { dataset: { ...dataset, path: seen(dataset.path) } }),
    ...(finetune?.from !== undefined && { finetune: { ...finetune, from: seen(finetune.from) } }),
    ...(recipe.distillation?.teacher !== undefined && { train: { ...recipe, distillation: { ...recipe.distillation, teacher: seen(recipe.distillation.teacher) } } }),
    probe: { ...probe, image: [probe.image].flat().map(seen) },
  };
}

function withProbe(config: Config, folder: string): Config {
  return { ...config, probe: { ...config.probe, image: [config.probe.image].flat().map((image) => path.resolve(folder, image)) } };
}

/** Trains to the end, stores and tells everything. Rejects never: what goes wrong ends the run with its reason. */
export async function runTraining(prepared: Prepared, stop: AbortController, emit: (event: RunEvent) => void): Promise<Ended> {
  const { writer } = prepared;
  const unwatch = watchForStop(writer, stop);
  let ended: Ended;
  try {
    ended = await driveTraining(prepared, stop, emit);
  } catch (error) {
    const message = reasonOf(error);
    ended = { type: 'ended', run: writer.path, reason: 'error', message, metrics: {} };
    try {
      await writer.log('error', error instanceof UserError ? message : (error instanceof Error && error.stack) || message);
      await writer.finish('failed', message, {});
    } catch (second) {
      ended = { ...ended, message: `${message} ${l10n.t('The run folder cannot be written either: {0}', reasonOf(second))}` };
    }
  } finally {
    unwatch();
    prepared.teacher?.dispose();
  }
  emit(ended);
  return ended;
}

async function driveTraining(prepared: Prepared, stop: AbortController, emit: (event: RunEvent) => void): Promise<Ended> {
  const { config, dataset, writer, from } = prepared;
  const stepsPerEpoch = Math.ceil(dataset.splits.train.size / config.train.batch_size);
  const total = { epochs: config.train.epochs, steps: config.train.epochs * stepsPerEpoch };
  emit(startedEvent(prepared, total));
  await logStart(prepared, total);
  const clock = performance.now();
  const time = (): number => writer.timeBefore + (performance.now() - clock) / 1000;
  const every = Math.max(1, Math.round(stepsPerEpoch / 25));
  const tell = stepTeller(writer.path, total.steps, emit);
  const waits = createWaits(config.tracking.system, () => void writer.log('debug', l10n.t('nvidia-smi does not answer here, so that no GPU is measured.')).catch(() => undefined));
  const watcher = await openWatcher(prepared, emit);
  let latest: Metrics = {};
  let row: { step: number; epoch: number; values: Metrics } | null = null;
  const flush = async (more: Metrics = {}): Promise<void> => {
    const written = row && { step: row.step, epoch: row.epoch, time: time(), values: { ...row.values, ...more } };
    if (written) await writer.event(written);
    if (written) watcher.row(written);
    row = null;
  };
  const drawn = from || prepared.start ? undefined : initParams(prepared.spec, config.seed);
  const first = prepared.start ?? drawn;
  if (!from && first) row = { step: 0, epoch: 0, values: await watcher.start(first) };

  for await (const event of train({ ...prepared, signal: stop.signal, ...(from ? { from } : {}), ...(drawn && { drawn }), ...(prepared.teacher && { teach: prepared.teacher.teach }) })) {
    if (event.type === 'step') {
      await flush();
      waits.add(event.seconds);
      row = rowOf(event, every, waits);
      tell(event);
      await watcher.step(event);
      await writer.progress({ ...total, epoch: event.epoch, step: event.step, latest });
    } else if (event.type === 'start') {
      latest = event.metrics;
      await flush(latest);
      await writer.log('info', l10n.t('Before the first step: {0}', metricsText(latest)));
      emit({ type: 'epoch', run: writer.path, epoch: 0, step: 0, metrics: latest, improved: false });
    } else if (event.type === 'epoch') {
      latest = event.metrics;
      row = { step: event.step, epoch: event.epoch, values: { ...row?.values, ...event.metrics, ...waits.epoch(), ...watcher.classes(event.confusion, event.classLosses) } };
      if (event.confusion) await writer.saveConfusion(event.confusion, event.epoch);
      await writer.log('info', epochLine(event.epoch, total.epochs, event.metrics));
      emit({ type: 'epoch', run: writer.path, epoch: event.epoch, step: event.step, metrics: event.metrics, improved: event.improved });
      // Behind the last epoch there is nothing that it would change.
      if (event.loweredTo !== undefined && event.epoch < total.epochs) await note(writer, loweredNote(config, event.loweredTo), emit);
    } else if (event.type === 'point') {
      const { type: _, ...point } = event;
      const { epoch, state } = point.point;
      const whole = endsEpoch(point.metrics);
      await flush(whole ? await watcher.epoch(point.point) : {});
      if (whole) await watcher.judge(epoch);
      const file = await writer.savePoint(point);
      emit({ type: 'checkpoint', run: writer.path, epoch, step: state.step, path: file });
    } else {
      await flush();
      if (event.reason === 'non-finite') await watcher.warn({ ...notFinite(event.step, config.train), epoch: event.epoch });
      return finish(prepared, event, latest, { time: time(), stop });
    }
  }
  throw new Error('The trainer ended without saying why');
}

async function note(writer: RunWriter, message: string, emit: (event: RunEvent) => void): Promise<void> {
  await writer.log('info', message);
  emit({ type: 'note', run: writer.path, message });
}

function loweredNote({ train: { monitor, plateau } }: Config, lr: number): string {
  const epochs = plateau.patience + 1;
  const now = Number(lr.toPrecision(3));
  return epochs === 1 ? l10n.t('{0} has not improved in this epoch: the learning rate goes down to {1}.', monitor, now) : l10n.t('{0} has not improved for {1} epochs: the learning rate goes down to {2}.', monitor, epochs, now);
}

/** A point in the middle of an epoch, of a stop, has no metrics. */
function endsEpoch(metrics: Metrics): boolean {
  return Object.keys(metrics).length > 0;
}

function startedEvent({ writer, dataset, executor, spec, from, warnings, notes }: Prepared, total: { epochs: number; steps: number }): RunEvent {
  return {
    type: 'started',
    run: writer.path,
    name: writer.name,
    ...total,
    engine: executor.info,
    dataset: describeDataset(dataset),
    params: countParams(spec),
    warnings,
    notes,
    ...(from ? { resumedFrom: from.state.step } : {}),
  };
}

async function logStart({ writer, dataset, executor, from, warnings, notes }: Prepared, total: { epochs: number; steps: number }): Promise<void> {
  for (const { name, reason } of executor.info.rejected) await writer.log('info', l10n.t('{0} does not run here: {1}', name, reason));
  for (const warning of warnings) await writer.log('warning', warning);
  for (const note of notes) await writer.log('info', note);
  for (const { file, reason } of dataset.broken) await writer.log('warning', l10n.t('Skipped {0}: {1}', file, reason));
  const { train: t, val, test } = dataset.splits;
  await writer.log(
    'info',
    from
      ? l10n.t('Resumed at step {0} of {1} with {2}', from.state.step, total.steps, executor.info.label)
      : l10n.t('Started with {0}: {1} training, {2} validation and {3} test images', executor.info.label, t.size, val.size, test.size),
  );
}

/** What of a step is written down: its numbers now and then, and what it asks of the machine. */
function rowOf(event: Step, every: number, waits: ReturnType<typeof createWaits>): { step: number; epoch: number; values: Metrics } | null {
  const { step, epoch } = event;
  const values = { ...(step % every === 0 && { ...stepValues(event), ...waits.row() }), ...waits.system() };
  return Object.keys(values).length > 0 ? { step, epoch, values } : null;
}

function stepValues({ loss, lr, gradNorm }: Step): Metrics {
  return { 'train/batch_loss': loss, lr, 'train/grad_norm': gradNorm };
}

/**
 * Asks the run folder twice a second whether another process wants this run to stop, also while it evaluates. Returns what
 * ends the asking.
 */
function watchForStop(writer: RunWriter, stop: AbortController): () => void {
  const ask = async (): Promise<void> => {
    try {
      if (await writer.stopRequested()) stop.abort();
    } catch (error) {
      // A folder that cannot be asked: the checkpoint of the stop finds out whether it can still be written, and says so.
      stop.abort(error);
    }
  };
  const timer = setInterval(() => void ask(), 500);
  return () => clearInterval(timer);
}
