import { access } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { writeFileAtomic } from './atomic';
import { configSchema } from './config/schema';
import { surveyDataset } from './dataset/open';
import { decodeImage, listImages } from './image';
import type { NewConfigOptions } from '../protocol';
import { finetuneText } from './finetune/newConfig';
import { UserError } from './userError';

/** What was found in a dataset: the numbers that the comments tell and the model is fitted to. */
export interface Found {
  /** As written into the configuration: relative to it, with slashes. */
  readonly path: string;
  readonly classes: readonly string[];
  readonly images: number;
  /** Side of the network's input and of a patch, in pixels. */
  readonly size: number;
  readonly patch: number;
  /** Digits and the like, as the MNIST family holds them: grey, and mirrored they mean something else. */
  readonly grey: boolean;
  /** Networks that are trained in seconds. */
  readonly small?: boolean;
}

/**
 * Writes a commented configuration for a dataset: a fine-tuning of given weights, or a network of its own with an input size
 * fitted to the images; without a dataset, for the generated sample.
 *
 * @throws UserError when the file exists, or the dataset or the weights cannot be read
 */
export async function newConfig({ file, dataset, from, unfreeze }: NewConfigOptions): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new UserError(l10n.t('{0} exists already. Choose another name.', file), { file });
  const found = dataset === undefined ? null : await look(file, dataset);
  const text = from === undefined ? configText(path.basename(file), found) : await finetuneText(file, found, { from, ...(unfreeze !== undefined && { unfreeze }) });
  await writeFileAtomic(file, text);
}

/** Looks at a dataset for a configuration in this file. */
export async function look(file: string, dataset: string): Promise<Found> {
  const folder = path.dirname(path.resolve(file));
  const seen = path.relative(folder, path.resolve(dataset)).split(path.sep).join('/') || '.';
  const config = configSchema.parse({ dataset: { path: seen } });
  const { format, classes, images } = await surveyDataset(config.dataset, folder);
  const grey = format === 'idx';
  return { path: seen, classes, images, grey, ...fitted(grey ? 28 : await typicalSide(dataset)) };
}

/** Median of the shorter sides of some images; 32 when the data are no image files. */
async function typicalSide(dataset: string): Promise<number> {
  const files = (await listImages(dataset)).filter((name) => /\.(png|jpe?g|webp|gif|bmp)$/i.test(name));
  if (files.length === 0) return 32;
  const every = Math.max(1, Math.floor(files.length / 9));
  const some = files.filter((_, i) => i % every === 0).slice(0, 9);
  const sides = await Promise.all(some.map(async (name) => decodeImage(name).then(({ width, height }) => Math.min(width, height), () => 32)));
  return sides.sort((a, b) => a - b)[Math.floor(sides.length / 2)] ?? 32;
}

/** About 64 patches, which trains in reasonable time on a processor: small images as they are, large ones brought to 96 pixels. */
function fitted(side: number): { size: number; patch: number } {
  if (side <= 28) return { size: 28, patch: 4 };
  if (side <= 48) return { size: 32, patch: 4 };
  if (side <= 80) return { size: 64, patch: 8 };
  return { size: 96, patch: 12 };
}

/** The comment that says how to train a configuration. */
export function howToStart(name: string): string {
  return l10n.t('Start it with the command "ViT Lab: Start Training", or in a terminal: npx vit-lab train {0}', /\s/.test(name) ? JSON.stringify(name) : name);
}

/** Images of a dataset, or of the generated sample. */
export function imagesOf(found: Found | null): number {
  return found?.images ?? configSchema.parse({}).dataset.shapes.images;
}

/** Few images want small batches and more epochs, or there are too few steps to learn anything: about 1,000 here. */
export function pace(images: number): { batch: number; epochs: number } {
  const batch = images >= 2000 ? 64 : images >= 500 ? 32 : images >= 100 ? 16 : 8;
  const epochs = Math.ceil((1000 * batch) / Math.max(1, images * 0.8) / 10) * 10;
  return { batch, epochs: Math.min(200, Math.max(20, epochs)) };
}

/** A commented configuration: of a Vision Transformer, or of a small CNN under the same recipe to compare it with. */
export function configText(name: string, found: Found | null, network: 'vit' | 'cnn' = 'vit'): string {
  const about = aboutText(found, network);
  const { size, patch, grey, small = false } = found ?? { size: 32, patch: 4, grey: false };
  const { batch, epochs } = pace(imagesOf(found));
  const data = found ? [`  path: ${JSON.stringify(found.path)}`] : ['  format: shapes'];
  const comment = (text: string): string => `# ${text}`;
  return [
    comment(about),
    comment(howToStart(name)),
    '',
    'dataset:',
    ...data,
    `  val_split: 0.1        ${comment(l10n.t('held out to choose the best checkpoint, if there is no val folder'))}`,
    `  test_split: 0.1       ${comment(l10n.t('held out for the final test, if there is no test folder'))}`,
    '',
    'image:',
    `  size: ${size}`.padEnd(24) + comment(l10n.t('side of the input in pixels')),
    ...(grey ? [`  channels: 1           ${comment(l10n.t('grey images'))}`] : []),
    '',
    ...(network === 'vit' ? vitLines(size, patch, small) : cnnLines(small)),
    '',
    'train:',
    `  epochs: ${epochs}`,
    `  batch_size: ${batch}`,
    `  lr: ${small ? 0.002 : 0.001}             ${comment(l10n.t('peak learning rate; lower it when the loss jumps'))}`,
    '  warmup_epochs: 2',
    '  augment:',
    `    crop_padding: ${Math.round(size / 8)}     ${comment(l10n.t('shift the images by up to this many pixels'))}`,
    `    hflip: ${!grey}`.padEnd(24) + comment(l10n.t('mirror half of them; set to false for text and digits')),
    '',
  ].join('\n');
}

function aboutText(found: Found | null, network: 'vit' | 'cnn'): string {
  if (!found) return l10n.t('A small Vision Transformer on the generated sample of shapes.');
  const { path: place, classes, images } = found;
  return network === 'vit'
    ? l10n.t('A small Vision Transformer on {0}: {1} classes, {2} images.', place, classes.length, images)
    : l10n.t('A small CNN on {0}, to compare with: {1} classes, {2} images.', place, classes.length, images);
}

function vitLines(size: number, patch: number, small: boolean): string[] {
  return [
    'model:',
    `  patch_size: ${patch}`.padEnd(24) + `# ${l10n.t('side of a patch: {0} × {0} patches; smaller is slower and more accurate', size / patch)}`,
    `  depth: ${small ? 4 : 6}              # ${l10n.t('number of blocks')}`,
    `  num_heads: 4          # ${l10n.t('attention heads; must divide embed_dim')}`,
    `  embed_dim: ${small ? 32 : 64}         # ${l10n.t('width of a token')}`,
    '  mlp_ratio: 2',
  ];
}

function cnnLines(small: boolean): string[] {
  return [
    'model:',
    `  architecture: resnet  # ${l10n.t('convolutions: they presume that near pixels belong together')}`,
    `  stem_type: imagenet   # ${l10n.t('begins with a quarter of each side: fast; small sees more and takes many times as long')}`,
    `  layers: [1, 1]        # ${l10n.t('blocks in each stage')}`,
    `  embed_dim: ${small ? 16 : 32}`.padEnd(24) + `# ${l10n.t('channels of the first stage; each stage has twice as many')}`,
  ];
}
