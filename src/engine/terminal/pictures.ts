import * as l10n from '@vscode/l10n';
import type { AttentionView, ImageView, Pixels, PositionView, Prediction, RolloutView } from '../../protocol';
import { createCanvas, INK, PALE, shortened, textWidth, type Canvas, type Colour } from './canvas';
import { diverging, viridis } from './colours';
import { perPatch, grey, scaled } from '../pictures/maps';

export { perPatch, grey, scaled } from '../pictures/maps';

/** What `vit-lab inspect` draws: typed arrays in, a canvas out. Sizes are in pixels. */

export const MARGIN = 28;
export const HEAD = 64;
const RED: Colour = [255, 59, 48];
const WHITE: Colour = [255, 255, 255];

/** The image with its patches and the query, what the network sees, and what it says. */
export function drawPatches(view: ImageView, query: number): Canvas {
  const [width, height] = fitted(view, 560);
  const side = 250;
  const canvas = createCanvas(MARGIN * 3 + width + side, HEAD + Math.max(height, 440) + MARGIN + 24);
  headline(canvas, l10n.t('Patches'), view, l10n.t('{0} × {1} patches of {2} × {3} px', view.grid.rows, view.grid.columns, ...view.model.patchSize));
  const y = HEAD + 14;
  canvas.place(view.original, MARGIN, y, width, height);
  gridLines(canvas, view, { x: MARGIN, y, width, height });
  markQuery(canvas, view, query, { x: MARGIN, y, width, height });
  const right = MARGIN * 2 + width;
  const [seenWidth, seenHeight] = fitted(view, 200);
  canvas.text(l10n.t('What the network sees: {0} × {1} px', view.seen.width, view.seen.height), right, y + 12, { size: 12, colour: PALE });
  canvas.place(view.seen, right, y + 22, seenWidth, seenHeight);
  bars(canvas, view.predictions.slice(0, 5), right, y + 22 + seenHeight + 34, side - MARGIN);
  return canvas;
}

/** Layers downwards, heads across: where the query looks. Every map has its own scale, its range written below. */
export function drawAttention(view: ImageView, attention: AttentionView): Canvas {
  const [width, height] = fitted(view, Math.min(170, Math.max(72, Math.floor(1100 / attention.heads))));
  const gap = 14;
  const foot = 34;
  const left = MARGIN + 52;
  const columns = Math.max(attention.heads * (width + gap), 640);
  const canvas = createCanvas(left + columns + MARGIN, HEAD + 30 + attention.layers * (height + foot + gap) + MARGIN);
  headline(canvas, attention.direction === 'from' ? l10n.t('Attention from {0}', tokenName(view, attention.query)) : l10n.t('Attention to {0}', tokenName(view, attention.query)), view, l10n.t('each map from its smallest weight (violet) to its largest (yellow)'));
  for (let head = 0; head < attention.heads; head++)
    canvas.text(l10n.t('head {0}', head + 1), left + head * (width + gap) + width / 2, HEAD + 20, { anchor: 'middle', size: 12, colour: PALE });
  for (let layer = 0; layer < attention.layers; layer++) {
    const y = HEAD + 30 + layer * (height + foot + gap);
    canvas.text(l10n.t('layer {0}', layer + 1), left - 12, y + height / 2 + 4, { anchor: 'end', size: 12, colour: PALE });
    for (let head = 0; head < attention.heads; head++) {
      const box = { x: left + head * (width + gap), y, width, height };
      attentionMap(canvas, view, attention, layer * attention.heads + head, box);
    }
  }
  return canvas;
}

