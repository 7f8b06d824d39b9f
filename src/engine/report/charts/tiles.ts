import { px } from '../../svg';
import { svg, WIDTH, write } from './frame';

/** A picture with lines of words below it. */
export interface Tile {
  /** A `data:` address; null is an empty place. */
  readonly url: string | null;
  readonly lines: readonly string[];
}

export interface Row {
  readonly label?: string;
  readonly tiles: readonly Tile[];
}

export interface TileOptions {
  /** Pixels of a picture's width on the page. */
  readonly side: number;
  /** Height over width of the pictures. */
  readonly aspect: number;
  /** Small pictures keep their pixels. */
  readonly pixelated: boolean;
}

const GAP = 10;
const LINE = 14;

/** Pictures in rows, each row with its name to the left where it has one. */
export function tilesChart(rows: readonly Row[], { side, aspect, pixelated }: TileOptions): string {
  const longest = Math.max(0, ...rows.map(({ label }) => [...(label ?? '')].length));
  const left = longest === 0 ? 0 : Math.min(150, 14 + longest * 6.6);
  const height = side * aspect;
  const parts: string[] = [];
  let y = 2;
  for (const { label, tiles } of rows) {
    const lines = Math.max(0, ...tiles.map((tile) => tile.lines.length));
    if (label !== undefined) parts.push(write(label, left - 10, y + height / 2 + 4, { anchor: 'end', room: left - 10 }));
    tiles.forEach(({ url, lines: words }, i) => {
      const x = left + i * (side + GAP);
      if (url !== null) parts.push(`<image href="${url}" x="${px(x)}" y="${px(y)}" width="${px(side)}" height="${px(height)}"${pixelated ? ' style="image-rendering:pixelated"' : ''}/>`);
      words.forEach((line, at) => parts.push(write(line, x, y + height + 13 + at * LINE, { size: 11, pale: at > 0, room: side + GAP - 3 })));
    });
    y += height + lines * LINE + GAP;
  }
  return svg(WIDTH, y - GAP + 6, parts);
}

/** As many columns as fit beside each other. */
export function columnsFor(side: number, label = 0): number {
  return Math.floor((WIDTH - label + GAP) / (side + GAP));
}
