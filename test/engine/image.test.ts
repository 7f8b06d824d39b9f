import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { configSchema, type ImageConfig } from '../../src/engine/config/schema';
import { decodeImage, isImageName, listImages, normalise, openInput, openPicture, pixelsOf } from '../../src/engine/image';
import { fitToPatch, type PatchFit } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import { resample } from '../../src/engine/resample';
import { UserError } from '../../src/engine/userError';
import { temporaryFolder, testData, writeTree } from '../fixtures/data';

type Rgb = readonly [number, number, number];
const RED: Rgb = [255, 0, 0];
const GREEN: Rgb = [0, 255, 0];
const BLUE: Rgb = [0, 0, 255];
const WHITE: Rgb = [255, 255, 255];

/** 2 × 2 blocks of 16 pixels: red, green / blue, white. Whole blocks survive JPEG. */
function quadrants(): Sharp {
  const data = Buffer.alloc(32 * 32 * 3);
  for (let y = 0; y < 32; y++)
    for (let x = 0; x < 32; x++) data.set(([RED, GREEN, BLUE, WHITE] as const)[(y < 16 ? 0 : 2) + (x < 16 ? 0 : 1)]!, (y * 32 + x) * 3);
  return sharp(data, { raw: { width: 32, height: 32, channels: 3 } });
}

function plain(channels: 3 | 4, background: { r: number; g: number; b: number; alpha?: number }): Sharp {
  return sharp({ create: { width: 4, height: 4, channels, background } });
}

