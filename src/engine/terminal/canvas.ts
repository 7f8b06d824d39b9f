import type { Pixels } from '../../protocol';
import { fontsWork, withSvg } from '../pictures/rasterise';
import { escaped, FONTS } from '../svg';

export type Colour = readonly [red: number, green: number, blue: number];

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
    text(label, x, y, { size = 13, colour = INK, bold = false, anchor = 'start' } = {}) {
      labels.push(
        `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ''}>${escaped(label)}</text>`,
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
