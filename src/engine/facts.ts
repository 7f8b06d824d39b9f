import * as l10n from '@vscode/l10n';
import type { ModelFacts, ModelShape, ReceptiveField } from '../protocol';
import { inductiveBias } from './inductiveBias';
import { macs, memoryEstimate, omegaMsa, tokenCount } from './model/cost';
import { receptiveField } from './model/convLayers';
import { countParams } from './model/params';
import { gridOf, hasAttention, networkName, type PatchFit, type ViTSpec } from './model/spec';

/**
 * Sizes and costs of a network on one image.
 *
 * @param batch images per step, for the memory of a training
 */
export function modelFacts(spec: ViTSpec, batch: number, fit?: PatchFit): ModelFacts {
  const note = fit && patchNote(fit);
  // A network of convolutions has neither patches nor tokens.
  const hasTokens = spec.depth > 0;
  return {
    name: modelName(spec),
    params: countParams(spec),
    macs: macs(spec),
    tokens: hasTokens ? tokenCount(spec) : 0,
    patches: hasTokens ? gridOf(spec) : [0, 0],
    omegaMsa: omegaMsa(spec),
    memory: { ...memoryEstimate(spec, batch), batch },
    receptiveField: fieldOf(spec),
    bias: inductiveBias(spec),
    config: modelShape(spec),
    ...(note === undefined ? {} : { note }),
  };
}

/** Convolutions see further the more of them there are; attention, and a Mixer's MLP over the patches, see all at once. */
function fieldOf(spec: ViTSpec): ReceptiveField {
  const { side, step } = receptiveField(spec);
  if (spec.depth === 0) {
    const first = spec.stemType === 'imagenet' ? 7 : 3;
    return { first: [first, first], last: [side, side] };
  }
  const patch = (pixels: number): number => {
    if (spec.projection === 'shifted_patches') return pixels + 2 * Math.floor(pixels / 2);
    return spec.projection === 'conv_stem' ? side : side + (pixels / step - 1) * step;
  };
  return { first: [patch(spec.patchSize[0]), patch(spec.patchSize[1])], last: null };
}

export function modelShape(spec: ViTSpec): ModelShape {
  return {
    architecture: spec.architecture,
    imageSize: spec.imageSize,
    channels: spec.channels,
    patchSize: spec.patchSize,
    projection: spec.projection,
    stem: spec.stem,
    depth: spec.depth,
    heads: spec.heads,
    width: spec.width,
    classes: spec.classes,
    posEmbed: spec.posEmbed,
    globalPool: spec.pool,
    ...(spec.parallelBlocks ? { block: 'parallel' as const } : !spec.normFirst && { block: 'post_norm' as const }),
    ...(spec.fcNorm && { fcNorm: true as const }),
  };
}

/** e.g. "vit-p4-d64-l6-h4", with the heads of a network that has some. */
export function modelName(spec: ViTSpec): string {
  return hasAttention(spec) ? `${networkName(spec)}-h${spec.heads}` : networkName(spec);
}

/** Says what happens when a side is no multiple of the patch; undefined when both are. */
export function patchNote({ how, from, to }: PatchFit): string | undefined {
  const [was, is] = [from, to].map(([height, width]) => `${height} × ${width}`);
  if (how === 'resize') return l10n.t('{0} is no multiple of the patch: images are resized to {1} (height × width).', was!, is!);
  if (how === 'pad') return l10n.t('{0} is no multiple of the patch: images are padded to {1} (height × width).', was!, is!);
  return undefined;
}
