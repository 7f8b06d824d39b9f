import { isRight } from '../../src/galleryOrder';
import type { GalleryCard, GalleryList } from '../../src/protocol';
import { highContrast, themeColour } from '../dom';
import { heatCanvas, type Scale } from '../draw/heatmap';
import { veil } from '../draw/overlay';
import { pixelPaper, vectorPaper, type Paper } from '../draw/pen';
import { baseName } from '../inspector/words';
import { percent } from '../numbers';
import { heatOf } from './cards';
import { className, problemWords, rightWord } from './words';

/** The images as one picture, with a caption for whoever meets it outside the panel. */

const RATIO = 2;
const MARGIN = 24;
const TILE = 128;
const GAP = 12;
const LINE = 16;
/** Of a line below a tile. */
const MOST_SIGNS = 24;
/** More of them are no picture of a page any more. */
export const MOST_TILES = 120;

export interface Sheet {
  readonly title: string;
  /** Model, method, order. */
  readonly lines: readonly string[];
  readonly cards: readonly GalleryCard[];
  readonly list: GalleryList;
  readonly columns: number;
  readonly opacity: number;
  readonly smooth: boolean;
  /** That of all maps; null where each has its own. */
  readonly scale: Scale | null;
}

export async function sheetPng(sheet: Sheet): Promise<Uint8Array> {
  const { width, height, draw } = await layOut(sheet);
  const { paper, canvas } = pixelPaper(width, height, RATIO);
  draw(paper);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('No PNG');
  return new Uint8Array(await blob.arrayBuffer());
}

export async function sheetSvg(sheet: Sheet): Promise<Uint8Array> {
  const { width, height, draw } = await layOut(sheet);
  const { paper, text } = vectorPaper(width, height);
  draw(paper);
  return new TextEncoder().encode(text(sheet.title));
}

async function layOut(sheet: Sheet): Promise<{ readonly width: number; readonly height: number; readonly draw: (paper: Paper) => void }> {
  const cards = sheet.cards.slice(0, MOST_TILES);
  const pictures = await Promise.all(cards.map(({ url }) => pictureOf(url)));
  const columns = Math.max(3, Math.min(sheet.columns, cards.length, 12));
  const [rows, columnsOf] = sheet.list.imageSize;
  const tall = Math.round((TILE * rows) / columnsOf);
  const top = 48 + sheet.lines.length * 18;
  const step = tall + 3 * LINE + GAP;
  const width = 2 * MARGIN + columns * (TILE + GAP) - GAP;
  const height = top + Math.ceil(cards.length / columns) * step + MARGIN;
  const draw = (paper: Paper): void => {
    paper.fillStyle = themeColour('--vscode-editor-background', highContrast() ? '#000' : '#fff');
    paper.fillRect(0, 0, width, height);
    ink(paper);
    paper.font = '600 16px sans-serif';
    paper.fillText(sheet.title, MARGIN, 32, width - 2 * MARGIN);
    paper.font = '12px sans-serif';
    sheet.lines.forEach((line, i) => paper.fillText(line, MARGIN, 54 + i * 18, width - 2 * MARGIN));
    cards.forEach((card, i) => drawTile(paper, card, pictures[i] ?? null, { sheet, tall, x: MARGIN + (i % columns) * (TILE + GAP), y: top + Math.floor(i / columns) * step }));
  };
  return { width, height, draw };
}

function drawTile(paper: Paper, card: GalleryCard, picture: HTMLCanvasElement | null, { sheet, tall, x, y }: { readonly sheet: Sheet; readonly tall: number; readonly x: number; readonly y: number }): void {
  const { list, smooth, opacity } = sheet;
  paper.imageSmoothingEnabled = Math.max(...list.imageSize) > 96;
  if (picture) paper.drawImage(picture, x, y, TILE, tall);
  else {
    paper.fillStyle = 'rgb(128 128 128 / 0.15)';
    paper.fillRect(x, y, TILE, tall);
  }
  const map = heatOf(card, list, sheet);
  paper.imageSmoothingEnabled = smooth;
  if (map && opacity > 0) paper.drawImage(heatCanvas(map, (share) => opacity * veil(map, share)), x, y, TILE, tall);
  ink(paper);
  const right = isRight(card);
  const verdict = right === null ? '' : `${right ? '✓' : '✗'} ${rightWord(right)}`;
  const lines = card.error === undefined
    ? [[verdict, card.confidence === null ? '' : percent(card.confidence)].filter(Boolean).join(' '), className(list.classes, card.guess), right === false ? `(${className(list.classes, card.truth)})` : '']
    : [`⚠ ${baseName(card.name)}`, problemWords(card)];
  paper.font = '12px sans-serif';
  lines.filter(Boolean).forEach((line, i) => paper.fillText(cut(line), x, y + tall + (i + 1) * LINE - 2, TILE));
}

/** What is much longer than its tile would be squeezed until nobody can read it. */
function cut(line: string): string {
  const signs = [...line];
  return signs.length > MOST_SIGNS ? `${signs.slice(0, MOST_SIGNS - 1).join('')}…` : line;
}

function ink(paper: Paper): void {
  paper.fillStyle = themeColour('--vscode-editor-foreground', '#888');
}

/** A picture of an address on a canvas of its own size; null where there is none. */
async function pictureOf(url: string): Promise<HTMLCanvasElement | null> {
  if (url === '') return null;
  const image = new Image();
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error('No picture'));
    image.src = url;
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return canvas;
}
