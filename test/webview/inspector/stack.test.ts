import { describe, expect, test } from 'vitest';
import { attentionStack, attentionView, meanEntropy as meanEntropyOfEngine } from '../../../src/engine/inspect/attention';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { randomAt } from '../../../src/engine/random';
import type { FloatTensor } from '../../../src/engine/tensors';
import { fromHalf, halfOf } from '../../../src/half';
import { keepHeads, meanEntropy, readHeads } from '../../../webview/inspector/headStatistics';
import { massMask } from '../../../webview/inspector/maps';
import { tokenIn } from '../../../webview/inspector/sides';
import { compareSoftmax, softmax } from '../../../webview/inspector/softmax';
import { viewOf } from '../../../webview/inspector/stack';

const grid = patchGrid({ imageSize: [12, 16], patchSize: [4, 4], classToken: true, distilled: false, regTokens: 0 });
const [L, H, N] = [3, 2, grid.tokens];

/** Rows of positive random numbers that sum to 1. */
function layers(): FloatTensor[] {
  const random = randomAt(5, 'stack');
  return Array.from({ length: L }, () => {
    const data = Float32Array.from({ length: H * N * N }, () => random.next() ** 3);
    for (let from = 0; from < data.length; from += N) {
      const sum = data.subarray(from, from + N).reduce((a, b) => a + b, 0);
      for (let j = 0; j < N; j++) data[from + j]! /= sum;
    }
    return { shape: [1, H, N, N], data };
  });
}

describe('what the page reads out of the stack is what the engine answers', () => {
  const all = layers();
  const stack = attentionStack(all, grid, 2 ** 20)!;

  test.each(['from', 'to'] as const)('%s every token', (direction) => {
    for (let query = 0; query < N; query++) {
      const [page, engine] = [viewOf(stack, query, direction), attentionView(all, grid, query, direction)];
      expect(page.weights).toEqual(engine.weights);
      for (const name of ['entropy', 'received', 'distance'] as const) page[name].forEach((value, i) => expect(value).toBeCloseTo(engine[name][i]!, 5));
    }
  });

  test('rows sum to 1, and a column is what all rows say of a token', () => {
    for (let query = 0; query < N; query++) {
      const row = viewOf(stack, query, 'from');
      row.received.forEach((sum) => expect(sum).toBeCloseTo(1, 5));
      for (let key = 0; key < N; key++) {
        const column = viewOf(stack, key, 'to');
        for (let head = 0; head < L * H; head++) expect(column.weights[head * N + query]).toBe(row.weights[head * N + key]);
      }
    }
    // What all tokens get together is what all give: one each.
    const got = Array.from({ length: N }, (_, key) => viewOf(stack, key, 'to').received[0]!).reduce((a, b) => a + b, 0);
    expect(got).toBeCloseTo(N, 4);
  });

  test('half precision where float32 is too large, and nothing where that is', () => {
    const bytes = L * H * N * N * 4;
    const half = attentionStack(all, grid, bytes - 1)!;
    expect(half.weights).toBeInstanceOf(Uint16Array);
    const exact = viewOf(stack, 4, 'from').weights;
    viewOf(half, 4, 'from').weights.forEach((value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(exact[i]! * 2 ** -11 + 2 ** -25));
    expect(attentionStack(all, grid, bytes / 2 - 1)).toBeNull();
  });

  test('the mean entropy is the engine’s', () => {
    const engine = meanEntropyOfEngine(all);
    meanEntropy(stack).forEach((value, i) => expect(value).toBeCloseTo(engine[i]!, 5));
  });
});

test('halves are IEEE 754: as the language itself rounds', () => {
  // Math.f16round is an implementation of its own, of the language's next edition.
  const round = (Math as unknown as { f16round(x: number): number }).f16round;
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) continue;
    expect(Object.is(round(value), value)).toBe(true);
    expect(halfOf(value)).toBe(bits);
  }
  const random = randomAt(9, 'half');
  for (let i = 0; i < 20_000; i++) {
    const value = Math.fround((random.next() - 0.5) * 2 ** (random.next() * 45 - 28));
    expect(fromHalf(halfOf(value))).toBe(round(value));
  }
});

