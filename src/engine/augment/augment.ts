import type { Config } from '../config/schema';
import type { ImageBytes } from '../dataset/dataset';
import { randomAt, type Random } from '../random';
import type { Raster } from '../resample';
import { colorJitter, jitters } from './jitter';
import { autoAugment, randAugment, threeAugment, trivialAugment } from './policies';
import { randomResizedCrop } from './resizedCrop';

type AugmentConfig = Config['train']['augment'];

/**
 * Changes training images at random, in the order of timm's `create_transform`: a part of the image is brought to its
 * size (torchvision's `RandomResizedCrop`), or it is padded with black by `crop_padding` and cropped back at a random
 * place (`RandomCrop(size, padding)`); half are mirrored; then comes a policy, then colour jitter. What is erased
 * follows on normalised images, in `eraseBatch`. Shape [B, H, W, C] in and out.
 *
 * Every sample's randomness is addressed by (seed, epoch, its index in the dataset), so it depends neither on the
 * batch that it comes in nor on what was read before: a resumed run goes on alike. Each augmentation has a stream of
 * its own, so that switching one leaves the others alone.
 * @param indices the samples' places in the dataset, one for each image of `bytes`
 * @param turns how often each has been in the epoch before; without them, never
 */
export function augmentBatch(
  bytes: ImageBytes,
  augment: AugmentConfig,
  seed: number,
  epoch: number,
  indices: Int32Array,
  turns?: Int32Array,
): ImageBytes {
  const { crop_padding: padding, random_resized_crop: crop } = augment;
  const change = policyOf(augment);
  const jittered = jitters(augment.color_jitter);
  if (padding === 0 && !augment.hflip && !crop && !change && !jittered) return bytes;
  const { height, width, channels } = bytes;
  const size = height * width * channels;
  const data = new Uint8Array(bytes.data.length);
  for (let i = 0; i < bytes.count; i++) {
    const stream = (name: string): Random => randomAt(seed, name, epoch, indices[i]!, ...again(turns?.[i]));
    const now = (): Raster => ({ height, width, channels, data: data.subarray(i * size, (i + 1) * size) });
    const become = ({ data: changed }: Raster): void => data.set(changed, i * size);
    const random = stream('augment');
    // All three are drawn whatever is switched on, so that switching one leaves the others alone.
    const down = random.int(2 * padding + 1) - padding;
    const right = random.int(2 * padding + 1) - padding;
    const mirrored = random.next() < 0.5 && augment.hflip;
    if (crop) become(randomResizedCrop({ ...now(), data: bytes.data.subarray(i * size, (i + 1) * size) }, crop, stream('resized crop')));
    else shift(bytes, data, i, down, right);
    if (mirrored) mirror(bytes, data, i);
    if (change) become(change(now(), stream('policy')));
    if (jittered) become(colorJitter(now(), augment.color_jitter, stream('colour jitter')));
  }
  return { ...bytes, data };
}

/** Where the second and later turns of a sample in an epoch draw from; the first has no number, as where there is but one. */
export function again(turn = 0): readonly number[] {
  return turn === 0 ? [] : [turn];
}

/** The policy that is switched on; the rules of the configuration allow one. */
function policyOf(augment: AugmentConfig): ((image: Raster, random: Random) => Raster) | undefined {
  const { rand_augment: rand, auto_augment: auto } = augment;
  if (rand) return (image, random) => randAugment(image, rand, random);
  if (auto) return (image, random) => autoAugment(image, auto, random);
  if (augment.trivial_augment) return trivialAugment;
  return augment.three_augment ? threeAugment : undefined;
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
