import * as l10n from '@vscode/l10n';
import { isRight } from '../../galleryOrder';
import type { GalleryCard, GalleryList, Pixels } from '../../protocol';
import { decodeImage } from '../image';
import { scaled } from '../pictures/maps';
import { createCanvas, PALE, type Canvas } from './canvas';
import { viridis } from './colours';
import { HEAD, MARGIN } from './pictures';

const TILE = 128;
const GAP = 14;
const COLUMNS = 8;
/** Lines below a tile. */
const FOOT = 54;
interface Scale {
  readonly low: number;
  readonly high: number;
}

/** Of a map over its image, as the panel has it. */
const OPACITY = 0.6;

/**
 * Images of a gallery side by side, each under its map, with what it was taken for.
 *
 * @param scale that of all maps; null where each has its own
 */
export async function drawGallery(cards: readonly GalleryCard[], list: GalleryList, { title, lines, scale }: { readonly title: string; readonly lines: readonly string[]; readonly scale: Scale | null }): Promise<Canvas> {
  const [rows, columns] = list.imageSize;
  const height = Math.round((TILE * rows) / columns);
  const across = Math.max(4, Math.min(COLUMNS, cards.length));
  const top = HEAD + (lines.length - 1) * 18 + 8;
  const canvas = createCanvas(2 * MARGIN + across * (TILE + GAP) - GAP, top + Math.ceil(cards.length / across) * (height + FOOT + GAP) + MARGIN);
  const room = canvas.width - 2 * MARGIN;
  canvas.text(title, MARGIN, 34, { size: 20, bold: true, room });
  lines.forEach((line, i) => canvas.text(line, MARGIN, 54 + i * 18, { size: 12, colour: PALE, room }));
  for (const [i, card] of cards.entries()) {
    const [x, y] = [MARGIN + (i % across) * (TILE + GAP), top + Math.floor(i / across) * (height + FOOT + GAP)];
    const pixels = await pixelsOf(card);
    if (pixels) canvas.place(pixels, x, y, TILE, height);
    else canvas.fill(x, y, TILE, height, [234, 238, 242]);
    if (list.grid && card.map) heat(canvas, card.map, list.grid, { x, y, height, scale });
    wordsOf(card, list).forEach((line, at) => canvas.text(line, x, y + height + 15 + at * 16, { size: 12, bold: at === 0, room: TILE, ...(at > 1 && { colour: PALE }) }));
  }
  return canvas;
}

function wordsOf(card: GalleryCard, { classes }: GalleryList): readonly string[] {
  if (card.error !== undefined) return [`⚠ ${baseName(card.name)}`, card.error.replaceAll(card.name, baseName(card.name))];
  const right = isRight(card);
  const verdict = right === null ? '' : right ? `✓ ${l10n.t('right')}` : `✗ ${l10n.t('wrong')}`;
  const share = card.confidence === null ? '' : `${(card.confidence * 100).toFixed(1)} %`;
  const guess = card.guess === null ? baseName(card.name) : (classes[card.guess] ?? String(card.guess));
  return [[verdict, share].filter(Boolean).join(' ') || guess, guess, right === false ? l10n.t('is {0}', classes[card.truth ?? 0] ?? '') : baseName(card.name)];
}

function baseName(name: string): string {
  return name.replace(/^.*[\\/]/, '');
}

function shareOn({ low, high }: Scale): (value: number) => number {
  return (value) => (high > low ? (value - low) / (high - low) : 0.5);
}

/** Small values cover less, as in the panel. */
function heat(canvas: Canvas, map: Float32Array, { rows, columns }: NonNullable<GalleryList['grid']>, { x, y, height, scale }: { readonly x: number; readonly y: number; readonly height: number; readonly scale: Scale | null }): void {
  const share = shareOn(scale ?? scaled(map));
  const edge = (at: number, count: number, size: number): number => Math.round((at * size) / count);
  map.forEach((value, patch) => {
    const [row, column] = [Math.floor(patch / columns), patch % columns];
    const [left, upper] = [edge(column, columns, TILE), edge(row, rows, height)];
    canvas.fill(x + left, y + upper, edge(column + 1, columns, TILE) - left, edge(row + 1, rows, height) - upper, viridis(share(value)), OPACITY * (0.45 + 0.55 * share(value)));
  });
}

/** The picture of a card; null where it could not be read. */
async function pixelsOf({ url, name }: GalleryCard): Promise<Pixels | null> {
  if (url === '') return null;
  const { width, height, data } = await decodeImage(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'), name);
  const channels = data.length / (width * height);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) rgba[i * 4 + c] = data[i * channels + (channels >= 3 ? c : 0)]!;
  return { width, height, rgba };
}
