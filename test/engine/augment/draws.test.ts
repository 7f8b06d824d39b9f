import { expect, test } from 'vitest';
import { erase, eraseBatch } from '../../../src/engine/augment/erasing';
import { autoAugment, randAugment, threeAugment, trivialAugment } from '../../../src/engine/augment/policies';
import { cropWindow } from '../../../src/engine/augment/resizedCrop';
import { subPolicies } from '../../../src/engine/augment/subPolicies';
import { randomAt, type Random } from '../../../src/engine/random';
import type { Raster } from '../../../src/engine/resample';
import { augmentOf } from '../../fixtures/augment';

// How often choices are made: what they do is compared with the libraries in golden.test.ts.

const DRAWS = 6000;

/** A small image of which every operation at full strength makes another. */
const image: Raster = { width: 9, height: 7, channels: 3, data: Uint8Array.from({ length: 189 }, (_, i) => 20 + ((i * 53) % 200)) };

/** Counts within five standard deviations of `DRAWS` times the probability. */
function expectAbout(count: number, probability: number, what: string): void {
  const deviation = Math.sqrt(DRAWS * probability * (1 - probability));
  expect(Math.abs(count - DRAWS * probability), what).toBeLessThan(5 * deviation + 1e-9);
}

/** A stream that also notes which whole numbers were drawn: [of how many, which]. */
function noting(random: Random, notes: [number, number][]): Random {
  return { ...random, int: (n) => {
    const drawn = random.int(n);
    notes.push([n, drawn]);
    return drawn;
  } };
}

function countOf(notes: readonly [number, number][], n: number): number[] {
  const counts = new Array<number>(n).fill(0);
  for (const [of, drawn] of notes) if (of === n) counts[drawn]!++;
  return counts;
}

test('RandAugment draws 14 operations evenly, and both directions of the nine that have them', () => {
  const notes: [number, number][] = [];
  for (let i = 0; i < DRAWS; i++) randAugment(image, { num_ops: 1, magnitude: 30 }, noting(randomAt(3, 'rand', i), notes));
  const operations = countOf(notes, 14);
  for (const [which, count] of operations.entries()) expectAbout(count, 1 / 14, `operation ${which}`);
  const directions = countOf(notes, 2);
  expectAbout(directions[0]!, 9 / 28, 'forwards');
  expectAbout(directions[1]!, 9 / 28, 'backwards');
});

test('RandAugment draws num_ops operations', () => {
  const notes: [number, number][] = [];
  randAugment(image, { num_ops: 5, magnitude: 0 }, noting(randomAt(3, 'rand'), notes));
  expect(notes.filter(([of]) => of === 14)).toHaveLength(5);
});

test('TrivialAugment draws one of 14 operations and one of 31 bins for the eleven that have them', () => {
  const notes: [number, number][] = [];
  for (let i = 0; i < DRAWS; i++) trivialAugment(image, noting(randomAt(5, 'trivial', i), notes));
  for (const [which, count] of countOf(notes, 14).entries()) expectAbout(count, 1 / 14, `operation ${which}`);
  for (const [bin, count] of countOf(notes, 31).entries()) expectAbout(count, 11 / 14 / 31, `bin ${bin}`);
});

test('AutoAugment draws its 25 pairs evenly and applies each operation by its own probability', () => {
  expect(Object.values(subPolicies).map(({ length }) => length)).toEqual([25, 25, 25]);
  const notes: [number, number][] = [];
  for (let i = 0; i < DRAWS; i++) autoAugment(image, 'cifar10', noting(randomAt(7, 'auto', i), notes));
  for (const [pair, count] of countOf(notes, 25).entries()) expectAbout(count, 1 / 25, `pair ${pair}`);
  // Pair 0 inverts in one of ten and changes the contrast in one of five: in 0.72 of the draws the image stays.
  const first = (random: Random): Random => ({ ...random, int: (n) => (n === 25 ? 0 : random.int(n)) });
  let unchanged = 0;
  for (let i = 0; i < DRAWS; i++) unchanged += autoAugment(image, 'cifar10', first(randomAt(8, 'auto', i))) === image ? 1 : 0;
  expectAbout(unchanged, 0.9 * 0.8, 'unchanged');
});

