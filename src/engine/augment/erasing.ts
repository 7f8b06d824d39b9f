import type { Config } from '../config/schema';
import { again } from './augment';
import { roundHalfEven } from '../pictures/place';
import { randomAt, type Random } from '../random';
import type { FloatTensor } from '../tensors';

type Erasing = Config['train']['augment']['random_erasing'];

/** timm's defaults: the share of the image that is erased in all, and the narrowest rectangle, height over width. */
const AREA = [0.02, 1 / 3] as const;
const ASPECT = [0.3, 1 / 0.3] as const;
const ATTEMPTS = 10;

/**
 * timm's `RandomErasing` (Zhong et al. 2020) of normalised images [B, H, W, C], in place: in some of them, drawn by
 * `prob`, rectangles become 0 (`const`), one normal number for each channel (`rand`) or for each value (`pixel`).
 *
 * A sample's randomness is addressed by (seed, epoch, its index in the dataset), as in `augmentBatch`.
 */
export function eraseBatch(images: FloatTensor, erasing: Erasing, seed: number, epoch: number, indices: Int32Array, turns?: Int32Array): void {
  if (erasing.prob === 0) return;
  const [, height, width, channels] = images.shape as [number, number, number, number];
  const size = height * width * channels;
  indices.forEach((index, i) => {
    erase({ height, width, channels, data: images.data.subarray(i * size, (i + 1) * size) }, erasing, randomAt(seed, 'erasing', epoch, index, ...again(turns?.[i])));
  });
}

/** A normalised image, [H, W, C]. */
interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** Erases in one image, in place. */
export function erase(image: Picture, { prob, mode, count: most }: Erasing, random: Random): void {
  if (random.next() > prob) return;
  const { width, height } = image;
  const count = most === 1 ? 1 : 1 + random.int(most);
  for (let i = 0; i < count; i++)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = ((AREA[0] + (AREA[1] - AREA[0]) * random.next()) * (height * width)) / count;
      const [low, high] = [Math.log(ASPECT[0]), Math.log(ASPECT[1])];
      const aspect = Math.exp(low + (high - low) * random.next());
      const h = roundHalfEven(Math.sqrt(area * aspect));
      const w = roundHalfEven(Math.sqrt(area / aspect));
      if (w >= width || h >= height) continue;
      const y = random.int(height - h + 1);
      const x = random.int(width - w + 1);
      fill(image, { x, y, width: w, height: h }, mode, random);
      break;
    }
}

function fill({ width, channels, data }: Picture, at: { x: number; y: number; width: number; height: number }, mode: Erasing['mode'], random: Random): void {
  const colour = Float32Array.from({ length: channels }, () => (mode === 'rand' ? random.normal() : 0));
  for (let y = at.y; y < at.y + at.height; y++)
    for (let x = at.x; x < at.x + at.width; x++)
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = mode === 'pixel' ? random.normal() : colour[c]!;
}
