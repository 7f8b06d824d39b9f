import { expect, test } from 'vitest';
import { fromKernels, toKernels, toRows } from '../../../src/engine/compile/layout';
import type { FloatTensor } from '../../../src/engine/tensors';

const numbers = (shape: readonly number[]) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) });

test('linear weights are transposed, the projection becomes [P, P, C, D], the rest is copied', () => {
  const kernels = toKernels(new Map([['w', numbers([2, 3])], ['p', numbers([2, 3, 1, 2])], ['b', numbers([3])], ['e', numbers([1, 2, 2])]]));
  expect(kernels.get('w')).toEqual({ shape: [3, 2], data: Float32Array.of(0, 3, 1, 4, 2, 5) });
  // Element [d, c, y, x] of the projection is 6d + 2c + x; in [y, x, c, d] x comes first here.
  expect(kernels.get('p')).toEqual({ shape: [1, 2, 3, 2], data: Float32Array.of(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11) });
  expect(kernels.get('b')).toEqual(numbers([3]));
  expect(kernels.get('e')).toEqual(numbers([1, 2, 2]));
});

test('there and back is exact', () => {
  const params = new Map([['w', numbers([5, 3])], ['p', numbers([4, 3, 2, 5])], ['b', numbers([7])]]);
  expect(fromKernels(toKernels(params))).toEqual(params);
});

test('a matrix of any shape is transposed whole, whatever tiles it is cut into', () => {
  for (const [rows, columns] of [[1, 40], [16, 16], [17, 33], [50, 3]] as const) {
    const { data, shape } = toKernels(new Map([['w', numbers([rows, columns])]])).get('w')!;
    expect(shape).toEqual([columns, rows]);
    expect([...data]).toEqual(Array.from({ length: rows * columns }, (_, i) => (i % rows) * columns + Math.floor(i / rows)));
  }
});

test('rows leave matrices as they are: copied, or where threads share them the same memory', () => {
  const shared = { shape: [2, 3], data: new Float32Array(new SharedArrayBuffer(24)).fill(1) };
  const own = numbers([2, 3]);
  const rows = toRows(new Map<string, FloatTensor>([['w', own], ['s', shared], ['p', numbers([2, 3, 1, 2])]]));
  expect(rows.get('w')).toEqual(own);
  expect(rows.get('w')!.data.buffer).not.toBe(own.data.buffer);
  expect(rows.get('s')).toBe(shared);
  expect(rows.get('p')).toEqual(toKernels(new Map([['p', numbers([2, 3, 1, 2])]])).get('p'));
});
