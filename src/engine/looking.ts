import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { createCache, type Cache, type CacheOptions } from './cache';
import { foreignInfo, loadCheckpoint, type Checkpoint } from './checkpoint';
import type { Executor, InferenceSession, Precision } from './compile/executor';
import type { AttentionDirection, AttentionStack, AttentionView, CheckpointInfo, ImageQuestion, ImageView, ModelFacts, PositionView, RolloutOptions, RolloutView } from '../protocol';
import { modelFacts } from './facts';
import { normalise, openPicture } from './image';
import { imageView } from './imageView';
import { attentionStack, attentionView, refuseWithoutAttention } from './inspect/attention';
import { patchGrid, type PatchGrid } from './inspect/patches';
import { positionView } from './inspect/positions';
import { rolloutView } from './inspect/rollout';
import { positionTable } from './model/positions';
import { fitToPatch, hasAttention } from './model/spec';
import { reasonOf } from './pictures/unreadable';
import { atSize, type ImageSize } from './pretrained/atSize';
import { isFrame } from './runs/probe';
import { listCheckpoints, resolveCheckpoint } from './runStore';
import type { FloatTensor } from './tensors';
import { UserError } from './userError';
import { openFrame, type OpenedFrame } from './watch/frames';
import { versionOf } from './weights/modelFile';

/** A checkpoint that is ready to answer. */
export interface Opened extends Checkpoint {
  readonly info: CheckpointInfo;
  readonly grid: PatchGrid;
  readonly facts: ModelFacts;
  readonly session: InferenceSession;
}

/** A picture with what the network made of it: enough to answer every question about it without computing again. */
interface Looked {
  readonly view: ImageView;
  readonly attention: readonly FloatTensor[];
}

/** Answers questions about (checkpoint, image). Remembers the last ones, so that moving the query patch costs nothing. */
export interface Looker {
  /** Opens a checkpoint for the time of `use`: a file, a run folder, or `RUN@last`. */
  withCheckpoint<T>(checkpoint: string, use: (opened: Opened) => Promise<T>, precision?: Precision, size?: ImageSize): Promise<T>;
  viewImage(q: ImageQuestion, signal?: AbortSignal): Promise<ImageView>;
  viewAttention(q: ImageQuestion & { readonly query: number; readonly direction?: AttentionDirection }, signal?: AbortSignal): Promise<AttentionView>;
  viewAttentionStack(q: ImageQuestion & { readonly most: number }, signal?: AbortSignal): Promise<AttentionStack | null>;
  viewRollout(q: ImageQuestion & RolloutOptions & { readonly query?: number }, signal?: AbortSignal): Promise<RolloutView>;
  viewPositions(checkpoint: string, size?: ImageSize): Promise<PositionView>;
  /** A memory that is emptied with the looker's own. */
  cache<V>(options: CacheOptions<V>): Cache<V>;
  /** Lets go of one network, of whatever precision and size; what is in use stays until it is not. */
  forget(checkpoint: string): Promise<void>;
  /** Lets go of networks, pictures and answers; what is in use stays until it is not. Questions after it are answered as before. */
  close(): void;
}

const KEPT_CHECKPOINTS = 3;
const KEPT_BYTES = 256 * 2 ** 20;

/** @param executor computes in this precision; float32 unless said otherwise */
export function createLooker(executor: (precision?: Precision) => Promise<Executor>): Looker {
  const caches = new Set<Pick<Cache<unknown>, 'clear'>>();
  const cache: Looker['cache'] = (options) => {
    const made = createCache(options);
    caches.add(made);
    return made;
  };
  const checkpoints = cache<Held>({ limit: KEPT_CHECKPOINTS, weigh: () => 1, drop: (held) => held.drop() });
  const pictures = cache<Looked>({ limit: KEPT_BYTES, weigh: lookedBytes });

  const withCheckpoint: Looker['withCheckpoint'] = async (checkpoint, use, precision = 'fp32', size) => {
    const file = await resolveCheckpoint(checkpoint);
    const held = await checkpoints.get(`${precision}\n${JSON.stringify(size)}\n${await versionOf(file)}`, async () => hold(await openCheckpoint(file, executor(precision), precision, size)));
    return held.use(use);
  };
  const look = async ({ checkpoint, file, size }: ImageQuestion, signal?: AbortSignal): Promise<{ opened: Opened; looked: Looked }> =>
    withCheckpoint(checkpoint, async (opened) => {
      signal?.throwIfAborted();
      const key = `${JSON.stringify(size)}\n${await versionOf(opened.path)}\n${await version(file)}`;
      const looked = await pictures.get(key, async () => lookAt(opened, file, (await executor()).info));
      signal?.throwIfAborted();
      return { opened, looked };
    }, 'fp32', size);

  /** What a run kept of its probe image answers without its weights, and for this image alone. */
  const frames = cache<OpenedFrame>({ limit: KEPT_BYTES, weigh: lookedBytes });
  const frameOf = async (file: string): Promise<OpenedFrame> => frames.get(await version(file), () => openFrame(file));
  const attentionOf = async (q: ImageQuestion, signal?: AbortSignal): Promise<{ attention: readonly FloatTensor[]; grid: PatchGrid }> => {
    if (isFrame(q.checkpoint)) return frameOf(q.checkpoint);
    const { opened, looked } = await look(q, signal);
    refuseWithoutAttention(opened);
    return { attention: looked.attention, grid: opened.grid };
  };

  return {
    withCheckpoint,
    viewImage: async (q, signal) => (isFrame(q.checkpoint) ? { ...(await frameOf(q.checkpoint)).view, file: q.file } : (await look(q, signal)).looked.view),
    async viewAttention(q, signal) {
      const { attention, grid } = await attentionOf(q, signal);
      return attentionView(attention, grid, tokenOf(q.query, grid), q.direction);
    },
    async viewAttentionStack(q, signal) {
      const { attention, grid } = await attentionOf(q, signal);
      return attentionStack(attention, grid, q.most);
    },
    async viewRollout(q, signal) {
      const { attention, grid } = await attentionOf(q, signal);
      return rolloutView(attention, grid, q, q.query === undefined ? undefined : tokenOf(q.query, grid));
    },
    viewPositions: async (checkpoint, size) =>
      isFrame(checkpoint) ? (await frameOf(checkpoint)).positions : withCheckpoint(checkpoint, (opened) => {
        refuseWithoutAttention(opened);
        const { grid, spec, params } = opened;
        return Promise.resolve(positionView(grid, spec.posEmbed, positionTable(spec, params)));
      }, 'fp32', size),
    cache,
    forget: async (checkpoint) => forgetVersion(checkpoints, await versionOf(await resolveCheckpoint(checkpoint))),
    close() {
      for (const one of caches) one.clear();
    },
  };
}

