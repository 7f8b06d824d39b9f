import type { Config } from '../config/schema';
import type { ImageBytes } from '../dataset/dataset';
import { randomAt } from '../random';

type AugmentConfig = Config['train']['augment'];

/**
 * Changes training images at random: pads with black by `crop_padding`, crops back to the size at a random place
 * (torchvision's `RandomCrop(size, padding)`), then mirrors half of them. Shape [B, H, W, C] in and out.
 *
 * Every sample's randomness is addressed by (seed, epoch, its index in the dataset), so it depends neither on the
 * batch that it comes in nor on what was read before: a resumed run goes on alike.
 * @param indices the samples' places in the dataset, one for each image of `bytes`
 */
export function augmentBatch(
  bytes: ImageBytes,
  augment: AugmentConfig,
  seed: number,
  epoch: number,
  indices: Int32Array,
): ImageBytes {
  const padding = augment.crop_padding;
  if (padding === 0 && !augment.hflip) return bytes;
  const data = new Uint8Array(bytes.data.length);
  for (let i = 0; i < bytes.count; i++) {
    const random = randomAt(seed, 'augment', epoch, indices[i]!);
    // All three are drawn whatever is switched on, so that switching one leaves the others alone.
    const down = random.int(2 * padding + 1) - padding;
    const right = random.int(2 * padding + 1) - padding;
    const mirrored = random.next() < 0.5 && augment.hflip;
    shift(bytes, data, i, down, right);
    if (mirrored) mirror(bytes, data, i);
  }
  return { ...bytes, data };
}

/** Copies image `i` so that its pixel (y + down, x + right) lands on (y, x); what comes from outside stays black. */
function shift(bytes: ImageBytes, out: Uint8Array, i: number, down: number, right: number): void {
  const { height, width, channels, data } = bytes;
  const base = i * height * width * channels;
  const from = Math.max(0, right);
  const to = Math.min(width, width + right);
  if (from >= to) return;
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
    const row = base + (y + down) * width * channels;
    out.set(data.subarray(row + from * channels, row + to * channels), base + (y * width + from - right) * channels);
  }
}

/** Turns image `i` left to right in place. */
function mirror(bytes: ImageBytes, out: Uint8Array, i: number): void {
  const { height, width, channels } = bytes;
  const base = i * height * width * channels;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width >> 1; x++) {
      const left = base + (y * width + x) * channels;
      const right = base + (y * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) {
        const held = out[left + c]!;
        out[left + c] = out[right + c]!;
        out[right + c] = held;
      }
    }
}
