import * as l10n from '@vscode/l10n';
import { isObject } from '../json';
import { z } from 'zod';
import type { ImageConfig } from '../config/schema';
import { UserError } from '../userError';
import { geometryOf, type Steps } from './geometry';
import { classNamed, type ProcessorClass } from './processorClasses';
import type { Preprocessing, Size } from './preprocessing';
import { numbers, side, valueOf, type Settings } from './values';

const FILE = 'preprocessor_config.json';

/** PIL's numbers of its filters. */
export const RESAMPLE = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

/** Says nothing about the pixels of a file that is opened as RGB. */
const HARMLESS = new Set(['image_processor_type', 'feature_extractor_type', 'processor_class', '_valid_processor_keys', 'do_convert_rgb', 'do_reduce_labels', 'reduce_labels',
  'return_tensors', 'data_format', 'input_data_format', 'device', 'default_to_square', 'disable_grouping', 'auto_map', 'name_or_path', 'antialias', 'transformers_version', 'use_fast', 'resample_method', 'backend']);
const READ = new Set(['do_resize', 'size', 'resample', 'do_center_crop', 'crop_size', 'crop_pct', 'do_rescale', 'rescale_factor', 'do_normalize', 'image_mean', 'image_std']);

const sizeKind = z.union([
  side.transform((edge) => ({ edge })),
  z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side, longest_edge: side.nullish() }).transform(({ shortest_edge: shortest, longest_edge: longest }) => ({ shortest, longest: longest ?? undefined })),
]);

/**
 * What an image processor of Hugging Face does, from its `preprocessor_config.json`; the defaults of its class stand in
 * for what the file does not say.
 *
 * @throws UserError naming the key and its value
 */
export function readProcessor(settings: unknown): Preprocessing {
  if (!isObject(settings)) throw new UserError(l10n.t('{0} holds no settings: it is no JSON object.', FILE), { file: FILE });
  const named = settings['image_processor_type'] ?? settings['feature_extractor_type'];
  const kind = classNamed(named);
  const { geometry, notes } = geometryOf(stepsOf(settings, kind));
  const image: Partial<ImageConfig> = { ...geometry, interpolation: interpolationOf(settings, kind), ...normalisation(settings, kind) };
  const source = typeof named === 'string' ? l10n.t('Preprocessing as {0} says ({1}).', FILE, named) : l10n.t('Preprocessing as {0} says.', FILE);
  return { image, source, notes: [...(kind.known ? [] : [unknownClass(named)]), ...notes, ...unread(settings)] };
}

function read<T>(settings: Settings, key: string, kind: z.ZodType<T>, wanted: string): T | undefined {
  return valueOf(settings, key, kind, wanted, FILE);
}

function flag(settings: Settings, key: string, standard: boolean): boolean {
  return read(settings, key, z.boolean(), l10n.t('true or false')) ?? standard;
}

function stepsOf(settings: Settings, kind: ProcessorClass): Steps {
  const size = l10n.t('side in pixels, height and width, or shortest_edge');
  const wanted = read(settings, 'size', sizeKind, size) ?? kind.size;
  // A bare number is a square or the shorter side, as the class has it.
  const square = flag(settings, 'default_to_square', kind.square);
  const resize = 'edge' in wanted ? (square ? { height: wanted.edge, width: wanted.edge } : { shortest: wanted.edge }) : wanted;
  const crop = read(settings, 'crop_size', sizeKind, size) ?? kind.crop;
  return {
    resize: flag(settings, 'do_resize', true) ? resize : undefined,
    crop: flag(settings, 'do_center_crop', kind.crop !== undefined) ? (crop && cropSize(crop, settings)) : undefined,
    cropPct: kind.name === 'ConvNextImageProcessor' ? (read(settings, 'crop_pct', z.number().positive().max(1), l10n.t('share from 0 to 1')) ?? 224 / 256) : undefined,
  };
}

function cropSize(crop: z.output<typeof sizeKind>, settings: Settings): Size {
  if ('edge' in crop) return [crop.edge, crop.edge];
  if ('height' in crop) return [crop.height, crop.width];
  // Some files of CLIP say it so, and mean a square.
  if (crop.longest === undefined) return [crop.shortest, crop.shortest];
  throw new UserError(l10n.t('{0}: {1} is {2}, which is no {3}.', FILE, 'crop_size', JSON.stringify(settings['crop_size']), l10n.t('side in pixels, or height and width')), { file: FILE });
}

function interpolationOf(settings: Settings, kind: ProcessorClass): ImageConfig['interpolation'] {
  const number = read(settings, 'resample', z.int().min(0).max(5), l10n.t('number of a filter of PIL, from 0 to 5'));
  return number === undefined ? kind.interpolation : RESAMPLE[number]!;
}

/**
 * Ours is (x / 255 − mean) / std on x from 0 to 255, theirs (x · factor − mean) / std: equal with mean and std divided by
 * 255 · factor.
 */
function normalisation(settings: Settings, kind: ProcessorClass): Pick<ImageConfig, 'mean' | 'std'> {
  const factor = read(settings, 'rescale_factor', z.number().positive(), l10n.t('number above 0')) ?? 1 / 255;
  const scale = 255 * (flag(settings, 'do_rescale', true) ? factor : 1);
  if (!flag(settings, 'do_normalize', true)) return { mean: [0], std: [1 / near(scale)] };
  const list = l10n.t('list of 1 to 3 numbers');
  const mean = read(settings, 'image_mean', numbers, list) ?? kind.mean;
  const std = read(settings, 'image_std', numbers.refine((all) => all.every((one) => one > 0)), list) ?? kind.std;
  if (mean.length !== std.length) throw new UserError(l10n.t('{0}: image_mean has {1} numbers and image_std {2}.', FILE, mean.length, std.length), { file: FILE });
  return { mean: mean.map((one) => one / near(scale)), std: std.map((one) => one / near(scale)) };
}

/** 255 · (1 / 255), written with any number of digits, is 1. */
function near(scale: number): number {
  return Math.abs(scale - 1) < 1e-5 ? 1 : scale;
}

function unknownClass(named: unknown): string {
  return named === undefined
    ? l10n.t('{0} does not name its image processor: what it leaves out was taken as ViTImageProcessor has it.', FILE)
    : l10n.t('{0}: the image processor {1} is not known; its settings were read as those of ViTImageProcessor.', FILE, JSON.stringify(named));
}

function unread(settings: Settings): string[] {
  const keys = Object.keys(settings).filter((key) => !READ.has(key) && !HARMLESS.has(key) && Boolean(settings[key]));
  return keys.map((key) => l10n.t('{0}: {1} is {2}, which ViT Lab does not do: the pixels may differ.', FILE, key, JSON.stringify(settings[key])));
}
