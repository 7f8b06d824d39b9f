import * as l10n from '@vscode/l10n';
import { highContrast, themeColour } from '../dom';
import { colourAt } from '../draw/colormap';
import { heatPixels, type HeatMap } from '../draw/heatmap';
import type { ImageView } from '../../src/protocol';
import { percent } from '../numbers';
import { summaryOf } from './attentionTab';
import { drawHero } from './hero';
import { patchWeights } from './maps';
import type { Head } from './place';
import { attentionScale, plainColours, shown } from './shown';
import type { Model } from './session';
import { baseName, checkpointName } from './words';
import { tabName } from './words';

/** Twice the screen's resolution: the figure goes into a report. */
const ratio = 2;
const margin = 24;
const hero = 480;
const cell = 56;

/** The open tab as one picture with title, image, scale and, for attention, all small maps with their names. */
export async function figurePng(model: Model, view: ImageView): Promise<Uint8Array> {
  const maps = model.place.tab === 'attention' && model.attention !== null;
  const { layers, heads } = model.bounds;
  const width = margin * 2 + hero + (maps ? margin + 32 + (heads + 1) * (cell + 4) : 0);
  const heroHeight = Math.round((hero * view.seen.height) / view.seen.width);
  const cellHeight = Math.round((cell * view.seen.height) / view.seen.width);
  const height = 76 + Math.max(heroHeight + 56, maps ? 24 + layers * (cellHeight + 4) : 0) + margin;
  const canvas = document.createElement('canvas');
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('No 2D context');
  context.scale(ratio, ratio);
  drawTitle(context, model, view, width, height);
  drawPicture(context, model, view, heroHeight);
  if (maps) drawMaps(context, model, cellHeight);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('No PNG');
  return new Uint8Array(await blob.arrayBuffer());
}

/** A file name that says what the figure shows. */
export function figureName(model: Model, view: ImageView): string {
  return `${baseName(view.file).replace(/\.[^.]+$/, '')}-${model.place.tab}.png`;
}

function drawTitle(context: CanvasRenderingContext2D, model: Model, view: ImageView, width: number, height: number): void {
  context.fillStyle = themeColour('--vscode-editor-background', highContrast() ? '#000' : '#fff');
  context.fillRect(0, 0, width, height);
  context.fillStyle = themeColour('--vscode-editor-foreground', '#888');
  context.textBaseline = 'alphabetic';
  context.font = '600 16px sans-serif';
  const [first] = view.predictions;
  const answer = first ? ` · ${first.label} ${percent(first.probability)}` : '';
  context.fillText(`${tabName(model.place.tab)} · ${baseName(view.file)}${answer}`, margin, 34, width - 2 * margin);
  context.font = '12px sans-serif';
  const line = model.place.tab === 'attention' ? summaryOf(model) : checkpointName(view.checkpoint);
  context.fillText(line, margin, 56, width - 2 * margin);
}

function drawPicture(context: CanvasRenderingContext2D, model: Model, view: ImageView, height: number): void {
  const picture = document.createElement('canvas');
  picture.width = hero * ratio;
  picture.height = height * ratio;
  const inner = picture.getContext('2d');
  if (inner) drawHero(inner, model, view, ratio);
  context.drawImage(picture, margin, 76, hero, height);
  const now = shown(model);
  if (!now) return;
  const top = 76 + height + 12;
  for (let x = 0; x < hero; x++) {
    context.fillStyle = `rgb(${colourAt(now.map.colours, x / hero).join(' ')})`;
    context.fillRect(margin + x, top, 1.5, 12);
  }
  context.fillStyle = themeColour('--vscode-editor-foreground', '#888');
  context.fillText(now.write(now.map.scale.low), margin, top + 28);
  context.textAlign = 'right';
  context.fillText(now.write(now.map.scale.high), margin + hero, top + 28);
  context.textAlign = 'left';
}

function drawMaps(context: CanvasRenderingContext2D, model: Model, height: number): void {
  const { bounds, attention } = model;
  if (!attention) return;
  const left = margin * 2 + hero + 32;
  const heads: readonly Head[] = [...Array.from({ length: bounds.heads }, (_, h) => h), 'mean'];
  context.imageSmoothingEnabled = false;
  for (const [column, head] of heads.entries()) {
    const x = left + column * (cell + 4);
    context.fillText(head === 'mean' ? l10n.t('Mean') : `H${String(head + 1)}`, x, 90);
    for (let layer = 0; layer < bounds.layers; layer++) {
      const values = patchWeights(attention, layer, head, bounds.prefix);
      const map: HeatMap = { ...bounds, values, scale: attentionScale(model, values), colours: plainColours(model.place.colours) };
      context.drawImage(mapCanvas(map), x, 98 + layer * (height + 4), cell, height);
    }
  }
  for (let layer = 0; layer < bounds.layers; layer++)
    context.fillText(`L${String(layer + 1)}`, left - 30, 98 + layer * (height + 4) + height / 2 + 4);
}

function mapCanvas(map: HeatMap): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = map.columns;
  canvas.height = map.rows;
  canvas.getContext('2d')?.putImageData(new ImageData(heatPixels(map), map.columns, map.rows), 0, 0);
  return canvas;
}
