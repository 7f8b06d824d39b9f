import type { FilterView, FlowAxis, FlowBox, FlowFacts, FlowMatrix, FlowPicture, FlowQuestion, FlowStats, FlowValues, FlowView, Plan, PlanQuestion, TokenisedView } from '../../src/protocol';
import { attentionView, type Synthetic } from './syntheticModel';

/** Made-up numbers at every place of a network, with the shapes and the structure of real ones: rows that differ, columns that stand out, attention whose rows add up to 1. */

const WIDTH = 192;
const HIDDEN = 768;

const noise = (a: number, b: number, seed: number): number => {
  const x = Math.sin(a * 127.1 + b * 311.7 + seed * 74.7) * 43758.5453;
  return x - Math.floor(x) - 0.5;
};

function tokensOf({ rows, columns, classToken }: Synthetic): number {
  return rows * columns + (classToken ? 1 : 0);
}

function matrixOf(rows: number, columns: number, seed: number, spread: number): FlowMatrix {
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) values[r * columns + c] = spread * (noise(0, c, seed) * 0.9 + noise(r, 0, seed) * 0.3 + noise(r, c, seed) + Math.sin(r / 9 + c / 17 + seed) * 0.35 + (c % 61 === 7 ? 1.6 : 0));
  return { rows, columns, values };
}

function statsOf(values: Float32Array): FlowStats {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) [min, max, sum] = [Math.min(min, value), Math.max(max, value), sum + value];
  const mean = sum / values.length;
  return { min, max, mean, deviation: Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length) };
}

const facts = (model: Synthetic): FlowFacts => ({
  architecture: model.layers === 0 ? 'resnet' : 'vit', blocks: model.layers, heads: model.heads, headWidth: WIDTH / model.heads, norm: 'layernorm', normFirst: true, parallel: false, activation: 'gelu', mlp: 'mlp',
  projection: 'linear', posEmbed: 'learned', pool: model.classToken ? 'token' : 'avg', fcNorm: false, preNorm: false, qkNorm: false, layerScale: false, locality: false, distilled: false, prefix: model.classToken ? ['[cls]'] : [],
});

interface Made {
  readonly shape: readonly number[];
  readonly axes: readonly [FlowAxis, FlowAxis];
  readonly matrix: FlowMatrix;
  readonly ofHead?: boolean;
}

/** Every token's attention in one block and head. */
function attentionOf(model: Synthetic, block: number, head: number): FlowMatrix {
  const T = tokensOf(model);
  const values = new Float32Array(T * T);
  for (let i = 0; i < T; i++) {
    const { weights } = attentionView(model, i);
    values.set(weights.subarray((block * model.heads + head) * T, (block * model.heads + head + 1) * T), i * T);
  }
  return { rows: T, columns: T, values };
}

function made(model: Synthetic, box: FlowBox, { block, head }: Pick<FlowQuestion, 'block' | 'head'>): Made {
  const T = tokensOf(model);
  const N = model.rows * model.columns;
  const [H, d] = [model.heads, WIDTH / model.heads];
  const seed = box.length * 7 + block * 3;
  const tokens = (spread: number, columns = WIDTH, axis: FlowAxis = 'dimension'): Made => ({ shape: [T, columns], axes: ['token', axis], matrix: matrixOf(T, columns, seed, spread) });
  const heads = (spread: number): Made => ({ shape: [H, T, d], axes: ['token', 'dimension'], matrix: matrixOf(T, d, seed + head * 5, spread), ofHead: true });
  const square = (matrix: FlowMatrix): Made => ({ shape: [H, T, T], axes: ['token', 'token'], matrix, ofHead: true });
  const logits = Float32Array.from(model.labels, (_, i) => 5 - i * 2.2 + noise(i, 1, 3));
  switch (box) {
    case 'image': {
      const { width, height, rgba } = model.seen;
      return { shape: [height, width, 3], axes: ['pixel', 'channel'], matrix: { rows: width * height, columns: 3, values: normalised(rgba) } };
    }
    case 'patches': {
      const numbers = (model.seen.width / model.columns) * (model.seen.height / model.rows) * 3;
      return { shape: [N, numbers], axes: ['patch', 'number'], matrix: matrixOf(N, numbers, 2, 1) };
    }
    case 'projected':
      return { shape: [N, WIDTH], axes: ['patch', 'dimension'], matrix: matrixOf(N, WIDTH, 5, 0.8) };
    case 'queries':
    case 'keys':
    case 'values':
    case 'head_output':
      return heads(1.4);
    case 'attention':
      return square(attentionOf(model, block, head));
    case 'scores':
    case 'products': {
      const { rows, columns, values } = attentionOf(model, block, head);
      const factor = box === 'products' ? Math.sqrt(d) : 1;
      return square({ rows, columns, values: values.map((value) => factor * (Math.log(value + 1e-7) + 6)) });
    }
    case 'hidden':
      return { ...tokens(1, HIDDEN, 'unit'), matrix: { ...matrixOf(T, HIDDEN, seed, 1), values: matrixOf(T, HIDDEN, seed, 1).values.map((x) => (x > 0.4 ? x : x * -0.1)) } };
    case 'pooled':
      return { shape: [WIDTH], axes: ['vector', 'dimension'], matrix: matrixOf(1, WIDTH, 4, 2) };
    case 'logits':
      return { shape: [logits.length], axes: ['vector', 'class'], matrix: { rows: 1, columns: logits.length, values: logits } };
    case 'probabilities': {
      const exp = logits.map((x) => Math.exp(x));
      const sum = exp.reduce((a, b) => a + b, 0);
      return { shape: [logits.length], axes: ['vector', 'class'], matrix: { rows: 1, columns: logits.length, values: exp.map((x) => x / sum) } };
    }
    default:
      return tokens(1 + block * 0.2);
  }
}

