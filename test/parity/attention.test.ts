import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { writeShapes } from '../../src/engine/dataset/shapes';
import { massMask } from '../../webview/inspector/maps';
import { bundle } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { measured, reference } from './reference';

interface Answer {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly distance: readonly number[];
  readonly entropy: readonly number[];
  readonly masks: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

// Sums of float32 rows; the reference counts in float64.
const TOLERANCE = 1e-5;

test('the array is NumPy’s, and distance, entropy and DINO’s mask are what it says', async () => {
  const cli = await bundle('cli');
  const folder = await temporaryFolder();
  const vitLab = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
    if (status !== 0) throw new Error(`vit-lab ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  await writeShapes(path.join(folder, 'images'), { images: 60, size: 24, seed: 1 });
  await tinyConfig(folder, { dataset: { shapes: { images: 60, size: 24 } }, image: { size: 24 }, model: { patch_size: 4, reg_tokens: 1, num_heads: 2 } });
  const { run } = JSON.parse(vitLab('train', 'tiny.yaml', '--json').trimEnd().split('\n').at(-1)!) as { run: string };
  const classFolder = 'images/test/circle';
  const image = path.join(classFolder, readdirSync(path.join(folder, classFolder))[0]!);
  vitLab('inspect', run, image, '--out', 'out', '--npy');
  const heads = JSON.parse(vitLab('heads', run, image, '--json')) as { distance: number[]; entropy: number[] };
  const answer = await reference<Answer>('attention', { npy: path.join(folder, 'out/attention.npy'), grid: [6, 6], patch: [4, 4], prefix: 2, share: 0.6 });
  expect(answer.shape).toEqual([2, 2, 38, 38]);
  const gap = (ours: readonly number[], theirs: readonly number[]): number => Math.max(...theirs.map((value, i) => Math.abs(ours[i]! - value) / Math.abs(value)));
  for (const [what, value] of [['rows of attention sum to 1', answer.rows], ['mean attention distance', gap(heads.distance, answer.distance)], ['mean entropy', gap(heads.entropy, answer.entropy)]] as const) {
    measured(what, value, TOLERANCE);
    expect(value).toBeLessThan(TOLERANCE);
  }
  for (const [head, weights] of answer.weights.entries()) expect([...massMask(Float32Array.from(weights), 0.6)!]).toEqual(answer.masks[head]);
});
