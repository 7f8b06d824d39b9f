import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDataset } from '../../../src/engine/dataset/open';
import { drawShape, SHAPES, writeShapes } from '../../../src/engine/dataset/shapes';
import { decodeImage } from '../../../src/engine/image';
import { randomAt } from '../../../src/engine/random';
import { temporaryFolder } from '../../fixtures/data';
import { configOf } from './pictures';

async function digest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).sort())
    if (name.endsWith('.png')) hash.update(name).update(await readFile(path.join(folder, name)));
  return hash.digest('hex');
}

test('a picture follows from its random stream alone', () => {
  for (const shape of SHAPES) {
    const first = drawShape(shape, 32, randomAt(1, 'x'));
    expect(drawShape(shape, 32, randomAt(1, 'x'))).toEqual(first);
    expect(drawShape(shape, 32, randomAt(2, 'x')).data).not.toEqual(first.data);
  }
});

test('the same stream draws six different shapes, each well visible', () => {
  const drawn = SHAPES.map((shape) => drawShape(shape, 32, randomAt(3, 'y')).data);
  for (let a = 0; a < drawn.length; a++)
    for (let b = 0; b < a; b++) {
      const apart = drawn[a]!.reduce((count, value, i) => count + (Math.abs(value - drawn[b]![i]!) > 60 ? 1 : 0), 0);
      expect(apart, `${SHAPES[a]} and ${SHAPES[b]}`).toBeGreaterThan(20);
    }
});

test('the sample is written as PNG in class folders, deterministic by seed, and opens as a folder', async () => {
  const [one, two, other] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  const told: string[] = [];
  const onProgress = (done: number, of: number): void => void told.push(`${done}/${of}`);
  await writeShapes(one, { images: 120, size: 16, seed: 4, onProgress });
  await writeShapes(two, { images: 120, size: 16, seed: 4 });
  await writeShapes(other, { images: 120, size: 16, seed: 5 });
  expect(await digest(one)).toBe(await digest(two));
  expect(await digest(one)).not.toBe(await digest(other));
  expect(told.at(-1)).toBe('120/120');
  expect((await readdir(one)).sort()).toEqual(['test', 'train', 'val']);
  const opened = await openDataset(configOf({ path: one }, { image: { size: 16 } }), '/');
  expect(opened.classes).toEqual([...SHAPES]);
  expect([opened.splits.train.size, opened.splits.val.size, opened.splits.test.size]).toEqual([96, 12, 12]);
  const { data } = await opened.splits.train.read(Int32Array.of(0));
  expect(data).toEqual(new Uint8Array((await decodeImage(opened.splits.train.name(0))).data));
  await expect(writeShapes(one, { images: 12, size: 16, seed: 0 })).rejects.toThrow(/is there already/);
});

test('`format: shapes` draws in memory; the seed of the split is the seed of the pictures', async () => {
  const open = (split_seed: number, seed: number) =>
    openDataset(configOf({ format: 'shapes', split_seed, shapes: { images: 60, size: 16 } }, { seed, image: { size: 16 } }), '/');
  const first = await open(0, 0);
  expect([first.name, first.splits.train.size, first.splits.val.size, first.splits.test.size]).toEqual(['shapes', 48, 6, 6]);
  expect((await open(0, 9)).fingerprint).toBe(first.fingerprint);
  expect((await open(1, 0)).fingerprint).not.toBe(first.fingerprint);
});
