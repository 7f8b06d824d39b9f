import { permutation, randomAt } from '../random';
import type { FloatTensor } from '../tensors';
import { sizeOf } from './params';
import { hiddenWidth, keptPatches, prefixCount, tokenCount, trainedTokenCount, type ViTSpec } from './spec';

/** What is drawn for a training step. */
export interface NoiseSpec {
  readonly name: string;
  /** The first axis is that of the images. */
  readonly shape: readonly number[];
  readonly rate: number;
  /** Without it a mask to multiply by: 0 with probability `rate`, else 1 / (1 − rate). */
  readonly patches?: PatchDraw;
}

/**
 * Which patches of an image are kept: `keep` says their indices, [B, kept], `place` of each patch its place among them,
 * [B, all], and `kept` of one that is left out.
 */
interface PatchDraw {
  readonly as: 'keep' | 'place';
  readonly all: number;
  readonly kept: number;
}

/**
 * The masks of one training step for a batch of B. Dropout sits where timm's `pos_drop_rate` and `proj_drop_rate` put
 * it: after the position embedding, after the attention projection, and after both layers of the MLP. Drop path
 * (Huang et al. 2016) drops a whole branch of a sample, [B, 1, 1], at a rate that grows linearly over the blocks. Patch
 * dropout (Liu et al. 2022) comes behind the former of the position embedding, and the blocks see what it keeps.
 */
export function noiseSpecs(spec: ViTSpec, B: number): readonly NoiseSpec[] {
  return (spec.architecture === 'mixer' ? mixerNoise(spec, B) : transformerNoise(spec, B)).filter(({ rate }) => rate > 0);
}

function transformerNoise(spec: ViTSpec, B: number): readonly NoiseSpec[] {
  const { width: D, depth: L } = spec;
  const M = hiddenWidth(spec);
  const [T, K] = [trainedTokenCount(spec), keptPatches(spec)];
  const N = tokenCount(spec) - prefixCount(spec);
  const masks: NoiseSpec[] = [
    { name: 'pos_drop', shape: [B, tokenCount(spec), D], rate: spec.dropRate },
    { name: 'patch_drop.keep', shape: [B, K], rate: spec.patchDropRate, patches: { as: 'keep', all: N, kept: K } },
    { name: 'patch_drop.place', shape: [B, N], rate: spec.patchDropRate, patches: { as: 'place', all: N, kept: K } },
  ];
  for (let i = 0; i < L; i++) {
    const path = L > 1 ? (spec.dropPathRate * i) / (L - 1) : 0;
    masks.push(
      { name: `blocks.${i}.attn.proj_drop`, shape: [B, T, D], rate: spec.dropRate },
      { name: `blocks.${i}.drop_path1`, shape: [B, 1, 1], rate: path },
      { name: `blocks.${i}.mlp.drop1`, shape: [B, T, M], rate: spec.dropRate },
      { name: `blocks.${i}.mlp.drop2`, shape: [B, T, D], rate: spec.dropRate },
      { name: `blocks.${i}.drop_path2`, shape: [B, 1, 1], rate: path },
    );
  }
  const inParallel = /\.(drop_path1|drop1)$|^pos_drop$|^patch_drop/;
  return masks.filter(({ name }) => !spec.parallelBlocks || inParallel.test(name));
}

/** After both layers of each MLP; drop path at one rate in all blocks, as in timm's `MlpMixer`. */
function mixerNoise(spec: ViTSpec, B: number): readonly NoiseSpec[] {
  const { width: D, mlpWidth: M, tokenMlpWidth: Mt, depth: L, dropRate, dropPathRate } = spec;
  const T = tokenCount(spec);
  return Array.from({ length: L }, (_, i) => `blocks.${i}`).flatMap((block) => [
    { name: `${block}.mlp_tokens.drop1`, shape: [B, Mt, D], rate: dropRate },
    { name: `${block}.mlp_tokens.drop2`, shape: [B, T, D], rate: dropRate },
    { name: `${block}.drop_path1`, shape: [B, 1, 1], rate: dropPathRate },
    { name: `${block}.mlp_channels.drop1`, shape: [B, T, M], rate: dropRate },
    { name: `${block}.mlp_channels.drop2`, shape: [B, T, D], rate: dropRate },
    { name: `${block}.drop_path2`, shape: [B, 1, 1], rate: dropPathRate },
  ]);
}

/** Draws a mask; the same seed, step and name give the same mask on every backend. */
export function drawMask({ name, shape, rate, patches }: NoiseSpec, seed: number, step: number): FloatTensor {
  if (patches) return { shape, data: drawPatches(patches, shape[0]!, seed, step) };
  const scale = 1 / (1 - rate);
  const threshold = rate * 2 ** 32;
  let state = randomAt(seed, 'noise', step, name).int(2 ** 31 - 1);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    // Mulberry32, written out here: a step needs millions of these and each must cost a few instructions only.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    if ((t ^ (t >>> 14)) >>> 0 >= threshold) data[i] = scale;
  }
  return { shape, data };
}

/** Both are drawn from the same order of an image's patches; that of those that are kept is random, too, as in timm. */
function drawPatches({ as, all, kept }: PatchDraw, B: number, seed: number, step: number): Float32Array {
  const data = new Float32Array(B * (as === 'keep' ? kept : all)).fill(kept);
  for (let b = 0; b < B; b++) {
    const order = permutation(all, randomAt(seed, 'noise', step, 'patch_drop', b)).subarray(0, kept);
    if (as === 'keep') data.set(order, b * kept);
    else order.forEach((patch, place) => (data[b * all + patch] = place));
  }
  return data;
}
