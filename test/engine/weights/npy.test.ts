import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readNpy, readNpz, writeNpy, writeNpz } from '../../../src/engine/weights/npy';
import { temporaryFolder } from '../tiny';

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

test('reads columns first as rows first', () => {
  expect([...readNpy(bytesOf('npyFortran')).data]).toEqual([0, 1, 2, 3, 4, 5]);
  const deep = readNpy(bytesOf('npyFortranDeep'));
  expect(deep.shape).toEqual([2, 3, 4]);
  expect([...deep.data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
});

test('reads whole numbers, halves and bfloat16', () => {
  expect([...readNpy(bytesOf('npyInt64')).data]).toEqual([1, 2]);
  for (const [name, values] of [['npyFloat16', [0.5, -2, 65504]], ['npyBfloat16', [0.5, -2, 3]]] as const) expect([...readNpy(bytesOf(name)).data], name).toEqual(values);
});

test('writes byte for byte what NumPy writes', () => {
  for (const name of ['npyFloat32', 'npyScalar']) expect(Buffer.from(writeNpy(readNpy(bytesOf(name)))).toString('base64')).toBe(golden[name]);
});

async function npzOf(bytes: Uint8Array): Promise<string> {
  const file = path.join(await temporaryFolder(), 'x.npz');
  await writeFile(file, bytes);
  return file;
}

test('reads an .npz of NumPy and its own', async () => {
  const arrays = await readNpz(await npzOf(bytesOf('npz')));
  expect([...arrays].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
    ['a', [2, 3], [0, 1, 2, 3, 4, 5]],
    ['b', [3], [1, 2, 3]],
  ]);
  const plain = (all: typeof arrays): unknown => [...all].map(([name, { shape, data }]) => [name, shape, data]);
  expect(plain(await readNpz(await npzOf(writeNpz(arrays))))).toEqual(plain(arrays));
});

describe('refuses, and says what to do', () => {
  const cut = bytesOf('npyFloat32').subarray(0, -1);
  const huge = new Uint8Array(Buffer.from(Buffer.from(bytesOf('npyFloat32')).toString('latin1').replace('(1, 2, 3)', '(9e9, 2, ').replace('(9e9, 2, ', '(99999999'), 'latin1'));
  test.each([
    ['objects', bytesOf('npyObject'), /Python objects/],
    ['a cut file', cut, /needs 24 bytes, and the file has 23/],
    ['a shape that is no shape', huge, /no shape/],
    ['something else', new Uint8Array(20), /no \.npy file/],
    ['nothing', new Uint8Array(0), /no \.npy file/],
    ['an unknown version', Uint8Array.from(bytesOf('npyFloat32'), (byte, i) => (i === 6 ? 9 : byte)), /version 9/],
  ])('%s', (_, bytes, message) => expect(() => readNpy(bytes, 'x.npy')).toThrow(message));

  test('an .npz that is no zip', async () => expect(readNpz(await npzOf(new Uint8Array(30)))).rejects.toThrow(/^Cannot open .*x\.npz/));

  test('an .npz with something else in it, a bomb, a damaged array', async () => {
    const of = async (files: Record<string, Uint8Array>): Promise<string> => npzOf(zipSync(files));
    await expect(readNpz(await of({ 'a.txt': new Uint8Array(3) }))).rejects.toThrow(/a\.txt in it is no array of NumPy/);
    await expect(readNpz(await of({ 'a.npy': new Uint8Array(2 ** 22) }))).rejects.toThrow(/more than 1000 times its size/);
    await expect(readNpz(await of({ 'a.npy': bytesOf('npyFloat32').subarray(0, -1) }))).rejects.toThrow(/x\.npz!a\.npy.*needs 24 bytes/);
    const stored = zipSync({ 'a.npy': bytesOf('npyFloat32') }, { level: 0 });
    stored[stored.indexOf(0x93) + 100]! ^= 1;
    await expect(readNpz(await npzOf(stored))).rejects.toThrow(/a\.npy in it: the file is cut off or damaged/);
  });
});
