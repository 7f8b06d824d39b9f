import { expect, test } from 'vitest';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { rollout, rolloutView } from '../../../src/engine/inspect/rollout';
import type { FloatTensor } from '../../../src/engine/tensors';

const layer = (...heads: number[][][]): FloatTensor => ({ shape: [1, heads.length, 3, 3], data: Float32Array.from(heads.flat(2)) });

// Two layers of two heads over three tokens, with the results of an independent implementation (vit-facts 4.7).
const layers = [
  layer([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], [[0.2, 0.2, 0.6], [0.4, 0.4, 0.2], [0.1, 0.3, 0.6]]),
  layer([[0.6, 0.2, 0.2], [0.3, 0.3, 0.4], [0.25, 0.5, 0.25]], [[0.1, 0.45, 0.45], [0.2, 0.6, 0.2], [0.3, 0.1, 0.6]]),
];
const expected = {
  mean: [0.488125, 0.234687, 0.277187, 0.18625, 0.614375, 0.199375, 0.165, 0.22625, 0.60875],
  max: [0.447143, 0.240714, 0.312143, 0.214027, 0.562888, 0.223085, 0.176339, 0.267113, 0.556548],
  min: [0.565351, 0.222368, 0.212281, 0.142221, 0.696207, 0.161571, 0.162212, 0.156456, 0.681332],
};

test.each(['mean', 'max', 'min'] as const)('rollout with %s fusion equals the reference', (fusion) => {
  const flow = rollout(layers, { fusion, discard: 0, classToken: true });
  // The reference is printed to six decimals, so half a unit of the sixth plus float32 inputs: well inside 1e-5.
  flow.forEach((value, i) => expect(Math.abs(value - expected[fusion][i]!)).toBeLessThan(1e-6));
});

test.each([0, 0.3, 0.9, 1])('rows sum to 1 with %d of the weights discarded', (discard) => {
  const flow = rollout(layers, { fusion: 'mean', discard, classToken: true });
  for (let i = 0; i < 3; i++) expect(flow[i * 3]! + flow[i * 3 + 1]! + flow[i * 3 + 2]!).toBeCloseTo(1, 12);
});

test("discarding everything leaves the class token's own weight, hence the identity", () => {
  const flow = rollout([layers[0]!], { fusion: 'mean', discard: 1, classToken: true });
  expect([...flow]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test('discarding drops the smallest weights, but not those of the class token', () => {
  const small = layer([[0.01, 0.5, 0.49], [0.05, 0.5, 0.45], [0.4, 0.3, 0.3]]);
  const kept = rollout([small], { fusion: 'mean', discard: 2 / 9, classToken: true });
  expect(kept[0]).toBeCloseTo(1.01 / 2, 6);
  expect(kept[3]).toBe(0);
  const dropped = rollout([small], { fusion: 'mean', discard: 2 / 9, classToken: false });
  expect(dropped[0]).toBeCloseTo(1 / 1.99, 6);
});

test('the map starts from the class token, from a patch, or from the mean of the patches', () => {
  const options = { fusion: 'mean', discard: 0 } as const;
  const grid = patchGrid({ imageSize: [4, 8], patchSize: [4, 4], classToken: true, distilled: false, regTokens: 0 });
  const cls = rolloutView(layers, grid, options);
  expect(cls.from).toBe('class token');
  expect([...cls.map]).toEqual([0.2346875, 0.2771875].map((x) => expect.closeTo(x, 6)));
  const patch = rolloutView(layers, grid, options, 2);
  expect(patch.from).toBe('patch');
  expect([...patch.map]).toEqual([0.22625, 0.60875].map((x) => expect.closeTo(x, 6)));

  const pooled = patchGrid({ imageSize: [4, 12], patchSize: [4, 4], classToken: false, distilled: false, regTokens: 0 });
  const mean = rolloutView(layers, pooled, options);
  expect(mean.from).toBe('mean of patches');
  expect(mean.map[0]).toBeCloseTo((0.488125 + 0.18625 + 0.165) / 3, 5);

  // A register is no class token: the mean is that of the patches' rows, and over the patches.
  const registered = patchGrid({ imageSize: [4, 8], patchSize: [4, 4], classToken: false, distilled: false, regTokens: 1 });
  const patches = rolloutView(layers, registered, options);
  expect(patches.from).toBe('mean of patches');
  expect([...patches.map]).toEqual([(0.614375 + 0.22625) / 2, (0.199375 + 0.60875) / 2].map((x) => expect.closeTo(x, 6)));
  expect(rolloutView(layers, registered, options, 0).from).toBe('other token');
});
