import { fitToPatch, pairOf } from '../model/spec';
import type { Config } from './schema';

type Size = readonly [height: number, width: number];

/** Epochs that have one size of images. */
export interface SizeStage {
  /** The first that has it; the first of all is 0. */
  readonly epoch: number;
  readonly size: Size;
}

type Sized = Pick<Config, 'image' | 'model' | 'train'>;

/** Sides of a patch; a network of convolutions takes every side. */
export function patchOf({ model }: Pick<Config, 'model'>): Size {
  return model.architecture === 'resnet' ? [1, 1] : pairOf(model.patch_size);
}

/** The nearest whole number of patches, at least one. */
export function wholePatches(size: Size, patch: Size): Size {
  const whole = (axis: 0 | 1): number => Math.max(1, Math.round(size[axis] / patch[axis])) * patch[axis];
  return [whole(0), whole(1)];
}

/** The size of the first images of progressive resizing. */
export function firstSize(config: Sized): Size {
  const { to } = fitToPatch(config.image, config.model);
  const { from } = config.train.progressive ?? {};
  return from === undefined ? wholePatches([to[0] / 2, to[1] / 2], patchOf(config)) : pairOf(from);
}

/** The sizes that images have in a training, in the order of their epochs; one without `train.progressive`. */
export function sizeStages(config: Sized): readonly SizeStage[] {
  const full = fitToPatch(config.image, config.model).to;
  const { progressive, epochs } = config.train;
  if (!progressive) return [{ epoch: 0, size: full }];
  const { stages } = progressive;
  const from = firstSize(config);
  const small = Math.round(progressive.until * epochs);
  const between = (axis: 0 | 1, stage: number): number => from[axis] + ((full[axis] - from[axis]) * stage) / stages;
  const all = Array.from({ length: stages }, (_, i): SizeStage => ({ epoch: Math.round((i * small) / stages), size: wholePatches([between(0, i), between(1, i)], patchOf(config)) }));
  // Of stages that begin together the last one is left.
  return [...all, { epoch: small, size: full }].filter(({ epoch }, i, list) => epoch < epochs && list[i + 1]?.epoch !== epoch);
}

/** The size of the images in an epoch; the first is 0. */
export function sizeAt(config: Sized, epoch: number): Size {
  return sizeStages(config).findLast((stage) => stage.epoch <= epoch)!.size;
}
