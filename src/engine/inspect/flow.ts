import type { FlowAxis, FlowBox, FlowFacts, FlowMatrix, FlowPicture, FlowStats, FlowValues } from '../../flowProtocol';
import type { TapWish } from '../compile/executor';
import { blockTapsOf, endTapsOf, type BlockTap } from '../model/inside';
import { hasAttention, hasTable, prefixTokens, type ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';
import { softmax } from './predictions';

/** An image on its way through a network: which places there are, and the numbers of each, of what a forward pass brought. */

/** Rows and columns of a small picture, at most. */
const SMALL = 64;
/** What is below is no score but the mask of a token for itself. */
const MASKED = -3e4;

/** Which block and head are looked at, from 0. */
export interface FlowPlace {
  readonly block: number;
  readonly head: number;
}

/** What a forward pass brought of one image, and what it was given. */
export interface Passed {
  readonly spec: ViTSpec;
  /** Normalised, [1, H, W, C]. */
  readonly image: FloatTensor;
  /** [1, T, D] or null, see `positionTable`. */
  readonly positions: FloatTensor | null;
  readonly logits: Float32Array;
  readonly taps: TensorMap;
}

/** What a forward pass has to bring for the boxes of a block. */
export function flowWish(spec: ViTSpec, block: number): TapWish {
  if (spec.depth === 0) return {};
  if (!hasAttention(spec)) return { tokens: true };
  return { tokens: true, attention: [block], inside: [...endTapsOf(spec), ...blockTapsOf(spec).map((tap) => `${tap}.${block}` as const)] };
}

/** The boxes of a network, in the order in which they are computed. */
export function flowBoxes(spec: ViTSpec): readonly FlowBox[] {
  const answer: FlowBox[] = spec.classes > 0 ? ['logits', 'probabilities'] : ['logits'];
  if (spec.architecture === 'resnet') return ['image', ...answer];
  const cuts: FlowBox[] = spec.projection === 'linear' || spec.projection === 'conv' ? ['patches'] : [];
  if (spec.architecture === 'mixer') return ['image', ...cuts, 'embedded', 'input', 'output', ...answer];
  const taps = blockTapsOf(spec);
  const inBlock = taps.flatMap((tap): FlowBox[] => (tap === 'scores' ? ['products', 'scores', 'attention', 'head_output'] : [tap]));
  const ends = endTapsOf(spec);
  const before = ends.filter((tap) => tap.startsWith('stem.') || tap === 'features');
  const behind = ends.filter((tap) => tap === 'final_norm' || tap === 'pool_weights' || tap === 'pooled');
  return ['image', ...before, ...cuts, 'projected', ...(hasTable(spec) ? (['positions'] as const) : []), 'embedded', 'input', ...inBlock, 'output', ...behind, ...answer];
}

export function flowFacts(spec: ViTSpec): FlowFacts {
  return {
    architecture: spec.architecture,
    blocks: spec.depth,
    heads: spec.heads,
    headWidth: spec.width / spec.heads,
    norm: spec.norm,
    normFirst: spec.normFirst,
    parallel: spec.parallelBlocks,
    activation: spec.activation,
    mlp: spec.mlp,
    projection: spec.projection,
    posEmbed: spec.posEmbed,
    pool: spec.pool,
    fcNorm: spec.fcNorm,
    preNorm: spec.preNorm,
    qkNorm: spec.qkNorm,
    layerScale: spec.initValues !== 0,
    locality: spec.attention === 'locality',
    distilled: spec.distilled,
    prefix: prefixTokens(spec),
  };
}

/** ‖x‖ of each token before the first and behind each block, [blocks + 1, T]. */
export function tokenNorms({ spec, taps }: Passed): FlowMatrix {
  const layers = spec.depth === 0 ? [] : Array.from({ length: spec.depth + 1 }, (_, i) => tapOf(taps, `tokens.${i}`));
  const [, T = 0, D = 0] = layers[0]?.shape ?? [];
  const values = new Float32Array(layers.length * T);
  layers.forEach(({ data }, layer) => {
    for (let t = 0; t < T; t++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += data[t * D + d]! ** 2;
      values[layer * T + t] = Math.sqrt(sum);
    }
  });
  return { rows: layers.length, columns: T, values };
}

/** A box with all its numbers; of one head, where each has its own. */
export function flowValues(passed: Passed, box: FlowBox, place: FlowPlace): FlowValues {
  const { shape, axes, matrix, ofHead = false } = read(passed, box, place);
  const unmasked = matrix.values.some((value) => value < MASKED) ? { ...matrix, values: matrix.values.map((value) => (value < MASKED ? NaN : value)) } : matrix;
  return { box, shape, axes, size: [matrix.rows, matrix.columns], ofHead, stats: statsOf(unmasked.values), matrix: unmasked };
}

/** A box as a small picture. */
export function flowPicture(passed: Passed, box: FlowBox, place: FlowPlace): FlowPicture {
  const { matrix, ...about } = flowValues(passed, box, place);
  const isMap = about.axes[0] === 'position' || about.axes[0] === 'pixel';
  return { ...about, picture: sampled(isMap ? channelMean(matrix, about.shape) : matrix) };
}

interface Read {
  readonly shape: readonly number[];
  readonly axes: readonly [FlowAxis, FlowAxis];
  readonly matrix: FlowMatrix;
  readonly ofHead?: boolean;
}

/** Boxes that are a tap of the block, as tokens by something. */
const wide: Readonly<Partial<Record<FlowBox, FlowAxis>>> = { norm1: 'dimension', mixed: 'dimension', attention_output: 'dimension', middle: 'dimension', norm2: 'dimension', hidden: 'unit', mlp_output: 'dimension' };
const perHead: Readonly<Partial<Record<FlowBox, FlowAxis>>> = { queries: 'dimension', keys: 'dimension', values: 'dimension', scores: 'token', attention: 'token' };

function read(passed: Passed, box: FlowBox, { block, head }: FlowPlace): Read {
  const { spec, taps, image, logits } = passed;
  const at = (tap: BlockTap | 'attention'): FloatTensor => tapOf(taps, `${tap}.${block}`);
  if (wide[box]) return tokensBy(at(box as BlockTap), wide[box]);
  if (perHead[box]) return oneHead(at(box as BlockTap | 'attention'), head, perHead[box]);
  if (box.startsWith('stem.')) return map(tapOf(taps, box), 'position');
  switch (box) {
    case 'image':
      return map(image, 'pixel');
    case 'features':
      return map(tapOf(taps, box), 'position');
    case 'patches':
      return patchesOf(spec, image);
    case 'projected':
      return { ...tokensBy(tapOf(taps, box), 'dimension'), axes: ['patch', 'dimension'] };
    case 'positions':
      return tokensBy(passed.positions!, 'dimension');
    case 'embedded':
      return tokensBy(tapOf(taps, 'tokens.0'), 'dimension');
    case 'input':
      return tokensBy(tapOf(taps, `tokens.${block}`), 'dimension');
    case 'output':
      return tokensBy(tapOf(taps, `tokens.${block + 1}`), 'dimension');
    case 'products':
      return products(oneHead(at('queries'), head, 'dimension').matrix, oneHead(at('keys'), head, 'dimension').matrix, spec.heads);
    case 'head_output':
      return headOutput(at('mixed'), head, spec.heads);
    case 'final_norm':
      return tokensBy(tapOf(taps, box), 'dimension');
    case 'pool_weights':
      return row(tapOf(taps, box), ['head', 'pooled token']);
    case 'pooled':
      return row(tapOf(taps, box), ['vector', 'dimension']);
    case 'logits':
      return row({ shape: [1, 1, logits.length], data: logits }, ['vector', spec.classes > 0 ? 'class' : 'dimension']);
    case 'probabilities':
      return row({ shape: [1, 1, logits.length], data: Float32Array.from(softmax(logits)) }, ['vector', 'class']);
    default:
      throw new Error(`There is no box ${box}`);
  }
}

function tapOf(taps: TensorMap, name: string): FloatTensor {
  const tap = taps.get(name);
  if (!tap) throw new Error(`The forward pass brought no ${name}`);
  return tap;
}

/** [1, T, W] */
function tokensBy({ shape: [, T = 0, W = 0], data }: FloatTensor, columns: FlowAxis): Read {
  return { shape: [T, W], axes: ['token', columns], matrix: { rows: T, columns: W, values: data } };
}

/** [1, n, W] as it is, but for a first axis of 1. */
function row({ shape: [, n = 0, W = 0], data }: FloatTensor, axes: Read['axes']): Read {
  return { shape: n === 1 ? [W] : [n, W], axes, matrix: { rows: n, columns: W, values: data } };
}

/** One head of [1, H, T, W]. */
function oneHead({ shape: [, H = 0, T = 0, W = 0], data }: FloatTensor, head: number, columns: FlowAxis): Read {
  return { shape: [H, T, W], axes: ['token', columns], ofHead: true, matrix: { rows: T, columns: W, values: data.slice(head * T * W, (head + 1) * T * W) } };
}

/** [1, h, w, C], position by position. */
function map({ shape: [, h = 0, w = 0, C = 0], data }: FloatTensor, rows: FlowAxis): Read {
  return { shape: [h, w, C], axes: [rows, 'channel'], matrix: { rows: h * w, columns: C, values: data } };
}

/** The image cut into patches, each a row of its numbers: rows, columns and channels of the patch, as a linear projection reads them. */
function patchesOf({ imageSize: [H, W], patchSize: [P1, P2], channels: C }: ViTSpec, { data }: FloatTensor): Read {
  const [rows, columns] = [H / P1, W / P2];
  const width = P1 * P2 * C;
  const values = new Float32Array(rows * columns * width);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let y = 0; y < P1; y++) {
        const from = ((r * P1 + y) * W + c * P2) * C;
        values.set(data.subarray(from, from + P2 * C), (r * columns + c) * width + y * P2 * C);
      }
  return { shape: [rows * columns, width], axes: ['patch', 'number'], matrix: { rows: rows * columns, columns: width, values } };
}

