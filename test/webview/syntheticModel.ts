import { viewOf } from '../../webview/inspector/stack';
import type {
  AttentionDirection, AttentionStack, AttentionView, CheckpointInfo, EngineInfo, ExplanationMethod, ExplanationScore, ExplanationView, ImageView, MeasuredHeads, Pixels, PositionView, RolloutView, ScoresView,
} from '../../src/protocol';

/** A made-up model whose maps have the structure of real ones: near, row, column, colour and background heads. */
export interface Synthetic {
  readonly layers: number;
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
  readonly classToken: boolean;
  readonly seen: Pixels;
  readonly original: Pixels;
  readonly file: string;
  readonly labels: readonly string[];
  /** Convolutions in place of the patch projection. */
  readonly stem?: boolean;
  /** Another network of the same shape. */
  readonly seed?: number;
}

export const engine: EngineInfo = {
  name: 'wasm',
  label: 'wasm (SIMD), TensorFlow.js 4.22.0',
  rejected: [{ name: 'tfjs-node', reason: 'its native module is not installed' }],
};

export function checkpoint(run: string, epoch: number, best: boolean, last: boolean, top1: number): CheckpointInfo {
  return {
    path: `/lab/runs/${run}/checkpoints/epoch-${String(epoch)}.safetensors`,
    run: `/lab/runs/${run}`, runName: run, epoch, step: epoch * 63, best, last,
    bytes: 842_000, modified: `2026-11-20T10:0${String(epoch % 10)}:00Z`, metrics: { 'val/top1': top1 },
  };
}

export function imageView(model: Synthetic, chosen: CheckpointInfo): ImageView {
  const { rows, columns, seen } = model;
  const patch = [seen.height / rows, seen.width / columns] as const;
  const tokens = rows * columns + (model.classToken ? 1 : 0);
  const width = 192;
  const omega = 4 * rows * columns * width ** 2 + 2 * (rows * columns) ** 2 * width;
  const shape = {
    architecture: model.layers === 0 ? 'resnet' : 'vit', projection: model.stem ? 'conv_stem' : 'linear', stem: model.stem ? [64, width] : [],
    imageSize: [seen.height, seen.width], channels: 3, patchSize: patch, depth: model.layers, heads: model.heads, width,
    classes: 10, posEmbed: model.stem ? 'sincos2d' : 'learned', globalPool: model.stem ? 'seq' : model.classToken ? 'token' : 'avg',
  } as const;
  const shares = model.seed ? [0.62, 0.24, 0.05, 0.06, 0.002] : [0.91, 0.06, 0.017, 0.008, 0.0004];
  return {
    file: model.file, checkpoint: chosen, model: shape, seen, original: model.original,
    facts: {
      name: model.layers === 0 ? 'resnet18-d64' : 'vit', params: 5_717_416, macs: 1.26e9, tokens, patches: [rows, columns], omegaMsa: omega,
      memory: { parameters: 22_869_664, inference: 41e6, training: 1.9e9, batch: 64 }, config: shape,
      receptiveField: { first: model.stem ? [patch[0] + 6, patch[1] + 6] : patch, last: null }, bias: { locality: '', translation: '', structure: '', hierarchy: '' },
    },
    fileSize: [1280, 853],
    // The longest there is: turned, resized, cut.
    preprocessing: `Turned upright, as its EXIF orientation says. Resized from 1280 × 853 to 372 × 248 pixels (bicubic), centre-cropped to ${String(seen.width)} × ${String(seen.height)} (crop_pct 0.9).`,
    grid: { rows, columns }, prefix: model.classToken ? ['[cls]'] : [],
    predictions: shares.map((probability, i) => ({ label: model.labels[i] ?? `class ${String(i)}`, probability })),
    classes: Array.from({ length: 10 }, (_, i) => model.labels[i] ?? `class ${String(i)}`),
    probabilities: Float32Array.from({ length: 10 }, (_, i) => shares[i] ?? 0.0009),
    engine,
  };
}

/** Mean colour of each patch and how far it is from the picture's mean: [patches, 4]. */
function patchColours(model: Synthetic): Float32Array {
  const { rows, columns, seen } = model;
  const out = new Float32Array(rows * columns * 4);
  const mean = [0, 0, 0];
  for (let p = 0; p < rows * columns; p++) {
    const y = Math.floor(((Math.floor(p / columns) + 0.5) * seen.height) / rows);
    const x = Math.floor((((p % columns) + 0.5) * seen.width) / columns);
    for (let c = 0; c < 3; c++) {
      const value = (seen.rgba[(y * seen.width + x) * 4 + c] ?? 0) / 255;
      out[p * 4 + c] = value;
      mean[c] = (mean[c] ?? 0) + value / (rows * columns);
    }
  }
  for (let p = 0; p < rows * columns; p++) out[p * 4 + 3] = colourDistance(out, p, mean);
  return out;
}

