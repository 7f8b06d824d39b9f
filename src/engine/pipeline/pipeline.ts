import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { startThread, type Thread } from '../compile/thread';
import { sizeAt } from '../config/progressive';
import type { Config } from '../config/schema';
import type { Dataset, SharedSplit, Split } from '../dataset/dataset';
import { inMemory } from '../dataset/read';
import { epochOrder } from '../dataset/sampling';
import { argmaxRows } from '../metrics/logits';
import { fitToPatch, type ViTSpec } from '../model/spec';
import type { FloatTensor } from '../tensors';
import { makeBatch, type Batch, type BatchWish, type Recipe } from './batch';
import type { BatchApi, Setup } from './server';
import { classWeights, smoothedTargets } from './targets';

/** Makes the batches of a training ahead of its steps. */
export interface Pipeline {
  /** The batches of an epoch from a step on, one a call; while one is used the next ones are made. */
  epoch(epoch: number, step: number): () => Promise<Batch>;
  close(): Promise<void>;
}

export interface PipelinePlan {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly dataset: Dataset;
  /** What a teacher says of the images that are given to the one that learns. */
  readonly teach?: Teach;
}

/** The logits [B, classes] of a trained network for images as they are given to the one that learns. */
export type Teach = (images: FloatTensor) => Promise<FloatTensor>;

/** Of the time, where steps have waited longer than this for their images, `workers: auto` starts threads … */
const PATIENCE = 0.02;
/** … when so many steps, and so many milliseconds, were watched: a training that is over before needs no thread. */
const WATCHED = { steps: 8, ms: 2000 };
const MOST_THREADS = 4;

/**
 * Opens the pipeline of a training. Batches are made in the thread of the engine, between its messages, or in threads of
 * their own; they are the same bits wherever they are made.
 *
 * On two cores, making a batch of the recipe for CIFAR-10 takes a hundredth of the step that is computed meanwhile, so
 * that a thread would only take memory: `auto` starts some when the steps do wait.
 */
export function openPipeline(plan: PipelinePlan): Pipeline {
  const { config, spec, dataset } = plan;
  const { train: split } = dataset.splits;
  const { batch_size: size } = config.train;
  const recipe = recipeOf(config, spec, dataset);
  const own = ownMaker(split, recipe);
  const { workers } = config.dataset;
  const waits = watchWaits();
  let threads: Maker | undefined;
  const start = (count: number): void => {
    if (!split.shared || threads || count === 0) return;
    threads = threadMaker(split.shared, { recipe, target: { image: config.image, fit: fitToPatch(config.image, config.model) }, images: split.shared.images }, count);
  };
  if (workers !== 'auto') start(workers);
  return {
    epoch(epoch, first) {
      const { wish, images } = wishesOf(plan, epoch);
      const ring = new Map<number, Promise<Batch>>();
      const fill = (from: number): void => {
        const maker = threads ?? own;
        for (let step = from; step < from + maker.ahead && step * size < images; step++) {
          if (ring.has(step)) continue;
          const batch = maker.make(wish(step)).then((made) => taught(made, plan));
          // Whether it could be made is asked when it is needed, if it ever is.
          batch.catch(() => undefined);
          ring.set(step, batch);
        }
      };
      let step = first;
      return async () => {
        const asked = performance.now();
        fill(step);
        const batch = await ring.get(step)!;
        ring.delete(step++);
        if (workers === 'auto' && step > first + 1 && waits.add(asked, performance.now())) start(Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1)));
        // Behind the message by which the step is asked for.
        void setImmediate().then(() => fill(step));
        return batch;
      };
    },
    async close() {
      await threads?.close();
      await split.shared?.settle();
    },
  };
}

/**
 * The batches of an epoch (the first is 0) by their step in it. They depend on the configuration, its seed and the data
 * alone, so that they can be shown before a training and are the same in it.
 */
export function batchesOf(plan: PipelinePlan, epoch: number): (step: number) => Promise<Batch> {
  const { config, spec, dataset } = plan;
  const { make } = ownMaker(dataset.splits.train, recipeOf(config, spec, dataset));
  const { wish } = wishesOf(plan, epoch);
  return async (step) => taught(await make(wish(step)), plan);
}

