import type { FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import { dtypes } from './dtype';
import { foreignFormat } from './foreign';

/**
 * The safetensors container (huggingface/safetensors, `tensor.rs`): u64 little-endian header length, JSON header
 * `{name: {dtype, shape, data_offsets}}`, then the bytes of all tensors without holes. Files come from strangers, so
 * every number is checked before it is used, and accepted is only what the reference implementation accepts.
 */

/** As in the reference implementation. */
const MAX_HEADER = 100_000_000;

export interface ParsedSafetensors {
  /** Every float and integer type as float32. */
  readonly tensors: TensorMap;
  readonly metadata: Readonly<Record<string, string>>;
  /** The bytes behind the header: what a checksum covers. */
  readonly payload: Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a whole file that is in memory.
 *
 * @throws UserError that names the file and the rule it breaks.
 */
export function parseSafetensors(bytes: Uint8Array, file = 'safetensors'): ParsedSafetensors {
  const refuse = refusal(file);
  const foreign = foreignFormat(bytes, path.basename(file));
  if (foreign !== undefined) refuse(foreign);
  const header = readHeader(bytes.subarray(0, 8 + headerLength(bytes, bytes.length, refuse)), refuse);
  const payload = bytes.subarray(header.end);
  const entries = inOrder(header.entries, payload.length, refuse);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const tensors = new Map<string, FloatTensor>();
  for (const entry of entries) tensors.set(entry.name, { shape: entry.shape, data: dtypes.get(entry.dtype)!.toFloat32(view, entry.begin, multiply(entry.shape)!) });
  return { tensors, metadata: header.metadata, payload };
}

/** A tensor, and the type that it has in its file. */
export interface StoredTensor extends FloatTensor {
  readonly dtype: string;
}

/**
 * Reads a file tensor by tensor, so that what is in memory at one time is little more than the weights.
 *
 * @throws UserError as `parseSafetensors` does
 */
export async function readSafetensors(handle: FileHandle, file: string): Promise<{ readonly tensors: Map<string, StoredTensor>; readonly metadata: Readonly<Record<string, string>> }> {
  const refuse = refusal(file);
  const { size } = await handle.stat();
  const start = await readAt(handle, 0, Math.min(size, START));
  const foreign = foreignFormat(start, path.basename(file));
  if (foreign !== undefined) refuse(foreign);
  const header = readHeader(await readAt(handle, 0, 8 + headerLength(start, size, refuse)), refuse);
  const entries = inOrder(header.entries, size - header.end, refuse);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const bytes = await readAt(handle, header.end + begin, end - begin, dtype === 'F32' && shape.length === 2);
    if (bytes.length !== end - begin) refuse(l10n.t('the file is cut off: {0} bytes of weights are missing', end - begin - bytes.length));
    tensors.set(name, { dtype, shape, data: toFloat32(bytes, dtype, multiply(shape)!) });
  }
  return { tensors, metadata: header.metadata };
}

/** What tells one format from another. */
const START = 4096;

/** float32 is taken as it lies in memory of its own; everything else is converted. */
function toFloat32(bytes: Uint8Array, dtype: string, count: number): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  return dtypes.get(dtype)!.toFloat32(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, count);
}

/**
 * Bytes of a file in memory of their own; fewer where it ends before.
 *
 * @param shared whether threads may read them without a copy, as those that compute do the matrices: nearly all of a network
 */
async function readAt(handle: FileHandle, at: number, length: number, shared = false): Promise<Uint8Array> {
  const bytes = new Uint8Array(shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    // One call of the system reads 2 GiB at the most.
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

function refusal(file: string): Refuse {
  return (reason) => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reason), { file });
  };
}

/** The entries by their place, which is checked. */
function inOrder(entries: readonly Entry[], total: number, refuse: Refuse): readonly Entry[] {
  const sorted = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(sorted, total, refuse);
  return sorted;
}

type Refuse = (reason: string) => never;

function headerLength(start: Uint8Array, size: number, refuse: Refuse): number {
  if (size < 8) refuse(l10n.t('the file is too short to be a safetensors file ({0} bytes)', size));
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    refuse(l10n.t('its header would have {0} bytes, more than the {1} allowed; this is no safetensors file', String(length), MAX_HEADER));
  }
  if (8 + Number(length) > size) refuse(l10n.t('the header of {0} bytes is longer than the file; the file is cut off', String(length)));
  return Number(length);
}

/** @param bytes the length of the header, and the header */
function readHeader(bytes: Uint8Array, refuse: Refuse) {
  const end = bytes.length;
  const text = decodeUtf8(bytes.subarray(8), refuse);
  if (!text.startsWith('{')) refuse(l10n.t('the header does not begin with a JSON object'));
  const pairs = parsePairs(text, refuse);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of pairs) {
    if (name === '__metadata__') metadata = readMetadata(value, refuse);
    else entries.push(readEntry(name, value, refuse));
  }
  return { end, entries, metadata };
}

function decodeUtf8(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(l10n.t('the header is not UTF-8 text'));
  }
}

function parsePairs(text: string, refuse: Refuse): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(l10n.t('the header is not JSON ({0})', reasonOf(error)));
  }
  checkTokens(text, refuse);
  return Object.entries(value as object);
}

/**
 * Refuses what `JSON.parse` lets pass and the reference does not: a key given twice (the last would win unseen), a
 * number that is no plain integer, and halves of surrogate pairs.
 */
