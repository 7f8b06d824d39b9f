import { availableParallelism } from 'node:os';
import type { BatchPart } from '../parts';
import { createThread } from '../thread';
import type { RuntimeOptions } from './api';
import { computeBlocks, keyOf, MOST_BLOCKS, ownPlaces, type BlockGraphs, type BlockResult, type Vectors, type Work } from './blocks';
import { openSession } from './runtime';

/** The graphs for blocks of a kind. */
interface BlockJob {
  /** See `blockKey`. */
  readonly key: string;
  readonly prepare: Uint8Array;
  readonly block: Uint8Array;
  readonly runtime: RuntimeOptions;
}

type Results = Awaited<ReturnType<typeof computeBlocks>>;

/** What a thread answers that helps with the blocks of a batch. */
export interface LaneApi {
  open(q: BlockJob): void;
  compute(q: Work): Results;
}

/** One thread's part of the work, in the thread itself. */
export interface Lane {
  open(q: BlockJob): Promise<void>;
  compute(q: Work): Promise<Results>;
  close(): Promise<void>;
}

export function createLane(): Lane {
  const graphs = new Map<string, BlockGraphs>();
  const place = ownPlaces();
  return {
    async open({ key, prepare, block, runtime }) {
      if (!graphs.has(key)) graphs.set(key, { prepare: await openSession(prepare, runtime), block: await openSession(block, runtime) });
    },
    compute: (work) => computeBlocks(work, graphs.get(keyOf(work.blocks[0]!))!, place),
    async close() {
      await Promise.all([...graphs.values()].flatMap(({ prepare, block }) => [prepare.release(), block.release()]));
      graphs.clear();
    },
  };
}

/** The threads that share the batches of a training; the first of them is the one that asks. */
export interface Lanes {
  /** Opens the graphs for blocks of a kind, where they are not open yet. */
  open(key: string, models: Pick<BlockJob, 'prepare' | 'block'>): Promise<void>;
  /** The results of all blocks, which are of one size, in their order. */
  compute(blocks: readonly BatchPart[], weights: Vectors): Promise<readonly BlockResult[]>;
  close(): Promise<void>;
}

/** No thread is started before there is a batch to share. They divide the cores among them. */
export function openLanes(runtime: RuntimeOptions): Lanes {
  const cores = runtime.threads || availableParallelism();
  const count = Math.min(cores, MOST_BLOCKS);
  const own = createLane();
  const others = Array.from({ length: count - 1 }, () => createThread<LaneApi>('ONNX Runtime', 'lane'));
  return {
    async open(key, models) {
      const job = { key, ...models, runtime: { ...runtime, threads: Math.floor(cores / count) } };
      await Promise.all([...others.map((lane) => lane.ask((api) => api.open(job))), own.open(job)]);
    },
    async compute(blocks, weights) {
      const work: Work = { blocks, weights, next: new Int32Array(new SharedArrayBuffer(4)) };
      // The others are asked first: computing holds this thread up.
      const asked = others.map((lane) => lane.ask((api) => api.compute(work)));
      const found = await Promise.all([own.compute(work), ...asked]);
      return found.flat().sort(([a], [b]) => a - b).map(([, result]) => result);
    },
    async close() {
      await Promise.all([own.close(), ...others.map((lane) => lane.end())]);
    },
  };
}
