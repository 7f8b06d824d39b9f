import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { augmentBatch } from '../../../src/engine/augment/augment';
import type { ImageBytes } from '../../../src/engine/dataset/dataset';
import { augmentOf } from '../../fixtures/augment';

const SIDE = 4;

/** Image k holds k·16 + 1 … k·16 + 16, so that every pixel tells where it came from, and zero is padding only. */
function numbered(...images: number[]): ImageBytes {
  const data = Uint8Array.from(images.flatMap((k) => Array.from({ length: SIDE * SIDE }, (_, i) => k * 16 + i + 1)));
  return { count: images.length, height: SIDE, width: SIDE, channels: 1, data };
}

function imageOf(bytes: ImageBytes, i: number): number[] {
  const size = bytes.height * bytes.width * bytes.channels;
  return [...bytes.data.subarray(i * size, (i + 1) * size)];
}

const both = augmentOf({ crop_padding: 2, hflip: true });

test('without augmentation the batch is handed on', () => {
  const batch = numbered(0, 1);
  expect(augmentBatch(batch, augmentOf({}), 0, 0, Int32Array.of(0, 1))).toBe(batch);
});

test('a sample is changed alike in every batch and place', () => {
  const together = augmentBatch(numbered(3, 1, 2), both, 7, 4, Int32Array.of(3, 1, 2));
  const turned = augmentBatch(numbered(2, 3), both, 7, 4, Int32Array.of(2, 3));
  expect(imageOf(turned, 1)).toEqual(imageOf(together, 0));
  expect(imageOf(turned, 0)).toEqual(imageOf(together, 2));
});

test('seed, epoch and sample each change the outcome', () => {
  const outcome = (seed: number, epoch: number, index: number): string =>
    imageOf(augmentBatch(numbered(1), both, seed, epoch, Int32Array.of(index)), 0).join();
  for (const vary of [(i: number) => outcome(i, 0, 0), (i: number) => outcome(0, i, 0), (i: number) => outcome(0, 0, i)])
    expect(new Set(Array.from({ length: 30 }, (_, i) => vary(i))).size).toBeGreaterThan(10);
});

/** The picture shifted by whole pixels, zero where nothing is, mirrored or not: by the definition, pixel by pixel. */
function expected(down: number, right: number, mirrored: boolean): number[] {
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    const y = row + down;
    const x = (mirrored ? SIDE - 1 - column : column) + right;
    return y < 0 || y >= SIDE || x < 0 || x >= SIDE ? 0 : y * SIDE + x + 1;
  });
}

test('every outcome is a crop of the padded picture, all 25 places and both ways occur about equally', () => {
  const known = new Map<string, number>();
  for (const mirrored of [false, true])
    for (let down = -2; down <= 2; down++) for (let right = -2; right <= 2; right++) known.set(expected(down, right, mirrored).join(), 0);
  expect(known.size).toBe(50);
  const draws = 5000;
  for (let i = 0; i < draws; i++) {
    const outcome = imageOf(augmentBatch(numbered(0), both, 0, 0, Int32Array.of(i)), 0).join();
    expect(known.has(outcome)).toBe(true);
    known.set(outcome, known.get(outcome)! + 1);
  }
  // 100 of each are expected, with a deviation of 9.9; five deviations on either side.
  for (const count of known.values()) expect(Math.abs(count - draws / 50)).toBeLessThan(50);
});

test('mirroring keeps the channels of a pixel together', () => {
  const data = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const row: ImageBytes = { count: 1, height: 1, width: 3, channels: 3, data };
  const outcomes = new Set(
    Array.from({ length: 20 }, (_, i) => augmentBatch(row, augmentOf({ hflip: true }), 0, 0, Int32Array.of(i)).data.join()),
  );
  expect(outcomes).toEqual(new Set(['1,2,3,4,5,6,7,8,9', '7,8,9,4,5,6,1,2,3']));
  expect(data.join()).toBe('1,2,3,4,5,6,7,8,9');
});

test('a padding larger than the picture may leave it black, not broken', () => {
  for (let i = 0; i < 50; i++) {
    const { data } = augmentBatch(numbered(0), augmentOf({ crop_padding: 9 }), 0, 0, Int32Array.of(i));
    expect(data.length).toBe(16);
  }
});

/** Eight images of 5 × 6 pixels in colour, no two alike. */
function colourful(): ImageBytes {
  const data = Uint8Array.from({ length: 8 * 6 * 5 * 3 }, (_, i) => (i * 37) % 251);
  return { count: 8, height: 6, width: 5, channels: 3, data };
}

const indices = Int32Array.from({ length: 8 }, (_, i) => i * 5);

test('crop and flip draw what they have drawn since the first version, or a run would not go on alike', () => {
  const hash = createHash('sha256');
  for (const written of [{ crop_padding: 2, hflip: true }, { hflip: true }, { crop_padding: 4 }])
    hash.update(augmentBatch(colourful(), augmentOf(written), 11, 3, indices).data);
  expect(hash.digest('hex')).toBe('0f6ce9a522651bef0a86deb537a17b6bab43a27d1e6e921d69fed33f39d6d39e');
});

/** Everything that changes bytes, one at a time and together. */
const kinds = [
  { rand_augment: {} }, { trivial_augment: true }, { auto_augment: 'cifar10' }, { three_augment: true }, { random_resized_crop: {} },
  { color_jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 } },
  { crop_padding: 1, hflip: true, three_augment: true, color_jitter: { saturation: 0.7 } },
];

test.each(kinds)('%o: a sample is changed alike in every batch, otherwise in another epoch, and the batch given stays', (written) => {
  const augment = augmentOf(written);
  const batch = colourful();
  const whole = augmentBatch(batch, augment, 1, 2, indices);
  expect(batch.data).toEqual(colourful().data);
  expect(whole.data).not.toEqual(batch.data);
  for (let i = 0; i < 8; i++) {
    const alone = augmentBatch({ ...batch, count: 1, data: Uint8Array.from(imageOf(batch, i)) }, augment, 1, 2, indices.subarray(i, i + 1));
    expect([...alone.data]).toEqual(imageOf(whole, i));
  }
  expect(augmentBatch(batch, augment, 1, 3, indices).data).not.toEqual(whole.data);
});

test('switching one augmentation leaves the draws of the others alone', () => {
  const shifts = augmentOf({ crop_padding: 2, hflip: true });
  // A factor that single precision cannot tell from 1 changes nothing, but is drawn.
  const jittered = augmentOf({ crop_padding: 2, hflip: true, color_jitter: { brightness: 1e-12 } });
  expect(augmentBatch(colourful(), jittered, 4, 0, indices).data).toEqual(augmentBatch(colourful(), shifts, 4, 0, indices).data);
  // On images of one colour a flip and a resized crop change nothing, but are drawn.
  const flat = { ...colourful(), data: colourful().data.map((_, i) => [200, 90, 30][i % 3]!) };
  const jitter = { color_jitter: { brightness: 0.5, hue: 0.3 } };
  const alone = augmentBatch(flat, augmentOf(jitter), 4, 0, indices).data;
  expect(augmentBatch(flat, augmentOf({ ...jitter, hflip: true, random_resized_crop: {} }), 4, 0, indices).data).toEqual(alone);
  expect(augmentBatch(flat, augmentOf({ color_jitter: { brightness: 0.5, hue: 0.2 } }), 4, 0, indices).data).not.toEqual(alone);
});