function checkTokens(text: string, refuse: Refuse): void {
  const scopes: (Set<string> | null)[] = [];
  let last = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g)) {
    if (token === '{') scopes.push(new Set());
    else if (token === '[') scopes.push(null);
    else if (token === '}' || token === ']') scopes.pop();
    else if (token === ':') noteKey(scopes.at(-1), last, refuse);
    else if (token.startsWith('"')) last = unicode(token, refuse);
    else if (!/^\d+$/.test(token) || BigInt(token) > LARGEST) refuse(l10n.t('{0} in the header is no whole number', token));
  }
}

/** Names and values of metadata alike. */
function unicode(token: string, refuse: Refuse): string {
  if (/\p{Surrogate}/u.test(JSON.parse(token) as string)) refuse(l10n.t('the text {0} in the header is not valid Unicode', token));
  return token;
}

function noteKey(scope: Set<string> | null | undefined, token: string, refuse: Refuse): void {
  const key = JSON.parse(token) as string;
  if (scope?.has(key) === true) refuse(l10n.t('the header has {0} twice', token));
  scope?.add(key);
}

function readMetadata(value: unknown, refuse: Refuse): Record<string, string> {
  const metadata = Object.create(null) as Record<string, string>;
  if (value === null) return metadata;
  if (typeof value !== 'object' || Array.isArray(value)) refuse(l10n.t('__metadata__ is no JSON object'));
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') refuse(l10n.t('the metadata {0} is no text', JSON.stringify(key)));
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, refuse: Refuse): Entry {
  const quoted = JSON.stringify(name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(l10n.t('tensor {0} has no description', quoted));
  }
  const fields = new Map(Object.entries(value));
  const [dtype, shape, offsets] = [fields.get('dtype'), fields.get('shape'), fields.get('data_offsets')];
  if (typeof dtype !== 'string') return refuse(l10n.t('tensor {0} has no dtype', quoted));
  if (!dtypes.has(dtype)) {
    return refuse(l10n.t('tensor {0} has the type {1}; ViT Lab reads {2}', quoted, dtype, [...dtypes.keys()].join(', ')));
  }
  if (!isSizes(shape)) return refuse(l10n.t('tensor {0} has no valid shape', quoted));
  if (!isSizes(offsets) || offsets.length !== 2) return refuse(l10n.t('tensor {0} has no valid data_offsets', quoted));
  return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 0);
}

/** Contiguous from 0 to the end of the file: no hole, no overlap, nothing left over; and shape × type equals the bytes. */
function checkLayout(sorted: readonly Entry[], total: number, refuse: Refuse): void {
  let at = 0;
  for (const { name, dtype, shape, begin, end } of sorted) {
    const quoted = JSON.stringify(name);
    if (begin !== at || end < begin) refuse(l10n.t('tensor {0} lies at {1}…{2}, but {3} was expected (a hole or an overlap)', quoted, begin, end, at));
    const bytes = multiply([...shape, dtypes.get(dtype)!.bytes]);
    if (bytes === undefined) refuse(l10n.t('tensor {0} is too large', quoted));
    if (bytes !== end - begin) {
      refuse(l10n.t('tensor {0} of shape [{1}] and type {2} does not have the {3} bytes that it is given', quoted, shape.join(', '), dtype, end - begin));
    }
    at = end;
  }
  if (at > total) refuse(l10n.t('the file is cut off: {0} bytes of weights are missing', at - total));
  if (at < total) refuse(l10n.t('there are {0} bytes behind the last tensor', total - at));
}

/** As the reference counts: numbers of 64 bits. */
const LARGEST = 2n ** 64n - 1n;

/**
 * The product, or nothing when it leaves the numbers of 64 bits on the way, or the exact ones of JavaScript at the end. Where
 * a side is 0 others may be larger than any memory, as in the reference: there is nothing to read.
 */
function multiply(factors: readonly number[]): number | undefined {
  let product = 1n;
  for (const factor of factors) {
    const exact = BigInt(factor);
    // The largest number of 64 bits is 1 more as a number of JavaScript.
    product *= exact > LARGEST ? LARGEST : exact;
    if (product > LARGEST) return undefined;
  }
  const whole = Number(product);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/**
 * Writes float32 tensors, sorted by name, the header padded with spaces so that the data begin at a multiple of 8.
 *
 * @throws Error when a tensor does not have the number of elements of its shape, or has a reserved name.
 */
export function serialiseSafetensors(tensors: TensorMap, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = [...tensors.keys()].sort();
  const header = headerOf(names, tensors, metadata);
  const total = names.reduce((sum, name) => sum + tensors.get(name)!.data.byteLength, 0);
  const out = new Uint8Array(8 + header.length + total);
  new DataView(out.buffer).setBigUint64(0, BigInt(header.length), true);
  out.set(header, 8);
  let at = 8 + header.length;
  for (const name of names) {
    const bytes = bytesOf(tensors.get(name)!.data);
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** The header is put together as text: an object would give the name `__proto__` a meaning. */
function headerOf(names: readonly string[], tensors: TensorMap, metadata: Readonly<Record<string, string>>): Uint8Array {
  const parts: string[] = [];
  const words = Object.entries(metadata);
  if (words.length > 0) parts.push(`"__metadata__":{${words.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`);
  let at = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    if (name === '__metadata__' || /\p{Surrogate}/u.test(name)) throw new Error(`A tensor cannot have the name ${JSON.stringify(name)}.`);
    if (multiply(shape) !== data.length) throw new Error(`Tensor ${name} has ${data.length} elements, not [${shape.join(', ')}].`);
    parts.push(`${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${at},${at + data.byteLength}]}`);
    at += data.byteLength;
  }
  const text = new TextEncoder().encode(`{${parts.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  if (padded.length > MAX_HEADER) throw new Error(`The header has ${padded.length} bytes, more than safetensors allows.`);
  return padded;
}

/** The memory of an array as bytes, without copying. */
export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
