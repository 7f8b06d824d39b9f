import * as l10n from '@vscode/l10n';
import type { Sharp, SharpOptions } from 'sharp';
import type { Raster } from '../resample';
import { decodeBmp } from './bmp';
import { sniff } from './formats';
import { Unreadable } from './unreadable';

/** sRGB, 8 bit, upright: EXIF orientation applied, alpha laid over white; `data` is [height, width, 3]. */
export interface DecodedImage extends Raster {
  readonly channels: 3;
}

/** More is taken for a decompression bomb: 50 million pixels are 150 MB decoded. */
export const MAX_PIXELS = 50e6;

/** A file that takes longer than this to decode is given up. */
const TIMEOUT_SECONDS = 10;

type OpenSharp = (input: Uint8Array, options: SharpOptions) => Sharp;
let opened: Promise<OpenSharp> | undefined;

/**
 * Loads sharp on first use: it is a native module, and an engine process that is only asked for runs does without.
 * libvips picks a loader by content, too; all but ours are blocked, so that no other code sees foreign bytes.
 */
function openSharp(): Promise<OpenSharp> {
  opened ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((loader) => `VipsForeignLoad${loader}`),
    });
    return (input, options) => sharp(input, options);
  });
  return opened;
}

/**
 * Decodes the content of an image file. Embedded colour profiles are passed over, as PIL and with it torchvision and
 * timm do: a network is to see the numbers that it would see there. CMYK goes through libvips' own profile.
 * @throws Unreadable with the reason, for people
 */
export async function decodeBytes(bytes: Uint8Array): Promise<DecodedImage> {
  const kind = sniff(bytes);
  if ('refused' in kind) throw new Unreadable(kind.refused);
  if (kind.format === 'bmp') return { ...decodeBmp(bytes, MAX_PIXELS), channels: 3 };
  const sharp = await openSharp();
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1, ignoreIcc: true })
      .autoOrient()
      .timeout({ seconds: TIMEOUT_SECONDS })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return rgb({ width: info.width, height: info.height, channels: info.channels, data });
  } catch (error) {
    throw explained(error);
  }
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
