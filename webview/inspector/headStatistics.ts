import { fromHalf } from '../../src/half';
import type { AttentionStack, MeasuredHeads } from '../../src/protocol';
import { toCsv } from '../csv';

const known = new WeakMap<AttentionStack, Float32Array>();

/** Mean over all queries of the entropy of their rows, in nats, [layers, heads]; counted once for each image. */
export function meanEntropy(stack: AttentionStack): Float32Array {
  const counted = known.get(stack);
  if (counted) return counted;
  const { layers, heads, tokens, weights } = stack;
  const half = weights instanceof Uint16Array;
  const mean = new Float32Array(layers * heads);
  for (let row = 0; row < layers * heads; row++) {
    let sum = 0;
    for (let i = row * tokens * tokens; i < (row + 1) * tokens * tokens; i++) {
      const p = half ? fromHalf(weights[i] ?? 0) : (weights[i] ?? 0);
      if (p > 0) sum -= p * Math.log(p);
    }
    mean[row] = sum / tokens;
  }
  known.set(stack, mean);
  return mean;
}

/** A line for each head, of this image and of what was measured over many. */
export function headsCsv(image: { readonly distance: Float32Array; readonly entropy: Float32Array | null; readonly heads: number }, measured: MeasuredHeads | null): string {
  const rows: (readonly (string | number)[])[] = [['layer', 'head', 'distance_px', 'entropy_nats', ...(measured ? ['mean_distance_px', 'sd_distance_px', 'mean_entropy_nats', 'sd_entropy_nats', 'images'] : [])]];
  for (const [i, distance] of image.distance.entries()) {
    const over = measured ? [measured.distance[i] ?? '', measured.distanceSpread[i] ?? '', measured.entropy[i] ?? '', measured.entropySpread[i] ?? '', measured.images] : [];
    rows.push([Math.floor(i / image.heads) + 1, (i % image.heads) + 1, distance, image.entropy?.[i] ?? '', ...over]);
  }
  return toCsv(rows);
}

/** As it lies in the webview's memory, which holds JSON alone. */
export interface KeptHeads extends Omit<MeasuredHeads, 'distance' | 'distanceSpread' | 'entropy' | 'entropySpread'> {
  readonly checkpoint: string;
  readonly numbers: readonly (readonly number[])[];
}

const names = ['distance', 'distanceSpread', 'entropy', 'entropySpread'] as const;

export function keepHeads(checkpoint: string, measured: MeasuredHeads): KeptHeads {
  const { images, broken, layers, heads, over } = measured;
  return { checkpoint, images, broken, layers, heads, over, numbers: names.map((name) => Array.from(measured[name])) };
}

/** What was kept; null where it is damaged, or of an earlier version. */
export function readHeads(kept: unknown): { readonly checkpoint: string; readonly measured: MeasuredHeads } | null {
  const all = kept as Partial<KeptHeads> | null | undefined;
  const { checkpoint, images, broken, layers, heads, over, numbers } = all ?? {};
  if (typeof checkpoint !== 'string' || typeof layers !== 'number' || typeof heads !== 'number' || !Array.isArray(numbers)) return null;
  if (numbers.length !== 4 || numbers.some((one) => !Array.isArray(one) || one.length !== layers * heads)) return null;
  const [distance, distanceSpread, entropy, entropySpread] = numbers.map((one) => Float32Array.from(one as readonly number[]));
  if (!distance || !distanceSpread || !entropy || !entropySpread) return null;
  return { checkpoint, measured: { images: images ?? 0, broken: broken ?? [], layers, heads, over: over ?? '', distance, distanceSpread, entropy, entropySpread } };
}
