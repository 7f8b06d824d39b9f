import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { decodeImage, normalise, openPicture } from '../../../src/engine/image';
import { fitToPatch } from '../../../src/engine/model/spec';
import { preprocessingOf, type PreprocessingQuestion } from '../../../src/engine/preprocessing/preprocessing';
import { cropPct } from '../../../src/engine/preprocessing/values';
import { temporaryFolder } from '../../fixtures/data';
import { readGolden } from '../../fixtures/golden';

/** What test/parity/make_preprocessing.py wrote with timm, torchvision and transformers. */
interface Golden {
  readonly pictures: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly library: 'timm' | 'torchvision' | 'hf-pil' | 'hf-torchvision';
    readonly settings: Readonly<Record<string, unknown>>;
    readonly size: readonly [number, number];
    /** The middle row of the picture "wide" as the network gets it, float32 [W, C]. */
    readonly row: string;
    readonly pixels: Readonly<Record<string, string>>;
  }[];
  readonly formats: readonly { readonly name: string; readonly file: string; readonly size: readonly [number, number]; readonly pixels: string }[];
}

const golden = readGolden<Golden>('preprocessing');

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function questionOf({ library, settings, size }: Golden['cases'][number]): PreprocessingQuestion {
  if (library === 'timm') return { timm: settings, scheme: 'timm', size };
  // Weights of torchvision come without a file: 256 and 224 are known of the family, the rest of the numbers here not.
  if (library === 'torchvision') return { scheme: 'torchvision', size };
  return { preprocessor: settings, scheme: 'hf-v4', size };
}

function imageOf(one: Golden['cases'][number]): ReturnType<typeof configSchema.parse>['image'] {
  const { image, notes } = preprocessingOf(questionOf(one));
  expect(notes).toEqual([]);
  const { crop_size: crop, resize_size: resize, interpolation = 'bilinear' } = one.settings;
  const small = one.library === 'torchvision' ? { crop_pct: cropPct([Number(crop), Number(crop)], [Number(resize), Number(resize)]), interpolation } : {};
  return configSchema.parse({ image: { ...image, ...small }, model: { patch_size: 1 } }).image;
}

async function prepared(file: string, one: Golden['cases'][number]): Promise<{ readonly pixels: Uint8Array; readonly values: Float32Array }> {
  const image = imageOf(one);
  const { input } = await openPicture(file, image, fitToPatch(image, configSchema.parse({ model: { patch_size: 1 } }).model));
  expect([input.height, input.width]).toEqual(one.size);
  return { pixels: input.data, values: normalise(input, image) };
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

test.each(golden.cases)('$name, $library: the settings become its pixels', async (one) => {
  const folder = await temporaryFolder();
  // PIL's resizing is equalled byte for byte; torchvision's own, on tensors, rounds some sums another way.
  const atMost = one.library === 'hf-torchvision' ? 1 : 0;
  for (const [name, picture] of Object.entries(golden.pictures)) {
    const file = path.join(folder, `${name}.png`);
    await writeFile(file, bytesOf(picture));
    const { pixels, values } = await prepared(file, one);
    const theirs = one.pixels[name];
    if (theirs !== undefined) expect(farthest(pixels, bytesOf(theirs)), name).toBeLessThanOrEqual(atMost);
    if (name !== 'wide') continue;
    const row = new Float32Array(bytesOf(one.row).buffer);
    const at = Math.floor(one.size[0] / 2) * row.length;
    // A level of 255 over the smallest deviation of any family; where the pixels are equal, single precision alone.
    expect(farthest(values.subarray(at, at + row.length), row)).toBeLessThan(atMost === 0 ? 2e-6 : 1.01 / 255 / 0.224);
  }
});

test.each(golden.formats)('$name is opened as PIL opens it', async ({ name, file, size, pixels }) => {
  const { height, width, data, turned } = await decodeImage(bytesOf(file), name);
  expect([height, width]).toEqual(size);
  expect(turned === true).toBe(name === 'exif.jpg');
  // JPEG decoders may round one level apart, and one of four inks shows in three colours.
  expect(farthest(data, bytesOf(pixels))).toBeLessThanOrEqual(name.endsWith('.jpg') ? 1 : 0);
});
