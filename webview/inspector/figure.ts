import * as l10n from '@vscode/l10n';
import { explanationMethods, methodName } from '../../src/explanations';
import { highContrast, themeColour } from '../dom';
import { scaleEnds } from '../numbers';
import { colourAt } from '../draw/colormap';
import { heatCanvas, type HeatMap } from '../draw/heatmap';
import { pixelPaper, vectorPaper, type Paper, type Pen } from '../draw/pen';
import type { ImageView } from '../../src/protocol';
import { captionOf } from './caption';
import { flowFigure } from './flowFigure';
import { drawHero } from './hero';
import { fusions, type Model } from './session';
import type { Head } from './place';
import { attentionMap, explanationMap, rolloutMap, shown, shownOn, type Shown } from './shown';
import { drawSide, sideName, sidesShown } from './trio';
import { baseName, joinName } from './words';

/** Twice the screen's resolution: the figure goes into a report. */
const RATIO = 2;
const MARGIN = 24;
const HERO = 480;
const CELL = 56;
const TILE = 200;
const LINE = 18;

/** The open tab as one PNG: image and scale, the maps of the tab, and a caption that says what they are of. */
export async function figurePng(model: Model, view: ImageView): Promise<Blob> {
  const { width, height, draw } = layOut(model, view);
  const { paper, canvas } = pixelPaper(width, height, RATIO);
  draw(paper);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('No PNG');
  return blob;
}

/** The same as SVG. */
export function figureSvg(model: Model, view: ImageView): string {
  const { width, height, draw } = layOut(model, view);
  const { paper, text } = vectorPaper(width, height);
  draw(paper);
  return text(captionOf(model).title);
}

/** A file name that says what the figure shows. */
export function figureName(model: Model, view: ImageView, ending: string): string {
  return `${baseName(view.file).replace(/\.[^.]+$/, '')}-${model.place.tab}.${ending}`;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly draw: (paper: Paper) => void;
}

/** A part at the right of the image, or below it. */
interface Block {
  readonly width: number;
  readonly height: number;
  readonly draw: (paper: Paper, x: number, y: number) => void;
}

function layOut(model: Model, view: ImageView): Layout {
  const { title, lines } = captionOf(model);
  const top = 48 + lines.length * LINE;
  const heroHeight = Math.round((HERO * view.seen.height) / view.seen.width);
  const aside = tabBlock(model, view);
  const below = model.other ? sidesBlock(model) : null;
  const width = MARGIN * 2 + Math.max(HERO, below?.width ?? 0) + (aside ? MARGIN + aside.width : 0);
  const left = heroHeight + 44 + (below ? below.height + 12 : 0);
  return {
    width,
    height: Math.ceil(top + Math.max(left, aside?.height ?? 0) + MARGIN),
    draw(paper) {
      paper.fillStyle = themeColour('--vscode-editor-background', highContrast() ? '#000' : '#fff');
      paper.fillRect(0, 0, width, paper.canvas.height);
      ink(paper);
      paper.textBaseline = 'alphabetic';
      paper.font = '600 16px sans-serif';
      paper.fillText(title, MARGIN, 32, width - 2 * MARGIN);
      paper.font = '12px sans-serif';
      lines.forEach((line, i) => paper.fillText(line, MARGIN, 54 + i * LINE, width - 2 * MARGIN));
      paper.inset({ x: MARGIN, y: top, width: HERO, height: heroHeight }, RATIO, (pen) => drawHero(pen, model, view, RATIO));
      const now = shown(model);
      if (now) legend(paper, now, { x: MARGIN, y: top + heroHeight + 8, width: HERO });
      below?.draw(paper, MARGIN, top + heroHeight + 52);
      aside?.draw(paper, width - MARGIN - aside.width, top);
    },
  };
}

function ink(paper: Pen): void {
  paper.fillStyle = themeColour('--vscode-editor-foreground', '#888');
}

/** A scale in colours with the numbers of its ends. */
function legend(paper: Paper, { map, write }: Shown, { x, y, width }: { readonly x: number; readonly y: number; readonly width: number }): void {
  const steps = 64;
  for (let i = 0; i < steps; i++) {
    paper.fillStyle = `rgb(${colourAt(map.colours, i / (steps - 1)).join(' ')})`;
    paper.fillRect(x + (i * width) / steps, y, width / steps + 0.5, 10);
  }
  ink(paper);
  paper.font = '12px sans-serif';
  const [low, high] = scaleEnds(map.scale, write);
  paper.fillText(low, x, y + 25);
  paper.textAlign = 'right';
  paper.fillText(high, x + width, y + 25);
  paper.textAlign = 'left';
}

