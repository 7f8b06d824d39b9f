/**
 * Writes protocol buffers: a field is its number and kind, then a varint, four bytes, or a length and that many bytes.
 * Which fields a message has, whoever calls knows.
 */

/** Pieces that lie behind each other; put together once at the end, so that weights are copied once. */
export type Bytes = readonly Uint8Array[];

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;

const utf8 = new TextEncoder();

export function text(field: number, value: string): Bytes {
  return bytes(field, utf8.encode(value));
}

export function bytes(field: number, value: Uint8Array): Bytes {
  return [varint((field << 3) | LENGTH), varint(value.length), value];
}

export function message(field: number, parts: Bytes): Bytes {
  return [varint((field << 3) | LENGTH), varint(lengthOf(parts)), ...parts];
}

export function int(field: number, value: number): Bytes {
  return [varint((field << 3) | VARINT), varint(value)];
}

export function float(field: number, value: number): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setFloat32(0, value, true);
  return [varint((field << 3) | FOUR_BYTES), four];
}

export function double(field: number, value: number): Bytes {
  return [varint((field << 3) | EIGHT_BYTES), eightBytes([value])];
}

/** Repeated doubles, packed. */
export function doubles(field: number, values: readonly number[]): Bytes {
  return bytes(field, eightBytes(values));
}

function eightBytes(values: readonly number[]): Uint8Array {
  const all = new Uint8Array(8 * values.length);
  const view = new DataView(all.buffer);
  values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return all;
}

/** Seven bits a byte, lowest first; a negative number as the 64 bits of its two's complement. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}

function lengthOf(parts: Bytes): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

export function join(parts: Bytes): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
