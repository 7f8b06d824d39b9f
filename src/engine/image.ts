import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Pixels } from '../protocol';
import type { ImageConfig } from './config/schema';
import type { ImageBytes } from './dataset/dataset';
import { pairOf, type PatchFit } from './model/spec';
import { decodeBytes, type DecodedImage } from './pictures/decode';
import { borderOf, fitRaster, onCanvas } from './pictures/fit';
import { isImageName } from './pictures/formats';
import { howFitted } from './pictures/howFitted';
import { place } from './pictures/place';
import { shrink } from './pictures/shrink';
import { reasonOf } from './pictures/unreadable';
import { walk } from './pictures/walk';
import { resample } from './resample';
import { UserError } from './userError';

export type { DecodedImage } from './pictures/decode';
export { isImageName } from './pictures/formats';

/** Longest side of the picture for the screen, in pixels. */
const SCREEN = 768;

/** One image file, as the network is given it and as people are shown it. */
export interface Picture {
  /** [1, H, W, C] at the network's size. */
  readonly input: ImageBytes;
  /** The region of the file's image that `input` covers, in its own proportions, longest side up to 768 pixels. */
  readonly original: Pixels;
  /** After EXIF rotation. */
  readonly fileSize: readonly [width: number, height: number];
  /** How the image was brought to the network's size, in one sentence. */
  readonly preprocessing: string;
}

/**
 * Decodes an image file, or its bytes.
 * @param name what errors call it; the path by default
 * @throws UserError naming the file and the reason
 */
export async function decodeImage(source: string | Uint8Array, name?: string): Promise<DecodedImage> {
  const called = name ?? (typeof source === 'string' ? source : l10n.t('the image'));
  try {
    return await decodeBytes(typeof source === 'string' ? await readFile(source) : source);
  } catch (error) {
    throw new UserError(l10n.t('Cannot read {0}: {1}.', called, reasonOf(error, called)), { file: called });
  }
}

/** Opens an image file for one look. */
export async function openPicture(file: string, image: ImageConfig, fit: PatchFit): Promise<Picture> {
  const decoded = await decodeImage(file);
  // The one for the screen is shrunk beside this thread.
  const original = regionSeen(decoded, image, fit);
  return {
    input: inputOf(decoded, image, fit),
    original: await original,
    fileSize: [decoded.width, decoded.height],
    preprocessing: howFitted(decoded, image, fit),
  };
}

/** What the network is given of an image file, for those who do not show it: [1, H, W, C]. */
export async function openInput(file: string, image: ImageConfig, fit: PatchFit): Promise<ImageBytes> {
  return inputOf(await decodeImage(file), image, fit);
}

function inputOf(decoded: DecodedImage, image: ImageConfig, fit: PatchFit): ImageBytes {
  const { width, height, channels, data } = fitRaster(decoded, image, fit);
  return { count: 1, height, width, channels, data };
}

/** The file's pixels under the network's input, with the input's border where it is padded. */
async function regionSeen(decoded: DecodedImage, image: ImageConfig, fit: PatchFit): Promise<Pixels> {
  const canvas = pairOf(image.size);
  const at = place(decoded.width, decoded.height, image);
  const [rows, columns] = fit.how === 'pad' ? fit.to : canvas;
  const across = decoded.width / at.width;
  const down = decoded.height / at.height;
  const scale = Math.min(1, SCREEN / Math.max(columns * across, rows * down));
  const pixels = (n: number): number => Math.max(1, Math.round(n * scale));
  const placed = {
    width: pixels(decoded.width),
    height: pixels(decoded.height),
    x: Math.round(at.x * across * scale),
    y: Math.round(at.y * down * scale),
  };
  const seen = [pixels(canvas[0] * down), pixels(canvas[1] * across)] as const;
  const small = scale < 1 ? await shrink(decoded, placed.width, placed.height) : decoded;
  const region = onCanvas(small, placed, seen, 'bicubic', borderOf(image, 3));
  if (fit.how !== 'pad') return rgba(region);
  // The patch's padding is black whatever the border is.
  const whole = { width: region.width, height: region.height, x: 0, y: 0 };
  return rgba(onCanvas(region, whole, [pixels(rows * down), pixels(columns * across)], 'nearest'));
}

/** (x / 255 − mean) / std per channel, as [B, H, W, C]. */
export function normalise(bytes: ImageBytes, image: ImageConfig): Float32Array {
  const { channels, data } = bytes;
  const tables = Array.from({ length: channels }, (_, c) => {
    const mean = image.mean[image.mean.length === 1 ? 0 : c] ?? 0;
    const std = image.std[image.std.length === 1 ? 0 : c] ?? 1;
    return Float32Array.from({ length: 256 }, (_value, v) => (v / 255 - mean) / std);
  });
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const table = tables[c]!;
    for (let i = c; i < data.length; i += channels) out[i] = table[data[i]!]!;
  }
  return out;
}

/** A batch at another size, resampled as Pillow does. */
export function resizeImages(bytes: ImageBytes, [height, width]: readonly [height: number, width: number], interpolation: ImageConfig['interpolation']): ImageBytes {
  const { count, channels } = bytes;
  if (bytes.height === height && bytes.width === width) return bytes;
  const [from, to] = [bytes.height * bytes.width * channels, height * width * channels];
  const data = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) data.set(resample({ width: bytes.width, height: bytes.height, channels, data: bytes.data.subarray(i * from, (i + 1) * from) }, width, height, interpolation).data, i * to);
  return { count, height, width, channels, data };
}

/** The first image of a batch, for the screen. */
export function pixelsOf(bytes: ImageBytes): Pixels {
  return rgba(bytes);
}

function rgba(image: { readonly width: number; readonly height: number; readonly channels: number; readonly data: Uint8Array }): Pixels {
  const { width, height, channels, data } = image;
  const out = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) out[i * 4 + c] = data[i * channels + (channels === 3 ? c : 0)]!;
    out[i * 4 + 3] = 255;
  }
  return { width, height, rgba: out };
}

/**
 * The image files at a path: the file itself, or all under the folder, in natural order. Other files are passed over.
 * @throws UserError when there is nothing at the path
 */
export async function listImages(target: string): Promise<string[]> {
  const kind = await stat(target).catch((error: unknown) => {
    throw new UserError(l10n.t('Cannot read {0}: {1}.', target, reasonOf(error, target)), { file: target });
  });
  if (!kind.isDirectory()) return [target];
  const { files } = await walk(target);
  return files.filter(isImageName).map((file) => path.join(target, file));
}