async function pixelAt(bytes: Uint8Array, x: number, y: number): Promise<number[]> {
  const { width, data } = await decodeImage(bytes);
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function setting(image: object, model: object = {}): { image: ImageConfig; fit: PatchFit } {
  const config = configSchema.parse({ image, model });
  return { image: config.image, fit: fitToPatch(config.image, config.model) };
}

// EXIF 2.32, tag 0x0112: where the 0th row and column of the stored picture are to be shown. Each line: the colours of
// the shown picture's corners, top left, top right, bottom left, bottom right.
const ORIENTATIONS: readonly (readonly [number, Rgb, Rgb, Rgb, Rgb])[] = [
  [1, RED, GREEN, BLUE, WHITE],
  [2, GREEN, RED, WHITE, BLUE],
  [3, WHITE, BLUE, GREEN, RED],
  [4, BLUE, WHITE, RED, GREEN],
  [5, RED, BLUE, GREEN, WHITE],
  [6, BLUE, RED, WHITE, GREEN],
  [7, WHITE, GREEN, BLUE, RED],
  [8, GREEN, WHITE, RED, BLUE],
];

test.each(ORIENTATIONS)('EXIF orientation %i is applied', async (orientation, ...corners) => {
  const jpeg = await quadrants().withMetadata({ orientation }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  const seen = await Promise.all([[8, 8], [24, 8], [8, 24], [24, 24]].map(([x, y]) => pixelAt(jpeg, x!, y!)));
  // JPEG at quality 100 keeps plain blocks to within its rounding.
  seen.flat().forEach((value, i) => expect(Math.abs(value - corners.flat()[i]!)).toBeLessThanOrEqual(3));
});

test('alpha is laid over white', async () => {
  const half = await plain(4, { r: 0, g: 0, b: 0, alpha: 0.5 }).png().toBuffer();
  for (const value of await pixelAt(half, 1, 1)) expect(Math.abs(value - 127.5)).toBeLessThanOrEqual(1);
  const none = await plain(4, { r: 10, g: 20, b: 30, alpha: 0 }).png().toBuffer();
  expect(await pixelAt(none, 0, 0)).toEqual([255, 255, 255]);
});

test('grey, 16 bit, palette and CMYK become three channels of 8 bit', async () => {
  const grey = await plain(3, { r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer();
  expect(await pixelAt(grey, 0, 0)).toEqual([90, 90, 90]);
  const deep = await plain(3, { r: 200, g: 100, b: 50 }).toColourspace('rgb16').png().toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe('ushort');
  expect(await pixelAt(deep, 0, 0)).toEqual([200, 100, 50]);
  const palette = await quadrants().png({ palette: true }).toBuffer();
  expect(await pixelAt(palette, 24, 8)).toEqual([...GREEN]);
  const cmyk = await plain(3, { r: 255, g: 255, b: 255 }).toColourspace('cmyk').jpeg().toBuffer();
  expect((await sharp(cmyk).metadata()).channels).toBe(4);
  // Paper white, brought to CMYK by libvips' profile and back by Pillow's formula.
  for (const value of await pixelAt(cmyk, 1, 1)) expect(value).toBeGreaterThan(245);
});

test('grey with alpha and 1 × 1 are read', async () => {
  const data = Buffer.from([60, 128]);
  const one = await sharp(data, { raw: { width: 1, height: 1, channels: 2 } }).toColourspace('b-w').png().toBuffer();
  const decoded = await decodeImage(one);
  expect([decoded.width, decoded.height, decoded.data.length]).toEqual([1, 1, 3]);
  // 60 at 128 / 255 over white is 157.1.
  for (const value of decoded.data) expect(Math.abs(value - 157)).toBeLessThanOrEqual(1);
});

test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('%s is opened by its content', async (format) => {
  const file = path.join(await temporaryFolder(), 'named-wrong.png');
  await writeFile(file, await quadrants().toFormat(format).toBuffer());
  const { width, height } = await decodeImage(file);
  expect([width, height]).toEqual([32, 32]);
});

test('of an animation the first frame is taken', async () => {
  const frames = Buffer.concat([Buffer.alloc(4 * 4 * 3, 255), Buffer.alloc(4 * 4 * 3, 0)]);
  const gif = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } }).gif({ delay: [9, 9] }).toBuffer();
  expect((await sharp(gif).metadata()).pages).toBe(2);
  const { height, data } = await decodeImage(gif);
  expect(height).toBe(4);
  expect(new Set(data)).toEqual(new Set([255]));
});

/** A BMP of 2 × 2 pixels: red, green over blue, white; rows run upwards and are padded to four bytes. */
function bmp(bits: 24 | 32): Buffer {
  const stride = bits === 24 ? 8 : 8;
  const bytes = Buffer.alloc(54 + 2 * stride);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(2, 18);
  bytes.writeInt32LE(2, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(bits, 28);
  const rows = [[BLUE, WHITE], [RED, GREEN]];
  rows.forEach((row, y) => row.forEach(([r, g, b], x) => bytes.set([b, g, r], 54 + y * stride + x * (bits / 8))));
  return bytes;
}

test.each([24, 32] as const)('BMP of %i bits is read', async (bits) => {
  const { data } = await decodeImage(bmp(bits));
  expect([...data]).toEqual([RED, GREEN, BLUE, WHITE].flat());
  await expect(decodeImage(bmp(bits).subarray(0, 60), 'cut.bmp')).rejects.toThrow('Cannot read cut.bmp: the file is cut off or damaged.');
});

test('what is no image is refused with the reason', async () => {
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    ['', /empty/],
    ['hello, this is a note\n', /holds text/],
    ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', /SVG drawing/],
    [Buffer.from('II*\0rest of a TIFF', 'latin1'), /TIFF/],
    [Buffer.from('\0\0\0\x18ftypheic', 'latin1'), /HEIC/],
    ['%PDF-1.7', /PDF/],
    [Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]), /content is no image/],
    [(await quadrants().jpeg().toBuffer()).subarray(0, -20), /cut off or damaged/],
    [(await quadrants().png().toBuffer()).subarray(0, 90), /cut off or damaged/],
    [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /cut off or damaged/],
  ];
  for (const [content, reason] of cases) await expect(decodeImage(Buffer.from(content), 'it.jpg')).rejects.toThrow(reason);
});

test('a decompression bomb is refused before it is decoded', async () => {
  const bomb = await sharp({ create: { width: 8000, height: 6500, channels: 3, background: '#000' } }).png().toBuffer();
  expect(bomb.length).toBeLessThan(1e6);
  const before = process.memoryUsage().rss;
  await expect(decodeImage(bomb, 'bomb.png')).rejects.toThrow('bomb.png: it has more than 50 million pixels');
  // Decoded it would take 156 MB, and again as much on the way.
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
});

