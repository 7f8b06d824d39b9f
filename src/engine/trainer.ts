import { setImmediate } from 'node:timers/promises';
import type { Analysis, ConfusionMatrix, Metrics } from '../protocol';
import type { Executor, InferenceSession, TrainSession, TrainState } from './compile/executor';
import type { Config } from './config/schema';
import type { Dataset, Split } from './dataset/dataset';
import { normalise } from './image';
import { argmaxRows } from './metrics/logits';
import { startTally, type EvaluationMetrics } from './metrics/tally';
import { initParams, zeroMoments } from './model/params';
import type { ViTSpec } from './model/spec';
import { momentsOf } from './optim/moments';
import { openPipeline, type Pipeline, type Teach } from './pipeline/pipeline';
import { learningRate, plateauAfter, startPlateau, type Plateau } from './schedule';
import type { FloatTensor, TensorMap } from './tensors';
import { lookAgain, type Tta } from './tta';

/** Everything a training needs to go on from a step: with the seed in `config` it fixes all that follows. */
export interface TrainPoint {
  readonly state: TrainState;
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps done in the epoch that is under way. */
  readonly stepInEpoch: number;
  /** Sums over the steps of the epoch under way. */
  readonly running: { readonly loss: number; readonly correct: number; readonly seen: number };
  readonly best: { readonly value: number; readonly epoch: number } | null;
  /** Epochs since the last improvement. */
  readonly stale: number;
  /** Of `schedule: plateau`. */
  readonly plateau?: Plateau;
}

export interface TrainPlan {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly dataset: Dataset;
  readonly executor: Executor;
  /** Where to go on; without it, the start of a training. */
  readonly from?: TrainPoint;
  /** Weights to start from; without them, a fresh initialisation. */
  readonly start?: TensorMap;
  /** That initialisation, where somebody has drawn it already. */
  readonly drawn?: TensorMap;
  /** What is learnt from, with `train.distillation`. */
  readonly teach?: Teach;
  /** Asked between two steps: true stops with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What a step's time went into: waiting for its images, and computing. */
export interface StepSeconds {
  readonly data: number;
  readonly compute: number;
}

/** What the trainer yields. It knows neither store nor screen. */
export type TrainEvent =
  | { readonly type: 'step'; readonly epoch: number; readonly step: number; readonly loss: number; readonly lr: number; readonly gradNorm: number; readonly images: number; readonly labels: Int32Array; readonly seconds: StepSeconds }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly step: number;
      /** train/loss, train/top1, lr, and `val/` with each of `EvaluationMetrics` */
      readonly metrics: Metrics;
      readonly confusion: ConfusionMatrix | null;
      /** Mean loss of the validation images of each class. */
      readonly classLosses: readonly number[] | null;
      readonly improved: boolean;
      /** The learning rate that the next epoch begins with, where a plateau has lowered it. */
      readonly loweredTo?: number;
    }
  /** What weights to start from reach on the validation images before the first step: val/loss … */
  | { readonly type: 'start'; readonly metrics: Metrics }
  /** The receiver stores it before it asks for the next event. `final` when the training stops here. */
  | { readonly type: 'point'; readonly point: TrainPoint; readonly improved: boolean; readonly metrics: Metrics }
  | {
      readonly type: 'ended';
      readonly reason: 'completed' | 'early-stop' | 'stopped' | 'non-finite';
      readonly epoch: number;
      readonly step: number;
    };

/**
 * Trains, and says what happens: `start` first, where there are weights to start from; `step` after every step; at the end of an epoch `epoch` with its metrics, then `point`
 * with everything needed to go on from there; `ended` last. When stopped it yields a `point` at once, mid-epoch. When
 * the loss or the gradient is not finite, there is no point: the last one stays good.
 *
 * A training from a point is bit-identical to the one that was never interrupted, because every random number is
 * addressed by (seed, place) and the optimizer's state is in the point. Without validation images there are no `val/…`
 * metrics, every epoch counts as the best so far, and nothing stops early.
 */
export async function* train(plan: TrainPlan): AsyncGenerator<TrainEvent> {
  const from = plan.from ?? freshPoint(plan);
  const pipeline = openPipeline(plan);
  let session: TrainSession | undefined;
  try {
    session = await plan.executor.train(plan.spec, from.state, plan.config.train);
    if (plan.start && !plan.from) yield* evaluateStart(plan, session);
    yield* trainFrom(plan, { session, pipeline }, { ...from, step: from.state.step });
  } finally {
    session?.dispose();
    await pipeline.close();
  }
}

/** Before and after can only be compared when somebody has looked before. */
async function* evaluateStart({ config, dataset, signal }: TrainPlan, session: TrainSession): AsyncGenerator<TrainEvent> {
  if (dataset.splits.val.size === 0) return;
  const { metrics, stopped } = await evaluate(session, dataset.splits.val, config, { classes: dataset.classes, ...(signal && { signal }) });
  if (!stopped) yield { type: 'start', metrics: withPrefix('val', metrics) };
}

