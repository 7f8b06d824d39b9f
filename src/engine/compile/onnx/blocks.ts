import type { TrainConfig } from '../../config/schema';
import { tokenCount, type ViTSpec } from '../../model/spec';
import type { FloatTensor } from '../../tensors';
import type { StepInput } from '../executor';
import { groupsOf } from '../groups';
import { partsOf, type BatchPart, type PartResult } from '../parts';
import type { RuntimeOptions } from './api';
import { feedsOf, fromTensor, scalarOf, type Feeds, type Runnable } from './runtime';

/** Tensors by the names of a graph's inputs, as they cross from thread to thread. */
export type Vectors = Readonly<Record<string, FloatTensor>>;

export interface BlockResult {
  /** What the block gives to the gradients, `d.i`, weighed with its share of the batch. */
  readonly given: Vectors;
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

/** Several for each of two cores, so that one that is held up by other programs leaves the rest to the other. */
export const MOST_BLOCKS = 8;

/** Fewer tokens than this in a block are not worth the operations of their own. */
const LEAST_TOKENS = 768;

/** Above it the gradients of all blocks would take more memory than they save time: large products use all cores anyhow. */
const MOST_PARAMETERS = 2 ** 24;

/**
 * Into how many blocks a batch is divided, whose gradients are computed each by one thread and then summed up in their
 * order. A thread for a block wastes less than all threads for each operation: they wait for each other once a step
 * instead of a thousand times, and what an operation gives is still in the cache when the next one reads it.
 *
 * It depends on nothing but network and batch, so that how many threads there are changes no bit. A network that normalises
 * by the batch needs the whole, and so does a step up the hill of all of it (`sam_rho`); who asks for `grad_accum_steps` divides by himself.
 */
export function blockCount(spec: ViTSpec, batch: number, recipe: TrainConfig, { provider }: RuntimeOptions): number {
  const groups = groupsOf(spec);
  const parameters = groups.reduce((sum, { size }) => sum + size, 0);
  if (provider !== 'cpu' || recipe.grad_accum_steps > 1 || recipe.sam_rho > 0 || parameters > MOST_PARAMETERS || groups.some(({ trained, updated }) => updated && !trained)) return 1;
  for (let count = MOST_BLOCKS; count > 1; count--) if (batch % count === 0 && (batch / count) * tokenCount(spec) >= LEAST_TOKENS) return count;
  return 1;
}

/** Copies a tensor into memory of a kind; one of the same name and size takes the place of the one before. */
export type Place = (tensor: FloatTensor, name: string) => FloatTensor;

/** Memory that all threads of this process read. */
export function sharedPlaces(): Place {
  return places((bytes) => new SharedArrayBuffer(bytes));
}

/** Memory of one thread: Node 20 gives native code no other (seen in 20.20; 22.23 and 24.21 do). */
export function ownPlaces(): Place {
  return places((bytes) => new ArrayBuffer(bytes));
}

function places(allocate: (bytes: number) => ArrayBufferLike): Place {
  const taken = new Map<string, Float32Array>();
  return ({ shape, data }, name) => {
    const before = taken.get(name);
    const place = before?.length === data.length ? before : new Float32Array(allocate(data.byteLength));
    place.set(data);
    taken.set(name, place);
    return { shape, data: place };
  };
}

export function blocksOf(spec: ViTSpec, input: StepInput, count: number, place: Place): readonly BatchPart[] {
  return partsOf(spec, input, count, place).map((part) => ({ ...part, part: 'block' }));
}

/** Blocks that the same graphs compute: of so many images of a size. */
export function blockKey(rows: number, [height, width]: readonly [height: number, width: number]): string {
  return `${rows} ${height}x${width}`;
}

/** The key of a block's graphs. */
export function keyOf({ rows, tensors }: BatchPart): string {
  const [, height, width] = tensors.find(([name]) => name === 'images')![1].shape;
  return blockKey(rows, [height!, width!]);
}

/** The graphs that a thread runs for its blocks. */
export interface BlockGraphs {
  readonly prepare: Runnable;
  readonly block: Runnable;
}

/**
 * Takes blocks until none is left, and gives their results with their places.
 *
 * @param place where this thread puts what it reads
 */
export async function computeBlocks({ blocks, weights, next }: Work, { prepare, block }: BlockGraphs, place: Place): Promise<readonly (readonly [at: number, result: BlockResult])[]> {
  const placed = (tensors: readonly (readonly [string, FloatTensor])[]): Promise<Feeds> => feedsOf(Object.fromEntries(tensors.map(([name, tensor]) => [name, place(tensor, name)])));
  const results: [number, BlockResult][] = [];
  let prepared: Feeds | undefined;
  for (let at = Atomics.add(next, 0, 1); at < blocks.length; at = Atomics.add(next, 0, 1)) {
    const { rows, tensors, share } = blocks[at]!;
    prepared ??= await preparedBy(prepare, await placed(Object.entries(weights)));
    const own = await placed([...tensors, ['share', { shape: [], data: Float32Array.of(share!) }]]);
    const { loss, logits, ...rest } = await block.run(only(block.inputs, { ...own, ...prepared }));
    results.push([at, { given: Object.fromEntries(Object.entries(rest).map(([name, tensor]) => [name, fromTensor(tensor)])), done: { rows, loss: scalarOf(loss!), logits: fromTensor(logits!) } }]);
  }
  return results;
}

async function preparedBy(prepare: Runnable, weights: Feeds): Promise<Feeds> {
  return { ...weights, ...(await prepare.run(weights)) };
}

function only(names: readonly string[], feeds: Feeds): Feeds {
  return Object.fromEntries(names.map((name) => [name, feeds[name]!]));
}