function mapOn(paper: Paper, map: HeatMap | null, x: number, y: number, width: number, height: number): void {
  if (!map) return;
  paper.imageSmoothingEnabled = map.smooth === true;
  paper.drawImage(heatCanvas(map), x, y, width, height);
}

function tabBlock(model: Model, view: ImageView): Block | null {
  const shape = view.seen.height / view.seen.width;
  if (model.place.tab === 'attention' && model.attention) return multiples(model, shape);
  if (model.place.tab === 'rollout')
    return tiles(fusions.map((fusion) => ({ name: joinName(fusion), map: rolloutMap(model, fusion) })), shape);
  if (model.place.tab === 'flow') return flowFigure(model);
  if (model.place.tab !== 'explain') return null;
  return tiles(explanationMethods.map((method) => ({ name: methodName(method), map: explanationMap(model, method, 'target') })).filter(({ map }) => map !== null), shape);
}

/** Layers × heads with their names. */
function multiples(model: Model, shape: number): Block {
  const { bounds, place } = model;
  const heads: readonly Head[] = [...Array.from({ length: bounds.heads }, (_, h) => h), place.join];
  const height = Math.round(CELL * shape);
  return {
    width: 32 + heads.length * (CELL + 4),
    height: 24 + bounds.layers * (height + 4),
    draw(paper, x, y) {
      ink(paper);
      paper.font = '12px sans-serif';
      for (let layer = 0; layer < bounds.layers; layer++) paper.fillText(`L${String(layer + 1)}`, x, y + 20 + layer * (height + 4) + height / 2);
      for (const [column, head] of heads.entries()) {
        const left = x + 32 + column * (CELL + 4);
        ink(paper);
        paper.fillText(typeof head === 'number' ? `H${String(head + 1)}` : joinName(head), left, y + 10);
        for (let layer = 0; layer < bounds.layers; layer++) mapOn(paper, attentionMap(model, layer, head), left, y + 18 + layer * (height + 4), CELL, height);
      }
    },
  };
}

function tiles(all: readonly { readonly name: string; readonly map: HeatMap | null }[], shape: number): Block | null {
  if (all.length === 0) return null;
  const columns = Math.min(all.length, all.length > 3 ? 3 : all.length);
  const height = Math.round(TILE * shape);
  return {
    width: columns * (TILE + 12) - 12,
    height: Math.ceil(all.length / columns) * (height + 34),
    draw(paper, x, y) {
      paper.font = '12px sans-serif';
      for (const [i, { name, map }] of all.entries()) {
        const [left, top] = [x + (i % columns) * (TILE + 12), y + Math.floor(i / columns) * (height + 34)];
        ink(paper);
        paper.fillText(name, left, top + 12, TILE);
        mapOn(paper, map, left, top + 20, TILE, height);
      }
    },
  };
}

/** A, B and what B has more, side by side. */
function sidesBlock(model: Model): Block {
  const all = sidesShown(model);
  const width = Math.floor((HERO - (all.length - 1) * 12) / all.length);
  const heightOf = (view: ImageView): number => Math.round((width * view.seen.height) / view.seen.width);
  const tallest = Math.max(...all.map(({ view }) => heightOf(view)));
  return {
    width: HERO,
    height: 18 + tallest + 40,
    draw(paper, x, y) {
      for (const [i, { side, view }] of all.entries()) {
        const left = x + i * (width + 12);
        ink(paper);
        paper.font = '600 12px sans-serif';
        paper.fillText(sideName(side), left, y + 10, width);
        paper.inset({ x: left, y: y + 16, width, height: heightOf(view) }, RATIO, (pen) => drawSide(pen, model, side, RATIO));
        const now = shownOn(model, side);
        if (now) legend(paper, now, { x: left, y: y + 22 + tallest, width });
      }
    },
  };
}

/** Said where a picture was put into the clipboard. */
export const copied = (): string => l10n.t('The picture is in the clipboard.');