/** What a training holds while it lasts. */
interface Running {
  readonly session: TrainSession;
  readonly pipeline: Pipeline;
}

/** A point without the weights, which live in the session. */
type Progress = Omit<TrainPoint, 'state'> & { readonly step: number };

function freshPoint({ spec, config, start, drawn }: TrainPlan): TrainPoint {
  const params = start ?? drawn ?? initParams(spec, config.seed);
  const v = momentsOf(config.train.opt).includes('v') ? zeroMoments(spec) : new Map<string, FloatTensor>();
  return { state: { params, m: zeroMoments(spec), v, step: 0 }, epoch: 0, stepInEpoch: 0, running: NOTHING_SEEN, best: null, stale: 0, ...(config.train.schedule === 'plateau' && { plateau: startPlateau(config.train) }) };
}

const NOTHING_SEEN = { loss: 0, correct: 0, seen: 0 };

async function* trainFrom(plan: TrainPlan, running: Running, from: Progress): AsyncGenerator<TrainEvent> {
  const { config, signal } = plan;
  const { session } = running;
  const { patience } = config.train.early_stop;
  let progress = from;
  const ended = (reason: EndReason): TrainEvent => ({ type: 'ended', reason, epoch: progress.epoch, step: progress.step });
  while (progress.epoch < config.train.epochs) {
    if (patience > 0 && progress.stale >= patience) return yield ended('early-stop');
    for await (const done of trainEpoch(plan, running, progress)) {
      progress = done.progress;
      yield done.event;
      if (!isFinite(done.event.loss) || !isFinite(done.event.gradNorm)) return yield ended('non-finite');
    }
    const closed = signal?.aborted ? null : await closeEpoch(plan, session, progress);
    if (!closed) {
      yield { type: 'point', point: await pointOf(session, progress), improved: false, metrics: {} };
      return yield ended('stopped');
    }
    if (closed.diverged) return yield ended('non-finite');
    progress = closed.progress;
    yield closed.event;
    yield { type: 'point', point: await pointOf(session, progress), improved: closed.event.improved, metrics: closed.event.metrics };
  }
  yield ended(patience > 0 && progress.stale >= patience ? 'early-stop' : 'completed');
}

type EndReason = Extract<TrainEvent, { type: 'ended' }>['reason'];
type StepEvent = Extract<TrainEvent, { type: 'step' }>;
type EpochEvent = Extract<TrainEvent, { type: 'epoch' }>;

async function pointOf(session: TrainSession, { step: _, ...progress }: Progress): Promise<TrainPoint> {
  return { ...progress, state: await session.state() };
}

/** The remaining steps of the epoch under way; ends early when the signal says so. */
async function* trainEpoch(plan: TrainPlan, { session, pipeline }: Running, from: Progress): AsyncGenerator<{ event: StepEvent; progress: Progress }> {
  const { config, dataset, signal } = plan;
  const stepsPerEpoch = stepsIn(dataset.splits.train, config.train.batch_size);
  const nextBatch = pipeline.epoch(from.epoch, from.stepInEpoch);
  let progress = from;
  while (progress.stepInEpoch < stepsPerEpoch && !signal?.aborted) {
    const { epoch, step, stepInEpoch, running } = progress;
    const asked = performance.now();
    // The next ones are made while this one is computed.
    const { images, labels, targets, teacher } = await nextBatch();
    const begun = performance.now();
    const lr = learningRate(step, stepsPerEpoch, config.train, progress.plateau);
    const result = await session.step({ images, targets, lr, noiseSeed: [config.seed, step], ...(teacher && { teacher }) });
    const seconds = { data: (begun - asked) / 1000, compute: (performance.now() - begun) / 1000 };
    progress = { ...progress, step: step + 1, stepInEpoch: stepInEpoch + 1, running: addBatch(running, result.loss, result.logits, labels) };
    yield { event: { type: 'step', epoch: epoch + 1, step: step + 1, loss: result.loss, lr, gradNorm: result.gradNorm, images: labels.length, labels, seconds }, progress };
    // An eager step keeps the thread busy; between two, messages (stop!) must get their turn.
    await setImmediate();
  }
}

/** Steps of one epoch; the last batch may be smaller. */
export function stepsIn(split: Split, batchSize: number): number {
  return Math.ceil(split.size / batchSize);
}

function addBatch(running: TrainPoint['running'], loss: number, logits: FloatTensor, labels: Int32Array): TrainPoint['running'] {
  const correct = argmaxRows(logits).reduce((sum, guess, row) => sum + (guess === labels[row] ? 1 : 0), 0);
  const B = labels.length;
  return { loss: running.loss + loss * B, correct: running.correct + correct, seen: running.seen + B };
}