/** QKᵀ of a head, before anything is done to it. */
function products(q: FlowMatrix, k: FlowMatrix, heads: number): Read {
  const [T, d] = [q.rows, q.columns];
  const values = new Float32Array(T * T);
  for (let i = 0; i < T; i++)
    for (let j = 0; j < T; j++) {
      let sum = 0;
      for (let at = 0; at < d; at++) sum += q.values[i * d + at]! * k.values[j * d + at]!;
      values[i * T + j] = sum;
    }
  return { shape: [heads, T, T], axes: ['token', 'token'], ofHead: true, matrix: { rows: T, columns: T, values } };
}

/** The columns of a head in [1, T, H·d]: what it has mixed of the values. */
function headOutput({ shape: [, T = 0, D = 0], data }: FloatTensor, head: number, heads: number): Read {
  const d = D / heads;
  const values = new Float32Array(T * d);
  for (let t = 0; t < T; t++) values.set(data.subarray(t * D + head * d, t * D + (head + 1) * d), t * d);
  return { shape: [heads, T, d], axes: ['token', 'dimension'], ofHead: true, matrix: { rows: T, columns: d, values } };
}

/** Smallest, largest, mean and standard deviation of what is not masked. */
export function statsOf(values: Float32Array): FlowStats {
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count++;
  }
  if (count === 0) return { min: NaN, max: NaN, mean: NaN, deviation: NaN };
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  return { min, max, mean, deviation: Math.sqrt(squares / count) };
}

/** [h·w, C] → [h, w] */
function channelMean({ columns: C, values }: FlowMatrix, [h = 0, w = 0]: readonly number[]): FlowMatrix {
  const out = new Float32Array(h * w);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += values[i * C + c]!;
    out[i] = sum / C;
  }
  return { rows: h, columns: w, values: out };
}

/** Some of its rows and columns, evenly spread: true numbers, where a mean would hide how far they go. */
function sampled({ rows, columns, values }: FlowMatrix): FlowMatrix {
  const [h, w] = [Math.min(rows, SMALL), Math.min(columns, SMALL)];
  if (h === rows && w === columns) return { rows, columns, values: values.slice() };
  const out = new Float32Array(h * w);
  for (let r = 0; r < h; r++) {
    const from = Math.floor((r * rows) / h) * columns;
    for (let c = 0; c < w; c++) out[r * w + c] = values[from + Math.floor((c * columns) / w)]!;
  }
  return { rows: h, columns: w, values: out };
}