/** The same maps of B less those of A: red where B looks more. All have one scale. */
export function drawDifference(view: ImageView, a: AttentionView, b: AttentionView): Canvas {
  const prefix = view.prefix.length;
  const difference = b.weights.map((weight, i) => weight - a.weights[i]!);
  const far = difference.reduce((most, value, i) => (i % a.tokens < prefix ? most : Math.max(most, Math.abs(value))), 1e-9);
  const [width, height] = fitted(view, Math.min(170, Math.max(72, Math.floor(1100 / a.heads))));
  const [gap, left] = [10, MARGIN + 52];
  const canvas = createCanvas(left + Math.max(a.heads * (width + gap), 640) + MARGIN, HEAD + 30 + a.layers * (height + gap) + MARGIN + 20);
  headline(canvas, l10n.t('B − A: attention from {0}', tokenName(view, a.query)), view, l10n.t('from −{0} % (blue) to +{0} % (red)', (far * 100).toFixed(2)));
  for (let head = 0; head < a.heads; head++) canvas.text(l10n.t('head {0}', head + 1), left + head * (width + gap) + width / 2, HEAD + 20, { anchor: 'middle', size: 12, colour: PALE });
  for (let layer = 0; layer < a.layers; layer++) {
    const y = HEAD + 30 + layer * (height + gap);
    canvas.text(l10n.t('layer {0}', layer + 1), left - 12, y + height / 2 + 4, { anchor: 'end', size: 12, colour: PALE });
    for (let head = 0; head < a.heads; head++) {
      const from = (layer * a.heads + head) * a.tokens;
      const rgba = new Uint8Array((a.tokens - prefix) * 4);
      difference.subarray(from + prefix, from + a.tokens).forEach((value, i) => rgba.set([...diverging((value / far + 1) / 2), 255], i * 4));
      const box = { x: left + head * (width + gap), y, width, height };
      canvas.place({ width: view.grid.columns, height: view.grid.rows, rgba }, box.x, box.y, width, height);
      markQuery(canvas, view, a.query, box, 2);
    }
  }
  return canvas;
}

/** The image, and over it how much each patch flows into the query's output. */
export function drawRollout(view: ImageView, rollout: RolloutView): Canvas {
  const [width, height] = fitted(view, 420);
  const canvas = createCanvas(MARGIN * 3 + width * 2 + 74, HEAD + height + 44 + MARGIN);
  const from = { 'class token': l10n.t('from the class token'), 'mean of patches': l10n.t('mean of all patches'), patch: l10n.t('from the chosen patch'), 'other token': l10n.t('from the chosen token') }[rollout.from];
  headline(canvas, l10n.t('Attention rollout'), view, `${from}; ${l10n.t('heads fused by {0}', rollout.fusion)}`);
  const y = HEAD + 14;
  canvas.place(view.original, MARGIN, y, width, height);
  const x = MARGIN * 2 + width;
  canvas.place(grey(view.original), x, y, width, height);
  const { low, high } = overlay(canvas, view, rollout, { x, y, width, height });
  scale(canvas, x + width + 14, y, height, [low, high].map((value) => `${(value * 100).toFixed(1)} %`));
  canvas.text(l10n.t('share of the flow per patch; an even flow gives {0} %', (100 / rollout.map.length).toFixed(2)), x, y + height + 20, { size: 12, colour: PALE });
  return canvas;
}

