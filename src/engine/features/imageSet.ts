import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ImageSet } from '../../protocol';
import type { ImageBytes } from '../dataset/dataset';
import { listImages, openPicture } from '../image';
import type { Opened } from '../looking';
import { fitToPatch } from '../model/spec';
import { openOwnDataset } from '../ownDataset';
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
  };
}