/** What the batches of an epoch hold, by their step, and how many images the epoch has. */
function wishesOf({ config, dataset }: PipelinePlan, epoch: number): { wish(step: number): BatchWish; readonly images: number } {
  const { train: split } = dataset.splits;
  const { batch_size: batch } = config.train;
  const { indices, turns } = epochOrder(config.dataset.sampling, split.labels, dataset.classes.length, config.seed, epoch);
  const size = sizeAt(config, epoch);
  return {
    images: indices.length,
    wish(step) {
      const part = <T extends Int32Array>(all: T) => all.slice(step * batch, (step + 1) * batch);
      return { epoch, step, size, indices: part(indices), turns: part(turns), labels: part(indices).map((index) => split.labels[index]!) };
    },
  };
}

/** The batch with what a teacher says of it, where there is one. */
async function taught(batch: Batch, { teach, config: { train } }: PipelinePlan): Promise<Batch> {
  if (!teach) return batch;
  const logits = await teach(batch.images);
  return { ...batch, teacher: train.distillation?.kind === 'hard' ? smoothedTargets(argmaxRows(logits), logits.shape[1]!, 0) : logits };
}

function recipeOf({ seed, image, train }: Config, spec: ViTSpec, { splits, classes }: Dataset): Recipe {
  return {
    seed,
    image,
    augment: train.augment,
    mix: train,
    labelSmoothing: train.label_smoothing,
    classes: spec.classes,
    weights: classWeights(train.class_weights, splits.train.labels, classes.length),
  };
}

/** Says whether steps have waited too long for their images, of late. */
function watchWaits(): { add(asked: number, got: number): boolean } {
  let [begun, waited, steps] = [Infinity, 0, 0];
  return {
    add(asked, got) {
      if (steps === 0) begun = asked;
      waited += got - asked;
      if (++steps < WATCHED.steps || got - begun < WATCHED.ms) return false;
      const share = waited / (got - begun);
      [waited, steps] = [0, 0];
      return share > PATIENCE;
    },
  };
}

interface Maker {
  /** So many batches are made or ready at once, the one that is asked for included. */
  readonly ahead: number;
  make(wish: BatchWish): Promise<Batch>;
  close(): Promise<void>;
}

/** In the thread of the engine: it lets messages through, so that a step that is done is seen at once. */
function ownMaker(split: Split, recipe: Recipe): Maker {
  return {
    ahead: 1,
    make: async (wish) => makeBatch(await split.read(wish.indices), wish, recipe, () => setImmediate()),
    close: () => Promise.resolve(),
  };
}

function threadMaker(split: SharedSplit, setup: Setup, count: number): Maker {
  const file = process.env['VITLAB_DATA_WORKER'] || path.join(__dirname, 'dataWorker.js');
  const threads = Array.from({ length: count }, () => startThread<BatchApi>(file, l10n.t('the images'), () => undefined));
  const opened = threads.map((thread) => thread.ask((api) => api.open(setup)));
  opened.forEach((one) => one.catch(() => undefined));
  let turn = 0;
  const make = async (wish: BatchWish, at: number): Promise<Batch> => {
    await opened[at];
    const wanted = split.wanted(wish.indices);
    const decoded = new Map<number, Uint8Array>();
    for (const [i, { at: place, location }] of wanted.entries()) {
      if (location === undefined && inMemory(split.images, place) === undefined) decoded.set(i, await split.decode(wish.indices[i]!));
    }
    return threads[at]!.ask((api) => api.make({ wish, wanted, decoded }));
  };
  return {
    ahead: count + 1,
    make: (wish) => make(wish, turn++ % count),
    async close() {
      await Promise.all(threads.map((thread) => settled(thread)));
    },
  };
}

/** What a thread has decoded is worth keeping; that it cannot be asked any more has been told before. */
async function settled(thread: Thread<BatchApi>): Promise<void> {
  await thread.ask((api) => api.settle({})).catch(() => undefined);
  await thread.end();
}
