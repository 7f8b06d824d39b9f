import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { naturalOrder } from '../pictures/walk';
import type { Raster } from '../resample';
import { UserError } from '../userError';
import { checkClasses, type Sample, type Source } from './source';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** The two binary versions of https://www.cs.toronto.edu/~kriz/cifar.html: labels in front, then red, green, blue planes. */
interface Version {
  readonly labels: number;
  readonly classes: number;
  /** Which of the label bytes is the class. */
  readonly at: number;
  readonly names: string;
  readonly train: RegExp;
  readonly test: RegExp;
}

const CIFAR10: Version = {
  labels: 1,
  classes: 10,
  at: 0,
  names: 'batches.meta.txt',
  train: /^data_batch_\d+\.bin$/,
  test: /^test_batch\.bin$/,
};
const CIFAR100: Version = {
  labels: 2,
  classes: 100,
  at: 1,
  names: 'fine_label_names.txt',
  train: /^train\.bin$/,
  test: /^test\.bin$/,
};

/** Whether a folder's file names are those of the binary version of CIFAR. */
export function isCifar(names: readonly string[]): boolean {
  return versionOf(names) !== undefined;
}

function versionOf(names: readonly string[]): Version | undefined {
  return [CIFAR10, CIFAR100].find(({ train, test }) => names.some((name) => train.test(name) || test.test(name)));
}

/** CIFAR-10, or CIFAR-100 with its fine labels, as unpacked from the "binary version". */
export async function openCifar(folder: string): Promise<Source> {
  const names = (await readdir(folder)).sort(naturalOrder);
  const version = versionOf(names);
  if (version === undefined) throw notCifar(folder, names);
  const classes = await classNames(folder, version, names);
  checkClasses(classes, folder);
  const samples = async (pattern: RegExp): Promise<Sample[] | undefined> => {
    const files = names.filter((name) => pattern.test(name));
    const parts: Sample[] = [];
    for (const name of files) parts.push(...(await readBatch(path.join(folder, name), version)));
    return files.length === 0 ? undefined : parts;
  };
  const [train, test] = [await samples(version.train), await samples(version.test)];
  return { format: 'cifar', classes, train: train ?? test ?? [], val: undefined, test: train && test, broken: [] };
}

function notCifar(folder: string, names: readonly string[]): UserError {
  const pickled = names.some((name) => /^(data_batch_\d+|train|batches\.meta)$/.test(name));
  return new UserError(
    pickled
      ? l10n.t('{0} is the Python version of CIFAR, whose files can run code. Download the binary version and unpack it.', folder)
      : l10n.t('{0} holds no files of the binary version of CIFAR (data_batch_1.bin …, or train.bin and test.bin).', folder),
    { file: folder },
  );
}

/** The names file is optional: numbers serve without it. */
async function classNames(folder: string, version: Version, present: readonly string[]): Promise<string[]> {
  const numbers = Array.from({ length: version.classes }, (_, i) => String(i));
  if (!present.includes(version.names)) return numbers;
  const file = path.join(folder, version.names);
  const names = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  if (names.length !== version.classes)
    throw new UserError(l10n.t('{0} should list {1} classes, but lists {2}.', file, version.classes, names.length), { file });
  return names;
}

async function readBatch(file: string, version: Version): Promise<Sample[]> {
  const bytes = await readFile(file);
  const record = version.labels + 3 * PLANE;
  if (bytes.length === 0 || bytes.length % record !== 0)
    throw new UserError(l10n.t('Cannot read {0}: its {1} bytes are no multiple of {2}, the size of a record.', file, bytes.length, record), { file });
  const base = path.basename(file);
  return Array.from({ length: bytes.length / record }, (_, i) => {
    const label = bytes[i * record + version.at]!;
    if (label >= version.classes)
      throw new UserError(l10n.t('Cannot read {0}: image {1} has the label {2}, but there are only {3} classes.', file, i, label, version.classes), { file });
    const planes = bytes.subarray(i * record + version.labels, (i + 1) * record);
    return { label, name: `${file}#${i}`, key: `${base}#${i}`, load: () => Promise.resolve(planes), decode: interleave };
  });
}

/** [3, 32, 32] → [32, 32, 3] */
function interleave(planes: Uint8Array): Raster {
  const data = new Uint8Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) for (let c = 0; c < 3; c++) data[i * 3 + c] = planes[c * PLANE + i]!;
  return { width: SIDE, height: SIDE, channels: 3, data };
}