test.each(['jpeg', 'png', 'webp', 'gif'] as const)('mutated %s images are decoded or refused, and never take the process down', async (format) => {
  const whole = await quadrants().toFormat(format).toBuffer();
  const random = randomAt(0, 'mutations', format);
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(whole);
    // One to eight bytes; the first twelve stay, as a lost signature is another test.
    for (let k = random.int(8); k >= 0; k--) bytes[12 + random.int(bytes.length - 12)] = random.int(256);
    const outcome = await decodeImage(bytes, 'm').catch((error: unknown) => error);
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(UserError);
      refused++;
    } else expect((outcome as { data: Uint8Array }).data.length).toBeGreaterThan(0);
  }
  expect(refused).toBeGreaterThan(0);
});

test('missing files and folders are named', async () => {
  const folder = await temporaryFolder();
  await expect(decodeImage(path.join(folder, 'gone.png'))).rejects.toThrow(/gone\.png: there is no such file/);
  await expect(decodeImage(folder)).rejects.toThrow(/it is a folder/);
});

// Pillow 13.0.0 on photos/n01873310_platypus.jpg (150 × 150): resize((6, 4), BICUBIC); torchvision's Resize of the
// shorter side and CenterCrop; ImageOps.pad; convert("L") and resize.
const PLATYPUS = {
  squash: '545747393e39393d335a574539382e35352b5d60566d726c838474806f5a6f64486e634571726d7273703a3c3945443b3e372a383428252b241b211d1e211e44423e57534ab8b29c',
  crop: '56584b444845686556a89277726750746850575b51797e788a8d7e685d4b675f42685d3e93938f9b9a944648422b2a21352d1e1f1b1131352f1e24241c1f20747068575049837f6e',
  pad: '0000004b4f43393d354e4c3d35342b00000000000061655d7e7f727b6d566d62440000000000007476714d504d403c323b35280000000000002128211f231f423f3b9a9583000000',
  grey: '543c3b5637345e708272646371733b433734291f204253b2',
};

test('fit brings a photograph to the size as Pillow and torchvision do', async () => {
  const photos = testData('photos');
  if (photos === undefined) return;
  const file = path.join(photos, 'n01873310_platypus.jpg');
  const size = [4, 6];
  const cases = [
    [{ size, fit: 'squash' }, PLATYPUS.squash],
    [{ size, fit: 'crop' }, PLATYPUS.crop],
    [{ size, fit: 'pad' }, PLATYPUS.pad],
    [{ size, channels: 1 }, PLATYPUS.grey],
  ] as const;
  for (const [image, golden] of cases) {
    const { image: config, fit } = setting(image, { patch_size: 2 });
    const { input } = await openPicture(file, config, fit);
    const expected = Buffer.from(golden, 'hex');
    expect(input.data.length).toBe(expected.length);
    // JPEG decoders may round one level apart; ours and Pillow's happen not to.
    input.data.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1));
  }
});

/** 30 × 20: the left third red, the middle green, the right blue. */
async function thirds(): Promise<string> {
  const data = Buffer.alloc(30 * 20 * 3);
  for (let i = 0; i < 600; i++) data.set([RED, GREEN, BLUE][Math.floor((i % 30) / 10)]!, i * 3);
  const file = path.join(await temporaryFolder(), 'thirds.png');
  await sharp(data, { raw: { width: 30, height: 20, channels: 3 } }).png().toFile(file);
  return file;
}

test('the picture for the screen shows the region that the network sees', async () => {
  const file = await thirds();
  const colour = (rgba: Uint8Array, at: number): number[] => [...rgba.subarray(at * 4, at * 4 + 4)];
  const squash = setting({ size: 8, fit: 'squash' });
  const whole = await openPicture(file, squash.image, squash.fit);
  expect([whole.original.width, whole.original.height, ...whole.fileSize]).toEqual([30, 20, 30, 20]);
  const crop = setting({ size: 8, fit: 'crop' });
  const middle = await openPicture(file, crop.image, crop.fit);
  expect([middle.original.width, middle.original.height]).toEqual([20, 20]);
  expect(colour(middle.original.rgba, 0)).toEqual([...RED, 255]);
  expect(colour(middle.original.rgba, 10)).toEqual([...GREEN, 255]);
  const pad = setting({ size: 8, fit: 'pad' });
  const boxed = await openPicture(file, pad.image, pad.fit);
  // 20 rows become 5 of 8, so one row of the network stands for 4.
  expect([boxed.original.width, boxed.original.height]).toEqual([30, 32]);
  expect(colour(boxed.original.rgba, 0)).toEqual([0, 0, 0, 255]);
  expect(colour(boxed.original.rgba, 15 * 30 + 29)).toEqual([...BLUE, 255]);
});

