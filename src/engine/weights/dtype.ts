/** Element types of safetensors files, and how each becomes float32. */

export interface Dtype {
  readonly bytes: number;
  /** Reads `count` little-endian elements that start at byte `at` of the view. */
  readonly toFloat32: (view: DataView, at: number, count: number) => Float32Array;
}

/** Little-endian float32, which is what files hold and every machine Node.js runs on uses. */
export function float32At(view: DataView, at: number, count: number): Float32Array {
  const out = new Float32Array(count);
  new Uint8Array(out.buffer).set(new Uint8Array(view.buffer, view.byteOffset + at, count * 4));
  return out;
}

function each(bytes: number, read: (view: DataView, at: number) => number): Dtype {
  return {
    bytes,
    toFloat32: (view, at, count) => {
      const out = new Float32Array(count);
      for (let i = 0; i < count; i++) out[i] = read(view, at + i * bytes);
      return out;
    },
  };
}

/** IEEE 754 binary16 from its bits; exact, as float32 holds every half. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const wide = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToFloat(bits: number): number {
  wide.setUint32(0, bits * 65536);
  return wide.getFloat32(0);
}

/** By the names safetensors gives them. Types that no ViT checkpoint uses (F8, F4, complex) are left out and refused by name. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ['F64', each(8, (v, at) => v.getFloat64(at, true))],
  ['F32', { bytes: 4, toFloat32: float32At }],
  ['F16', each(2, (v, at) => halfToFloat(v.getUint16(at, true)))],
  ['BF16', each(2, (v, at) => bfloatToFloat(v.getUint16(at, true)))],
  ['I64', each(8, (v, at) => Number(v.getBigInt64(at, true)))],
  ['U64', each(8, (v, at) => Number(v.getBigUint64(at, true)))],
  ['I32', each(4, (v, at) => v.getInt32(at, true))],
  ['U32', each(4, (v, at) => v.getUint32(at, true))],
  ['I16', each(2, (v, at) => v.getInt16(at, true))],
  ['U16', each(2, (v, at) => v.getUint16(at, true))],
  ['I8', each(1, (v, at) => v.getInt8(at))],
  ['U8', each(1, (v, at) => v.getUint8(at))],
  ['BOOL', each(1, (v, at) => (v.getUint8(at) === 0 ? 0 : 1))],
]);