interface Closed {
  readonly event: EpochEvent;
  readonly progress: Progress;
  readonly diverged: boolean;
}

/** Evaluates, compares with the best so far, and begins the next epoch; null when stopped meanwhile. */
async function closeEpoch(plan: TrainPlan, session: TrainSession, progress: Progress): Promise<Closed | null> {
  const { config, dataset, signal } = plan;
  const { running, step } = progress;
  const epoch = progress.epoch + 1;
  const options = { classes: dataset.classes, ...(signal && { signal }) };
  const evaluation = dataset.splits.val.size > 0 ? await evaluate(session, dataset.splits.val, config, options) : null;
  if (evaluation?.stopped) return null;
  const metrics: Metrics = {
    'train/loss': running.loss / running.seen,
    'train/top1': running.correct / running.seen,
    ...(evaluation && withPrefix('val', evaluation.metrics)),
    lr: learningRate(step - 1, stepsIn(dataset.splits.train, config.train.batch_size), config.train, progress.plateau),
  };
  const verdict = judge(metrics[config.train.monitor], epoch, progress, config);
  const next = plateauOf(progress, metrics, epoch, config);
  const lowered = next.plateau && next.plateau.lr < (progress.plateau?.lr ?? 0) ? { loweredTo: next.plateau.lr } : {};
  return {
    event: { type: 'epoch', epoch, step, metrics, confusion: evaluation?.confusion ?? null, classLosses: evaluation?.classLosses ?? null, improved: verdict.improved, ...lowered },
    progress: { step, epoch, stepInEpoch: 0, running: NOTHING_SEEN, best: verdict.best, stale: verdict.stale, ...next },
    diverged: evaluation !== null && !isFinite(evaluation.metrics.loss),
  };
}

/** What is watched from the end of the warm-up on. */
function plateauOf({ plateau }: Progress, metrics: Metrics, epoch: number, { train }: Config): Pick<Progress, 'plateau'> {
  const value = metrics[train.monitor];
  if (!plateau) return {};
  return { plateau: value === undefined || epoch < train.warmup_epochs ? plateau : plateauAfter(plateau, value, train) };
}

function judge(value: number | undefined, epoch: number, { best, stale }: Progress, { train: { monitor, early_stop: stop } }: Config) {
  if (value === undefined) return { improved: true, best: null, stale: 0 };
  const gain = best === null ? Infinity : (value - best.value) * (monitor === 'val/loss' ? -1 : 1);
  const improved = gain > stop.min_delta;
  return { improved, best: improved ? { value, epoch } : best, stale: improved ? 0 : stale + 1 };
}

export interface Evaluation {
  readonly metrics: EvaluationMetrics;
  readonly confusion: ConfusionMatrix;
  /** Mean loss of the images of each class; NaN of one without. */
  readonly classLosses: readonly number[];
  /** In full, where that was asked for and nothing stopped it. */
  readonly analysis: Analysis | null;
  /** True when the signal ended it early; the numbers are then those of a part. */
  readonly stopped: boolean;
}

export interface EvaluateOptions {
  /** Names of the classes, for the confusion matrix; without them, their indices. */
  readonly classes?: readonly string[];
  /** Whether to analyse class by class, with curves and intervals. */
  readonly analyse?: boolean;
  /** Without it each image is looked at once. */
  readonly tta?: Tta;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
  /** Hears what the network says of each batch: logits [B, K], and which samples of the split they are. */
  readonly onLogits?: (logits: FloatTensor, indices: Int32Array) => void;
}

/** The metrics and the confusion matrix over a split, without augmentation; with `analyse`, all that docs/metrics.md defines. */
export async function evaluate(session: InferenceSession, split: Split, config: Config, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { batch_size: batchSize } = config.train;
  const { analyse = false } = options;
  const tally = startTally(session.spec.classes, split.size, { curves: analyse });
  let done = 0;
  while (done < split.size && !options.signal?.aborted) {
    const indices = Int32Array.from({ length: Math.min(batchSize, split.size - done) }, (_, i) => done + i);
    const bytes = await split.read(indices);
    const images = { shape: [bytes.count, bytes.height, bytes.width, bytes.channels], data: normalise(bytes, config.image) };
    const logits = await lookAgain(session, images, options.tta ?? 'none');
    tally.add(logits, indices.map((index) => split.labels[index]!));
    options.onLogits?.(logits, indices);
    done += indices.length;
    options.onProgress?.(done, split.size);
    await setImmediate();
  }
  const labels = options.classes ?? tally.counts.map((_, k) => String(k));
  const stopped = done < split.size;
  return { metrics: tally.metrics(), confusion: { labels, counts: tally.counts }, classLosses: tally.classLosses(), analysis: analyse && !stopped ? tally.analysis(labels) : null, stopped };
}

/** `{loss}` → `{'val/loss'}`. */
export function withPrefix(prefix: string, metrics: EvaluationMetrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]));
}
