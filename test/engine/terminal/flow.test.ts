import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { readNpy } from '../../../src/engine/weights/npy';
import { bundle, root } from '../bundle';
import { temporaryFolder } from '../tiny';

/** `vit-lab inspect --flow` with the sample's network: 4 blocks of 4 heads over 64 patches and a class token. */

const sample = path.join(root, 'media/sample/run/shapes-sample');
let cli: string;
let folder: string;

const inspect = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, 'inspect', sample, 'noise.png', ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });

beforeAll(async () => {
  [cli, folder] = await Promise.all([bundle('cli'), temporaryFolder()]);
  const raw = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 2654435761) >>> 24);
  await sharp(raw, { raw: { width: 32, height: 32, channels: 3 } }).png().toFile(path.join(folder, 'noise.png'));
});

test('a line for every place, with shape and range', () => {
  const { stdout, status } = inspect('--flow', '--block', '2', '--head', '3');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Block 2 of 4, head 3 of 4$/m);
  expect(stdout).toMatch(/^queries +\[4, 65, 8\] +-?[\d.]+/m);
  expect(stdout).toMatch(/^probabilities +\[6\]/m);
});

test('as JSON, and one place as an array', async () => {
  const { stdout } = inspect('--flow', '--box', 'attention', '--out', 'flow', '--json');
  const told = JSON.parse(stdout) as { block: number; boxes: { box: string; shape: number[]; stats: { mean: number } }[]; norms: number[][]; array: string };
  expect(told.block).toBe(0);
  // Rows of 65 shares that add up to 1.
  expect(told.boxes.find(({ box }) => box === 'attention')!.stats.mean).toBeCloseTo(1 / 65, 6);
  expect(told.norms.map((row) => row.length)).toEqual([65, 65, 65, 65, 65]);
  const { shape, data } = readNpy(await readFile(told.array));
  expect(shape).toEqual([65, 65]);
  expect(data.slice(65, 130).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
});

test.each([
  [['--flow', '--block', '5'], 'There is no block 5'],
  [['--flow', '--head', '9'], 'There is no head 9'],
  [['--flow', '--box', 'soul'], '--box takes one of image, patches'],
  [['--flow', '--block', '0'], '--block takes a number from 1, not 0'],
  [['--block', '1'], '--block goes with --flow'],
])('%j is refused in a sentence', (args, said) => {
  const { status, stderr } = inspect(...args);
  expect(status).not.toBe(0);
  expect(stderr).toContain(said);
  expect(stderr).not.toMatch(/^\s+at /m);
});
