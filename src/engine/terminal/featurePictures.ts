import * as l10n from '@vscode/l10n';
import type { ColoursView, EmbeddingView, FiltersView, ImageView, NeighboursView, Pixels, ShuffleCurve, ShuffledView } from '../../protocol';
import { createCanvas, INK, PALE, type Canvas } from './canvas';
import { chart } from './chart';
import { diverging } from './colours';
import { fitted, HEAD, headline, MARGIN } from './pictures';

/** Pictures of representations that are pictures themselves. */

/** The first components of the kernels, as figure 7 (left) of the paper has them. */
export function drawFilters(filters: FiltersView, network: string): Canvas {
  const [height, width] = filters.size;
  const zoom = Math.max(1, Math.floor(96 / Math.max(height, width)));
  const [w, h] = [width * zoom, height * zoom];
  const columns = 7;
  const across = Math.max(w, 64) + 14;
  const canvas = createCanvas(Math.max(560, MARGIN * 2 + columns * across), HEAD + 10 + Math.ceil(filters.variance.length / columns) * (h + 30) + MARGIN);
  canvas.text(l10n.t('Filters of the first layer'), MARGIN, 34, { size: 20, bold: true });
  canvas.text(`${network} · ${l10n.t('principal components of {0} kernels, {1}; below each its share of their variance', filters.filters, filters.layer)}`, MARGIN, 54, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  filters.variance.forEach((share, i) => {
    const [x, y] = [MARGIN + (i % columns) * across, HEAD + 10 + Math.floor(i / columns) * (h + 30)];
    canvas.place(filterPixels(filters, i), x, y, w, h);
    canvas.text(`${(share * 100).toFixed(1)} %`, x, y + h + 15, { size: 11, colour: PALE });
  });
  return canvas;
}

function filterPixels({ size: [height, width], channels, pictures }: FiltersView, i: number): Pixels {
  const rgba = new Uint8Array(height * width * 4);
  for (let at = 0; at < height * width; at++) {
    for (let c = 0; c < 3; c++) rgba[at * 4 + c] = Math.round(255 * pictures[(i * height * width + at) * channels + (channels === 3 ? c : 0)]!);
    rgba[at * 4 + 3] = 255;
  }
  return { width, height, rgba };
}

/** Features of the patches as red, green and blue, beside the image. */
export function drawColours(view: ImageView, colours: ColoursView, after: string): Canvas {
  const [width, height] = fitted(view, 420);
  const canvas = createCanvas(MARGIN * 3 + width * 2, HEAD + height + 64 + MARGIN);
  headline(canvas, l10n.t('Features as colours'), view, after);
  canvas.place(view.original, MARGIN, HEAD + 14, width, height);
  canvas.place(colourPixels(colours, view.grid), MARGIN * 2 + width, HEAD + 14, width, height);
  const shares = ['R', 'G', 'B'].slice(0, colours.count).map((name, k) => `${name} ${((colours.variance[k] ?? 0) * 100).toFixed(1)} %`);
  canvas.text(l10n.t('Principal components of the patches, each from its smallest value to its largest: {0} of the variance.', shares.join(', ')), MARGIN, HEAD + height + 40, { size: 12, colour: INK, room: canvas.width - 2 * MARGIN });
  canvas.text(l10n.t('The sign and the order of the colours mean nothing; only what is alike has one colour.'), MARGIN, HEAD + height + 60, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  return canvas;
}

function colourPixels({ scores, count, kept }: ColoursView, { rows, columns }: ImageView['grid']): Pixels {
  const rgba = new Uint8Array(rows * columns * 4);
  for (let k = 0; k < 3; k++) {
    const own = Array.from(kept, (is, i) => (is && k < count ? scores[i * count + k]! : NaN));
    const known = own.filter((value) => !Number.isNaN(value));
    const [low, high] = [Math.min(...known), Math.max(...known)];
    own.forEach((value, i) => (rgba[i * 4 + k] = Number.isNaN(value) ? 0 : Math.round(high > low ? (255 * (value - low)) / (high - low) : 128)));
  }
  for (let i = 0; i < rows * columns; i++) rgba[i * 4 + 3] = 255;
  return { width: columns, height: rows, rgba };
}

/** The image, its pieces in another order, and what that costs by how small they are. */
export function drawShuffle(view: ImageView, curve: ShuffleCurve, shown: ShuffledView): Canvas {
  const [width, height] = fitted(view, 300);
  const canvas = createCanvas(Math.max(680, MARGIN * 3 + width * 2), HEAD + height + 64 + 240 + MARGIN);
  headline(canvas, l10n.t('Shuffled patches'), view, l10n.t('{0} × {1} pieces, seed {2}', shown.rows, shown.columns, shown.seed));
  canvas.place(view.seen, MARGIN, HEAD + 14, width, height);
  canvas.place(shown.picture, MARGIN * 2 + width, HEAD + 14, width, height);
  const said = (predictions: ShuffledView['before']): string => predictions.slice(0, 3).map(({ label, probability }) => `${label} ${(probability * 100).toFixed(1)} %`).join(', ');
  canvas.text(said(shown.before), MARGIN, HEAD + height + 34, { size: 12, room: width });
  canvas.text(said(shown.after), MARGIN * 2 + width, HEAD + height + 34, { size: 12, room: width });
  const top = HEAD + height + 70;
  canvas.text(l10n.t('Probability of {0} by pieces; the band is that of {1} seeds', shown.before[0]?.label ?? '', curve.seeds), MARGIN, top, { size: 12, colour: PALE });
  const box = { x: MARGIN + 44, y: top + 16, width: canvas.width - 2 * MARGIN - 60, height: 150 };
  chart(canvas, box, { low: 0, high: 1, names: curve.grids.map((grid) => grid.join('×')), lines: [{ values: curve.mean, low: curve.low, high: curve.high }], axis: '' });
  return canvas;
}

/** Patches, positions and their sum, a row for each patch and a column for each dimension. */
export function drawEmbedding(view: ImageView, { patches, width, x, p, z, ratio }: EmbeddingView): Canvas {
  const [w, h] = [280, Math.max(120, Math.min(480, patches * 6))];
  const canvas = createCanvas(MARGIN * 4 + w * 3, HEAD + h + 90);
  headline(canvas, l10n.t('Patches and positions'), view, l10n.t('a row for each of {0} patches, a column for each of {1} dimensions', patches, width));
  const most = [x, p, z].reduce((largest, one) => one.reduce((a, b) => Math.max(a, Math.abs(b)), largest), 1e-9);
  ([['X', x], ['P', p], ['Z = X + P', z]] as const).forEach(([name, values], i) => {
    const rgba = new Uint8Array(values.length * 4);
    values.forEach((value, at) => rgba.set([...diverging((value / most + 1) / 2), 255], at * 4));
    const left = MARGIN + i * (w + MARGIN);
    canvas.text(name, left, HEAD + 14, { size: 13, bold: true });
    canvas.place({ width, height: patches, rgba }, left, HEAD + 24, w, h);
  });
  const mean = ratio.reduce((a, b) => a + b, 0) / patches;
  canvas.text(l10n.t('Blue −{0}, white 0, red {0}; |P| / |X| is {1} on average, from {2} to {3}', most.toFixed(2), mean.toFixed(3), Math.min(...ratio).toFixed(3), Math.max(...ratio).toFixed(3)), MARGIN, HEAD + h + 54, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN });
  return canvas;
}

/** The nearest images, each with its class and how near it is. */
export function drawNeighbours(view: ImageView, { neighbours, of, width: numbers }: NeighboursView): Canvas {
  const side = 112;
  const columns = 6;
  const across = side + 16;
  const canvas = createCanvas(MARGIN * 2 + columns * across + 160, Math.max(HEAD + 220, HEAD + 14 + Math.ceil(neighbours.length / columns) * (side + 46)) + MARGIN);
  headline(canvas, l10n.t('Nearest images'), view, l10n.t('cosine of {0} features, among {1} images', numbers, of));
  const [w, h] = fitted(view, 140);
  canvas.place(view.original, MARGIN, HEAD + 14, w, h);
  neighbours.forEach(({ picture, label, similarity, same, name }, i) => {
    const [x, y] = [MARGIN + 160 + (i % columns) * across, HEAD + 14 + Math.floor(i / columns) * (side + 46)];
    const scale = side / Math.max(picture.width, picture.height);
    canvas.place(picture, x, y, Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.text(label ?? name.replace(/^.*[\\/]/, ''), x, y + side + 15, { size: 12, bold: true, room: side });
    canvas.text(`${similarity.toFixed(3)}${same ? ` · ${l10n.t('itself')}` : ''}`, x, y + side + 31, { size: 11, colour: PALE, room: side });
  });
  return canvas;
}
