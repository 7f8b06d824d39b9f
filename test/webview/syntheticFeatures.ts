import type {
  AlignmentView, ColourOptions, ColoursView, EmbeddingView, EncodingView, FeatureApi, FiltersView, HeadsOffView, HeadsView, LensView, NeighboursView, Pixels, ShuffleCurve, ShuffledView, TokenSimilarity, TokensView,
} from '../../src/protocol';
import type { Server } from '../../src/rpc';
import type { Synthetic } from './syntheticModel';

/** Made-up representations with the structure of real ones. */

const wave = (i: number, k: number): number => Math.sin(i * 12.9898 + k * 78.233) * 0.5 + Math.sin(i * 3.1 + k * 1.7) * 0.5;
const prefixOf = (model: Synthetic): number => (model.classToken ? 1 : 0);
const countOf = (model: Synthetic): number => model.rows * model.columns + prefixOf(model);

/** Colour and place of a patch of the picture. */
function colourOf(model: Synthetic, patch: number): readonly [number, number, number] {
  const { rows, columns, seen } = model;
  const y = Math.floor(((Math.floor(patch / columns) + 0.5) * seen.height) / rows);
  const x = Math.floor((((patch % columns) + 0.5) * seen.width) / columns);
  const at = (y * seen.width + x) * 4;
  return [(seen.rgba[at] ?? 0) / 255, (seen.rgba[at + 1] ?? 0) / 255, (seen.rgba[at + 2] ?? 0) / 255];
}

function filters(): FiltersView {
  const [size, count] = [16, 28];
  const pictures = new Float32Array(count * size * size * 3);
  for (let i = 0; i < count; i++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < 3; c++) {
          const [fx, fy] = [i % 4, Math.floor(i / 4) % 4];
          pictures[((i * size + y) * size + x) * 3 + c] = 0.5 + 0.25 * Math.cos((Math.PI * fx * (x + 0.5)) / size) + 0.25 * Math.cos((Math.PI * fy * (y + 0.5)) / size) * (i > 15 ? [1, -0.5, -0.8][c] ?? 1 : 1);
        }
  return { layer: 'patch_embed.proj.weight', filters: 192, size: [size, size], channels: 3, pictures, variance: Float32Array.from({ length: count }, (_, i) => 0.22 * 0.8 ** i) };
}

function tokens(model: Synthetic): TokensView {
  const layers = model.layers + 2;
  const count = countOf(model);
  const norms = Float32Array.from({ length: layers * count }, (_, at) => {
    const [layer, token] = [Math.floor(at / count), at % count];
    const high = layer > model.layers * 0.6 && layer < layers - 1 && (token * 7919) % 61 === 3 ? 60 + token / 20 : 0;
    return layer === layers - 1 ? 14 + 0.3 * wave(token, 1) : 6 + layer * 1.1 + 1.4 * wave(token, layer) + high + (token < prefixOf(model) ? layer * 0.8 : 0);
  });
  return {
    layers, normed: true, tokens: count, norms,
    similarity: Float32Array.from({ length: layers }, (_, i) => 0.22 + 0.06 * i * (i / layers) + 0.02 * wave(i, 3)),
    classSimilarity: model.classToken ? Float32Array.from({ length: layers }, (_, i) => 0.02 + 0.03 * i) : new Float32Array(0),
  };
}

