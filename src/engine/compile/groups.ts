import { paramSpecs, type ParamSpec } from '../model/params';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';
import { sizeOf } from './graph';
import { fromKernels, toKernels } from './layout';

/**
 * What of a step a graph does: all of it (`whole`). Or a part of it: `add` adds the gradient of some images to the gradient
 * so far, `last` does so and steps. Or, where threads share a batch: the gradient of a `block` of images, and the `update`,
 * which steps with the gradient of all.
 */
export type StepPart = 'whole' | 'add' | 'last' | 'block' | 'update';

/** Parameters that lie one after the other in a flat vector, which the state of a training is made of. */
export interface Group {
  readonly name: string;
  readonly decay: boolean;
  /** False for running statistics, which have neither gradient nor moments. */
  readonly trained: boolean;
  /** Elements of the vector. */
  readonly size: number;
  readonly entries: readonly { readonly name: string; /** As a kernel, see `kernelShape`. */ readonly shape: readonly number[]; readonly offset: number }[];
}

/**
 * A vector is closed when it has this many elements: long enough that the optimizer's operations are few, short enough
 * that what they pass on to each other stays in the processor's cache.
 */
const GROUP_SIZE = 2 ** 17;

/** How the parameters of a network are packed into vectors; in one vector either all decay or none, all are trained or none. */
export function groupsOf(spec: ViTSpec): readonly Group[] {
  const groups: Group[] = [];
  for (const { decay, trained } of [{ decay: true, trained: true }, { decay: false, trained: true }, { decay: false, trained: false }]) {
    let entries: Group['entries'][number][] = [];
    let size = 0;
    const close = (): void => {
      if (entries.length > 0) groups.push({ name: String(groups.length), decay, trained, size, entries });
      [entries, size] = [[], 0];
    };
    for (const param of paramSpecs(spec).filter((one) => one.decay === decay && one.trained === trained)) {
      const shape = kernelShape(param);
      entries.push({ name: param.name, shape, offset: size });
      size += sizeOf(shape);
      if (size >= GROUP_SIZE) close();
    }
    close();
  }
  return groups;
}

/** The vectors that a kind of state has: weights `p` and their average `a` all, moments and gradients those that are trained. */
export function groupsFor(spec: ViTSpec, kind: string): readonly Group[] {
  return groupsOf(spec).filter(({ trained }) => trained || kind === 'p' || kind === 'a');
}

/** The shape that a parameter has in the ops: linear [in, out], patch projection [P, P, C, D] (see `layout.ts`). */
export function kernelShape({ shape }: ParamSpec): readonly number[] {
  if (shape.length === 4) return [shape[2]!, shape[3]!, shape[1]!, shape[0]!];
  return shape.length === 2 ? shape.toReversed() : shape;
}

/** The vectors of `groupsOf` by their names (of moments, those that are trained), from parameters (or moments) under timm's names and in timm's layout. */
export function pack(spec: ViTSpec, tensors: TensorMap): ReadonlyMap<string, FloatTensor> {
  const kernels = toKernels(tensors);
  return new Map(
    groupsOf(spec).filter(({ entries }) => tensors.has(entries[0]!.name)).map(({ name, size, entries }) => {
      const data = new Float32Array(size);
      for (const entry of entries) data.set(kernels.get(entry.name)!.data, entry.offset);
      return [name, { shape: [size], data }];
    }),
  );
}

/** The way back from `pack`, in the network's own order. */
export function unpack(spec: ViTSpec, vectors: ReadonlyMap<string, FloatTensor>): TensorMap {
  const found = new Map<string, FloatTensor>();
  for (const { name, entries } of groupsOf(spec)) {
    const data = vectors.get(name)?.data;
    if (!data) continue;
    for (const entry of entries) found.set(entry.name, { shape: entry.shape, data: data.subarray(entry.offset, entry.offset + sizeOf(entry.shape)) });
  }
  const timm = fromKernels(found);
  return new Map(paramSpecs(spec).flatMap(({ name }) => (timm.has(name) ? [[name, timm.get(name)!]] : [])));
}
