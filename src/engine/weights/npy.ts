import * as l10n from '@vscode/l10n';
import { zipSync } from 'fflate';
import { npyFile } from '../../npyFile';
import { reasonOf } from '../atomic';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import { openZip } from '../zipFile';
import { dtypes } from './dtype';

/** NumPy's array format (numpy.lib.format, versions 1 to 3) and its zip of many arrays, for exchange with other frameworks. */

const MAGIC = '\x93NUMPY';
/** 2 GiB of float32: more than any tensor of a ViT, and little enough to be allocated. */
const MAX_ELEMENTS = 2 ** 29;

/** By NumPy's `descr`, with the type's name in safetensors. bfloat16 is unknown to NumPy, which writes it as two bytes of nothing. */
const types: Readonly<Record<string, string>> = {
  '<f4': 'F32', '<f8': 'F64', '<f2': 'F16', '|V2': 'BF16', '<V2': 'BF16', '|u1': 'U8', '|i1': 'I8', '|b1': 'BOOL',
  '<u2': 'U16', '<i2': 'I16', '<u4': 'U32', '<i4': 'I32', '<u8': 'U64', '<i8': 'I64',
};

/**
 * Reads a `.npy` file of numbers, in C or Fortran order, as float32 in C order.
 *
 * @throws UserError for anything else; arrays of Python objects are pickles and never opened.
 */
export function readNpy(bytes: Uint8Array, file = 'npy'): FloatTensor & { readonly dtype: string } {
  const refuse = (reason: string): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reason), { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { text, end } = npyHeader(bytes, view, refuse);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  if (descr?.includes('O') === true) refuse(l10n.t('it holds Python objects, which are pickled code. Save it as float32: numpy.save(file, array.astype("float32"))'));
  const dtype = descr === undefined || !Object.hasOwn(types, descr) ? undefined : types[descr];
  if (dtype === undefined) {
    return refuse(l10n.t('its type is {0}, which is not known here; save it as float32: numpy.save(file, array.astype("float32"))', descr ?? '?'));
  }
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  if (order === undefined) refuse(l10n.t('its header names no order'));
  const shape = shapeOf(text, refuse);
  const count = shape.reduce((a, b) => a * b, 1);
  if (count > MAX_ELEMENTS) refuse(l10n.t('shape [{0}] is too large', shape.join(', ')));
  const { bytes: each, toFloat32 } = dtypes.get(dtype)!;
  if (bytes.length !== end + count * each) {
    refuse(l10n.t('shape [{0}] needs {1} bytes, and the file has {2}', shape.join(', '), count * each, bytes.length - end));
  }
  const data = toFloat32(view, end, count);
  return { dtype, shape, data: order === 'True' ? fromFortran(data, shape) : data };
}

/** Column by column → row by row. */
function fromFortran(data: Float32Array, shape: readonly number[]): Float32Array {
  const out = new Float32Array(data.length);
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const place = shape.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[place.reduce((at, index, axis) => at + index * steps[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis]! === shape[axis]; axis--) place[axis] = 0;
  }
  return out;
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

/** A `.npy` file of float32. */
export function writeNpy(tensor: FloatTensor): Uint8Array {
  return npyFile(tensor);
}

/** A `.npz` file: the arrays by name, stored without compression as `numpy.savez` does. */
export function writeNpz(tensors: TensorMap): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (const [name, tensor] of tensors) files[`${name}.npy`] = npyFile(tensor);
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1, 12) });
}

/** An array of a `.npz` file may have so many bytes: all blocks of a large network lie in one, where JAX scans over them. */
const MAX_ARRAY = 2 ** 31;

/**
 * Reads all arrays of a `.npz` file, one after the other, stored or deflated.
 *
 * @throws UserError naming the file and the array
 */
export async function readNpz(file: string): Promise<Map<string, FloatTensor & { readonly dtype: string }>> {
  const zip = await openZip(file, MAX_ARRAY);
  const tensors = new Map<string, FloatTensor & { readonly dtype: string }>();
  for (const entry of zip.entries) {
    if (!entry.name.endsWith('.npy')) throw new UserError(l10n.t('Cannot read {0}: {1} in it is no array of NumPy.', file, entry.name), { file });
    const bytes = await zip.read(entry).catch((error: unknown): never => {
      throw new UserError(l10n.t('Cannot read {0}: {1} in it: {2}', file, entry.name, reasonOf(error)), { file });
    });
    tensors.set(entry.name.slice(0, -4), readNpy(bytes, `${file}!${entry.name}`));
  }
  return tensors;
}

