import type { ImageConfig } from '../config/schema';
import { CLIP, HALF, IMAGENET } from './values';

/** What an image processor does where its file says nothing. */
export interface ProcessorClass {
  readonly name: string;
  readonly known: boolean;
  readonly size: { readonly height: number; readonly width: number } | { readonly shortest: number };
  readonly crop?: { readonly edge: number };
  /** Whether a bare number as `size` is the side of a square (`default_to_square`), not the shorter side. */
  readonly square: boolean;
  readonly interpolation: ImageConfig['interpolation'];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

type Defaults = Omit<ProcessorClass, 'name' | 'known'>;

const squared = (edge: number): { height: number; width: number } => ({ height: edge, width: edge });
const croppedTo224 = { crop: { edge: 224 }, interpolation: 'bicubic' } as const;

/** Class attributes of transformers 5.24 (`models/…/image_processing_….py`). */
const CLASSES: Readonly<Record<string, Defaults>> = {
  ViTImageProcessor: { ...HALF, size: squared(224), square: true, interpolation: 'bilinear' },
  DeiTImageProcessor: { ...HALF, ...croppedTo224, size: squared(256), square: true },
  BeitImageProcessor: { ...HALF, ...croppedTo224, size: squared(256), square: true },
  BitImageProcessor: { ...CLIP, ...croppedTo224, size: { shortest: 224 }, square: false },
  ViTHybridImageProcessor: { ...CLIP, ...croppedTo224, size: { shortest: 224 }, square: false },
  CLIPImageProcessor: { ...CLIP, ...croppedTo224, size: { shortest: 224 }, square: false },
  SiglipImageProcessor: { ...HALF, size: squared(224), square: false, interpolation: 'bicubic' },
  ConvNextImageProcessor: { ...IMAGENET, size: { shortest: 384 }, square: false, interpolation: 'bilinear' },
};

/** The class of a file, under its names of all times: `…FeatureExtractor`, `…ImageProcessorFast`, `…ImageProcessorPil`. */
export function classNamed(named: unknown): ProcessorClass {
  const name = typeof named === 'string' ? named.replace(/(Fast|Pil)$/, '').replace(/FeatureExtractor$/, 'ImageProcessor') : '';
  const known = Object.hasOwn(CLASSES, name);
  return { ...CLASSES[known ? name : 'ViTImageProcessor']!, name, known };
}

