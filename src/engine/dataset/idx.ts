import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import * as l10n from '@vscode/l10n';
import { naturalOrder } from '../pictures/walk';
import type { Raster } from '../resample';
import { UserError } from '../userError';
import { checkClasses, type Sample, type Source } from './source';

const inflate = promisify(gunzip) as (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Unpacked, one IDX file may have this many bytes: 30 times MNIST's training images. */
const MAX_BYTES = 1.5e9;

const UINT8_3D = 0x0803;
const UINT8_1D = 0x0801;

/** Images and labels that belong together. */
interface Pair {
  readonly file: string;
  readonly rows: number;
  readonly columns: number;
  /** [count, rows, columns] */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** Whether a file is called like IDX images: `train-images-idx3-ubyte`, `t10k-images.idx3-ubyte.gz` … */
export function isIdxImages(name: string): boolean {
  return /images.*idx3-ubyte(\.gz)?$/i.test(name);
}

/**
 * The MNIST family (http://yann.lecun.com/exdb/mnist), plain or gzip: a folder with `train-images…`, `t10k-images…`
 * and their labels, or one images file, whose labels lie beside it. Classes are called by their numbers. A lone pair
 * is what the splits are drawn from.
 */
export async function openIdx(target: string, isFolder: boolean): Promise<Source> {
  const names = isFolder ? (await readdir(target)).filter(isIdxImages).sort(naturalOrder) : [path.basename(target)];
  const folder = isFolder ? target : path.dirname(target);
  const files = new Map(names.map((name) => [splitOf(name), path.join(folder, name)]));
  if (names.length !== files.size || names.length === 0)
    throw new UserError(
      l10n.t('{0} should hold one IDX file of training images and one of test images; found: {1}.', target, names.join(', ') || '–'),
      { file: target },
    );
  const pairs = new Map<string, Pair>();
  for (const [split, file] of files) pairs.set(split, await readPair(file));
  const present = [...new Set([...pairs.values()].flatMap((pair) => [...new Set(pair.labels)]))].sort((a, b) => a - b);
  checkClasses(present.map(String), target);
  const samples = (split: string): Sample[] | undefined => {
    const pair = pairs.get(split);
    return pair && samplesOf(pair, present);
  };
  const lone = pairs.size === 1 ? [...pairs.keys()][0]! : 'train';
  return {
    format: 'idx',
    classes: present.map(String),
    train: samples(lone)!,
    val: undefined,
    test: lone === 'train' ? samples('test') : undefined,
    broken: [],
  };
}

function splitOf(name: string): 'train' | 'test' {
  return /t10k|test/i.test(name) ? 'test' : 'train';
}

function samplesOf(pair: Pair, present: readonly number[]): Sample[] {
  const { rows, columns, file } = pair;
  const size = rows * columns;
  const base = path.basename(file);
  const decode = (data: Uint8Array): Raster => ({ width: columns, height: rows, channels: 1, data });
  return Array.from(pair.labels, (label, i) => ({
    label: present.indexOf(label),
    name: `${file}#${i}`,
    key: `${base}#${i}`,
    load: () => Promise.resolve(pair.pixels.subarray(i * size, (i + 1) * size)),
    decode,
  }));
}

async function readPair(file: string): Promise<Pair> {
  const images = await readIdx(file, UINT8_3D);
  const labelFile = await findLabels(file);
  const labels = await readIdx(labelFile, UINT8_1D);
  const [count, rows, columns] = images.shape as [number, number, number];
  if (labels.shape[0] !== count)
    throw new UserError(l10n.t('{0} has {1} images, but {2} has {3} labels.', file, count, labelFile, labels.shape[0]!), { file });
  return { file, rows, columns, pixels: images.data, labels: labels.data };
}

/** The labels file beside an images file, packed or not. */
async function findLabels(file: string): Promise<string> {
  const wanted = path.basename(file).replace(/images/i, 'labels').replace('idx3', 'idx1').replace(/\.gz$/i, '');
  const folder = path.dirname(file);
  const found = (await readdir(folder)).find((name) => name === wanted || name === `${wanted}.gz`);
  if (found === undefined)
    throw new UserError(l10n.t('The labels of {0} are missing: expected {1} or {1}.gz in the same folder.', file, wanted), { file });
  return path.join(folder, found);
}

/** Checks type, dimensions and length: magic 0x0000 08 (uint8) and the number of dimensions, then their sizes. */
async function readIdx(file: string, magic: number): Promise<{ shape: number[]; data: Uint8Array }> {
  const bytes = await readUnpacked(file);
  const found = bytes.length < 8 ? 0 : bytes.readUInt32BE(0);
  if (found !== magic) {
    const [expected, got] = [hex(magic), hex(found)];
    throw damaged(file, l10n.t('it starts with {0} instead of {1}, so it is no IDX file of the right kind', got, expected));
  }
  const dimensions = magic & 0xff;
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) throw damaged(file, l10n.t('the file is cut off or damaged'));
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const length = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== start + length || length === 0)
    throw damaged(file, l10n.t('its header promises {0} bytes, but {1} follow', length, bytes.length - start));
  return { shape, data: bytes.subarray(start) };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}

async function readUnpacked(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return inflate(bytes, { maxOutputLength: MAX_BYTES }).catch((): never => {
    throw damaged(file, l10n.t('it cannot be unpacked'));
  });
}

function damaged(file: string, reason: string): UserError {
  return new UserError(l10n.t('Cannot read {0}: {1}.', file, reason), { file });
}
