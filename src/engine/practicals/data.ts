import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { PracticalNumber, PracticalQuestion } from '../../practicalProtocol';
import { configSchema } from '../config/schema';
import { surveyDataset } from '../dataset/open';
import { SHAPES } from '../dataset/shapes';
import { UserError } from '../userError';

/** What a practical's configurations say of their images. */
export interface PracticalData {
  /** As written into a configuration: relative to it, with slashes. */
  readonly path: string;
  /** Drawn by ViT Lab into the practical's own folder. */
  readonly drawn: boolean;
  /** Those that are used. */
  readonly classes: readonly string[];
  /** Whether the data have more of them, so that the configuration must choose. */
  readonly chosen: boolean;
  /** Digits and the like: one channel, and mirrored they mean something else. */
  readonly grey: boolean;
  readonly cifar: boolean;
}

/** Folder of the drawn images, in that of the practical. */
export const DRAWN = 'images';

const CIFAR10 = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
/** Classes that the fourth practical takes of data that have more than three. */
const THREE = [['cat', 'dog', 'frog'], ['circle', 'square', 'triangle']];

/**
 * Looks at the images of a practical, by their lists alone.
 * @throws UserError when they cannot be opened, lack a class that is wanted, or have nothing to teach the weights of the third one
 */
export async function practicalData({ practical, folder, dataset, classes: wanted }: PracticalQuestion): Promise<PracticalData> {
  const drawn = dataset === undefined;
  const written = drawn ? DRAWN : relativeTo(folder, dataset);
  const survey = configSchema.parse({ dataset: drawn ? { format: 'shapes' } : { path: path.resolve(dataset) } }).dataset;
  const { classes: all, format } = await surveyDataset(survey, folder);
  const classes = wanted ?? usual(practical, all);
  // Says which name is wrong.
  await surveyDataset({ ...survey, classes: [...classes] }, folder);
  const cifar = CIFAR10.every((name) => all.includes(name));
  if (practical === 3 && cifar && all.length === CIFAR10.length)
    throw new UserError(l10n.t('The weights of practical 3 have learned the classes of {0} already: there is nothing left to compare. Choose other images, or none for the drawn ones.', dataset ?? ''));
  return { path: written, drawn, classes, chosen: classes.length !== all.length || wanted !== undefined, grey: format === 'idx', cifar };
}

function usual(practical: PracticalNumber, all: readonly string[]): readonly string[] {
  if (practical !== 4 || all.length <= 3) return all;
  return THREE.find((three) => three.every((name) => all.includes(name))) ?? all.slice(0, 3);
}

/** How many classes the drawn images have. */
export const DRAWN_CLASSES = SHAPES.length;

/** Of another drive there is no relative path. */
function relativeTo(folder: string, dataset: string): string {
  return path.relative(path.resolve(folder), path.resolve(dataset)).split(path.sep).join('/') || '.';
}