function colourDistance(colours: Float32Array, patch: number, other: readonly number[]): number {
  return Math.hypot(...[0, 1, 2].map((c) => (colours[patch * 4 + c] ?? 0) - (other[c] ?? 0)));
}

/** Attention before the softmax from one patch (or the class token, -1) to another, for one head of one layer. */
function score(model: Synthetic, colours: Float32Array, from: number, to: number, layer: number, head: number): number {
  const { columns } = model;
  const depth = layer / Math.max(1, model.layers - 1);
  const salient = (colours[to * 4 + 3] ?? 0) * (2 + 7 * depth);
  const noise = Math.sin(to * 12.9898 + head * 78.233 + layer * 37.719 + (model.seed ?? 0) * 5.1) * (model.seed ? 0.9 : 0.35);
  if (from < 0) return salient * (0.4 + ((head * 7) % 5) / 4) + noise;
  const dr = Math.floor(to / columns) - Math.floor(from / columns);
  const dc = (to % columns) - (from % columns);
  const near = [
    -(dr * dr + dc * dc) / 3, -(dr * dr) / 1.5 - Math.abs(dc) / 6, -(dc * dc) / 1.5 - Math.abs(dr) / 6,
    -((dr - 1) ** 2 + dc * dc), -((dc - 1) ** 2 + dr * dr),
  ][(head + layer) % 5] ?? 0;
  const alike = -colourDistance(colours, to, [0, 1, 2].map((c) => colours[from * 4 + c] ?? 0)) * 6;
  return near * (1 - depth) ** 1.5 + (alike + salient) * depth + noise;
}

/** All rows; none where it would take long to make them up. */
export function attentionStack(model: Synthetic): AttentionStack | null {
  const prefix = model.classToken ? 1 : 0;
  const tokens = model.rows * model.columns + prefix;
  const { layers, heads } = model;
  if (layers * heads * tokens ** 2 > 2e6) return null;
  const weights = new Float32Array(layers * heads * tokens ** 2);
  let distance = new Float32Array();
  for (let query = 0; query < tokens; query++) {
    const view = attentionView(model, query);
    distance = view.distance as Float32Array<ArrayBuffer>;
    for (let row = 0; row < layers * heads; row++) weights.set(view.weights.subarray(row * tokens, (row + 1) * tokens), (row * tokens + query) * tokens);
  }
  return { layers, heads, tokens, weights, distance };
}

/** Attention of any size at once: random rows that sum to 1. */
export function randomStack({ layers, heads, rows, columns, classToken }: Synthetic): AttentionStack {
  const tokens = rows * columns + (classToken ? 1 : 0);
  const weights = new Float32Array(layers * heads * tokens ** 2);
  let seed = 1;
  for (let from = 0; from < weights.length; from += tokens) {
    let sum = 0;
    for (let t = 0; t < tokens; t++) {
      seed = (seed * 1664525 + 1013904223) >>> 0;
      const value = (weights[from + t] = (seed / 2 ** 32) ** 4);
      sum += value;
    }
    for (let t = 0; t < tokens; t++) weights[from + t] = (weights[from + t] ?? 0) / sum;
  }
  return { layers, heads, tokens, weights, distance: new Float32Array(layers * heads).fill(50) };
}

export function attentionView(model: Synthetic, query: number, direction: AttentionDirection = 'from'): AttentionView {
  if (direction === 'to') {
    const stack = attentionStack(model);
    return stack ? viewOf(stack, query, 'to') : { ...attentionView(model, query), direction };
  }
  const { layers, heads, rows, columns } = model;
  const prefix = model.classToken ? 1 : 0;
  const tokens = rows * columns + prefix;
  const colours = patchColours(model);
  const weights = new Float32Array(layers * heads * tokens);
  const entropy = new Float32Array(layers * heads);
  const distance = new Float32Array(layers * heads);
  for (let row = 0; row < layers * heads; row++) {
    const layer = Math.floor(row / heads);
    const scores = Array.from({ length: tokens }, (_, t) =>
      t < prefix ? 1.2 : score(model, colours, query - prefix, t - prefix, layer, row % heads));
    const top = Math.max(...scores);
    const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
    for (const [t, s] of scores.entries()) {
      const weight = Math.exp(s - top) / total;
      weights[row * tokens + t] = weight;
      entropy[row] = (entropy[row] ?? 0) - (weight > 0 ? weight * Math.log(weight) : 0);
    }
    distance[row] = 20 + 60 * (layer / layers) + 8 * Math.sin(row);
  }
  return { query, direction, layers, heads, tokens, weights, entropy, received: new Float32Array(layers * heads).fill(1), distance };
}

