import * as l10n from '@vscode/l10n';
import type { AlignmentView, HeadsView, ImageView, TokensView } from '../../protocol';
import type { NormSpread } from '../../outliers';
import { createCanvas, INK, PALE, textWidth, type Canvas, type Colour } from './canvas';
import { chart, LINES } from './chart';
import { diverging, viridis } from './colours';
import { fitted, grey, HEAD, headline, MARGIN, scale, scaled } from './pictures';

/** Pictures of representations layer by layer. */

/** Names of the layers of tokens: the embedding, the blocks, the last norm. */
function layerNames({ layers, normed }: Pick<TokensView, 'layers' | 'normed'>): readonly string[] {
  return Array.from({ length: layers }, (_, i) => (i === 0 ? '0' : normed && i === layers - 1 ? l10n.t('norm') : String(i)));
}

/** Where something was read: behind the last block there may be a norm, which is no layer. */
export function afterWords(layer: number, { layers, normed }: Pick<TokensView, 'layers' | 'normed'>): string {
  return normed && layer === layers - 1 ? l10n.t('after the last norm') : l10n.t('after layer {0}', layer);
}

/** Median and largest norm of the patches by layer, and the norms of one layer over the image; outliers are outlined. */
export function drawNorms(view: ImageView, tokens: TokensView, layer: number, { median, threshold }: NormSpread): Canvas {
  const [width, height] = fitted(view, 360);
  const canvas = createCanvas(MARGIN * 3 + width + 480, HEAD + Math.max(height, 280) + 60 + MARGIN);
  headline(canvas, l10n.t('Norms of the tokens'), view, afterWords(layer, tokens));
  const prefix = view.prefix.length;
  const own = tokens.norms.subarray(layer * tokens.tokens + prefix, (layer + 1) * tokens.tokens);
  const { low, high, share } = scaled(own);
  const [w, h] = [width / view.grid.columns, height / view.grid.rows];
  canvas.place(grey(view.original), MARGIN, HEAD + 14, width, height);
  own.forEach((norm, i) => {
    const [x, y] = [MARGIN + (i % view.grid.columns) * w, HEAD + 14 + Math.floor(i / view.grid.columns) * h];
    canvas.fill(x, y, w, h, viridis(share(norm)), 0.7);
    if (norm > threshold) canvas.outline(x, y, w, h, 3, [255, 59, 48]);
  });
  canvas.text(l10n.t('{0} (violet) to {1} (yellow), median {2}; outlined above {3}', low.toFixed(2), high.toFixed(2), median.toFixed(2), threshold.toFixed(2)), MARGIN, HEAD + Math.max(height, 280) + 44, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  const lines = [(sorted: Float32Array) => sorted[sorted.length >> 1]!, (sorted: Float32Array) => sorted.at(-1)!].map((pick) =>
    Float32Array.from({ length: tokens.layers }, (_, i) => pick(tokens.norms.slice(i * tokens.tokens + prefix, (i + 1) * tokens.tokens).sort())));
  const ofPrefix = view.prefix.map((_, token) => Float32Array.from({ length: tokens.layers }, (_one, i) => tokens.norms[i * tokens.tokens + token]!));
  const all = [...lines, ...ofPrefix.slice(0, 4)];
  const most = Math.max(...all.map((line) => Math.max(...line)));
  const x = MARGIN * 2 + width + 50;
  chart(canvas, { x, y: HEAD + 14, width: 400, height: 220 }, { low: 0, high: most, names: layerNames(tokens), lines: all.map((values) => ({ values })), axis: l10n.t('layer') });
  legend(canvas, [l10n.t('median patch'), l10n.t('largest patch'), ...view.prefix.slice(0, 4)], x, HEAD + 300);
  return canvas;
}

/** Mean cosine by layer, and the cosines of all pairs of tokens of one layer. */
export function drawSimilarity(view: ImageView, tokens: TokensView, matrix: Float32Array, layer: number): Canvas {
  const side = 360;
  const canvas = createCanvas(MARGIN * 3 + side + 540, HEAD + side + 60 + MARGIN);
  headline(canvas, l10n.t('Similarity of the tokens'), view, l10n.t('cosine; matrix {0}', afterWords(layer, tokens)));
  const n = tokens.tokens;
  const rgba = new Uint8Array(n * n * 4);
  matrix.forEach((value, i) => rgba.set([...diverging((value + 1) / 2), 255], i * 4));
  canvas.place({ width: n, height: n, rgba }, MARGIN, HEAD + 14, side, side);
  canvas.text(l10n.t('all tokens against all; blue −1, white 0, red 1'), MARGIN, HEAD + side + 34, { size: 12, colour: PALE });
  const lines = [tokens.similarity, ...(tokens.classSimilarity.length > 0 ? [tokens.classSimilarity] : [])];
  const low = Math.min(0, ...lines.map((line) => Math.min(...line)));
  const x = MARGIN * 2 + side + 50;
  chart(canvas, { x, y: HEAD + 14, width: 440, height: 240 }, { low, high: 1, names: layerNames(tokens), lines: lines.map((values) => ({ values })), axis: l10n.t('layer') });
  legend(canvas, [l10n.t('patches with each other'), l10n.t('class token with the patches')].slice(0, lines.length), x, HEAD + 320);
  return canvas;
}

/** The probability of the classes that are likeliest at the end, as the head would say it after every layer. */
export function drawLens(view: ImageView, probabilities: readonly Float64Array[]): Canvas {
  const last = probabilities.at(-1)!;
  const top = [...last.keys()].sort((a, b) => last[b]! - last[a]!).slice(0, 5);
  const canvas = createCanvas(760, HEAD + 380);
  headline(canvas, l10n.t('Logit lens'), view, l10n.t('the head applied after every layer'));
  const lines = top.map((index) => ({ values: probabilities.map((row) => row[index]!) }));
  chart(canvas, { x: MARGIN + 40, y: HEAD + 14, width: 660, height: 240 }, { low: 0, high: 1, names: probabilities.map((_, i) => String(i)), lines, axis: l10n.t('layer') });
  legend(canvas, top.map((index) => `${view.classes[index] ?? ''} ${(last[index]! * 100).toFixed(1)} %`), MARGIN + 40, HEAD + 320);
  return canvas;
}

/** Linear CKA of all pairs of layers. */
export function drawAlignment(view: ImageView, { rows, columns, debiased, images }: AlignmentView, other: string | undefined): Canvas {
  const cell = Math.max(18, Math.min(56, Math.floor(560 / Math.max(rows, columns))));
  const [x, y] = [MARGIN + 40, HEAD + 34];
  const canvas = createCanvas(Math.max(680, x + columns * cell + 90), y + rows * cell + 70);
  canvas.text(l10n.t('Alignment of the layers'), MARGIN, 34, { size: 20, bold: true });
  const pair = `${view.facts.name}${other === undefined ? '' : ` × ${other.replace(/^.*[\\/]/, '')}`}`;
  canvas.text(`${pair} · ${l10n.t('linear CKA, debiased, over {0} images; plain CKA is in the JSON', images)}`, MARGIN, 54, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  matrixOf(canvas, { x, y, cell, rows, columns }, debiased, (value) => (Number.isNaN(value) ? [234, 238, 242] : viridis(value)), (value) => (Number.isNaN(value) ? '–' : value.toFixed(2)));
  scale(canvas, x + columns * cell + 18, y, Math.min(220, rows * cell), ['0', '1']);
  canvas.text(l10n.t('Rows and columns are layers, the embedding first; – where a layer makes the same of all images.'), x, y + rows * cell + 40, { size: 12, colour: PALE });
  return canvas;
}

/** How the logit of the predicted class changes while each head alone is off. */
export function drawAblation(view: ImageView, { layers, heads }: HeadsView, target: number, change: Float32Array): Canvas {
  const cell = Math.max(34, Math.min(64, Math.floor(620 / heads)));
  const [x, y] = [MARGIN + 70, HEAD + 44];
  const canvas = createCanvas(Math.max(560, x + heads * cell + MARGIN), y + layers * cell + 60);
  headline(canvas, l10n.t('Heads turned off'), view, l10n.t('change of the logit of {0}', view.classes[target] ?? ''));
  const most = change.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  for (let head = 0; head < heads; head++) canvas.text(`H${head + 1}`, x + (head + 0.5) * cell, y - 8, { size: 11, colour: PALE, anchor: 'middle' });
  for (let layer = 0; layer < layers; layer++) canvas.text(l10n.t('layer {0}', layer + 1), x - 8, y + (layer + 0.5) * cell + 4, { size: 11, colour: PALE, anchor: 'end' });
  matrixOf(canvas, { x, y, cell, rows: layers, columns: heads }, change, (value) => diverging((value / most + 1) / 2), (value) => value.toFixed(2));
  canvas.text(l10n.t('Blue: the class loses without the head; red: it gains. Each head is off by itself.'), MARGIN, y + layers * cell + 34, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  return canvas;
}

interface Cells {
  readonly x: number;
  readonly y: number;
  readonly cell: number;
  readonly rows: number;
  readonly columns: number;
}

/** A matrix of colours with its numbers where they have room. */
function matrixOf(canvas: Canvas, { x, y, cell, rows, columns }: Cells, values: Float32Array, colour: (value: number) => Colour, write: (value: number) => string): void {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      const own = colour(value);
      canvas.fill(x + column * cell, y + row * cell, cell - 1, cell - 1, own);
      const light = 0.299 * own[0] + 0.587 * own[1] + 0.114 * own[2] > 140;
      const label = write(value);
      if (textWidth(label, 11) < cell) canvas.text(label, x + (column + 0.5) * cell, y + (row + 0.5) * cell + 4, { size: 11, anchor: 'middle', colour: light ? INK : '#ffffff' });
    }
}

function legend(canvas: Canvas, names: readonly string[], x: number, y: number): void {
  names.reduce((at, name, k) => {
    canvas.fill(at, y - 8, 14, 4, LINES[k % LINES.length]!);
    canvas.text(name, at + 20, y, { size: 12 });
    return at + 40 + textWidth(name, 12);
  }, x);
}
