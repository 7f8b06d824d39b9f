import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpy, readNpz, writeNpy, writeNpz } from '../../../src/engine/weights/npy';

/** Written by NumPy. */
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../fixtures/weights/python.json'), 'utf8')) as Record<string, string>;
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(golden[name]!, 'base64'));

test.each([
  ['npyFloat32', [1, 2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25]],
  ['npyFloat64', [2], [Math.fround(0.1), 2.5]],
  ['npyUint8', [1, 2], [1, 255]],
  ['npyScalar', [], [2.5]],
])('reads %s of NumPy', (name, shape, values) => {
  const tensor = readNpy(bytesOf(name));
  expect(tensor.shape).toEqual(shape);
  expect([...tensor.data]).toEqual(values);
});

test('writes byte for byte what NumPy writes', () => {
  for (const name of ['npyFloat32', 'npyScalar']) expect(Buffer.from(writeNpy(readNpy(bytesOf(name)))).toString('base64')).toBe(golden[name]);
});

test('reads an .npz of NumPy and its own', () => {
  const arrays = readNpz(bytesOf('npz'));
  expect([...arrays].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
    ['a', [2, 3], [0, 1, 2, 3, 4, 5]],
    ['b', [3], [1, 2, 3]],
  ]);
  expect(readNpz(writeNpz(arrays))).toEqual(arrays);
});

describe('refuses, and says what to do', () => {
  const cut = bytesOf('npyFloat32').subarray(0, -1);
  const huge = new Uint8Array(Buffer.from(Buffer.from(bytesOf('npyFloat32')).toString('latin1').replace('(1, 2, 3)', '(9e9, 2, ').replace('(9e9, 2, ', '(99999999'), 'latin1'));
  test.each([
    ['objects', bytesOf('npyObject'), /Python objects/],
    ['Fortran order', bytesOf('npyFortran'), /ascontiguousarray/],
    ['integers', bytesOf('npyInt64'), /its type is <i8.*float32/],
    ['a cut file', cut, /needs 24 bytes, and the file has 23/],
    ['a shape that is no shape', huge, /no shape/],
    ['something else', new Uint8Array(20), /no \.npy file/],
    ['nothing', new Uint8Array(0), /no \.npy file/],
    ['an unknown version', Uint8Array.from(bytesOf('npyFloat32'), (byte, i) => (i === 6 ? 9 : byte)), /version 9/],
  ])('%s', (_, bytes, message) => expect(() => readNpy(bytes, 'x.npy')).toThrow(message));

  test('an .npz that is no zip', () => expect(() => readNpz(new Uint8Array(30), 'x.npz')).toThrow(/^Cannot read x\.npz/));
});
