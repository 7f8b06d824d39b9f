import * as l10n from '@vscode/l10n';
import type { ModelFacts, ModelShape } from '../protocol';
import { macs, memoryEstimate, omegaMsa, tokenCount } from './model/cost';
import { countParams } from './model/params';
import type { PatchFit, ViTSpec } from './model/spec';

/**
 * Sizes and costs of a network on one image.
 *
 * @param batch images per step, for the memory of a training
 */
export function modelFacts(spec: ViTSpec, batch: number, fit?: PatchFit): ModelFacts {
  const note = fit && patchNote(fit);
  return {
    name: modelName(spec),
    params: countParams(spec),
    macs: macs(spec),
    tokens: tokenCount(spec),
    patches: [spec.imageSize[0] / spec.patchSize[0], spec.imageSize[1] / spec.patchSize[1]],
    omegaMsa: omegaMsa(spec),
    memory: memoryEstimate(spec, batch),
    config: modelShape(spec),
    ...(note === undefined ? {} : { note }),
  };
}

export function modelShape(spec: ViTSpec): ModelShape {
  return {
    imageSize: spec.imageSize,
    channels: spec.channels,
    patchSize: spec.patchSize,
    depth: spec.depth,
    heads: spec.heads,
    width: spec.width,
    classes: spec.classes,
    posEmbed: spec.posEmbed,
    globalPool: spec.pool,
  };
}

/** e.g. "vit-p4-d64-l6-h4"; a stem of convolutions makes it "cct-…". */
export function modelName({ architecture, patchSize: [height, width], width: d, depth, heads, projection }: ViTSpec): string {
  if (architecture === 'resnet') return `resnet18-d${d}`;
  const patch = height === width ? `p${height}` : `p${height}x${width}`;
  return `${projection === 'conv_stem' ? 'cct' : 'vit'}-${patch}-d${d}-l${depth}-h${heads}`;
}

/** Says what happens when a side is no multiple of the patch; undefined when both are. */
export function patchNote({ how, from, to }: PatchFit): string | undefined {
  const [was, is] = [from, to].map(([height, width]) => `${height} × ${width}`);
  if (how === 'resize') return l10n.t('{0} is no multiple of the patch: images are resized to {1} (height × width).', was!, is!);
  if (how === 'pad') return l10n.t('{0} is no multiple of the patch: images are padded to {1} (height × width).', was!, is!);
  return undefined;
}
