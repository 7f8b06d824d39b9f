import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { BrokenFile, DatasetFacts } from '../../protocol';
import { cacheFolder } from '../cacheFolder';
import type { Config, DatasetConfig } from '../config/schema';
import { fitToPatch } from '../model/spec';
import { codeOf } from '../atomic';
import { reasonOf } from '../pictures/unreadable';
import { naturalOrder } from '../pictures/walk';
import { UserError } from '../userError';
import { isCifar, openCifar } from './cifar';
import { onlyClasses } from './chosen';
import type { Dataset } from './dataset';
import { openFolder } from './folder';
import { decodingKey, openDecoded } from './decoded';
import { findingsOf } from './findings';
import { gather, imageSize, type Gathered, type Stores } from './gather';
import { isIdxImages, openIdx } from './idx';
import { openInventory } from './inventory';
import { openShapes } from './shapes';
import type { Sample, Source, SplitName } from './source';
import { holdOut, limitEvenly, subsetOf } from './split';
import { openZipFolder } from './zip';

/** So many broken files an error lists by name. */
const LISTED = 50;

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Images decoded, of how many. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Go on although more than `dataset.max_broken` of the images are broken. */
  readonly acceptBroken?: boolean;
}

type Samples = Readonly<Record<SplitName, readonly Sample[]>>;

/**
 * Opens the dataset of a configuration: finds the images of its classes, draws missing splits, applies subset and limits, and decodes
 * every image once to the network's input size; an image that was decoded for an earlier training is not read before it is
 * wanted. Broken images are left out and listed in `broken`.
 *
 * The fingerprint is the sha256 over the format's version, the classes, and for every split, in order, each sample's
 * class, key (relative path, or file and number) and the sha256 of its stored bytes. It does not depend on where the
 * dataset lies, nor on how the images are preprocessed: that is the configuration's part.
 * @param folder of the configuration file; `dataset.path` is relative to it
 * @throws UserError naming the path and what to do; AbortError when the signal fires
 */
export async function openDataset(config: Config, folder: string, options: OpenOptions = {}): Promise<Dataset> {
  const place = config.dataset.format === 'shapes' ? '' : pathOf(config.dataset, folder);
  const whole = await openSource(config.dataset, place, options.signal);
  const source = onlyClasses(whole, config.dataset.classes, place);
  options.signal?.throwIfAborted();
  const samples = limited(source, divided(source, config.dataset), config.dataset);
  const gathered = await gatherAll(samples, whole, config, { ...options, place });
  const unsorted = [...source.broken, ...gathered.train.broken, ...gathered.val.broken, ...gathered.test.broken];
  const broken = unsorted.sort((a, b) => naturalOrder(a.file, b.file));
  checkBroken(broken, countOf(samples) + source.broken.length, config.dataset.max_broken, options.acceptBroken ?? false, place);
  if (gathered.train.split.size === 0) throw new UserError(l10n.t('{0} holds no training image that can be read.', place), { file: place });
  return {
    name: place === '' ? 'shapes' : nameOf(place),
    format: source.format,
    path: place,
    classes: source.classes,
    splits: { train: gathered.train.split, val: gathered.val.split, test: gathered.test.split },
    fingerprint: fingerprint(source.classes, gathered),
    broken,
    findings: findingsOf(source.classes, gathered),
  };
}

/**
 * What a dataset holds, by its lists alone: no image is decoded, so this answers in a moment where opening takes a minute.
 * @param folder of the configuration file
 */
export async function surveyDataset(
  dataset: DatasetConfig,
  folder: string,
): Promise<Survey> {
  const place = dataset.format === 'shapes' ? '' : pathOf(dataset, folder);
  const source = onlyClasses(await openSource(dataset, place), dataset.classes, place);
  const { format, classes, train, val, test } = source;
  const used = limited(source, divided(source, dataset), dataset);
  return {
    format,
    classes,
    images: train.length + (val?.length ?? 0) + (test?.length ?? 0),
    sizes: { train: used.train.length, val: used.val.length, test: used.test.length },
  };
}