function normalised(rgba: Uint8Array): Float32Array {
  return Float32Array.from({ length: (rgba.length / 4) * 3 }, (_, i) => ((rgba[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255 - 0.5) / 0.5);
}

const vitBoxes: readonly FlowBox[] = [
  'image', 'patches', 'projected', 'positions', 'embedded', 'input', 'norm1', 'queries', 'keys', 'values', 'products', 'scores', 'attention', 'head_output', 'mixed', 'attention_output', 'middle', 'norm2', 'hidden', 'mlp_output', 'output',
  'final_norm', 'pooled', 'logits', 'probabilities',
];

export function flowValues(model: Synthetic, q: FlowQuestion & { readonly box: FlowBox }): FlowValues {
  const { shape, axes, matrix, ofHead = false } = made(model, q.box, q);
  return { box: q.box, shape, axes, size: [matrix.rows, matrix.columns], ofHead, stats: statsOf(matrix.values), matrix };
}

export function flowView(model: Synthetic, q: FlowQuestion): FlowView {
  const boxes = model.layers === 0 ? (['image', 'logits', 'probabilities'] as const) : vitBoxes;
  const T = tokensOf(model);
  const norms = new Float32Array((model.layers + 1) * T);
  for (let i = 0; i < norms.length; i++) norms[i] = 6 + Math.floor(i / T) * 2 + 4 * noise(i % T, 0, 1) + (i % T === 40 ? Math.floor(i / T) * 2 : 0);
  return { block: q.block, head: q.head, facts: facts(model), boxes: boxes.map((box) => pictureOf(flowValues(model, { ...q, box }))), norms: model.layers === 0 ? { rows: 0, columns: 0, values: new Float32Array(0) } : { rows: model.layers + 1, columns: T, values: norms } };
}

function pictureOf({ matrix, ...about }: FlowValues): FlowPicture {
  const [rows, columns] = [Math.min(64, matrix.rows), Math.min(64, matrix.columns)];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => matrix.values[Math.floor((Math.floor(i / columns) * matrix.rows) / rows) * matrix.columns + Math.floor(((i % columns) * matrix.columns) / columns)] ?? 0);
  return { ...about, picture: { rows, columns, values } };
}

export function tokensView(model: Synthetic): TokenisedView {
  const { width, height, rgba } = model.seen;
  const N = model.rows * model.columns;
  return {
    whole: model.original, crop: { x: 0.08, y: 0.05, width: 0.84, height: 0.9 }, from: [1280, 853], resized: [Math.round(width * 1.19), Math.round(height * 1.11)], cropped: [width, height], fitted: { how: 'none', to: [width, height] },
    interpolation: 'bicubic', fit: 'crop', cropPct: 0.9, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], normalised: normalised(rgba), projection: model.layers === 2 ? 'conv_stem' : 'linear',
    layers: model.layers === 2 ? [{ kind: 'convolution', kernel: 3, stride: 1, to: 64, made: [height, width] }, { kind: 'pool', kernel: 3, stride: 2, to: 64, made: [height / 2, width / 2] }] : [],
    embedding: matrixOf(N, WIDTH, 5, 0.8), isLinear: model.layers !== 2,
  };
}

export function filterView(model: Synthetic, dimension: number): FilterView {
  const [P1, P2] = [model.seen.height / model.rows, model.seen.width / model.columns];
  const weights = Float32Array.from({ length: P1 * P2 * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / P2), Math.floor(i / 3) % P2];
    return 0.05 * Math.sin((x * (1 + (dimension % 3)) + y * (dimension % 4)) * 0.6 + (i % 3) * 0.3);
  });
  return { dimension, weights, bias: 0.013 };
}

/** Not the engine's numbers: their place. */
export function planView(model: Synthetic, q: PlanQuestion): Plan {
  const imageSize = [model.seen.height, model.seen.width] as const;
  const tokens = (imageSize[0] / q.patch) * (imageSize[1] / q.patch);
  const yaml = `dataset:\n  format: shapes # your images: format: folder, path: …\nimage:\n  size: ${String(imageSize[0])}\n  channels: 3\nmodel:\n  patch_size: ${String(q.patch)}\n  embed_dim: ${String(q.width)}\n  depth: ${String(q.depth)}\n  num_heads: ${String(q.heads)}\n  pos_embed: ${q.posEmbed}\n`;
  if (q.width % q.heads !== 0) return { facts: null, problems: [`model.num_heads: ${String(q.heads)} heads do not divide the width ${String(q.width)}.`], yaml };
  const shape = { architecture: 'vit', projection: 'linear', stem: [], imageSize: imageSize, channels: 3, patchSize: [q.patch, q.patch], depth: q.depth, heads: q.heads, width: q.width, classes: 10, posEmbed: q.posEmbed, globalPool: 'token' } as const;
  return {
    yaml, problems: [],
    facts: {
      name: 'vit', params: q.depth * 12 * q.width ** 2, macs: q.depth * tokens * 12 * q.width ** 2, tokens: tokens + 1, patches: [imageSize[0] / q.patch, imageSize[1] / q.patch], omegaMsa: 4 * tokens * q.width ** 2 + 2 * tokens ** 2 * q.width,
      memory: { parameters: 1e6, inference: 2e7, training: 4e8, batch: 64 }, config: shape, receptiveField: { first: [q.patch, q.patch], last: null }, bias: { locality: '', translation: '', structure: '', hierarchy: '' },
    },
  };
}