function similarity(model: Synthetic, layer: number): TokenSimilarity {
  const count = countOf(model);
  const prefix = prefixOf(model);
  const matrix = Float32Array.from({ length: count * count }, (_, at) => {
    const [i, j] = [Math.floor(at / count), at % count];
    if (i === j) return 1;
    if (i < prefix || j < prefix) return 0.1 + 0.03 * layer;
    const [a, b] = [colourOf(model, i - prefix), colourOf(model, j - prefix)];
    return Math.max(-1, 0.95 - 1.6 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
  });
  return { layer, tokens: count, matrix };
}

function colours(model: Synthetic, { layer, foreground, threshold }: ColourOptions): ColoursView {
  const n = model.rows * model.columns;
  const all = Array.from({ length: n }, (_, i) => colourOf(model, i));
  const first = Float32Array.from(all, ([r, g, b]) => 8 * (r - 0.6 * b) + g);
  const [low, high] = [Math.min(...first), Math.max(...first)];
  const kept = Uint8Array.from(first, (value) => Number(foreground === 'all' || (foreground === 'above' ? value >= low + threshold * (high - low) : value <= low + threshold * (high - low))));
  const scores = Float32Array.from({ length: n * 3 }, (_, at) => (all[Math.floor(at / 3)]?.[at % 3] ?? 0) * 6 + wave(at, layer) * 0.5);
  return { layer, foreground, threshold, first, kept, scores, count: 3, variance: Float32Array.of(0.31, 0.14, 0.09) };
}

function lens(model: Synthetic): LensView {
  const layers = model.layers + 1;
  const logits = Float32Array.from({ length: layers * 10 }, (_, at) => {
    const [layer, k] = [Math.floor(at / 10), at % 10];
    const depth = layer / model.layers;
    return k === 0 ? 6 * depth ** 2 : k === 2 ? 2.5 * Math.exp(-((depth - 0.45) ** 2) * 14) : k === 1 ? 3 * depth : 0.4 * wave(k, layer);
  });
  return { layers, logits, pool: 'token' };
}

function heads(model: Synthetic): HeadsView {
  const logits = Float32Array.from({ length: 10 }, (_, k) => (k === 0 ? 6.2 : k === 1 ? 3.1 : 0.5 * wave(k, 2)));
  const without = Float32Array.from({ length: model.layers * model.heads * 10 }, (_, at) => (logits[at % 10] ?? 0) + (at % 10 === 0 ? 0.9 : 0.3) * wave(Math.floor(at / 10), 5) ** 3 * (1 + Math.floor(at / 10 / model.heads) / 3) - (at % 10 === 0 ? 0.15 : 0));
  return { layers: model.layers, heads: model.heads, classes: 10, logits, without };
}

function headsOff(model: Synthetic, off: readonly number[]): HeadsOffView {
  const { logits, without } = heads(model);
  return { off, logits, without: logits.map((logit, k) => logit + 1.2 * off.reduce((sum, head) => sum + (without[head * 10 + k] ?? 0) - logit, 0)) };
}

function shuffled(model: Synthetic, seed: number, grid: number): ShuffledView {
  const pieces = [1, 2, 7, 14][grid] ?? 1;
  const { seen } = model;
  const picture: Pixels = { width: seen.width, height: seen.height, rgba: new Uint8Array(seen.rgba.length) };
  const order = Int32Array.from({ length: pieces * pieces }, (_, i) => (i * 5 + seed * 3 + 1) % (pieces * pieces));
  const [w, h] = [seen.width / pieces, seen.height / pieces];
  for (let y = 0; y < seen.height; y++)
    for (let x = 0; x < seen.width; x++) {
      const from = order[Math.floor(y / h) * pieces + Math.floor(x / w)] ?? 0;
      const at = ((Math.floor(from / pieces) * h + (y % h)) * seen.width + (from % pieces) * w + (x % w)) * 4;
      picture.rgba.set(seen.rgba.subarray(at, at + 4), (y * seen.width + x) * 4);
    }
  const said = (shares: readonly number[]) => shares.map((probability, i) => ({ label: model.labels[i] ?? `class ${String(i)}`, probability }));
  return { seed, grid, rows: pieces, columns: pieces, order, picture, before: said([0.91, 0.06, 0.017, 0.008, 0.0004]), after: said([0.31, 0.27, 0.19, 0.08, 0.04]).reverse().sort((a, b) => b.probability - a.probability) };
}

function curve(): ShuffleCurve {
  const mean = Float32Array.of(0.91, 0.84, 0.52, 0.31);
  return { grids: [[1, 1], [2, 2], [7, 7], [14, 14]], seeds: 8, mean, low: mean.map((value, i) => value - 0.06 * i), high: mean.map((value, i) => Math.min(1, value + 0.05 * i)), agreement: Float32Array.of(1, 1, 0.75, 0.375) };
}

function alignment(model: Synthetic, other: boolean): AlignmentView {
  const [rows, columns] = [model.layers + 1, other ? 7 : model.layers + 1];
  const value = (i: number): number => {
    const [r, c] = [Math.floor(i / columns) / (rows - 1), (i % columns) / (columns - 1)];
    return r === 0 || (c === 0 && !other) ? Number.NaN : Math.exp(-3 * (r - c) ** 2) * (other ? 0.8 : 1);
  };
  const plain = Float32Array.from({ length: rows * columns }, (_, i) => value(i));
  return { rows, columns, plain, debiased: plain.map((one) => one ** 1.4), images: 256, skipped: 2, read: ['class', 'class'] };
}

function neighbours(model: Synthetic, count: number, files: boolean): NeighboursView {
  const names = ['jaguar', 'jaguar', 'leopard', 'jaguar', 'snow leopard', 'jaguar', 'cheetah'];
  const picture = small(model.seen);
  return {
    neighbours: Array.from({ length: count }, (_, i) => ({
      name: `/lab/data/${files ? 'photos' : 'val'}/${String(i)}.jpg`, index: i * 3, label: files ? null : (names[i % 7] ?? ''), similarity: i === 0 ? 1 : 0.93 * 0.985 ** i, same: i === 0,
      picture: { ...picture, rgba: picture.rgba.map((value, at) => (at % 4 === 3 ? 255 : Math.min(255, value * (0.6 + ((i * 37 + (at % 4) * 11) % 50) / 60)))) },
    })),
    of: 1800, skipped: 1, kept: false, width: 192,
  };
}

function small({ width, height, rgba }: Pixels): Pixels {
  const [w, h] = [Math.min(96, width), Math.min(96, height)];
  const out = new Uint8Array(w * h * 4);
  for (let i = 0; i < w * h; i++) out.set(rgba.subarray((Math.floor((Math.floor(i / w) * height) / h) * width + Math.floor(((i % w) * width) / w)) * 4).subarray(0, 4), i * 4);
  return { width: w, height: h, rgba: out };
}

function encoding(model: Synthetic, none: boolean): EncodingView {
  const [patches, width] = [model.rows * model.columns, 64];
  if (none) return { kind: 'none', patches, width, table: null, structure: null };
  const table = Float32Array.from({ length: patches * width }, (_, at) => {
    const [p, d] = [Math.floor(at / width), at % width];
    const angle = (d % 2 ? p % model.columns : Math.floor(p / model.columns)) / 10 ** ((2 * d) / width);
    return Math.sin(angle + (d % 3)) + 0.08 * wave(p, d);
  });
  const distances = Float32Array.from({ length: 18 }, (_, i) => i + 1);
  return { kind: 'learned', patches, width, table, structure: { neighbours: 0.71, sameRow: 0.44, sameColumn: 0.43, far: -0.08, all: 0.06, correlation: -0.72, distances, byDistance: distances.map((d) => 0.9 * Math.exp(-d / 4) - 0.12) } };
}

function embedding(model: Synthetic): EmbeddingView {
  const { patches, width, table } = encoding(model, false);
  const x = Float32Array.from({ length: patches * width }, (_, at) => 1.6 * wave(Math.floor(at / width), at % width) * (colourOf(model, Math.floor(at / width))[at % 3] ?? 0));
  const p = (table ?? x).map((value) => value * 0.4);
  return { patches, width, x, p, z: x.map((value, at) => value + (p[at] ?? 0)), ratio: Float32Array.from({ length: patches }, (_, i) => 0.5 + 0.2 * wave(i, 4)) };
}

/** Answers as the host would. */
export function featureAnswers(model: Synthetic, note: (method: string, q: unknown) => void, noPosition: boolean): Server<FeatureApi> {
  const noted = <Q, A>(name: string, answer: (q: Q) => A) => (q: Q): A => (note(name, q), answer(q));
  return {
    viewFilters: noted('viewFilters', filters),
    viewTokens: noted('viewTokens', () => tokens(model)),
    viewTokenSimilarity: noted('viewTokenSimilarity', ({ layer }: { layer: number }) => similarity(model, layer)),
    viewColours: noted('viewColours', (q: ColourOptions) => colours(model, q)),
    viewLens: noted('viewLens', () => lens(model)),
    ablateHeads: noted('ablateHeads', () => heads(model)),
    viewWithoutHeads: noted('viewWithoutHeads', ({ off }: { off: readonly number[] }) => headsOff(model, off)),
    viewShuffled: noted('viewShuffled', ({ seed, grid }: { seed: number; grid: number }) => shuffled(model, seed, grid)),
    measureShuffle: noted('measureShuffle', curve),
    measureAlignment: (q, call) => {
      note('measureAlignment', q);
      call.progress({ done: 96, of: 256 });
      // A set that never ends, so that the way out can be tried.
      return q.most === 1024 ? new Promise(() => undefined) : alignment(model, q.other !== undefined);
    },
    findNeighbours: (q, call) => {
      note('findNeighbours', q);
      call.progress({ done: 640, of: 1800 });
      if ('split' in q.images && q.images.split === 'test') throw new Error('The images that /lab/runs/vit/epoch-12.safetensors was trained on are no longer at /data/animals. Put them back there.');
      return neighbours(model, q.count, 'folder' in q.images);
    },
    viewEncoding: noted('viewEncoding', () => encoding(model, noPosition)),
    viewEmbedding: noted('viewEmbedding', () => embedding(model)),
  };
}