test('a large picture is shrunk for the screen as it would be for a network, within a few levels', async () => {
  const [width, height] = [1200, 1200];
  const data = Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, i) => 128 + 60 * Math.sin((i % (width * 3)) / 90) + 60 * Math.cos(i / (width * 300))));
  const file = path.join(await temporaryFolder(), 'large.png');
  await sharp(data, { raw: { width, height, channels: 3 } }).png().toFile(file);
  const { image, fit } = setting({ size: 64, fit: 'crop', crop_pct: 1 });
  const { original, input } = await openPicture(file, image, fit);
  expect([original.width, original.height]).toEqual([768, 768]);
  const pillow = resample({ width, height, channels: 3, data }, 768, 768, 'bicubic');
  // libvips sums with fewer bits, and shrinks in another order.
  const worst = pillow.data.reduce((most, value, i) => Math.max(most, Math.abs(value - original.rgba[Math.floor(i / 3) * 4 + (i % 3)]!)), 0);
  expect(worst).toBeLessThanOrEqual(3);
  expect(await openInput(file, image, fit)).toEqual(input);
});

test('it is said how a picture was fitted: filter, crop, border, EXIF', async () => {
  const file = await thirds();
  const said = async (image: object): Promise<string> => {
    const { image: config, fit } = setting(image, { patch_size: 1 });
    return (await openPicture(file, config, fit)).preprocessing;
  };
  expect(await said({ size: 9, fit: 'crop', crop_pct: 0.9, interpolation: 'bilinear' })).toBe(
    'Resized from 30 × 20 to 15 × 10 pixels (bilinear), centre-cropped to 9 × 9 (crop_pct 0.9).',
  );
  expect(await said({ size: 20, fit: 'crop' })).toBe('Taken as it is, 30 × 20 pixels, centre-cropped to 20 × 20.');
  expect(await said({ size: [20, 30] })).toBe('Taken as it is, 30 × 20 pixels.');
  expect(await said({ size: 6, fit: 'pad' })).toBe('Resized from 30 × 20 to 6 × 4 pixels (bicubic), padded with black to 6 × 6.');
  expect(await said({ size: 6, fit: 'border', crop_pct: 0.75 })).toBe(
    'Resized from 30 × 20 to 8 × 5 pixels (bicubic), padded with the mean colour to 6 × 6, centre-cropped to 6 × 6 (crop_pct 0.75).',
  );
  const lying = path.join(await temporaryFolder(), 'lying.jpg');
  await quadrants().withMetadata({ orientation: 8 }).jpeg().toFile(lying);
  const { image, fit } = setting({ size: 32 });
  expect((await openPicture(lying, image, fit)).preprocessing).toBe('Turned upright, as its EXIF orientation says. Taken as it is, 32 × 32 pixels.');
});

test('the picture for the screen is cut as the input is, and has its border', async () => {
  const file = await thirds();
  const crop = setting({ size: 10, fit: 'crop', crop_pct: 0.5 }, { patch_size: 1 });
  // The shorter side becomes 20: nothing is resized, and the middle 10 × 10 is the middle third.
  const middle = await openPicture(file, crop.image, crop.fit);
  expect([middle.original.width, middle.original.height]).toEqual([10, 10]);
  expect(new Set(middle.original.rgba.filter((_, i) => i % 4 !== 3))).toEqual(new Set([0, 255]));
  for (let i = 0; i < 100; i++) expect([...middle.original.rgba.subarray(i * 4, i * 4 + 3)]).toEqual([...GREEN]);
  expect([...middle.input.data]).toEqual(Array.from({ length: 100 }, () => [...GREEN]).flat());
  const border = setting({ size: 6, fit: 'border', mean: [0.2, 0.4, 1] }, { patch_size: 4, patch_fit: 'pad' });
  const boxed = await openPicture(file, border.image, border.fit);
  const pixel = (x: number, y: number): number[] => [...boxed.original.rgba.subarray((y * boxed.original.width + x) * 4, (y * boxed.original.width + x) * 4 + 3)];
  // 6 of 8 columns are the image's 30 pixels; the patch's padding is black, the border has the mean colour.
  expect([boxed.original.width, boxed.original.height]).toEqual([40, 40]);
  expect([pixel(0, 0), pixel(39, 0), pixel(0, 39), pixel(0, 15)]).toEqual([[51, 102, 255], [0, 0, 0], [0, 0, 0], [...RED]]);
  expect([...boxed.input.data.subarray(0, 3)]).toEqual([51, 102, 255]);
});