/** The keys of networks end with the version of their file. */
function forgetVersion(checkpoints: Cache<Held>, version: string): void {
  checkpoints.forget((key) => key.endsWith(`\n${version}`));
}

/** An opened checkpoint that is disposed of when it was dropped and nobody uses it any more. */
interface Held {
  use<T>(work: (opened: Opened) => Promise<T>): Promise<T>;
  drop(): void;
}

function hold(opened: Opened): Held {
  let users = 0;
  let dropped = false;
  const release = (): void => {
    if (dropped && users === 0) opened.session.dispose();
  };
  return {
    async use(work) {
      users++;
      try {
        return await work(opened);
      } finally {
        users--;
        release();
      }
    },
    drop() {
      dropped = true;
      // Whoever was given this value in the same turn has not begun to use it yet.
      setImmediate(release);
    },
  };
}

async function openCheckpoint(file: string, opening: Promise<Executor>, precision: Precision, size: ImageSize | undefined): Promise<Opened> {
  // The runtime is loaded while the weights are read.
  const [stored, executor] = await Promise.all([loadCheckpoint(file), opening]);
  const checkpoint = size === undefined ? stored : atSize(stored, size);
  const { spec, meta, params } = checkpoint;
  return {
    ...checkpoint,
    info: await checkpointInfo(checkpoint),
    grid: patchGrid(spec),
    facts: modelFacts(spec, meta.config.train.batch_size, fitToPatch(meta.config.image, meta.config.model)),
    session: await executor.infer(spec, params, precision),
  };
}

/** As the run lists it; a file that lies outside of any run speaks for itself. */
async function checkpointInfo(checkpoint: Checkpoint): Promise<CheckpointInfo> {
  const { path: file } = checkpoint;
  // Not every checkpoint lies in a run; the list is then empty or cannot be read, and neither is a fault.
  const listed = await listCheckpoints(path.dirname(path.dirname(file))).catch(() => []);
  return listed.find((info) => info.path === file) ?? foreignInfo(checkpoint);
}

async function lookAt(opened: Opened, file: string, engine: ImageView['engine']): Promise<Looked> {
  const { meta, spec, grid } = opened;
  const fit = fitToPatch(meta.config.image, meta.config.model);
  // The network is made ready while the picture is decoded.
  const [picture] = await Promise.all([openPicture(file, meta.config.image, fit), opened.session.prepare?.(1, { attention: true })]);
  const [height, width] = spec.imageSize;
  const images = { shape: [1, height, width, spec.channels], data: normalise(picture.input, meta.config.image) };
  const layers = hasAttention(spec) ? spec.depth : 0;
  const { logits, taps } = await opened.session.forward(images, { attention: true });
  return {
    attention: Array.from({ length: layers }, (_, layer) => attentionTap(taps, layer)),
    view: imageView({ spec, grid, facts: opened.facts, classes: meta.classes }, picture, logits.data, { file, checkpoint: opened.info, engine }),
  };
}

function attentionTap(taps: ReadonlyMap<string, FloatTensor>, layer: number): FloatTensor {
  const tap = taps.get(`attention.${layer}`);
  if (!tap) throw new Error(`The forward pass brought no attention.${layer}`);
  return tap;
}

function tokenOf(query: number, grid: PatchGrid): number {
  if (Number.isInteger(query) && query >= 0 && query < grid.tokens) return query;
  throw new UserError(l10n.t('There is no token {0}: this model has the tokens 0 to {1}.', query, grid.tokens - 1));
}

/** Changes when the file does. */
async function version(file: string): Promise<string> {
  try {
    const { mtimeMs, size } = await stat(file);
    return `${path.resolve(file)}\u0000${mtimeMs}\u0000${size}`;
  } catch (error) {
    throw new UserError(l10n.t('Cannot read {0}: {1}.', file, reasonOf(error, file)), { file });
  }
}

function lookedBytes({ view, attention }: Pick<Looked, 'view' | 'attention'>): number {
  return attention.reduce((sum, { data }) => sum + data.byteLength, view.seen.rgba.byteLength + view.original.rgba.byteLength);
}
