import { convMacs, convOutputs } from './convLayers';
import { countParams } from './params';
import { resnetFeatures } from './resnetParams';
import { backboneFeatures } from './resnetv2Params';
import { backboneStride, gridOf, hasAttention, hiddenWidth, pooledWidth, prefixCount, tokenCount, type ViTSpec } from './spec';

export { tokenCount } from './spec';

/**
 * Multiply-adds of one forward pass of one image: N·C·P²·D + L·(3TD² + 2T²D + TD² + 2TDM) + DK; a stem of convolutions
 * takes the place of the first term or stands before it, SwiGLU has half of TDM behind its gate, and pooling with weights adds its
 * layers. A Mixer has 2TDM′ in place of its attention. Norms, softmax and activations are left out, as in papers' and timm's "GMACs"; FLOPs are twice as many.
 */
export function macs(spec: ViTSpec): number {
  if (spec.architecture === 'resnet') return convMacs(spec) + resnetFeatures(spec) * spec.classes;
  const { width: D, depth: L, mlpWidth: M } = spec;
  const T = tokenCount(spec);
  const mixing = hasAttention(spec) ? 4 * T * D * D + 2 * T * T * D : 2 * T * D * spec.tokenMlpWidth;
  const heads = pooledWidth(spec) * spec.classes * (spec.distilled ? 2 : 1);
  return convMacs(spec) + projectionMacs(spec) + poolingMacs(spec) + L * (mixing + T * D * (M + hiddenWidth(spec))) + heads;
}

/** From patches to tokens, of pixels or of what convolutions before made of them. */
function projectionMacs(spec: ViTSpec): number {
  const { width: D, channels: C, patchSize: [P1, P2], projection } = spec;
  const N = tokenCount(spec) - prefixCount(spec);
  if (projection === 'conv_stem') return 0;
  if (projection === 'resnetv2') return (N * P1 * P2 * backboneFeatures(spec) * D) / backboneStride(spec.layers) ** 2;
  return N * C * P1 * P2 * D * (projection === 'shifted_patches' ? 5 : 1);
}

/** Scores and sum of `seq`; keys and values, attention of one query, projection and MLP of `map`. */
function poolingMacs(spec: ViTSpec): number {
  const { width: D, mlpWidth: M, pool } = spec;
  const T = tokenCount(spec) - (spec.poolIncludePrefix ? 0 : prefixCount(spec));
  if (pool === 'seq') return 2 * T * D;
  return pool === 'map' ? 2 * T * D * D + 2 * T * D + 2 * D * D + 2 * D * M : 0;
}

/**
 * Ω(MSA) = 4hwC² + 2(hw)²C: multiply-adds of one block's multi-head self-attention over h·w patches of width C
 * (Liu et al. 2021, Swin Transformer, equation 1). The class token is not counted.
 */
export function omegaMsa(spec: ViTSpec): number {
  if (!hasAttention(spec)) return 0;
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
 * holds the weights and the widest moment of one block or convolution; training holds weights, gradients, both moments and
 * their updated copies (7×), and what the backward pass needs of every block: per token about 20 vectors of width D and 7
 * of width M, and 4 attention maps per head; of every convolution about four images of what it makes, before and after norm
 * and activation.
 */
export function memoryEstimate(spec: ViTSpec, batch: number): MemoryEstimate {
  const parameters = 4 * countParams(spec);
  const made = convOutputs(spec);
  const { moment, kept } = blockMemory(spec);
  const training = 7 * parameters + batch * (spec.depth * kept + 16 * made.reduce((sum, count) => sum + count, 0));
  return { parameters, inference: parameters + Math.max(moment, 8 * Math.max(0, ...made)), training };
}

/** Bytes of one block for one image: at its widest moment, and kept for the backward pass. */
function blockMemory(spec: ViTSpec): { readonly moment: number; readonly kept: number } {
  if (spec.depth === 0) return { moment: 0, kept: 0 };
  const { width: D, mlpWidth: M, heads: H, tokenMlpWidth: Mt } = spec;
  const T = tokenCount(spec);
  const attention = hasAttention(spec) ? H * T * T : 0;
  const moment = 4 * (T * D * 6 + Math.max(2 * attention, 3 * T * M, 3 * D * Mt));
  return { moment, kept: 4 * (T * (20 * D + 7 * M) + 7 * D * Mt + 4 * attention) };
}
