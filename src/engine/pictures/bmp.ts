import * as l10n from '@vscode/l10n';
import type { Raster } from '../resample';
import { Unreadable } from './unreadable';

/** What the headers of a BMP file say (BITMAPFILEHEADER, BITMAPINFOHEADER and its successors). */
interface Header {
  readonly width: number;
  readonly height: number;
  /** Rows run upwards unless the height is negative. */
  readonly upwards: boolean;
  readonly bits: number;
  readonly pixels: number;
  readonly palette: number;
}

/**
 * Reads an uncompressed BMP of 1, 4, 8, 24 or 32 bits as [height, width, 3]. sharp's prebuilt libvips cannot, and
 * sample sets of older courses come as BMP. The alpha of 32-bit files is ignored, as in most viewers.
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): Raster {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  const { width, height, bits } = header;
  if (width * height > maxPixels) throw Unreadable.tooLarge(maxPixels);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (header.pixels + stride * height > bytes.length) throw Unreadable.truncated();
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = header.pixels + (header.upwards ? height - 1 - y : y) * stride;
    for (let x = 0; x < width; x++) {
      const at = bits >= 24 ? row + x * (bits / 8) : header.palette + paletteIndex(view, row, x, bits) * 4;
      const out = (y * width + x) * 3;
      data[out] = bytes[at + 2] ?? 0;
      data[out + 1] = bytes[at + 1] ?? 0;
      data[out + 2] = bytes[at] ?? 0;
    }
  }
  return { width, height, channels: 3, data };
}

function readHeader(view: DataView): Header {
  if (view.byteLength < 54) throw Unreadable.truncated();
  const size = view.getUint32(14, true);
  const signedHeight = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const plain = compression === 0 || (compression === 3 && bits === 32);
  if (size < 40 || !plain || ![1, 4, 8, 24, 32].includes(bits))
    throw new Unreadable(l10n.t('it is a BMP image of a kind that cannot be opened; save it as PNG'));
  const width = view.getInt32(18, true);
  if (width <= 0 || signedHeight === 0) throw new Unreadable(l10n.t('its header is damaged'));
  return {
    width,
    height: Math.abs(signedHeight),
    upwards: signedHeight > 0,
    bits,
    pixels: view.getUint32(10, true),
    palette: 14 + size,
  };
}

function paletteIndex(view: DataView, row: number, x: number, bits: number): number {
  const byte = view.getUint8(row + Math.floor((x * bits) / 8));
  const shift = 8 - bits - ((x * bits) % 8);
  return (byte >> shift) & ((1 << bits) - 1);
}
