import * as l10n from '@vscode/l10n';
import { unzipSync, zipSync } from 'fflate';
import { reasonOf } from '../atomic';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import { bytesOf } from './safetensors';

/** NumPy's array format (numpy.lib.format, versions 1 to 3) and its zip of many arrays, for exchange with other frameworks. */

const MAGIC = '\x93NUMPY';
/** 1 GiB of float32: more than any input or tap of a small ViT, and little enough to be allocated. */
const MAX_ELEMENTS = 2 ** 28;

const readers: Readonly<Record<string, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }>> = {
  '<f4': { bytes: 4, read: (v, at) => v.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (v, at) => v.getFloat64(at, true) },
  '|u1': { bytes: 1, read: (v, at) => v.getUint8(at) },
};

/**
 * Reads a `.npy` file of float32, float64 or uint8 in C order as float32.
 *
 * @throws UserError for anything else; arrays of Python objects are pickles and never opened.
 */
export function readNpy(bytes: Uint8Array, file = 'npy'): FloatTensor {
  const refuse = (reason: string): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reason), { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { text, end } = npyHeader(bytes, view, refuse);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  if (descr?.includes('O') === true) refuse(l10n.t('it holds Python objects, which are pickled code. Save it as float32: numpy.save(file, array.astype("float32"))'));
  const reader = descr === undefined || !Object.hasOwn(readers, descr) ? undefined : readers[descr];
  if (reader === undefined) {
    return refuse(l10n.t('its type is {0}; float32, float64 or uint8 is needed: numpy.save(file, array.astype("float32"))', descr ?? '?'));
  }
  if (!/'fortran_order'\s*:\s*False/.test(text)) refuse(l10n.t('it is in Fortran order. Save numpy.ascontiguousarray(array) instead'));
  const shape = shapeOf(text, refuse);
  const count = shape.reduce((a, b) => a * b, 1);
  if (count > MAX_ELEMENTS) refuse(l10n.t('shape [{0}] is too large', shape.join(', ')));
  if (bytes.length !== end + count * reader.bytes) {
    refuse(l10n.t('shape [{0}] needs {1} bytes, and the file has {2}', shape.join(', '), count * reader.bytes, bytes.length - end));
  }
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = reader.read(view, end + i * reader.bytes);
  return { shape, data };
}

function npyHeader(bytes: Uint8Array, view: DataView, refuse: (reason: string) => never): { text: string; end: number } {
  if (bytes.length < 10 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) refuse(l10n.t('this is no .npy file'));
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) refuse(l10n.t('.npy version {0} is not known', version));
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) refuse(l10n.t('the file is cut off'));
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) refuse(l10n.t('the file is cut off'));
  return { text: new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, end)), end };
}

function shapeOf(text: string, refuse: (reason: string) => never): number[] {
  const inside = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (inside === undefined) return refuse(l10n.t('its header names no shape'));
  const shape = inside
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  return shape.every(Number.isSafeInteger) ? shape : refuse(l10n.t('its header names no shape'));
}

/** A `.npy` file of float32 in C order, version 1.0, data aligned to 64 bytes as NumPy does. */
export function writeNpy(tensor: FloatTensor): Uint8Array {
  const { shape } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + tensor.data.byteLength);
  out.set(latin1(`${MAGIC}\x01\x00`));
  new DataView(out.buffer).setUint16(8, length, true);
  out.set(latin1(`${dict.padEnd(length - 1)}\n`), 10);
  out.set(bytesOf(tensor.data), 10 + length);
  return out;
}

/** A `.npz` file: the arrays by name, stored without compression as `numpy.savez` does. */
export function writeNpz(tensors: TensorMap): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (const [name, tensor] of tensors) files[`${name}.npy`] = writeNpy(tensor);
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1, 12) });
}

/** Reads all arrays of a `.npz` file. */
export function readNpz(bytes: Uint8Array, file = 'npz'): TensorMap {
  const tensors = new Map<string, FloatTensor>();
  for (const [name, content] of Object.entries(unzip(bytes, file))) {
    if (name.endsWith('.npy')) tensors.set(name.slice(0, -4), readNpy(content, `${file}!${name}`));
  }
  return tensors;
}

function unzip(bytes: Uint8Array, file: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (originalSize <= MAX_ELEMENTS * 4) return true;
        throw new Error(l10n.t('{0} in it is too large', name));
      },
    });
  } catch (error) {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
