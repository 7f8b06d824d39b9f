import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveCheckpoint } from '../../../src/engine/checkpoint';
import { openExecutor } from '../../../src/engine/compile/backends';
import { configSchema } from '../../../src/engine/config/schema';
import { createLooker, type Looker } from '../../../src/engine/looking';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { meta } from '../runFixture';
import { temporaryFolder } from '../tiny';

/** What the inspector is shown that is no ordinary picture: it is looked into as it is, or refused with a reason, and the next one comes. */

let looker: Looker;
let folder: string;
let checkpoint: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  checkpoint = path.join(folder, 'tiny.safetensors');
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 16 }, model: { embed_dim: 8, depth: 1, num_heads: 2, patch_size: 4 } });
  await saveCheckpoint(checkpoint, initParams(vitSpec(config.image, config.model, 3), 1), { ...meta, config });
  looker = createLooker(() => openExecutor('cpu', { execution: 'eager' }));
});
afterAll(() => looker.close());

const red = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#f00' } });

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, bytes);
  return target;
}

/** The middle of what the network sees, and how its attention adds up. */
async function lookAt(image: string): Promise<{ readonly pixel: readonly number[]; readonly sum: number; readonly fileSize: readonly [number, number] }> {
  const { seen, fileSize } = await looker.viewImage({ checkpoint, file: image });
  const { weights, tokens } = await looker.viewAttention({ checkpoint, file: image, query: 0 });
  const middle = (Math.floor(seen.height / 2) * seen.width + Math.floor(seen.width / 2)) * 4;
  return { pixel: [...seen.rgba.subarray(middle, middle + 3)], sum: weights.subarray(0, tokens).reduce((a, b) => a + b, 0), fileSize };
}

const readable: readonly (readonly [name: string, make: () => Promise<Uint8Array>, size: readonly [number, number]])[] = [
  ['one-pixel.png', () => red(1, 1).png().toBuffer(), [1, 1]],
  ['deep.png', () => red(20, 20).toColourspace('rgb16').png().toBuffer(), [20, 20]],
  ['print.jpg', () => red(20, 20).toColourspace('cmyk').jpeg().toBuffer(), [20, 20]],
  ['moving.gif', async () => sharp([await red(20, 20).png().toBuffer(), await sharp({ create: { width: 20, height: 20, channels: 3, background: '#00f' } }).png().toBuffer()], { join: { animated: true } }).gif().toBuffer(), [20, 20]],
  // Stored lying, to be shown upright.
  ['turned.jpg', () => red(30, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer(), [20, 30]],
  ['panorama.png', () => red(12_000, 40).png().toBuffer(), [12_000, 40]],
  ['a-png-in-truth.jpg', () => red(20, 20).png().toBuffer(), [20, 20]],
];

test.each(readable)('%s is looked into', async (name, make, size) => {
  const { pixel, sum, fileSize } = await lookAt(await file(name, await make()));
  expect(fileSize).toEqual(size);
  expect(sum).toBeCloseTo(1, 5);
  // Red, as far as the profile of CMYK goes.
  expect(pixel[0]).toBeGreaterThan(200);
  expect(pixel[1]).toBeLessThan(60);
  expect(pixel[2]).toBeLessThan(60);
});

test('what cannot be read is refused by name with its reason, and the panel’s next image comes', async () => {
  const good = await file('good.png', await red(20, 20).png().toBuffer());
  const whole = await red(40, 40).jpeg().toBuffer();
  const cases: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
    ['cut-off.jpg', whole.subarray(0, whole.length - 20), /cut off or damaged/],
    ['drawing.png', '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', /SVG drawing/],
    ['words.png', 'a letter', /holds text/],
    ['nothing.webp', '', /empty/],
  ];
  for (const [name, bytes, reason] of cases) {
    const bad = await file(name, bytes);
    const failure = await looker.viewImage({ checkpoint, file: bad }).then(() => null, (error: unknown) => error as Error);
    expect(failure).toMatchObject({ name: 'UserError' });
    expect(failure?.message).toContain(name);
    expect(failure?.message).toMatch(reason);
    expect((await lookAt(good)).sum).toBeCloseTo(1, 5);
  }
});

test('after everything was let go of, the same question has the same answer', async () => {
  const good = await file('again.png', await red(20, 20).png().toBuffer());
  const memory = looker.cache<number>({ limit: 9, weigh: () => 1 });
  let made = 0;
  await memory.get('x', () => Promise.resolve(++made));
  const before = await looker.viewAttention({ checkpoint, file: good, query: 3 });
  looker.close();
  expect(await looker.viewAttention({ checkpoint, file: good, query: 3 })).toEqual(before);
  // The memories of others are emptied with it.
  expect(await memory.get('x', () => Promise.resolve(++made))).toBe(2);
});
