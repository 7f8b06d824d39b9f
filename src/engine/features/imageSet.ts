import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ImageSet } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { cacheFolder } from '../cacheFolder';
import type { ImageBytes } from '../dataset/dataset';
import { listImages, openPicture } from '../image';
import type { Opened } from '../looking';
import { fitToPatch } from '../model/spec';
import { openOwnDataset } from '../ownDataset';
import { reasonOf } from '../pictures/unreadable';
import { UserError } from '../userError';

/** Images that a network is given one after the other. Their order is the same each time. */
export interface OpenedSet {
  readonly size: number;
  /** Changes when the images do. */
  readonly fingerprint: string;
  name(index: number): string;
  /** Null where the set says none. */
  label(index: number): string | null;
  /** The file of an image; null of one that lies in an archive or was drawn. */
  file(index: number): string | null;
  /** An image at the network's size, [1, H, W, C]; null when it cannot be read. */
  read(index: number): Promise<ImageBytes | null>;
  /** Why an image cannot be read. */
  problem(index: number): Promise<string>;
}

/**
 * @param shownTo another network, for which the images are brought to size
 * @throws UserError when the set has no images, or is not there any more
 */
export async function openSet(opened: Opened, set: ImageSet, signal: AbortSignal, shownTo: Opened = opened): Promise<OpenedSet> {
  return 'folder' in set ? openFolderSet(set.folder, shownTo) : openSplitSet(opened, set, signal, shownTo);
}

async function openSplitSet(opened: Opened, { split: name, data }: Extract<ImageSet, { readonly split: string }>, signal: AbortSignal, shownTo: Opened): Promise<OpenedSet> {
  const dataset = await openOwnDataset(opened, { data, signal }, shownTo);
  const split = dataset.splits[name];
  if (split.size === 0) throw new UserError(l10n.t('{0} has no images in {1}.', dataset.path, name));
  return {
    size: split.size,
    fingerprint: `${dataset.fingerprint} ${name}`,
    name: (index) => split.name(index),
    label: (index) => dataset.classes[split.labels[index]!] ?? null,
    file(index) {
      const [wanted] = split.shared?.wanted(Int32Array.of(index)) ?? [];
      return wanted?.location && 'file' in wanted.location && !wanted.name.includes('#') ? wanted.location.file : null;
    },
    read: (index) => split.read(Int32Array.of(index)),
    problem: (index) => split.read(Int32Array.of(index)).then(() => '', (error: unknown) => reasonOf(error, split.name(index))),
  };
}

async function openFolderSet(folder: string, { meta }: Opened): Promise<OpenedSet> {
  const files = await listImages(folder);
  if (files.length === 0) throw new UserError(l10n.t('There is no image in {0}.', folder), { file: folder });
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${path.relative(folder, file)}\0${size}\0${mtimeMs}\n`);
  }
  const { image, model } = meta.config;
  return {
    size: files.length,
    fingerprint: hash.digest('hex'),
    name: (index) => files[index]!,
    label: () => null,
    file: (index) => files[index]!,
    // One unreadable file does not stop the others; how many there were is told.
    read: (index) => openPicture(files[index]!, image, fitToPatch(image, model)).then(({ input }) => input, () => null),
    problem: (index) => openPicture(files[index]!, image, fitToPatch(image, model)).then(() => '', (error: unknown) => reasonOf(error, files[index])),
  };
}

/** An image of a set as a file: its own, or one that is written into the user's cache, at the size at which the network is given it. */
export async function fileOfImage(set: OpenedSet, index: number): Promise<string> {
  if (!Number.isInteger(index) || index < 0 || index >= set.size) throw new UserError(l10n.t('There is no image {0}.', index));
  const own = set.file(index);
  if (own !== null) return own;
  const bytes = await set.read(index);
  const folder = path.join(cacheFolder() ?? tmpdir(), 'features');
  const file = path.join(folder, `${path.basename(set.name(index)).replace(/[^\w.-]+/g, '-')}-${createHash('sha256').update(`${set.fingerprint} ${index} ${bytes?.width} ${bytes?.height}`).digest('hex').slice(0, 8)}.png`);
  if (!bytes) throw new Error(`Image ${index} of the set cannot be read any more`);
  const { default: sharp } = await import('sharp');
  const channels = bytes.channels as 1 | 3;
  await ensureFolder(folder);
  await writeFileAtomic(file, await sharp(bytes.data, { raw: { width: bytes.width, height: bytes.height, channels } }).png().toBuffer());
  return file;
}
