import { paramSpecs, tunedSpecs, type ParamSpec } from '../model/params';
import type { TunedSpec } from '../model/tuning';
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
  /** False for running statistics and what is frozen, which have neither gradient nor moments. */
  readonly trained: boolean;
  /** False for what is frozen: a step reads it and gives nothing back. */
  readonly updated: boolean;
  /** Factor of the learning rate. */
  readonly lrScale: number;
  /** Elements of the vector. */
  readonly size: number;
  readonly entries: readonly { readonly name: string; /** As a kernel, see `kernelShape`. */ readonly shape: readonly number[]; readonly offset: number }[];
}

/**
 * A vector is closed when it has this many elements: long enough that the optimizer's operations are few, short enough
 * that what they pass on to each other stays in the processor's cache.
 */
const GROUP_SIZE = 2 ** 17;

/** How the parameters of a network are packed into vectors; those of one vector are all treated alike. */
export function groupsOf(spec: ViTSpec): readonly Group[] {
  const groups: Group[] = [];
  for (const alike of treatedAlike(tunedSpecs(spec))) {
    const { trained, updated, lrScale } = alike[0]!;
    const decay = trained && alike[0]!.decay;
    let entries: Group['entries'][number][] = [];
    let size = 0;
    const close = (): void => {
      if (entries.length > 0) groups.push({ name: String(groups.length), decay, trained, updated, lrScale, size, entries });
      [entries, size] = [[], 0];
    };
    for (const param of alike) {
      const shape = kernelShape(param);
      entries.push({ name: param.name, shape, offset: size });
      size += sizeOf(shape);
      if (size >= GROUP_SIZE) close();
    }
    close();
  }
  return groups;
}

/** What decays first, then what does not, running statistics, and what is frozen; each learning rate by itself. */
function treatedAlike(params: readonly TunedSpec[]): readonly (readonly TunedSpec[])[] {
  const kinds = [
    ({ trained, decay }: TunedSpec) => trained && decay,
    ({ trained, decay }: TunedSpec) => trained && !decay,
    ({ trained, updated }: TunedSpec) => !trained && updated,
    ({ updated }: TunedSpec) => !updated,
  ];
  return kinds.flatMap((isOf) => {
    const ofKind = params.filter(isOf);
    return [...new Set(ofKind.map(({ lrScale }) => lrScale))].map((scale) => ofKind.filter(({ lrScale }) => lrScale === scale));
  });
}

/**
 * The vectors that a kind of state has: weights `p` all, their average `a` those that a step changes, moments and gradients
 * those that are trained.
 */
export function groupsFor(spec: ViTSpec, kind: string): readonly Group[] {
  return groupsOf(spec).filter(({ trained, updated }) => kind === 'p' || (kind === 'a' ? updated : trained));
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