describe('the mask by mass', () => {
  /** DINO's `visualize_attention.py`, line by line. */
  const dino = (values: Float32Array, threshold: number): boolean[] => {
    const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
    const total = values.reduce((a, b) => a + b, 0);
    const kept = Array.from({ length: values.length }, () => false);
    let sum = 0;
    for (const i of order) {
      sum += values[i]! / total;
      kept[i] = sum > 1 - threshold;
    }
    return kept;
  };
  test.each([0.1, 0.6, 0.95])('keeps what DINO keeps at %f', (share) => {
    const random = randomAt(3, 'mass');
    for (let round = 0; round < 50; round++) {
      const values = Float32Array.from({ length: 49 }, () => random.next() ** 4);
      expect([...massMask(values, share)!].map(Boolean)).toEqual(dino(values, share));
    }
  });
  test('all at 1; of equal ones the first; what is below zero has none', () => {
    expect(massMask(Float32Array.of(1, 2), 1)).toBeNull();
    expect([...massMask(Float32Array.of(1, 1, 1, 1), 0.5)!]).toEqual([1, 1, 0, 0]);
    expect([...massMask(Float32Array.of(-5, 1, 3), 0.7)!]).toEqual([0, 0, 1]);
    expect([...massMask(Float32Array.of(0, 0, 0), 0.5)!].length).toBe(3);
  });
});

test('scores: the softmax of QKᵀ/√d, and what it would be without the division', () => {
  const view = { layer: 0, heads: 1, tokens: 2, size: 4, queries: Float32Array.of(1, 2, 0, 0, 0, 0, 0, 0), keys: Float32Array.of(1, 0, 0, 0, 0, 3, 0, 0), scores: null };
  const compared = compareSoftmax(view, 0, 0);
  expect([...compared.products]).toEqual([1, 6]);
  expect([...compared.scaled]).toEqual([0.5, 3]);
  expect(compared.weights[1]).toBeCloseTo(1 / (1 + Math.exp(-2.5)), 6);
  expect(compared.unscaledWeights[1]).toBeCloseTo(1 / (1 + Math.exp(-5)), 6);
  expect([...softmax(Float32Array.of(-Infinity, 900))]).toEqual([0, 1]);
});

test('B’s token in the place of A’s: by name, or by where it lies', () => {
  const a = { layers: 1, heads: 1, rows: 4, columns: 4, prefix: 1, classToken: true };
  const view = { prefix: ['[cls]'] } as never;
  const b = { bounds: { ...a, rows: 2, columns: 2, prefix: 2 }, view: { prefix: ['[reg1]', '[cls]'] } as never };
  expect(tokenIn(b, 0, a, view)).toBe(1);
  expect(tokenIn(b, 1 + 3 * 4 + 3, a, view)).toBe(2 + 3);
  expect(tokenIn(b, 1 + 1 * 4 + 2, a, view)).toBe(2 + 1);
  expect(tokenIn({ ...b, view: { prefix: ['[reg1]', '[reg2]'] } as never }, 0, a, view)).toBeNull();
});

test('measured heads come out of the webview’s memory as they were; what is damaged does not', () => {
  const of = (start: number): Float32Array => Float32Array.of(start, start + 1);
  const measured = { images: 3, broken: [], layers: 1, heads: 2, over: 'birds', distance: of(1), distanceSpread: of(2), entropy: of(3), entropySpread: of(4) };
  const kept: unknown = JSON.parse(JSON.stringify(keepHeads('/a', measured)));
  expect(readHeads(kept)).toEqual({ checkpoint: '/a', measured });
  for (const wrong of [null, undefined, {}, { ...(kept as object), numbers: [[1]] }]) expect(readHeads(wrong)).toBeNull();
});
