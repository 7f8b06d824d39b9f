import * as l10n from '@vscode/l10n';
import type { Raster } from '../resample';
import { decodeBmp } from './bmp';
import { sniff } from './formats';
import { openSharp } from './sharp';
import { Unreadable } from './unreadable';

/** sRGB, 8 bit, upright: EXIF orientation applied, alpha laid over white; `data` is [height, width, 3]. */
export interface DecodedImage extends Raster {
  readonly channels: 3;
  /** The file says to turn or mirror it, and it was done: as viewers do, and as `Image.open` alone does not. */
  readonly turned?: boolean;
}

/** More is taken for a decompression bomb: 50 million pixels are 150 MB decoded. */
export const MAX_PIXELS = 50e6;

/** A file that takes longer than this to decode is given up. */
const TIMEOUT_SECONDS = 10;

/**
 * Decodes the content of an image file as `Image.open(file).convert('RGB')` does, and with it torchvision, timm and the
 * processors of Hugging Face: a network is to see the numbers that it would see there. Embedded colour profiles are
 * passed over, CMYK is converted by Pillow's formula. Two things are done that PIL leaves undone: the EXIF orientation
 * is applied (`ImageOps.exif_transpose`), and what is transparent is laid over white (as `transformers` 5 does; before
 * it, and in torchvision, the hidden colours show). 16 bits of grey keep their high byte; Pillow cuts them off at 255.
 * @throws Unreadable with the reason, for people
 */
export async function decodeBytes(bytes: Uint8Array): Promise<DecodedImage> {
  const kind = sniff(bytes);
  if ('refused' in kind) throw new Unreadable(kind.refused);
  if (kind.format === 'bmp') return { ...decodeBmp(bytes, MAX_PIXELS), channels: 3 };
  const sharp = await openSharp();
  try {
    const opened = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1, ignoreIcc: true });
    const { space, orientation = 1 } = await opened.metadata();
    const upright = opened.autoOrient().timeout({ seconds: TIMEOUT_SECONDS });
    const coloured = space === 'cmyk' ? upright.pipelineColourspace('cmyk').toColourspace('cmyk') : upright.flatten({ background: '#ffffff' }).toColourspace('srgb');
    const { data, info } = await coloured.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const raster = { width: info.width, height: info.height, channels: info.channels, data };
    return { ...(space === 'cmyk' ? fromCmyk(raster) : rgb(raster)), ...(orientation > 1 ? { turned: true } : {}) };
  } catch (error) {
    throw explained(error);
  }
}

/** Pillow's `cmyk2rgb`: what the black ink leaves of the paper, less what the coloured inks take of that. */
function fromCmyk({ width, height, channels, data }: Raster): DecodedImage {
  const three = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const paper = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      const ink = data[i * channels + c]! * paper + 128;
      three[i * 3 + c] = paper - (((ink >> 8) + ink) >> 8);
    }
  }
  return { width, height, channels: 3, data: three };
}

/** Grey comes out of libvips with one channel. */
function rgb(decoded: Raster): DecodedImage {
  const { width, height, channels, data } = decoded;
  if (channels === 3) return { width, height, channels: 3, data };
  const three = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) three[i * 3 + c] = data[i * channels + (channels > 2 ? c : 0)]!;
  return { width, height, channels: 3, data: three };
}

function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/pixel limit/i.test(error.message)) return Unreadable.tooLarge(MAX_PIXELS);
  if (/timeout/i.test(error.message)) return new Unreadable(l10n.t('decoding it takes too long'));
  if (/out of memory|unable to allocate/i.test(error.message)) return new Unreadable(l10n.t('it does not fit into memory'));
  return Unreadable.truncated();
}