/** Queries and keys of random numbers, large enough to saturate a softmax that is not scaled. */
export function scoresView({ heads, rows, columns, classToken }: Synthetic, layer: number): ScoresView {
  const [tokens, size] = [rows * columns + (classToken ? 1 : 0), 64];
  const made = (shift: number): Float32Array => Float32Array.from({ length: heads * tokens * size }, (_, i) => 1.4 * Math.sin(i * 12.9898 + layer * 3.7 + shift) * Math.cos(i * 0.37 + shift * 2));
  return { layer, heads, tokens, size, queries: made(0), keys: made(1), scores: null };
}

export function measuredHeads({ layers, heads }: Synthetic, over: string): MeasuredHeads {
  const of = (value: (row: number) => number): Float32Array => Float32Array.from({ length: layers * heads }, (_, row) => value(row));
  return {
    images: 127, broken: [{ file: '/lab/broken.png', error: 'cut off' }], layers, heads, over,
    distance: of((row) => 22 + 60 * (Math.floor(row / heads) / layers) + 8 * Math.sin(row)), distanceSpread: of((row) => 3 + 2 * Math.cos(row)),
    entropy: of((row) => 3 + 1.5 * (Math.floor(row / heads) / layers) + 0.3 * Math.sin(row)), entropySpread: of(() => 0.2),
  };
}

export function rolloutView(model: Synthetic, fusion: RolloutView['fusion'], discard: number, query: number | undefined): RolloutView {
  const colours = patchColours(model);
  const prefix = model.classToken ? 1 : 0;
  const sharpness = { mean: 4, max: 2.5, min: 7 }[fusion] * (1 + discard);
  const raw = Array.from({ length: model.rows * model.columns }, (_, p) =>
    Math.exp((colours[p * 4 + 3] ?? 0) * sharpness * (model.seed ? 0.6 : 1)) * (p + prefix === query ? 6 : 1));
  const total = raw.reduce((a, b) => a + b, 0);
  const from = query !== undefined && query >= prefix ? 'patch' : model.classToken ? 'class token' : 'mean of patches';
  return { map: Float32Array.from(raw, (value) => value / total), fusion, from };
}

export function positionView(model: Synthetic): PositionView {
  const { rows, columns } = model;
  const n = rows * columns;
  const similarity = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const dr = Math.floor(i / columns) - Math.floor(j / columns);
      const dc = (i % columns) - (j % columns);
      const noise = 0.04 * Math.sin(Math.min(i, j) * 91.7 + Math.max(i, j) * 17.3);
      const row = 0.45 * Math.exp(-(dr * dr) / 4);
      const column = 0.45 * Math.exp(-(dc * dc) / 4);
      similarity[i * n + j] = i === j ? 1 : row + column + 0.1 * Math.cos(dr) - 0.12 + noise;
    }
  return { grid: { rows, columns }, similarity, note: 'Learned position embeddings, prefix left out, cosine similarity.' };
}

/** A made-up map of a method for a class: on another part of what stands out, and broader or narrower. */
export function explanationView(model: Synthetic, method: ExplanationMethod, target: number): ExplanationView {
  const { map } = rolloutView(model, 'mean', 0.1 * method.length, undefined);
  const signed = method === 'occlusion';
  const wave = map.map((value, i) => value * (1 + 0.6 * Math.sin(i * 0.7 + target * 2)) - (signed ? 0.004 : 0));
  return { method, target, map: wave, signed, ofClass: method !== 'attention' && method !== 'rollout' };
}

export function explanationScore(method: ExplanationScore['method'], i: number): ExplanationScore {
  const shares = Float32Array.from({ length: 17 }, (_, k) => k / 16);
  const deletion = shares.map((share) => 0.9 * Math.exp(-share * (method === 'random' ? 2 : 4 + i)));
  const insertion = shares.map((share) => 0.9 * (1 - Math.exp(-share * (method === 'random' ? 2 : 4 + i))));
  const area = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { method, shares, deletion, insertion, deletionArea: area(deletion), insertionArea: area(insertion) };
}
