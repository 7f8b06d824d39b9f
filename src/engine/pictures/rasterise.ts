/** SVG that we wrote ourselves as pixels. */

import { FONTS } from '../svg';

type Sharp = typeof import('sharp').default;

/**
 * `sharp` with its SVG loader, for text that we wrote ourselves. The decoder of the user's images blocks that loader, so
 * it is opened for this long only.
 */
export async function withSvg<T>(work: (sharp: Sharp) => Promise<T>): Promise<T> {
  const { default: sharp } = await import('sharp');
  const operation = ['VipsForeignLoadSvgBuffer'];
  sharp.unblock({ operation });
  try {
    return await work(sharp);
  } finally {
    sharp.block({ operation });
  }
}

/**
 * An SVG picture as PNG on white, at twice its size, so that a page or a slide shows it sharp. On a machine without fonts
 * it has no letters; `lettered` says so.
 */
export async function rasterised(svg: string): Promise<{ readonly png: Uint8Array; readonly lettered: boolean }> {
  return withSvg(async (sharp) => ({
    png: await sharp(Buffer.from(svg), { density: 144 }).flatten({ background: '#ffffff' }).png({ compressionLevel: 9 }).toBuffer(),
    lettered: await fontsWork(sharp),
  }));
}

let working: Promise<boolean> | undefined;

/** Whether the machine has fonts: two different letters must leave different marks. */
export function fontsWork(sharp: Sharp): Promise<boolean> {
  const mark = (letter: string): Promise<Buffer> =>
    sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" font-family="${FONTS}"><text x="2" y="20" font-size="20">${letter}</text></svg>`)).raw().toBuffer();
  return (working ??= Promise.all([mark('i'), mark('M')]).then(([narrow, wide]) => !narrow.equals(wide)));
}
