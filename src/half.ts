/** Half precision (IEEE 754 binary16) as its bits: what an engine in Node and a page of VS Code can both read. */

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The nearest half of a number, ties to even; too large a number is infinite. */
export function halfOf(value: number): number {
  float[0] = value;
  const bits = word[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x7f800000) return sign | 0x7c00 | (size > 0x7f800000 ? 0x200 : 0);
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  // Below 2⁻¹⁴ halves have equal distances: adding the number whose unit is one of them rounds to it.
  float[0] = Math.abs(value) + 0.5;
  return sign | ((word[0] ?? 0) - 0x3f000000);
}

/** The number that the bits of a half mean. */
export function fromHalf(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  const size = exponent === 0 ? mantissa * 2 ** -24 : exponent === 31 ? (mantissa === 0 ? Infinity : NaN) : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