test('ThreeAugment takes each of its three evenly', () => {
  const notes: [number, number][] = [];
  for (let i = 0; i < DRAWS; i++) threeAugment(image, noting(randomAt(9, 'three', i), notes));
  for (const [which, count] of countOf(notes, 3).entries()) expectAbout(count, 1 / 3, `operation ${which}`);
});

test('a resized crop lies inside, has the area and aspect that were asked for, and is in the middle when none fits', () => {
  const whole = { ...image, width: 60, height: 40 };
  for (let i = 0; i < DRAWS; i++) {
    const { x, y, width, height } = cropWindow(whole, { scale: [0.2, 0.5], ratio: [0.5, 2] }, randomAt(1, 'crop', i));
    expect(Math.min(x, y, 60 - x - width, 40 - y - height)).toBeGreaterThanOrEqual(0);
    // Sides are rounded to whole pixels: a pixel of 15 at most.
    expect((width * height) / 2400).toBeGreaterThan(0.2 * 0.93);
    expect((width * height) / 2400).toBeLessThan(0.5 * 1.07);
    expect(Math.abs(Math.log2(width / height))).toBeLessThan(1.1);
  }
  expect(cropWindow(whole, { scale: [1, 1], ratio: [3, 4] }, randomAt(1, 'crop'))).toEqual({ x: 0, y: 10, width: 60, height: 20 });
  expect(cropWindow(whole, { scale: [1, 1], ratio: [0.25, 0.5] }, randomAt(1, 'crop')).width).toBe(20);
});

test('erasing takes its share of the images, by rectangles of 2 % to a third, inside', () => {
  let erased = 0;
  for (let i = 0; i < DRAWS; i++) {
    const data = new Float32Array(30 * 20).fill(5);
    erase({ height: 20, width: 30, channels: 1, data }, { prob: 0.3, mode: 'const', count: 1 }, randomAt(2, 'erase', i));
    const zeros = data.filter((value) => value === 0).length;
    if (zeros === 0) continue;
    erased++;
    expect(zeros / 600).toBeGreaterThan(0.01);
    expect(zeros / 600).toBeLessThan(1 / 3 + 0.03);
  }
  expectAbout(erased, 0.3, 'erased');
});

test('erased pixels become normal noise, or one colour for a rectangle', () => {
  const of = (mode: 'pixel' | 'rand'): Float32Array => {
    const data = new Float32Array(64 * 64 * 3).fill(100);
    erase({ height: 64, width: 64, channels: 3, data }, { prob: 1, mode, count: 1 }, randomAt(6, 'erase'));
    return data.filter((value) => value !== 100);
  };
  expect(new Set(of('rand')).size).toBe(3);
  const noise = of('pixel');
  expect(new Set(noise).size).toBeGreaterThan(noise.length * 0.99);
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(noise.length));
  expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / noise.length));
});

test('a sample is erased alike in every batch; with probability 0 nothing is touched', () => {
  const batch = (count: number): { shape: number[]; data: Float32Array<ArrayBuffer> } => ({ shape: [count, 16, 16, 3], data: new Float32Array(count * 768).fill(9) });
  const erasing = augmentOf({ random_erasing: { prob: 1 } }).random_erasing;
  const [together, alone] = [batch(3), batch(1)];
  eraseBatch(together, erasing, 1, 2, Int32Array.of(8, 4, 6));
  eraseBatch(alone, erasing, 1, 2, Int32Array.of(4));
  expect(alone.data).toEqual(together.data.slice(768, 1536));
  expect(alone.data).not.toEqual(together.data.slice(0, 768));
  const untouched = batch(2);
  eraseBatch(untouched, augmentOf({}).random_erasing, 1, 2, Int32Array.of(4, 5));
  expect(untouched.data).toEqual(batch(2).data);
});