test('a side that is no multiple of the patch is resized or padded, and it says which', async () => {
  const file = await thirds();
  const resize = setting({ size: 10 }, { patch_size: 4, patch_fit: 'resize' });
  const resized = await openPicture(file, resize.image, resize.fit);
  expect([resized.input.height, resized.input.width]).toEqual([12, 12]);
  expect(resized.preprocessing).toBe(
    'Resized from 30 × 20 to 10 × 10 pixels (bicubic), then resized to 12 × 12, the nearest multiple of the patch.',
  );
  const pad = setting({ size: 10 }, { patch_size: 4, patch_fit: 'pad' });
  const padded = await openPicture(file, pad.image, pad.fit);
  expect(padded.preprocessing).toBe(
    'Resized from 30 × 20 to 10 × 10 pixels (bicubic), then padded with zeros to 12 × 12, the next multiple of the patch.',
  );
  const zeros = padded.input.data.subarray(10 * 12 * 3);
  expect(new Set(zeros)).toEqual(new Set([0]));
  expect([...padded.input.data.subarray(9 * 3, 12 * 3)].slice(3)).toEqual([0, 0, 0, 0, 0, 0]);
  expect([padded.original.width, padded.original.height]).toEqual([36, 24]);
});

test('a very long image is cropped without being resized as a whole', async () => {
  const file = path.join(await temporaryFolder(), 'line.png');
  await sharp({ create: { width: 60_000, height: 1, channels: 3, background: '#0a141e' } }).png().toFile(file);
  const { image, fit } = setting({ size: 32, fit: 'crop' });
  const { input } = await openPicture(file, image, fit);
  expect([...input.data.subarray(0, 3)]).toEqual([10, 20, 30]);
});

test('normalise scales, subtracts the mean and divides by the deviation, per channel', () => {
  const bytes = { count: 1, height: 1, width: 2, channels: 3, data: Uint8Array.from([0, 51, 255, 255, 0, 102]) };
  const { image } = setting({ mean: [0.5, 0.25, 0], std: [0.5, 0.25, 1] });
  const out = normalise(bytes, image);
  [-1, -0.2, 1, 1, -1, 0.4].forEach((value, i) => expect(out[i]).toBeCloseTo(value, 6));
  const one = setting({ channels: 1, mean: [0.1], std: [0.2] });
  expect(normalise({ ...bytes, width: 6, channels: 1 }, one.image)[1]).toBeCloseTo((0.2 - 0.1) / 0.2, 6);
});

test('grey pixels are shown on three channels', () => {
  const { rgba } = pixelsOf({ count: 1, height: 1, width: 2, channels: 1, data: Uint8Array.from([7, 200]) });
  expect([...rgba]).toEqual([7, 7, 7, 255, 200, 200, 200, 255]);
});

test('images of a folder are listed in natural order, hidden and other files apart', async () => {
  const folder = await temporaryFolder();
  const names = ['img10.png', 'img2.png', 'b/1.JPG', 'a/1.webp', '.hidden.png', 'notes.txt', '__MACOSX/x.png'];
  await writeTree(folder, Object.fromEntries(names.map((name) => [name, ''])));
  const found = (await listImages(folder)).map((file) => path.relative(folder, file));
  expect(found).toEqual(['a/1.webp', 'b/1.JPG', 'img2.png', 'img10.png']);
  expect(await listImages(path.join(folder, 'img2.png'))).toEqual([path.join(folder, 'img2.png')]);
  await expect(listImages(path.join(folder, 'gone'))).rejects.toThrow(/no such file/);
  expect(['a.png', 'a.JPEG', 'a.tif', 'a.svg', 'png', 'a.png.txt'].map(isImageName)).toEqual([true, true, false, false, false, false]);
});
