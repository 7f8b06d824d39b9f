import { availableParallelism } from 'node:os';
import type { BatchPart } from '../parts';
import { createThread, type Thread } from '../thread';
import type { RuntimeOptions } from './api';
import { computeBlocks, type BlockResult, type Vectors, type Work } from './blocks';
import { openSession, type Runnable } from './runtime';

/** A graph for blocks of so many images. */
interface BlockGraph {
  readonly rows: number;
  readonly model: Uint8Array;
  readonly runtime: RuntimeOptions;
}

type Results = Awaited<ReturnType<typeof computeBlocks>>;

/** What a thread answers that helps with the blocks of a batch. */
export interface LaneApi {
  open(q: BlockGraph): void;
  compute(q: Work): Results;
}

/** One thread's part of the work, in the thread itself. */
export interface Lane {
  open(q: BlockGraph): Promise<void>;
  compute(q: Work): Promise<Results>;
  close(): Promise<void>;
}

export function createLane(): Lane {
  const graphs = new Map<number, Runnable>();
  return {
    async open({ rows, model, runtime }) {
      graphs.set(rows, await openSession(model, runtime));
    },
    compute: (work) => computeBlocks(work, (rows) => graphs.get(rows)!),
    async close() {
      await Promise.all([...graphs.values()].map((graph) => graph.release()));
      graphs.clear();
    },
  };
}

/** The threads that share the batches of a training; the first of them is the one that asks. */
export interface Lanes {
  /** The results of all blocks, in their order. */
  compute(blocks: readonly BatchPart[], weights: Vectors): Promise<readonly BlockResult[]>;
  close(): Promise<void>;
}

/**
 * No thread is started before there is a batch to share. They divide the cores among them.
 *
 * @param model the graph for blocks of so many images
 */
export function openLanes(runtime: RuntimeOptions, model: (rows: number) => Promise<Uint8Array>): Lanes {
  const cores = runtime.threads || availableParallelism();
  const own = createLane();
  const others: Thread<LaneApi>[] = [];
  const opened = new Set<number>();
  const open = async (rows: number, count: number): Promise<void> => {
    while (others.length < count - 1) others.push(createThread<LaneApi>('ONNX Runtime', 'lane'));
    const graph = { rows, model: await model(rows), runtime: { ...runtime, threads: Math.max(1, Math.floor(cores / count)) } };
    await Promise.all([...others.map((lane) => lane.ask((api) => api.open(graph))), own.open(graph)]);
    opened.add(rows);
  };
  return {
    async compute(blocks, weights) {
      const count = Math.min(cores, blocks.length);
      for (const rows of new Set(blocks.map((block) => block.rows))) if (!opened.has(rows)) await open(rows, count);
      const work: Work = { blocks, weights, next: new Int32Array(new SharedArrayBuffer(4)) };
      // The others are asked first: computing holds this thread up.
      const asked = others.map((lane) => lane.ask((api) => api.compute(work)));
      const found = await Promise.all([own.compute(work), ...asked]);
      return found.flat().sort(([a], [b]) => a - b).map(([, result]) => result);
    },
    async close() {
      await Promise.all([own.close(), ...others.map((lane) => lane.end())]);
      others.length = 0;
    },
  };
}
