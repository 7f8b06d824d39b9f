import { countParams } from './params';
import { residualBlocks } from './resnetParams';
import { gridOf, hiddenWidth, pooledWidth, prefixCount, tokenCount, type ViTSpec } from './spec';

export { tokenCount } from './spec';

/**
 * Multiply-adds of one forward pass of one image: N·C·P²·D + L·(3TD² + 2T²D + TD² + 2TDM) + DK; a stem of convolutions
 * takes the place of the first term, SwiGLU has half of TDM behind its gate, and pooling with weights adds its layers. Norms, softmax and
 * activations are left out, as in papers' and timm's "GMACs"; FLOPs are twice as many.
 */
export function macs(spec: ViTSpec): number {
  if (spec.architecture === 'resnet') return resnetMacs(spec);
  const { width: D, depth: L, mlpWidth: M, channels: C } = spec;
  const [P1, P2] = spec.patchSize;
  const T = tokenCount(spec);
  const N = T - prefixCount(spec);
  const projection = spec.projection === 'conv_stem' ? stemMacs(spec) : N * C * P1 * P2 * D;
  const heads = pooledWidth(spec) * spec.classes * (spec.distilled ? 2 : 1);
  return projection + poolingMacs(spec) + L * (4 * T * D * D + 2 * T * T * D + T * D * (M + hiddenWidth(spec))) + heads;
}

/** Scores and sum of `seq`; keys and values, attention of one query, projection and MLP of `map`. */
function poolingMacs(spec: ViTSpec): number {
  const { width: D, mlpWidth: M, pool } = spec;
  const T = tokenCount(spec) - (spec.poolIncludePrefix ? 0 : prefixCount(spec));
  if (pool === 'seq') return 2 * T * D;
  return pool === 'map' ? 2 * T * D * D + 2 * T * D + 2 * D * D + 2 * D * M : 0;
}

/** Of the convolutions and the head. */
function resnetMacs(spec: ViTSpec): number {
  let [height, width] = spec.imageSize;
  let sum = 9 * spec.channels * spec.width * height * width + 8 * spec.width * spec.classes;
  for (const { from, to, stride } of residualBlocks(spec)) {
    [height, width] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    sum += height * width * (9 * from * to + 9 * to * to + (stride === 2 ? from * to : 0));
  }
  return sum;
}

/** Every convolution has nine places, and half the sides of the one before. */
function stemMacs({ stem, channels, imageSize: [height, width] }: ViTSpec): number {
  return stem.reduce((sum, made, i) => sum + 9 * (stem[i - 1] ?? channels) * made * Math.ceil(height / 2 ** i) * Math.ceil(width / 2 ** i), 0);
}

/**
 * Ω(MSA) = 4hwC² + 2(hw)²C: multiply-adds of one block's multi-head self-attention over h·w patches of width C
 * (Liu et al. 2021, Swin Transformer, equation 1). The class token is not counted.
 */
export function omegaMsa(spec: ViTSpec): number {
  if (spec.architecture === 'resnet') return 0;
  const [h, w] = gridOf(spec);
  const C = spec.width;
  return 4 * h * w * C ** 2 + 2 * (h * w) ** 2 * C;
}

export interface MemoryEstimate {
  /** Bytes of the weights. */
  readonly parameters: number;
  /** Bytes at the peak of a forward pass of one image. */
  readonly inference: number;
  /** Bytes at the peak of a training step of `batch` images. */
  readonly training: number;
}

/**
 * Bytes in float32, from the tensors that live at the same time; the runtime's own overhead comes on top. Inference
 * holds the weights and the widest moment of one block; training holds weights, gradients, both moments and their
 * updated copies (7×), and what the backward pass needs of every block: per token about 20 vectors of width D and 7 of
 * width M, and 4 attention maps per head.
 */
export function memoryEstimate(spec: ViTSpec, batch: number): MemoryEstimate {
  const { width: D, depth: L, mlpWidth: M, heads: H } = spec;
  const T = tokenCount(spec);
  const parameters = 4 * countParams(spec);
  if (spec.architecture === 'resnet') return resnetMemory(spec, parameters, batch);
  const attention = H * T * T;
  const moment = 4 * (T * D * 6 + Math.max(2 * attention, 3 * T * M));
  const kept = 4 * (T * (20 * D + 7 * M) + 4 * attention);
  return { parameters, inference: parameters + moment, training: 7 * parameters + batch * L * kept };
}

/** Every block keeps about eight images of its size for the backward pass: before and after norms and activations. */
function resnetMemory(spec: ViTSpec, parameters: number, batch: number): MemoryEstimate {
  const [height, width] = spec.imageSize;
  const image = 4 * height * width * spec.width;
  // A stage has twice the channels and a quarter of the positions of the one before; there are two blocks in each.
  const kept = 2 * 8 * image * (1 + 1 / 2 + 1 / 4 + 1 / 8);
  return { parameters, inference: parameters + 4 * image, training: 7 * parameters + batch * kept };
}
