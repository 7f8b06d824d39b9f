import { expect, test } from 'vitest';
import { augmentBatch } from '../../src/engine/augment/augment';
import type { ImageBytes } from '../../src/engine/dataset/dataset';

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

const both = { crop_padding: 2, hflip: true };

test('without augmentation the batch is handed on', () => {
  const batch = numbered(0, 1);
  expect(augmentBatch(batch, { crop_padding: 0, hflip: false }, 0, 0, Int32Array.of(0, 1))).toBe(batch);
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
    Array.from({ length: 20 }, (_, i) => augmentBatch(row, { crop_padding: 0, hflip: true }, 0, 0, Int32Array.of(i)).data.join()),
  );
  expect(outcomes).toEqual(new Set(['1,2,3,4,5,6,7,8,9', '7,8,9,4,5,6,1,2,3']));
  expect(data.join()).toBe('1,2,3,4,5,6,7,8,9');
});

test('a padding larger than the picture may leave it black, not broken', () => {
  for (let i = 0; i < 50; i++) {
    const { data } = augmentBatch(numbered(0), { crop_padding: 9, hflip: false }, 0, 0, Int32Array.of(i));
    expect(data.length).toBe(16);
  }
});