/** A grid of grids: in each patch's place, how alike its position embedding is to all others. */
export function drawPositions(positions: PositionView, similarity: Float32Array, title: string): Canvas {
  const { rows, columns } = positions.grid;
  const cell = Math.max(1, Math.floor(880 / (Math.max(rows, columns) * (Math.max(rows, columns) + 1))));
  const gap = Math.max(3, cell);
  const [width, height] = [columns * cell, rows * cell];
  const [x0, y0] = [MARGIN + 22, HEAD + 32];
  const across = columns * (width + gap) - gap;
  const down = rows * (height + gap) - gap;
  const canvas = createCanvas(Math.max(560, x0 + across + MARGIN + 74), y0 + down + MARGIN);
  canvas.text(l10n.t('Similarity of the position embeddings'), MARGIN, 34, { size: 20, bold: true });
  canvas.text(`${title} · ${positions.note} ${l10n.t('Cosine; tokens that are no patches are left out.')}`, MARGIN, 54, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  for (let patch = 0; patch < rows * columns; patch++) {
    const [row, column] = [Math.floor(patch / columns), patch % columns];
    const [x, y] = [x0 + column * (width + gap), y0 + row * (height + gap)];
    if (row === 0) canvas.text(String(column + 1), x + width / 2, y0 - 8, { anchor: 'middle', size: 11, colour: PALE });
    if (column === 0) canvas.text(String(row + 1), x0 - 8, y + height / 2 + 4, { anchor: 'end', size: 11, colour: PALE });
    for (let other = 0; other < rows * columns; other++)
      canvas.fill(x + (other % columns) * cell, y + Math.floor(other / columns) * cell, cell, cell, viridis((similarity[patch * rows * columns + other]! + 1) / 2));
  }
  scale(canvas, x0 + across + 16, y0, Math.min(down, 240), ['−1', '1']);
  return canvas;
}

/** Epochs side by side: the image under its rollout, and the likeliest classes below. */
export function drawStrip(epochs: readonly { readonly view: ImageView; readonly rollout: RolloutView | null; readonly epoch: number }[]): Canvas {
  const [first] = epochs;
  const [width, height] = fitted(first!.view, 168);
  const gap = 14;
  const canvas = createCanvas(Math.max(560, MARGIN * 2 + epochs.length * (width + gap) - gap), HEAD + 30 + height + 3 * 34 + MARGIN);
  canvas.text(l10n.t('What the network sees as it learns'), MARGIN, 34, { size: 20, bold: true });
  canvas.text(`${first!.view.file.replace(/^.*[\\/]/, '')} · ${first!.view.facts.name}`, MARGIN, 54, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  for (const [i, { view, rollout, epoch }] of epochs.entries()) {
    const x = MARGIN + i * (width + gap);
    canvas.text(l10n.t('epoch {0}', epoch), x + width / 2, HEAD + 18, { anchor: 'middle', size: 12, colour: PALE });
    canvas.place(rollout ? grey(view.original) : view.original, x, HEAD + 28, width, height);
    if (rollout) overlay(canvas, view, rollout, { x, y: HEAD + 28, width, height });
    bars(canvas, view.predictions.slice(0, 3), x, HEAD + 28 + height + 24, width);
  }
  return canvas;
}

function overlay(canvas: Canvas, { grid }: ImageView, { map }: RolloutView, { x, y, width, height }: Box): { readonly low: number; readonly high: number } {
  const { low, high, share } = scaled(map);
  const drawn = perPatch(map.map(share), grid, width, height);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) canvas.fill(x + column, y + row, 1, 1, viridis(drawn[row * width + column]!), 0.62);
  return { low, high };
}

export function tokenName(view: ImageView, token: number): string {
  const patch = token - view.prefix.length;
  if (patch < 0) return view.prefix[token] ?? String(token);
  return l10n.t('patch row {0}, column {1}', Math.floor(patch / view.grid.columns) + 1, (patch % view.grid.columns) + 1);
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function headline(canvas: Canvas, title: string, view: ImageView, more: string): void {
  const room = canvas.width - 2 * MARGIN;
  canvas.text(title, MARGIN, 34, { size: 20, bold: true, room });
  const best = view.predictions[0];
  const said = best ? `${best.label} ${(best.probability * 100).toFixed(1)} %` : '';
  const behind = [said, more].filter(Boolean).map((text) => ` · ${text}`).join('');
  // The name is cut first: what is said stands behind it.
  const file = shortened(view.file.replace(/^.*[\\/]/, ''), Math.max(room / 4, room - textWidth(behind, 12)), 12);
  canvas.text(`${file}${behind}`, MARGIN, 54, { size: 12, colour: PALE, room });
}

/** Size of the network's input on the screen: its longest side as given, in whole multiples where it is small. */
export function fitted(view: ImageView, longest: number): readonly [width: number, height: number] {
  const { width, height } = view.seen;
  const factor = longest / Math.max(width, height);
  const nice = factor >= 1 ? Math.floor(factor) : factor;
  return [Math.round(width * nice), Math.round(height * nice)];
}

function gridLines(canvas: Canvas, { grid }: ImageView, { x, y, width, height }: Box): void {
  for (let column = 0; column <= grid.columns; column++) canvas.fill(x + (column * width) / grid.columns - 0.5, y, 1, height, WHITE, 0.75);
  for (let row = 0; row <= grid.rows; row++) canvas.fill(x, y + (row * height) / grid.rows - 0.5, width, 1, WHITE, 0.75);
}

function markQuery(canvas: Canvas, { grid, prefix }: ImageView, query: number, { x, y, width, height }: Box, thickness = 3): void {
  const patch = query - prefix.length;
  if (patch < 0) return;
  const [w, h] = [width / grid.columns, height / grid.rows];
  canvas.outline(x + (patch % grid.columns) * w, y + Math.floor(patch / grid.columns) * h, w, h, thickness, RED);
}

function attentionMap(canvas: Canvas, view: ImageView, attention: AttentionView, row: number, box: Box): void {
  const { grid, prefix } = view;
  const weights = attention.weights.subarray(row * attention.tokens, (row + 1) * attention.tokens);
  const { low, high, share } = scaled(weights.subarray(prefix.length));
  canvas.place(coloured(weights.subarray(prefix.length).map(share), grid), box.x, box.y, box.width, box.height);
  markQuery(canvas, view, attention.query, box, 2);
  const percent = (value: number): string => (value * 100).toFixed(value < 0.0995 ? 1 : 0);
  const onPrefix = prefix.length > 0 ? ` · ${prefix[0]!.replace(/[[\]]/g, '')} ${percent(weights[0]!)}` : '';
  canvas.text(`${percent(low)}–${percent(high)} %${onPrefix}`, box.x, box.y + box.height + 14, { size: 11 });
  const sum = attention.direction === 'from' ? `H ${attention.entropy[row]!.toFixed(2)}` : `Σ ${attention.received[row]!.toFixed(2)}`;
  canvas.text(`${sum} · d ${attention.distance[row]!.toFixed(1)} px`, box.x, box.y + box.height + 28, { size: 10, colour: PALE });
}

function bars(canvas: Canvas, predictions: readonly Prediction[], x: number, y: number, width: number): void {
  predictions.forEach(({ label, probability }, i) => {
    const top = y + i * 34;
    const percentage = `${(probability * 100).toFixed(1)} %`;
    canvas.text(label, x, top, { size: 13, bold: i === 0, room: width - textWidth(percentage, 13) - 6 });
    canvas.text(percentage, x + width, top, { size: 13, anchor: 'end', colour: i === 0 ? INK : PALE });
    canvas.fill(x, top + 6, width, 7, [234, 238, 242]);
    canvas.fill(x, top + 6, Math.max(1, width * probability), 7, viridis(i === 0 ? 0.5 : 0.35));
  });
}

export function scale(canvas: Canvas, x: number, y: number, height: number, labels: readonly string[]): void {
  for (let row = 0; row < height; row++) canvas.fill(x, y + row, 12, 1, viridis(1 - row / Math.max(1, height - 1)));
  canvas.text(labels[1] ?? '', x + 18, y + 10, { size: 11, colour: PALE });
  canvas.text(labels[0] ?? '', x + 18, y + height, { size: 11, colour: PALE });
}

function coloured(shares: Float32Array, { rows, columns }: ImageView['grid']): Pixels {
  const rgba = new Uint8Array(rows * columns * 4);
  shares.forEach((share, i) => rgba.set([...viridis(share), 255], i * 4));
  return { width: columns, height: rows, rgba };
}
