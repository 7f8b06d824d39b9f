import type { Pixels } from '../../protocol';

/** A picture as a `data:` address: small ones without loss, larger ones as JPEG, brought down to a width. */
export async function dataUrl({ width, height, rgba }: Pixels, most = Infinity): Promise<string> {
  const { default: sharp } = await import('sharp');
  const raw = sharp(rgba, { raw: { width, height, channels: 4 } }).removeAlpha();
  if (width * height <= 64 * 64) return `data:image/png;base64,${(await raw.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
  const small = raw.resize({ width: Math.min(width, most), withoutEnlargement: true });
  return `data:image/jpeg;base64,${(await small.jpeg({ quality: 88 }).toBuffer()).toString('base64')}`;
}