/** What the lists of a dataset tell; `sizes` are those of a training, as long as all images can be read. */
export interface Survey {
  readonly format: string;
  readonly classes: readonly string[];
  readonly images: number;
  readonly sizes: Readonly<Record<SplitName, number>>;
}

/** What is told and stored about an opened dataset. */
export function describeDataset(dataset: Dataset): DatasetFacts {
  const { name, format, classes, fingerprint: print, broken, findings } = dataset;
  const { train, val, test } = dataset.splits;
  const sizes = { train: train.size, val: val.size, test: test.size };
  return { name, format, path: dataset.path, classes, sizes, fingerprint: print, broken, findings };
}

function pathOf(dataset: DatasetConfig, folder: string): string {
  if (dataset.path !== undefined) return path.resolve(folder, dataset.path);
  throw new UserError(l10n.t('The configuration names no dataset. Set `dataset.path`, or `dataset.format: shapes` for a generated sample.'));
}

function nameOf(place: string): string {
  return path.basename(place).replace(/(\.gz|\.zip)+$/i, '') || 'dataset';
}

async function openSource(dataset: DatasetConfig, place: string, signal?: AbortSignal): Promise<Source> {
  const format = dataset.format === 'auto' ? await detect(place) : dataset.format;
  if (format === 'shapes') return openShapes({ ...dataset.shapes, seed: dataset.split_seed });
  const isFolder = (await inspect(place)).isDirectory();
  if (format === 'idx') return openIdx(place, isFolder);
  if ((format === 'zip') === isFolder)
    throw new UserError(l10n.t('`dataset.format` is {0}, but {1} is {2}.', format, place, isFolder ? l10n.t('a folder') : l10n.t('a file')), { file: place });
  if (format === 'zip') return openZipFolder(place);
  return format === 'cifar' ? openCifar(place) : openFolder(place, signal);
}

async function inspect(place: string): ReturnType<typeof stat> {
  return stat(place).catch((error: unknown): never => {
    // Most datasets are folders, and the system's word for both would name the other kind.
    const reason = codeOf(error) === 'ENOENT' && !place.includes('\ufffd') ? l10n.t('there is no such file or folder') : reasonOf(error, place);
    throw new UserError(l10n.t('Cannot open the dataset {0}: {1}.', place, reason), { file: place });
  });
}

/** How the images are stored, by looking at the path. */
async function detect(place: string): Promise<Exclude<DatasetConfig['format'], 'auto'>> {
  if ((await inspect(place)).isDirectory()) {
    const names = await readdir(place);
    if (names.some(isIdxImages)) return 'idx';
    const pickled = names.includes('data_batch_1') && names.includes('batches.meta');
    return pickled || isCifar(names) ? 'cifar' : 'folder';
  }
  const handle = await open(place, 'r');
  const head = Buffer.alloc(4);
  try {
    await handle.read(head, 0, 4, 0);
  } finally {
    await handle.close();
  }
  if (head.toString('latin1', 0, 2) === 'PK') return 'zip';
  if (isIdxImages(path.basename(place)) || head.readUInt32BE(0) === 0x0803) return 'idx';
  throw new UserError(
    l10n.t('{0} is no dataset that can be opened: expected is a folder, a zip of an image folder, or IDX images. Unpack other archives first.', place),
    { file: place },
  );
}

/** Draws the splits that are not stored out of the training images: first the test, then the validation. */
function divided(source: Source, dataset: DatasetConfig): Samples {
  let train = source.train;
  const draw = (share: number, purpose: SplitName): readonly Sample[] => {
    const { held, kept } = holdOut(train.map(({ label }) => label), source.classes.length, share, dataset.split_seed, purpose);
    const taken = held.map((i) => train[i]!);
    train = kept.map((i) => train[i]!);
    return taken;
  };
  const all = source.train.length;
  const test = source.test ?? draw(dataset.test_split, 'test');
  // The share counts from all training images, whether some have gone to the test or not.
  const val = source.val ?? draw(all === 0 ? 0 : (dataset.val_split * all) / Math.max(1, train.length), 'val');
  return { train, val, test };
}

