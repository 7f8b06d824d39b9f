import { readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FloatTensor } from '../../../src/engine/tensors';
import { UserError } from '../../../src/engine/userError';
import { parseSafetensors, readSafetensors, serialiseSafetensors } from '../../../src/engine/weights/safetensors';
import { temporaryFolder } from '../../fixtures/data';

/** Written by Python's safetensors and NumPy, whose versions the file names. */
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../fixtures/weights/python.json'), 'utf8')) as Record<string, string>;
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(golden[name]!, 'base64'));

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** A file of a header as text, and so many zero bytes. */
function fileOf(header: string | Uint8Array, payload = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + text.length + payload);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  out.set(text, 8);
  return out;
}

const one = (fields: string): string => `{"t":{${fields}}}`;
const f32 = (shape: string, offsets: string, name = 't'): string => `"${name}":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;
const huge = '9007199254740993';

/** The cases of the reference's own suite (`tensor.rs`), and what JavaScript adds to them. */
const hostile: Record<string, Uint8Array> = {
  'empty file': new Uint8Array(0),
  'seven bytes': new Uint8Array(7),
  'header too large': fileOf('{}', 0, 100_000_001n),
  'header length beyond 2^53': fileOf('{}', 0, 2n ** 60n),
  'header length of all ones': fileOf('{}', 0, 2n ** 64n - 1n),
  'header longer than the file': fileOf('{}', 0, 3n),
  'no header': fileOf(''),
  'not UTF-8': fileOf(latin1('{"\xff":1}')),
  'byte order mark': fileOf('\ufeff{}'),
  'not JSON': fileOf('{"t":'),
  'a list': fileOf('[]'),
  'a number': fileOf('17'),
  'leading space': fileOf(' {}'),
  'two objects': fileOf('{}{}'),
  'nested 100,000 deep': fileOf(`{"t":${'['.repeat(100_000)}`),
  'bytes behind the last tensor': fileOf(`{${f32('[1]', '[0,4]')}}`, 5),
  'bytes missing': fileOf(`{${f32('[1]', '[0,4]')}}`, 3),
  'payload without tensors': fileOf('{}', 1),
  'hole at the start': fileOf(`{${f32('[1]', '[4,8]')}}`, 8),
  'hole between': fileOf(`{${f32('[1]', '[0,4]', 'a')},${f32('[1]', '[8,12]', 'b')}}`, 12),
  overlap: fileOf(`{${f32('[2]', '[0,8]', 'a')},${f32('[1]', '[4,8]', 'b')}}`, 8),
  'many tensors on the same bytes': fileOf(`{${Array.from({ length: 1000 }, (_, i) => f32('[2]', '[0,8]', `t${i}`)).join()}}`, 8),
  'end before begin': fileOf(`{${f32('[0]', '[4,0]')}}`, 4),
  'shape too small for its bytes': fileOf(`{${f32('[1]', '[0,8]')}}`, 8),
  'shape too large for its bytes': fileOf(`{${f32('[3]', '[0,8]')}}`, 8),
  'shape product overflows': fileOf(`{${f32('[4294967296,4294967296,4294967296]', '[0,4]')}}`, 4),
  'shape times type overflows': fileOf(`{${f32('[9007199254740991]', '[0,4]')}}`, 4),
  'dimension beyond 2^64 of an empty tensor': fileOf(`{${f32('[18446744073709551616,0]', '[0,0]')}}`),
  'product beyond 2^64 before a 0': fileOf(`{${f32('[4294967296,4294967296,0]', '[0,0]')}}`),
  'half a surrogate pair in the metadata': fileOf('{"__metadata__":{"format":"\\ud800"}}'),
  'dimension beyond 2^53': fileOf(`{${f32(`[${huge}]`, '[0,4]')}}`, 4),
  'offset beyond 2^53': fileOf(`{${f32('[1]', `[0,${huge}]`)}}`, 4),
  'negative dimension': fileOf(`{${f32('[-1]', '[0,4]')}}`, 4),
  'negative offset': fileOf(`{${f32('[1]', '[-4,0]')}}`, 4),
  'fractional dimension': fileOf(`{${f32('[1.5]', '[0,4]')}}`, 4),
  'float that is whole': fileOf(`{${f32('[1.0]', '[0,4]')}}`, 4),
  'exponent in an offset': fileOf(`{${f32('[1]', '[0,4e0]')}}`, 4),
  'shape of texts': fileOf(`{${f32('["1"]', '[0,4]')}}`, 4),
  'shape is a number': fileOf(`{${f32('1', '[0,4]')}}`, 4),
  'three offsets': fileOf(`{${f32('[1]', '[0,4,4]')}}`, 4),
  'one offset': fileOf(`{${f32('[1]', '[0]')}}`, 4),
  'no dtype': fileOf(one('"shape":[1],"data_offsets":[0,4]'), 4),
  'no shape': fileOf(one('"dtype":"F32","data_offsets":[0,4]'), 4),
  'no offsets': fileOf(one('"dtype":"F32","shape":[1]'), 4),
  'unknown dtype': fileOf(one('"dtype":"F33","shape":[1],"data_offsets":[0,4]'), 4),
  'dtype named like a method': fileOf(one('"dtype":"constructor","shape":[1],"data_offsets":[0,4]'), 4),
  'F8 dtype': fileOf(one('"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]'), 4),
  'tensor is null': fileOf('{"t":null}'),
  'tensor is a list': fileOf('{"t":[]}'),
  'duplicate tensor': fileOf(`{${f32('[1]', '[0,4]')},${f32('[1]', '[0,4]')}}`, 4),
  'duplicate tensor, once escaped': fileOf(`{${f32('[1]', '[0,4]')},${f32('[1]', '[0,4]', '\\u0074')}}`, 4),
  'duplicate field': fileOf(one('"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]'), 4),
  'duplicate metadata': fileOf('{"__metadata__":{},"__metadata__":{}}'),
  'metadata is a number': fileOf('{"__metadata__":{"a":1}}'),
  'metadata is a list': fileOf('{"__metadata__":[]}'),
  'metadata is nested': fileOf('{"__metadata__":{"a":{"b":"c"}}}'),
  'half a surrogate pair': fileOf(`{${f32('[1]', '[0,4]', '\\ud800')}}`, 4),
};

describe('hostile files are refused with a reason, quickly', () => {
  test.each(Object.entries(hostile))('%s', (_, bytes) => {
    const start = performance.now();
    expect(() => parseSafetensors(bytes, 'bad.safetensors')).toThrow(UserError);
    expect(() => parseSafetensors(bytes, 'bad.safetensors')).toThrow(/^Cannot read bad\.safetensors: /);
    // 100 ms each are demanded; both together must stay below twice that.
    expect(performance.now() - start).toBeLessThan(200);
  });

  test('there are at least forty', () => expect(Object.keys(hostile).length).toBeGreaterThanOrEqual(40));
});

describe('what the format allows is read', () => {
  test.each([
    ['no tensors', fileOf('{}'), 0],
    ['padding behind the header', fileOf('{}      '), 0],
    ['a scalar', fileOf(`{${f32('[]', '[0,4]')}}`, 4), 1],
    ['an empty tensor', fileOf(`{${f32('[0,7]', '[0,0]')}}`), 1],
    ['empty tensors beside a full one', fileOf(`{${f32('[1]', '[0,4]', 'b')},${f32('[0]', '[0,0]', 'a')},${f32('[0]', '[4,4]', 'c')}}`, 4), 3],
    ['an empty tensor with a side beyond 2^53', fileOf(`{${f32('[18446744073709551615,0]', '[0,0]')}}`), 1],
    ['null metadata', fileOf('{"__metadata__":null}'), 0],
    ['quotes and brackets in names', fileOf(`{${f32('[1]', '[0,4]', 'a\\"}:{[')}}`, 4), 1],
  ])('%s', (_, bytes, count) => expect(parseSafetensors(bytes).tensors.size).toBe(count));

  test('a tensor named __proto__ is a tensor', () => {
    const written = serialiseSafetensors(new Map([['__proto__', { shape: [1], data: new Float32Array([3]) }]]), { a: 'b' });
    expect(parseSafetensors(written).tensors.get('__proto__')?.data).toEqual(new Float32Array([3]));
    const words = parseSafetensors(fileOf('{"__metadata__":{"__proto__":"x"}}')).metadata;
    expect(Object.keys(words)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('files that only have the name are told apart', () => {
  const npy = bytesOf('npyObject');
  test.each([
    ['PyTorch zip', latin1('PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00archive/data.pkl'), /PyTorch.*safetensors/s],
    ['empty zip', latin1('PK\x05\x06' + '\0'.repeat(18)), /zip archive/],
    ['npz', bytesOf('npz'), /zip archive/],
    ['pickle 2', latin1('\x80\x02}q\x00(X\x01\x00\x00\x00aq'), /pickle.*never opens.*python -c/s],
    ['pickle 4', latin1('\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix'), /pickle/],
    ['pickle 5', latin1('\x80\x05\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix'), /pickle/],
    ['pickle 0', latin1("cos\nsystem\n(S'true'\ntR."), /pickle/],
    ['pickle 0 dictionary', latin1("(dp0\nVa\np1\nI1\ns."), /pickle/],
    ['old torch.save', latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9'), /pickle/],
    ['HDF5', latin1('\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0'), /HDF5/],
    ['npy of objects', npy, /NumPy/],
    ['gzip', latin1('\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03ab'), /gzip/],
    ['Git LFS pointer', latin1('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
    ['web page', latin1('<!DOCTYPE html><html>'), /web page/],
  ])('%s', (_, bytes, message) => expect(() => parseSafetensors(bytes, 'm.safetensors')).toThrow(message));

  test('a header whose length looks like a pickle is still safetensors', () => {
    const header = '{}'.padEnd(0x0280);
    expect(parseSafetensors(fileOf(header)).tensors.size).toBe(0);
  });
});

test('reads what Python wrote, every type', () => {
  const { tensors, metadata } = parseSafetensors(bytesOf('safetensors'));
  const values = Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, [shape, [...data]]]));
  expect(values).toEqual({
    'w.weight': [[2, 3], [1.5, -2.25, Math.fround(3e-8), Infinity, -0, 7]],
    scalar: [[], [4]],
    empty: [[0, 3], []],
    // Halves are exact in float32: 6.1e-5 and 5.96e-8 are the nearest halves, the latter the smallest subnormal.
    half: [[5], [1, -0.333251953125, 6.097555160522461e-5, 65504, 2 ** -24]],
    double: [[2], [Math.fround(0.1), Infinity]],
    long: [[2], [-1, 2 ** 40]],
    byte: [[2], [0, 255]],
    flag: [[2], [1, 0]],
    // 1e30 in bfloat16, by ml_dtypes.
    bf: [[3], [1, -3.140625, 1.0002555517425873e30]],
  });
  expect({ ...metadata }).toEqual({ format: 'pt', say: 'ñ "quoted"' });
});

test('writes byte for byte what Python writes for the same float32 tensors', () => {
  const parsed = parseSafetensors(bytesOf('safetensorsFloat32'));
  expect(Buffer.from(serialiseSafetensors(parsed.tensors)).equals(Buffer.from(bytesOf('safetensorsFloat32')))).toBe(true);
});

const tensor: fc.Arbitrary<FloatTensor> = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  .chain((shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return fc.uint8Array({ minLength: count * 4, maxLength: count * 4 }).map((raw) => ({ shape, data: new Float32Array(raw.slice().buffer) }));
  });

test('what is written is read again bit for bit, any name, any bits', () => {
  const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__');
  const words = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }), words, (entries, metadata) => {
      const written = serialiseSafetensors(new Map(entries), metadata);
      const back = parseSafetensors(written);
      expect(back.tensors.size).toBe(entries.length);
      for (const [key, { shape, data }] of entries) {
        expect(back.tensors.get(key)?.shape).toEqual(shape);
        expect(Buffer.from(back.tensors.get(key)!.data.buffer).equals(Buffer.from(data.buffer))).toBe(true);
      }
      expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort());
    }),
    { numRuns: 200 },
  );
});

test('a damaged file is refused or read, and never anything else', () => {
  const sound = bytesOf('safetensors');
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(20), (at, byte, cut) => {
      const bytes = sound.slice(0, sound.length - cut);
      if (at < bytes.length) bytes[at] = byte;
      try {
        parseSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('the data begin at a multiple of 8, names sorted', () => {
  const small = { shape: [1], data: new Float32Array(1) };
  const written = serialiseSafetensors(new Map([['b', small], ['a', small]]), { key: 'odd' });
  const length = Number(new DataView(written.buffer).getBigUint64(0, true));
  expect((8 + length) % 8).toBe(0);
  expect([...parseSafetensors(written).tensors.keys()]).toEqual(['a', 'b']);
});

test('a tensor whose elements are not those of its shape is not written', () => {
  expect(() => serialiseSafetensors(new Map([['t', { shape: [2], data: new Float32Array(3) }]]))).toThrow(/3 elements/);
});

test('matrices of a file are read into memory that threads share, and everything else into its own', async () => {
  const file = path.join(await temporaryFolder(), 'model.safetensors');
  const tensors = new Map([['matrix', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }], ['vector', { shape: [2], data: Float32Array.of(5, 6) }]]);
  await writeFile(file, serialiseSafetensors(tensors, {}));
  const handle = await open(file);
  const read = (await readSafetensors(handle, file).finally(() => handle.close())).tensors;
  expect([...read].map(([name, { data }]) => [name, [...data], data.buffer instanceof SharedArrayBuffer])).toEqual([['matrix', [1, 2, 3, 4], true], ['vector', [5, 6], false]]);
});
