import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { toKernels } from '../../../src/engine/compile/layout';
import { traceForward } from '../../../src/engine/compile/programs';
import { forward } from '../../../src/engine/model/network';
import { fixedTables } from '../../../src/engine/model/positions';
import { gridOf, hasAttention, prefixCount, tokenCount, type ViTSpec } from '../../../src/engine/model/spec';
import { insideOf, networkOf, networks, type Network } from '../compile/networks';

/** Sums of a few dozen float32 products against the same in double precision, relative to the largest value. */
const TOLERANCE = 2e-5;

interface Tap {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

beforeAll(async () => {
  await openExecutor('cpu');
});

function look({ spec, params, images }: Network): (name: string) => Tap {
  const out = new Map<string, Tap>();
  tf.tidy(() => {
    const device = Object.fromEntries([...toKernels(params), ...fixedTables(spec)].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
    const { logits, taps } = forward(spec, device, tf.tensor<tf.Rank.R4>(images.data, images.shape as [number, number, number, number]), { wish: { attention: true, tokens: true, inside: insideOf(spec) } });
    for (const [name, tensor] of Object.entries({ logits, ...taps })) out.set(name, { shape: tensor.shape, data: tensor.dataSync() as Float32Array });
  });
  return (name) => {
    const tap = out.get(name);
    if (!tap) throw new Error(`no ${name}`);
    return tap;
  };
}

function expectEqual(got: ArrayLike<number>, expected: ArrayLike<number>, what: string, spec: ViTSpec): void {
  expect(got.length, what).toBe(expected.length);
  let [gap, reach] = [0, 1e-3];
  for (let i = 0; i < got.length; i++) {
    gap = Math.max(gap, Math.abs(got[i]! - expected[i]!));
    // The mask of locality attention is no value of the network.
    if (Math.abs(expected[i]!) < 1e4) reach = Math.max(reach, Math.abs(expected[i]!));
  }
  expect(gap / reach, `${what} of ${JSON.stringify(spec)}`).toBeLessThan(TOLERANCE);
}

/** [G, A, K] · [G, K, C], or with the second as [G, C, K]; in double precision. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, { groups, rows, inner, columns, turned }: { groups: number; rows: number; inner: number; columns: number; turned: boolean }): Float64Array {
  const out = new Float64Array(groups * rows * columns);
  for (let g = 0; g < groups; g++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a[(g * rows + r) * inner + k]! * b[turned ? (g * columns + c) * inner + k : (g * inner + k) * columns + c]!;
        out[(g * rows + r) * columns + c] = sum;
      }
  return out;
}

function softmaxRows(scores: ArrayLike<number>, columns: number): Float64Array {
  const out = Float64Array.from(scores);
  for (let from = 0; from < out.length; from += columns) {
    const row = out.subarray(from, from + columns);
    const most = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
    row.forEach((x, i) => (row[i] = Math.exp(x - most) / sum));
  }
  return out;
}

/** [B, H, T, d] → [B, T, H·d]. */
function beside(heads: ArrayLike<number>, B: number, H: number, T: number, d: number): Float64Array {
  const out = new Float64Array(B * T * H * d);
  for (let b = 0; b < B; b++) for (let h = 0; h < H; h++) for (let t = 0; t < T; t++) for (let i = 0; i < d; i++) out[((b * T + t) * H + h) * d + i] = heads[((b * H + h) * T + t) * d + i]!;
  return out;
}

const sum = (...parts: readonly Tap[]): Float64Array => Float64Array.from(parts[0]!.data, (_, i) => parts.reduce((total, { data }) => total + data[i]!, 0));

test('what is inside a block adds up to what comes out of it, in any network', () => {
  fc.assert(
    fc.property(networks, (drawn) => {
      const network = networkOf(drawn);
      const { spec } = network;
      if (!hasAttention(spec)) return;
      const tap = look(network);
      const [B, T, H] = [network.images.shape[0]!, tokenCount(spec), spec.heads];
      const d = spec.width / H;
      for (let i = 0; i < spec.depth; i++) {
        const at = (name: string): Tap => tap(`${name}.${String(i)}`);
        const square = { groups: B * H, rows: T, inner: d, columns: T, turned: true };
        const plain = product(at('queries').data, at('keys').data, square).map((score) => score / Math.sqrt(d));
        if (spec.posEmbed !== 'relative' && spec.attention === 'global') expectEqual(at('scores').data, plain, 'QKᵀ/√d', spec);
        expectEqual(at('attention').data, softmaxRows(at('scores').data, T), 'softmax of the scores', spec);
        const mixed = product(at('attention').data, at('values').data, { groups: B * H, rows: T, inner: T, columns: d, turned: false });
        expectEqual(at('mixed').data, beside(mixed, B, H, T, d), 'softmax(scores)·V', spec);
        const before = tap(`tokens.${String(i)}`);
        const after = tap(`tokens.${String(i + 1)}`).data;
        if (spec.parallelBlocks) expectEqual(after, sum(before, at('attention_output'), at('mlp_output')), 'x + attention + MLP', spec);
        else if (spec.normFirst) {
          expectEqual(at('middle').data, sum(before, at('attention_output')), 'x + attention', spec);
          expectEqual(after, sum(at('middle'), at('mlp_output')), 'x + MLP', spec);
        }
      }
    }),
    { numRuns: 40, seed: 20261126 },
  );
});

test('what stands before and behind the blocks gives their first tokens, and the logits', () => {
  fc.assert(
    fc.property(networks, (drawn) => {
      const network = networkOf(drawn);
      const { spec, params } = network;
      if (!hasAttention(spec)) return;
      const tap = look(network);
      const [B, T, D, K, skipped] = [network.images.shape[0]!, tokenCount(spec), spec.width, spec.classes, prefixCount(spec)];
      const [rows, columns] = gridOf(spec);
      expect(tap('projected').shape).toEqual([B, rows * columns, D]);
      if (spec.posEmbed === 'none' && !spec.preNorm) for (let b = 0; b < B; b++) expectEqual(tap('tokens.0').data.slice((b * T + skipped) * D, (b + 1) * T * D), tap('projected').data.slice(b * (T - skipped) * D, (b + 1) * (T - skipped) * D), 'tokens without positions', spec);
      if (spec.stem.length > 0) expectEqual(tap(`stem.${String(spec.stem.length - 1)}`).data, tap('projected').data, 'the last map of the stem', spec);
      const pooled = tap('pooled');
      const n = pooled.shape[1]!;
      const weight = params.get('head.weight')!;
      const bias = params.get('head.bias')!.data;
      // Two heads, of which the mean is taken, where there is a distillation token.
      const heads = spec.distilled && spec.pool === 'token' ? [weight.data, params.get('head_dist.weight')!.data] : null;
      const logits = heads
        ? product(pooled.data, Float64Array.from({ length: K * 2 * D }, (_, i) => heads[Math.floor((i % (2 * D)) / D)]![Math.floor(i / (2 * D)) * D + (i % D)]! / 2), { groups: 1, rows: B, inner: n * D, columns: K, turned: true })
        : product(pooled.data, weight.data, { groups: 1, rows: B, inner: n * D, columns: K, turned: true });
      const shift = heads ? params.get('head_dist.bias')!.data.map((x, i) => (x + bias[i]!) / 2) : bias;
      expectEqual(tap('logits').data, logits.map((x, i) => x + shift[i % K]!), 'head of what is pooled', spec);
      if (spec.pool === 'seq') {
        const weighted = product(tap('pool_weights').data, tap('final_norm').data.filter((_, i) => spec.poolIncludePrefix || Math.floor(i / D) % T >= skipped), { groups: B, rows: 1, inner: spec.poolIncludePrefix ? T : T - skipped, columns: D, turned: false });
        expectEqual(pooled.data, weighted, 'the weighted mean of the normed tokens', spec);
      }
      if (spec.pool === 'token' && !spec.fcNorm) for (let b = 0; b < B; b++) expectEqual(pooled.data.slice(b * n * D, (b + 1) * n * D), tap('final_norm').data.slice(b * T * D, (b * T + n) * D), 'the class token behind the norm', spec);
    }),
    { numRuns: 40, seed: 20261126 },
  );
});

test('a graph that nobody looks inside is the one it was', () => {
  const { spec } = networkOf({ image: { size: [4, 4], channels: 3 }, model: { patch_size: 2, embed_dim: 8, depth: 2, num_heads: 2 }, classes: 3, batch: 1, seed: 1 });
  const without = traceForward(spec, { batch: 1, taps: { attention: true }, packed: false });
  const empty = traceForward(spec, { batch: 1, taps: { attention: true, inside: [] }, packed: false });
  const one = traceForward(spec, { batch: 1, taps: { attention: true, inside: ['scores.1'] }, packed: false });
  expect(empty.nodes).toEqual(without.nodes);
  expect(one.outputs.map(({ name }) => name)).toContain('scores.1');
});