function limited(source: Source, samples: Samples, dataset: DatasetConfig): Samples {
  const limit = (name: SplitName): readonly Sample[] => {
    const most = dataset.limit[name];
    const some = name === 'train' ? part(samples.train, source, dataset) : samples[name];
    if (most === undefined) return some;
    const labels = some.map(({ label }) => label);
    return limitEvenly(labels, source.classes.length, most, dataset.split_seed, `limit ${name}`).map((i) => some[i]!);
  };
  return { train: limit('train'), val: limit('val'), test: limit('test') };
}

function part(train: readonly Sample[], { classes }: Source, { subset, split_seed: seed }: DatasetConfig): readonly Sample[] {
  return subsetOf(train.map(({ label }) => label), classes.length, subset, seed).map((i) => train[i]!);
}

function countOf(samples: Samples): number {
  return samples.train.length + samples.val.length + samples.test.length;
}

async function gatherAll(samples: Samples, source: Source, config: Config, options: OpenOptions & { readonly place: string }): Promise<Readonly<Record<SplitName, Gathered>>> {
  const target = { image: config.image, fit: fitToPatch(config.image, config.model) };
  const budget = { left: config.dataset.memory };
  const of = countOf(samples);
  let done = 0;
  const onImage = (): void => {
    done++;
    if (done % 100 === 0 || done === of) options.onProgress?.(done, of);
  };
  const watch = { onImage, ...(options.signal && { signal: options.signal }) };
  const cache = cacheFolder();
  const stores: Stores = { inventory: await openInventory(cache, options.place), decoded: openDecoded(cache, decodingKey(target), imageSize(target)) };
  try {
    const train = await gather(samples.train, target, budget, stores, watch);
    const val = await gather(samples.val, target, budget, stores, watch);
    return { train, val, test: await gather(samples.test, target, budget, stores, watch) };
  } finally {
    // Also when it was stopped: the next time goes on from here.
    const keys = new Set([source.train, source.val ?? [], source.test ?? []].flatMap((some) => some.map(({ key }) => key)));
    await stores.inventory.save((key) => keys.has(key));
    await stores.decoded.settle();
  }
}

function checkBroken(broken: readonly BrokenFile[], of: number, most: number, accept: boolean, place: string): void {
  const share = broken.length / Math.max(1, of);
  if (accept || share <= most) return;
  const first = broken.slice(0, LISTED).map(({ file, reason }) => `${inside(file, place)}: ${reason}`);
  const more = broken.length > first.length ? [l10n.t('and {0} more', broken.length - first.length)] : [];
  throw new UserError(
    l10n.t(
      '{0} of {1} images in {2} cannot be read, more than `dataset.max_broken` allows ({3} %):\n{4}\nRepair or remove them, or accept them: raise `dataset.max_broken` in the configuration, or add --accept-broken in a terminal.',
      broken.length,
      of,
      place,
      Math.round(most * 100),
      [...first, ...more].join('\n'),
    ),
    { file: place },
  );
}

/** A file's name without the dataset's path before it. */
function inside(file: string, place: string): string {
  return file.startsWith(place) && file.length > place.length + 1 ? file.slice(place.length + 1) : file;
}

function fingerprint(classes: readonly string[], gathered: Readonly<Record<SplitName, Gathered>>): string {
  const hash = createHash('sha256').update(JSON.stringify(['vit-lab-dataset/1', classes]));
  for (const name of ['train', 'val', 'test'] as const) {
    const { split, identities } = gathered[name];
    hash.update(`\n${name} ${split.size}\n`);
    identities.forEach(({ key, sha256 }, i) => hash.update(`${split.labels[i]!}\0${key}\0${sha256}\n`));
  }
  return hash.digest('hex');
}
