/**
 * Products of many small matrices, as attention needs them, in WebAssembly SIMD.
 *
 * The wasm backend of TensorFlow.js 4.22 computes them by a scalar loop at a tenth of what the processor can. This is
 * one function, written out instruction by instruction, that works on the backend's own memory, so nothing is copied:
 *
 *     for each batch, for each row i of A:
 *       for each 16 columns of B, and then for each 4 (the last 4 may overlap the ones before):
 *         the sums over k of A[i, k] · B[k, columns], in vector registers
 *
 * Sums run over k in order, so the result does not depend on where a column falls.
 */

/** All numbers are integers; addresses and strides are in bytes. A is read by strides, so it may be transposed. */
export type BatchMatMul = (
  batch: number,
  M: number,
  K: number,
  N: number,
  a: number,
  aRow: number,
  aColumn: number,
  aBatch: number,
  b: number,
  c: number,
) => void;

/** Fewer columns than a vector has cannot be computed here. */
export const FEWEST_COLUMNS = 4;

/** The `WebAssembly.Memory` of the backend. */
export type WasmMemory = object;

/** The part of WebAssembly's JavaScript API that is used; TypeScript has it only among the types of the browser. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** Builds the function over a memory; null where the machine has no SIMD. */
export function batchMatMulOver(memory: WasmMemory): BatchMatMul | null {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return null;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return instance.exports['batchMatMul'] as BatchMatMul;
}

type Code = readonly number[];

// Parameters come first among the locals.
const [batch, M, K, N, a, aRow, aColumn, aBatch, b, c] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const [row, rowAddress, column, at, k, left, right, rowBytes, splat] = [10, 11, 12, 13, 14, 15, 16, 17, 18];
const sums = [19, 20, 21, 22];

const get = (local: number): Code => [0x20, local];
const set = (local: number, ...value: Code[]): Code => [...value.flat(), 0x21, local];
const int = (value: number): Code => [0x41, ...signed(value)];
const plus = (x: Code, y: Code): Code => [...x, ...y, 0x6a];
const minus = (x: Code, y: Code): Code => [...x, ...y, 0x6b];
const times = (x: Code, y: Code): Code => [...x, ...y, 0x6c];
const less = (x: Code, y: Code): Code => [...x, ...y, 0x48];
const atMost = (x: Code, y: Code): Code => [...x, ...y, 0x4c];
const smaller = (x: Code, y: Code): Code => [...x, ...y, ...less(x, y), 0x1b];
const whileTrue = (condition: Code, ...body: Code[]): Code => [
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...condition,
  ...[0x45, 0x0d, 1], // leave unless
  ...body.flat(),
  ...[0x0c, 0, 0x0b, 0x0b], // again; end, end
];
const load = (address: Code, offset: number): Code => [...address, 0xfd, 0x00, 2, ...unsigned(offset)];
const loadSplat = (address: Code): Code => [...address, 0xfd, 0x09, 2, 0];
const store = (address: Code, offset: number, value: Code): Code => [...address, ...value, 0xfd, 0x0b, 2, ...unsigned(offset)];
const zeros: Code = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const vectorPlus = (x: Code, y: Code): Code => [...x, ...y, 0xfd, 0xe4, 0x01];
const vectorTimes = (x: Code, y: Code): Code => [...x, ...y, 0xfd, 0xe6, 0x01];

/** Sums of `vectors` × 4 columns from column `at` on. */
function columns(vectors: number): Code {
  const used = sums.slice(0, vectors);
  const output = plus(get(c), times(int(4), plus(times(get(row), get(N)), get(at))));
  return [
    ...used.flatMap((sum) => set(sum, zeros)),
    ...set(left, get(rowAddress)),
    ...set(right, plus(get(b), times(int(4), get(at)))),
    ...set(k, get(K)),
    ...whileTrue(
      get(k),
      set(splat, loadSplat(get(left))),
      ...used.map((sum, i) => set(sum, vectorPlus(get(sum), vectorTimes(get(splat), load(get(right), 16 * i))))),
      set(left, plus(get(left), get(aColumn))),
      set(right, plus(get(right), get(rowBytes))),
      set(k, minus(get(k), int(1))),
    ),
    ...used.flatMap((sum, i) => store(output, 16 * i, get(sum))),
  ];
}

function body(): Code {
  const eachColumn = [
    ...set(column, int(0)),
    ...whileTrue(atMost(plus(get(column), int(16)), get(N)), set(at, get(column)), columns(4), set(column, plus(get(column), int(16)))),
    ...whileTrue(
      less(get(column), get(N)),
      set(at, smaller(get(column), minus(get(N), int(4)))),
      columns(1),
      set(column, plus(get(column), int(4))),
    ),
  ];
  return [
    ...set(rowBytes, times(int(4), get(N))),
    ...whileTrue(
      get(batch),
      set(row, int(0)),
      set(rowAddress, get(a)),
      whileTrue(less(get(row), get(M)), eachColumn, set(row, plus(get(row), int(1))), set(rowAddress, plus(get(rowAddress), get(aRow)))),
      set(a, plus(get(a), get(aBatch))),
      set(b, plus(get(b), times(get(K), get(rowBytes)))),
      set(c, plus(get(c), times(get(M), get(rowBytes)))),
      set(batch, minus(get(batch), int(1))),
    ),
  ];
}

function moduleBytes(): Uint8Array {
  const [i32, v128] = [0x7f, 0x7b];
  const locals = [2, splat - row, i32, 1 + sums.length, v128];
  const code = [...locals, ...body(), 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 10, ...new Array<number>(10).fill(i32), 0]),
    ...section(2, [1, ...name('env'), ...name('memory'), 0x02, 0x00, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('batchMatMul'), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  );
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
