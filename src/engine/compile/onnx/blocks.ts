import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { FloatTensor } from '../../tensors';
import type { StepInput } from '../executor';
import { groupsOf } from '../groups';
import { partsOf, type BatchPart, type PartResult } from '../parts';
import type { RuntimeOptions } from './api';
import { feedsOf, fromTensor, scalarOf, type Runnable } from './runtime';

/** Tensors by the names of a graph's inputs, as they cross from thread to thread. */
export type Vectors = Readonly<Record<string, FloatTensor>>;

export interface BlockResult {
  /** The block's gradient by the names of its vectors, weighed with its share of the batch. */
  readonly gradient: Vectors;
  readonly done: PartResult;
}

/** Work that threads share. What is in shared memory crosses without a copy. */
export interface Work {
  readonly blocks: readonly BatchPart[];
  /** `p.i` */
  readonly weights: Vectors;
  /** One number in shared memory: the block that nobody has taken yet. */
  readonly next: Int32Array;
}

/** Two for each of two cores, so that one that is held up by other programs leaves its second to the other. */
const BLOCKS = 4;

/** Fewer images than this in a block are not worth the operations of a graph of their own. */
const LEAST_IMAGES = 4;

/** Above it the gradients of all blocks would take more memory than they save time: large products use all cores anyhow. */
const MOST_PARAMETERS = 2 ** 24;

/**
 * Into how many blocks a batch is divided, whose gradients are computed each by one thread and then summed up in their
 * order. A thread for a block wastes less than all threads for each operation: they wait for each other once a step
 * instead of a thousand times. It saves 5 to 15 % of a step on two idle cores, and a third where other programs run, too.
 *
 * It depends on nothing but network and batch, so that how many threads there are changes no bit. A network that normalises
 * by the batch needs the whole, and who asks for `grad_accum_steps` divides by himself.
 */
export function blockCount(spec: ViTSpec, batch: number, recipe: TrainConfig, { provider }: RuntimeOptions): number {
  const groups = groupsOf(spec);
  const parameters = groups.reduce((sum, { size }) => sum + size, 0);
  if (provider !== 'cpu' || recipe.grad_accum_steps > 1 || parameters > MOST_PARAMETERS || groups.some(({ trained }) => !trained)) return 1;
  for (let count = BLOCKS; count > 1; count--) if (batch % count === 0 && batch / count >= LEAST_IMAGES) return count;
  return 1;
}

export function blocksOf(spec: ViTSpec, input: StepInput, count: number): readonly BatchPart[] {
  return partsOf(spec, input, count, inSharedMemory).map((part) => ({ ...part, part: 'block' }));
}

/** Takes blocks until none is left, and gives their results with their places. */
export async function computeBlocks({ blocks, weights, next }: Work, graph: (rows: number) => Runnable): Promise<readonly (readonly [at: number, result: BlockResult])[]> {
  const feeds = await feedsOf(weights);
  const results: [number, BlockResult][] = [];
  for (let at = Atomics.add(next, 0, 1); at < blocks.length; at = Atomics.add(next, 0, 1)) {
    const { rows, tensors, share } = blocks[at]!;
    const own = await feedsOf({ ...Object.fromEntries(tensors), share: { shape: [], data: Float32Array.of(share!) } });
    const { loss, logits, ...rest } = await graph(rows).run({ ...own, ...feeds });
    const gradient = Object.fromEntries(Object.entries(rest).map(([name, tensor]) => [name.slice('g.'.length, -'.next'.length), fromTensor(tensor)]));
    results.push([at, { gradient, done: { rows, loss: scalarOf(loss!), logits: fromTensor(logits!) } }]);
  }
  return results;
}

/** In memory that all threads of this process read: as it is when it is there already, else a copy. */
export function inSharedMemory({ shape, data }: FloatTensor): FloatTensor {
  if (data.buffer instanceof SharedArrayBuffer) return { shape, data };
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return { shape, data: copy };
}
