import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { resizePatches, resizePositions } from '../../src/engine/pretrained/resize';
import { randomAt } from '../../src/engine/random';
import type { PositionRule } from '../../src/engine/weights/schemes/scheme';
import { measured } from './reference';

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);
const random = randomAt(seed, 'resize');
const between = (low: number, high: number): number => low + random.int(high - low + 1);
const drawn = (count: number): number[] => Array.from({ length: count }, () => Math.fround(random.normal()));

/** Each tap is rounded to float32 there, and in double precision here: some 1e-6 of values of 3. */
const POSITIONS = 1e-5;
/** A pseudo-inverse of a shrinking resize has a condition number of some tens. */
const PATCHES = 1e-4;

function homes(questions: readonly object[]): number[][] {
  const { status, stdout, stderr } = spawnSync(process.env['VITLAB_PYTHON']!, [path.join(import.meta.dirname, 'resize.py')], { input: JSON.stringify(questions), encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as number[][];
}

function gap(found: Float32Array, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

test('positions are resized as each home resizes them, to more and to fewer, and to no square', () => {
  console.log(`parity: resize: VITLAB_SEED=${seed}`);
  const rules: readonly PositionRule[] = ['timm', 'hf', 'dino', 'torchvision', 'google'];
  const questions = rules.flatMap((by) =>
    Array.from({ length: 8 }, (_, i) => {
      // Hugging Face and torchvision keep square tables; torchvision resizes to squares only.
      const side = between(3, 9);
      const square = by === 'hf' || by === 'torchvision';
      const from = square || i % 2 === 0 ? [side, side] : [side, between(2, 9)];
      const high = between(2, 14);
      const to = by === 'torchvision' || i % 3 === 0 ? [high, high] : [high, between(2, 14)];
      const D = 3;
      return { by, from: from as [number, number], to: to as [number, number], D, data: drawn((1 + from[0]! * from[1]!) * D) };
    }),
  );
  const answers = homes(questions);
  for (const rule of rules) {
    const gaps = questions.flatMap(({ by, from, to, D, data }, i) => (by === rule ? [gap(resizePositions({ shape: [1, data.length / D, D], data: Float32Array.from(data) }, 1, from, to, rule).data, answers[i]!)] : []));
    measured(`resize: positions of ${rule}, absolute`, Math.max(...gaps), POSITIONS);
    expect(Math.max(...gaps), rule).toBeLessThanOrEqual(POSITIONS);
  }
});

test("patch projections are resized as timm's resample_patch_embed does", () => {
  const questions = Array.from({ length: 10 }, () => {
    const shape = [2, between(1, 3), between(3, 10), between(3, 10)];
    return { by: 'patches', shape, to: [between(3, 14), between(3, 14)] as [number, number], data: drawn(shape.reduce((a, b) => a * b, 1)) };
  });
  const gaps = homes(questions).map((expected, i) => gap(resizePatches({ shape: questions[i]!.shape, data: Float32Array.from(questions[i]!.data) }, questions[i]!.to).data, expected));
  measured('resize: patch projections, absolute', Math.max(...gaps), PATCHES);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(PATCHES);
});
