import * as l10n from '@vscode/l10n';
import type { BrokenFile } from '../../protocol';
import { looksLikeImage } from '../pictures/formats';
import { naturalOrder, type Tree } from '../pictures/walk';
import { UserError } from '../userError';
import { checkClasses, type SplitName } from './source';

/** An image file and its class, by index. */
export interface Placed {
  readonly file: string;
  readonly label: number;
}

/** How the images of a tree belong to splits and classes. */
export interface Layout {
  readonly classes: readonly string[];
  readonly train: readonly Placed[];
  readonly val: readonly Placed[] | undefined;
  readonly test: readonly Placed[] | undefined;
  readonly broken: readonly BrokenFile[];
}

const SPLIT_NAMES: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
};

/**
 * Reads splits and classes off the folder names: `train/<class>/…` with `val` and `test` beside it, or `<class>/…`.
 * Images may lie deeper inside a class folder. A folder around it all, as archives have, is looked through.
 * Classes are in natural order, which for most names is the order of torchvision's `ImageFolder`.
 * @param where what errors call the tree
 */
export function layOut(tree: Tree, where: string): Layout {
  const root = innerRoot(tree);
  const images = tree.files.filter(looksLikeImage);
  const splits = splitFolders(tree, root);
  const broken = [...tree.broken, ...strays(images, splits.size > 0 ? [...splits.keys()] : [root])];
  const trained = splits.size > 0 ? folderOf(splits, 'train') : root;
  if (trained === undefined)
    throw new UserError(l10n.t('{0} has a folder for validation or test, but none called "train".', where), { file: where });
  const found = classFolders(tree, images, trained);
  checkClasses(found.classes, where);
  const placed = (name: SplitName): readonly Placed[] | undefined => {
    const folder = folderOf(splits, name);
    return folder === undefined ? undefined : place(images, folder, found.classes, where, tree);
  };
  return {
    classes: found.classes,
    train: place(images, trained, found.classes, where, tree),
    val: placed('val'),
    test: placed('test'),
    broken: [...broken, ...found.empty],
  };
}

/** Looks through folders that hold nothing but one folder, unless that one is a class with images. */
function innerRoot(tree: Tree): string {
  let root = '';
  for (;;) {
    const inside = childFolders(tree, root);
    const only = inside.length === 1 ? join(root, inside[0]!) : undefined;
    const opaque = only === undefined || splitOf(inside[0]!) !== undefined || filesIn(tree, root) > 0;
    if (opaque || filesIn(tree, only) > 0 || childFolders(tree, only).length === 0) return root;
    root = only;
  }
}

function filesIn(tree: Tree, folder: string): number {
  const prefix = folder === '' ? '' : `${folder}/`;
  return tree.files.filter((file) => looksLikeImage(file) && file.startsWith(prefix) && !file.slice(prefix.length).includes('/')).length;
}

function childFolders(tree: Tree, folder: string): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return tree.folders
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== '' && !name.includes('/'));
}

function splitOf(name: string): SplitName | undefined {
  return Object.hasOwn(SPLIT_NAMES, name.toLowerCase()) ? SPLIT_NAMES[name.toLowerCase()] : undefined;
}

/** Split by folder; none when no folder is called like one. Without `train`, a `test` may well be a class. */
function splitFolders(tree: Tree, root: string): Map<string, SplitName> {
  const splits = new Map<string, SplitName>();
  for (const name of childFolders(tree, root)) {
    const split = splitOf(name);
    if (split === undefined) continue;
    if ([...splits.values()].includes(split))
      throw new UserError(l10n.t('Two folders could be "{0}": {1}. Rename one.', split, [folderOf(splits, split), name].join(', ')));
    splits.set(join(root, name), split);
  }
  const nested = [...splits.keys()].some((folder) => childFolders(tree, folder).length > 0);
  return nested ? splits : new Map();
}

function folderOf(splits: ReadonlyMap<string, SplitName>, wanted: SplitName): string | undefined {
  return [...splits].find(([, split]) => split === wanted)?.[0];
}

/** Images that lie beside the class folders instead of in one. */
function strays(images: readonly string[], homes: readonly string[]): BrokenFile[] {
  const reason = l10n.t('it lies in no class folder');
  return images
    .filter((file) => homes.some((home) => file.startsWith(join(home, '')) && !file.slice(join(home, '').length).includes('/')))
    .map((file) => ({ file, reason }));
}

function classFolders(tree: Tree, images: readonly string[], folder: string): { classes: string[]; empty: BrokenFile[] } {
  const used = new Set(images.filter((file) => file.startsWith(join(folder, ''))).map((file) => classOf(file, folder)));
  const names = childFolders(tree, folder).sort(naturalOrder);
  const reason = l10n.t('the class folder holds no images, so the class is left out');
  return {
    classes: names.filter((name) => used.has(name)),
    empty: names.filter((name) => !used.has(name)).map((name) => ({ file: join(folder, name), reason })),
  };
}

/** The class folder's name, or undefined for an image that lies in none. */
function classOf(file: string, folder: string): string | undefined {
  const rest = file.slice(join(folder, '').length);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : undefined;
}

function place(images: readonly string[], folder: string, classes: readonly string[], where: string, tree: Tree): Placed[] {
  const index = new Map(classes.map((name, i) => [name, i]));
  if (childFolders(tree, folder).length === 0)
    throw new UserError(
      l10n.t('"{0}" in {1} has no class folders, so the classes of its images are unknown. Sort them into class folders or move it away.', folder, where),
      { file: where },
    );
  const placed: Placed[] = [];
  for (const file of images) {
    const name = file.startsWith(join(folder, '')) ? classOf(file, folder) : undefined;
    if (name === undefined) continue;
    const label = index.get(name);
    if (label === undefined)
      throw new UserError(
        l10n.t('"{0}" in {1} is a class that the training folder has no images of. Add some, or remove it.', join(folder, name), where),
        { file: where },
      );
    placed.push({ file, label });
  }
  return placed;
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
