import type { Pixels } from '../../protocol';
import type { Colour } from '../pictures/colours';
import { fontsWork, withSvg } from '../pictures/rasterise';
import { escaped, FONTS } from '../svg';

export type { Colour } from '../pictures/colours';

/** A picture under construction: pixels that are set here, and a layer of text that `sharp` draws over them. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Fills a rectangle; `alpha` below 1 lets what is there shine through. */
  fill(x: number, y: number, width: number, height: number, colour: Colour, alpha?: number): void;
  /** Outlines a rectangle on its inside. */
  outline(x: number, y: number, width: number, height: number, thickness: number, colour: Colour): void;
  /** Places a picture, stretched to a size, every pixel a block. */
  place(pixels: Pixels, x: number, y: number, width: number, height: number): void;
  /** `y` is the baseline. */
  text(label: string, x: number, y: number, style?: TextStyle): void;
  /** The finished picture. Text is left out on a machine without fonts; `lettered` says whether it is there. */
  png(): Promise<{ readonly png: Uint8Array; readonly lettered: boolean }>;
}

export interface TextStyle {
  readonly size?: number;
  readonly colour?: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Pixels that it may take; what is longer ends in "…". */
  readonly room?: number;
}

/** Advance widths of DejaVu Sans, the widest of the fonts, in sizes of the font: rather too wide than too narrow. */
function advance(sign: string): number {
  if (/[ .,:;'’!|iIjl·]/.test(sign)) return 0.33;
  if (/[()[\]{}ftr\-/"]/.test(sign)) return 0.42;
  if (/[mw%@MW…—]/.test(sign)) return 1;
  if (/[A-Z×+=<>_–−]/.test(sign)) return 0.79;
  if (sign > '\u007f' && sign < '\u0530') return 0.79;
  // Beyond the letters of Europe a sign may be as wide as it is high.
  return sign < '\u0530' ? 0.63 : 1.05;
}

/** About how many pixels a text takes, at most. */
export function textWidth(label: string, size: number, bold = false): number {
  return [...label].reduce((sum, sign) => sum + advance(sign), 0) * size * (bold ? 1.12 : 1);
}

/** As much of a text as there is room for, with "…" where it is cut. */
export function shortened(label: string, room: number, size: number, bold = false): string {
  if (textWidth(label, size, bold) <= room) return label;
  const signs = [...label];
  while (signs.length > 0 && textWidth(`${signs.join('')}…`, size, bold) > room) signs.pop();
  return `${signs.join('').trimEnd()}…`;
}

export const INK = '#24292f';
export const PALE = '#6e7781';

export function createCanvas(width: number, height: number, background: Colour = [255, 255, 255]): Canvas {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = background[i % 3]!;
  const labels: string[] = [];

  const fill: Canvas['fill'] = (x, y, w, h, colour, alpha = 1) => {
    for (let row = Math.max(0, Math.round(y)); row < Math.min(height, Math.round(y + h)); row++)
      for (let column = Math.max(0, Math.round(x)); column < Math.min(width, Math.round(x + w)); column++) {
        const at = (row * width + column) * 3;
        for (let c = 0; c < 3; c++) data[at + c] = Math.round(data[at + c]! * (1 - alpha) + colour[c]! * alpha);
      }
  };
  return {
    width,
    height,
    fill,
    outline(x, y, w, h, thickness, colour) {
      fill(x, y, w, thickness, colour);
      fill(x, y + h - thickness, w, thickness, colour);
      fill(x, y, thickness, h, colour);
      fill(x + w - thickness, y, thickness, h, colour);
    },
    place(pixels, x, y, w, h) {
      for (let row = 0; row < h; row++)
        for (let column = 0; column < w; column++) {
          const from = (Math.floor((row * pixels.height) / h) * pixels.width + Math.floor((column * pixels.width) / w)) * 4;
          const to = ((Math.round(y) + row) * width + Math.round(x) + column) * 3;
          for (let c = 0; c < 3; c++) data[to + c] = pixels.rgba[from + c]!;
        }
    },
    text(label, x, y, { size = 13, colour = INK, bold = false, anchor = 'start', room = Infinity } = {}) {
      labels.push(
        `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ''}>${escaped(shortened(label, room, size, bold))}</text>`,
      );
    },
    async png() {
      return withSvg(async (sharp) => {
        const raster = sharp(data, { raw: { width, height, channels: 3 } });
        const lettered = labels.length > 0 && (await fontsWork(sharp));
        const whole = lettered ? raster.composite([{ input: Buffer.from(svg(width, height, labels)) }]) : raster;
        return { png: await whole.png({ compressionLevel: 9 }).toBuffer(), lettered };
      });
    },
  };
}

function svg(width: number, height: number, labels: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONTS}">${labels.join('')}</svg>`;
}
