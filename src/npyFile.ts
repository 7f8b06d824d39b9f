/** A `.npy` file of float32 in C order, version 1.0, data aligned to 64 bytes as NumPy does; for the engine and for pages. */
export function npyFile({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Uint8Array {
  const tuple = shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + data.byteLength);
  out.set([0x93, ...Array.from('NUMPY', (sign) => sign.charCodeAt(0)), 1, 0, length & 255, length >> 8]);
  out.set(Array.from(`${dict.padEnd(length - 1)}\n`, (sign) => sign.charCodeAt(0)), 10);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return out;
}
