import type { FilterView, TokenisedView } from '../../flowProtocol';
import type { ImageConfig } from '../config/schema';
import { decodeImage, pixelsOf } from '../image';
import { convLayers } from '../model/convLayers';
import { hasAttention, pairOf, type PatchFit, type ViTSpec } from '../model/spec';
import { place } from '../pictures/place';
import { resample } from '../resample';
import type { TensorMap } from '../tensors';
import { flowValues, type Passed } from './flow';

/** Longest side of the whole file's picture, in pixels. */
const WHOLE = 384;

/** How an image becomes tokens, as steps: the file, what is taken of it, its numbers, and the patches through the projection. */
export async function tokensView(passed: Passed, { file, image, fit }: { readonly file: string; readonly image: ImageConfig; readonly fit: PatchFit }): Promise<TokenisedView> {
  const { spec } = passed;
  const decoded = await decodeImage(file);
  const [rows, columns] = pairOf(image.size);
  const at = place(decoded.width, decoded.height, image);
  const scale = Math.min(1, WHOLE / Math.max(decoded.width, decoded.height));
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  const whole = scale < 1 ? resample(decoded, side(decoded.width), side(decoded.height), 'bilinear') : decoded;
  return {
    whole: pixelsOf({ count: 1, ...whole }),
    crop: { x: ratio(-at.x, at.width), y: ratio(-at.y, at.height), width: ratio(columns, at.width), height: ratio(rows, at.height) },
    from: [decoded.width, decoded.height],
    resized: [at.width, at.height],
    cropped: [columns, rows],
    fitted: { how: fit.how, to: [fit.to[1], fit.to[0]] },
    interpolation: image.interpolation,
    fit: image.fit,
    cropPct: image.crop_pct,
    mean: ofChannels(image.mean, spec.channels),
    std: ofChannels(image.std, spec.channels),
    normalised: passed.image.data,
    projection: spec.projection,
    layers: convLayers(spec).filter(({ beside }) => !beside).map(({ kind, kernel, stride, to, made }) => ({ kind, kernel, stride, to, made })),
    embedding: spec.depth === 0 ? { rows: 0, columns: 0, values: new Float32Array(0) } : flowValues(passed, hasAttention(spec) ? 'projected' : 'embedded', { block: 0, head: 0 }).matrix,
    isLinear: isLinear(spec),
  };
}

/** Whether a dimension of a token is one filter over the numbers of its patch. */
function isLinear({ projection, depth }: ViTSpec): boolean {
  return depth > 0 && (projection === 'linear' || projection === 'conv');
}

/** One filter of a linear projection, as [height, width, C]; nothing of another one. */
export function filterOf(spec: ViTSpec, params: TensorMap, dimension: number): FilterView {
  const name = hasAttention(spec) ? 'patch_embed.proj' : 'stem.proj';
  const kernel = isLinear(spec) ? params.get(`${name}.weight`) : undefined;
  if (!kernel) return { dimension, weights: new Float32Array(0), bias: null };
  const [, C = 0, P1 = 0, P2 = 0] = kernel.shape; // [D, C, P₁, P₂]
  const from = dimension * C * P1 * P2;
  const weights = Float32Array.from({ length: P1 * P2 * C }, (_, i) => kernel.data[from + (i % C) * P1 * P2 + Math.floor(i / C)]!);
  return { dimension, weights, bias: params.get(`${name}.bias`)?.data[dimension] ?? null };
}

function ofChannels(numbers: readonly number[], channels: number): readonly number[] {
  return Array.from({ length: channels }, (_, c) => numbers[numbers.length === 1 ? 0 : c] ?? 0);
}

function ratio(a: number, b: number): number {
  return a === 0 ? 0 : a / b;
}
