import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { boxAround, drawMix, mixBatch } from '../../src/engine/augment/mix';
import { randomAt } from '../../src/engine/random';
import { smoothedTargets } from '../../src/engine/pipeline/targets';
import { parseSafetensors, serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';

const [B, H, W, C, K] = [6, 20, 14, 3, 5];
const SMOOTHING = 0.1;
// Float32 on both sides; timm adds in place, which rounds once more.
const TOLERANCE = 1e-6;

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);

test("a mixed batch, its targets and the boxes are those of timm's Mixup", async () => {
  console.log(`parity: mixing: VITLAB_SEED=${seed}`);
  const folder = await temporaryFolder();
  const random = randomAt(seed, 'mixing');
  const images = { shape: [B, H, W, C], data: Float32Array.from({ length: B * H * W * C }, () => random.normal()) };
  const labels = Int32Array.from({ length: B }, () => random.int(K));
  const config = { mixup: 0.8, cutmix: 1, mixup_prob: 1, mixup_switch_prob: 0.5, mixup_off_epoch: 0 };
  const mixes = Array.from({ length: 20 }, (_, i) => drawMix(config, [H, W], 0, randomAt(seed, i))!);
  expect(mixes.some(({ box }) => box) && mixes.some(({ box }) => !box)).toBe(true);
  const boxes = Array.from({ length: 100 }, () => [random.next(), random.int(H), random.int(W)] as const);
  const [given, out] = [path.join(folder, 'given.safetensors'), path.join(folder, 'out.safetensors')];
  writeFileSync(given, serialiseSafetensors(new Map([['images', images], ['labels', { shape: [B], data: Float32Array.from(labels) }]]), {}));
  const theirs = await reference<number[][]>('mixing', { given, out, mixes, boxes, smoothing: SMOOTHING, classes: K, size: [H, W] });
  expect(boxes.map(([lam, row, column]) => boxAround(lam, [H, W], row, column)).map(({ top, bottom, left, right }) => [top, bottom, left, right])).toEqual(theirs);
  const { tensors } = parseSafetensors(readFileSync(out), out);
  const off = (a: Float32Array, b: Float32Array): number => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
  const worst = { images: 0, targets: 0 };
  for (const [i, mix] of mixes.entries()) {
    const mixed = mixBatch({ images, targets: smoothedTargets(labels, K, SMOOTHING) }, mix);
    for (const name of ['images', 'targets'] as const) worst[name] = Math.max(worst[name], off(mixed[name].data, tensors.get(`${name}.${i}`)!.data));
    // Control: the share of another draw is noticed.
    expect(off(mixBatch({ images, targets: smoothedTargets(labels, K, SMOOTHING) }, { ...mix, lam: mix.lam * 0.9 }).targets.data, tensors.get(`targets.${i}`)!.data)).toBeGreaterThan(TOLERANCE);
  }
  measured('mixed images', worst.images, TOLERANCE);
  measured('mixed targets', worst.targets, TOLERANCE);
  expect(worst.images).toBeLessThan(TOLERANCE);
  expect(worst.targets).toBeLessThan(TOLERANCE);
});
