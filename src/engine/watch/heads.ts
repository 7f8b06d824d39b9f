import type { Metrics } from '../../protocol';
import { attentionDistance, rowEntropy } from '../inspect/attention';
import type { PatchGrid } from '../inspect/patches';
import type { FloatTensor } from '../tensors';

/** One image of a batch: [1, H, N, N] of [B, H, N, N], without a copy. */
export function imageOf({ shape, data }: FloatTensor, image: number): FloatTensor {
  const size = data.length / shape[0]!;
  return { shape: [1, ...shape.slice(1)], data: data.subarray(image * size, (image + 1) * size) };
}

/**
 * `heads/entropy/L.H`, in nats, the mean over all queries and images, from 0 (one token) to ln N (all alike), and
 * `heads/distance/L.H`, in pixels of the network's input as `attentionDistance` has it, the mean over the images. Layers
 * and heads count from 1.
 *
 * @param layers attention after the softmax, one [B, H, N, N] per block
 */
export function headStatistics(layers: readonly FloatTensor[], grid: PatchGrid, images: readonly number[]): Metrics {
  const heads = layers[0]?.shape[1] ?? 0;
  const [entropy, distance] = [new Float64Array(layers.length * heads), new Float64Array(layers.length * heads)];
  for (const image of images) {
    const own = layers.map((layer) => imageOf(layer, image));
    attentionDistance(own, grid).forEach((value, i) => (distance[i]! += value / images.length));
    own.forEach(({ data }, layer) => {
      const rows = rowEntropy(data, grid.tokens);
      rows.forEach((value, row) => (entropy[layer * heads + Math.floor(row / grid.tokens)]! += value / grid.tokens / images.length));
    });
  }
  const named = (kind: string, values: Float64Array): [string, number][] => Array.from(values, (value, i) => [`heads/${kind}/${Math.floor(i / heads) + 1}.${(i % heads) + 1}`, value]);
  return Object.fromEntries([...named('entropy', entropy), ...named('distance', distance)]);
}
