import { expect, test } from 'vitest';
import { fixedPositions, positionTable, sincos1d, sincos2d } from '../../../src/engine/model/positions';
import { plainParts, type ViTSpec } from '../../../src/engine/model/spec';

const spec: ViTSpec = {
  ...plainParts, architecture: 'vit', imageSize: [8, 12], channels: 3, classes: 10, patchSize: [4, 4], projection: 'linear',
  stem: [], posEmbed: 'sincos1d', pool: 'token',
  depth: 1, heads: 2, width: 8, mlpWidth: 16, activation: 'gelu', dropRate: 0, dropPathRate: 0, patchDropRate: 0,
};

test('sincos1d: the worked table d = 4, n = 100', () => {
  const want = [[0, 1, 0, 1], [0.84, 0.54, 0.1, 1.0], [0.91, -0.42, 0.2, 0.98], [0.14, -0.99, 0.3, 0.96]];
  // The table is printed with two digits, some of them cut and not rounded.
  sincos1d(4, 4, 100).forEach((value, i) => {
    expect(Math.abs(value - want.flat()[i]!)).toBeLessThan(0.01);
  });
});

test('sincos2d: the big_vision vector D = 8 at (y 0, x 1) of a 2 × 2 grid', () => {
  const want = [0.841471, 0.0001, 0.540302, 1, 0, 0, 1, 1];
  sincos2d(2, 2, 8)
    .subarray(8, 16)
    .forEach((value, i) => {
      expect(Math.abs(value - want[i]!)).toBeLessThan(1e-6);
    });
});

test('the class token stands before the patches, at zero; average pooling has no such row', () => {
  const withToken = fixedPositions(spec)!;
  expect(withToken.shape).toEqual([1, 7, 8]);
  expect([...withToken.data.subarray(0, 8)]).toEqual(new Array(8).fill(0));
  expect([...withToken.data.subarray(8)]).toEqual([...sincos1d(6, 8)]);
  expect(fixedPositions({ ...spec, pool: 'avg', classToken: false })!.shape).toEqual([1, 6, 8]);
  expect(fixedPositions({ ...spec, posEmbed: 'learned' })).toBeNull();
});

test('the table of a network: learned from its weights, else fixed, else none', () => {
  const learned = { shape: [1, 7, 8], data: new Float32Array(56) };
  expect(positionTable({ ...spec, posEmbed: 'learned' }, new Map([['pos_embed', learned]]))).toBe(learned);
  expect(positionTable({ ...spec, posEmbed: 'none' }, new Map())).toBeNull();
  expect(positionTable(spec, new Map())).toEqual(fixedPositions(spec));
});
