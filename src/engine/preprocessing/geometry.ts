import * as l10n from '@vscode/l10n';
import type { ImageConfig } from '../config/schema';
import type { Size } from './preprocessing';
import { cropPct } from './values';

/** What a processor of Hugging Face does to the shape of an image, in this order. */
export interface Steps {
  /** Both sides, or the shorter one with the ratio kept. */
  readonly resize: { readonly height: number; readonly width: number } | { readonly shortest: number; readonly longest?: number | undefined } | undefined;
  readonly crop: Size | undefined;
  /** ConvNeXT's own rule: the share of the side that its crop keeps, below 384 pixels. */
  readonly cropPct: number | undefined;
}

type Geometry = Pick<ImageConfig, 'size' | 'fit' | 'crop_pct' | 'crop_rounding'>;

/** The same in the words of `image`, and what of it cannot be said in them. */
export function geometryOf({ resize, crop, cropPct: share }: Steps): { readonly geometry: Partial<Geometry>; readonly notes: readonly string[] } {
  if (resize === undefined) return unresized(crop);
  if ('height' in resize) return squashed([resize.height, resize.width], crop);
  if (share !== undefined) return convNext(resize.shortest, share);
  const notes = resize.longest === undefined ? [] : [l10n.t('The image processor keeps the longer side within {0} pixels (longest_edge), which ViT Lab does not do: the pixels of long images differ.', resize.longest)];
  if (crop !== undefined) return shortened(resize.shortest, crop, notes);
  const open = l10n.t('The image processor resizes the shorter side to {0} pixels and crops nothing (do_center_crop is false), so that sizes differ from image to image. ViT Lab needs one size and crops the centre.', resize.shortest);
  return { geometry: geometry([resize.shortest, resize.shortest], 'crop', 1), notes: [...notes, open] };
}

function geometry(size: Size, fit: ImageConfig['fit'], pct: number): Geometry {
  return { size: size[0] === size[1] ? size[0] : [...size] as [number, number], fit, crop_pct: pct, crop_rounding: fit === 'squash' && pct === 1 ? 'even' : 'floor' };
}

function unresized(crop: Size | undefined): ReturnType<typeof geometryOf> {
  const note = l10n.t('The image processor resizes nothing (do_resize is false); ViT Lab brings every image to the size of the network.');
  return { geometry: crop === undefined ? {} : geometry(crop, 'crop', 1), notes: [note] };
}

function squashed(size: Size, crop: Size | undefined): ReturnType<typeof geometryOf> {
  if (crop === undefined) return { geometry: geometry(size, 'squash', 1), notes: [] };
  const pct = cropPct(crop, size);
  if (pct !== undefined) return { geometry: geometry(crop, 'squash', pct), notes: [] };
  return { geometry: geometry(crop, 'squash', 1), notes: [inexact(size, crop)] };
}

function shortened(shortest: number, crop: Size, notes: readonly string[]): ReturnType<typeof geometryOf> {
  const pct = crop[0] === crop[1] ? cropPct(crop, [shortest, shortest]) : undefined;
  if (pct !== undefined) return { geometry: geometry(crop, 'crop', pct), notes };
  return { geometry: geometry(crop, 'crop', 1), notes: [...notes, inexact([shortest], crop)] };
}

/** Below 384 pixels the shorter side is resized to more and the centre kept; from there on the image is squashed. */
function convNext(shortest: number, share: number): ReturnType<typeof geometryOf> {
  const size = [shortest, shortest] as const;
  if (shortest >= 384) return { geometry: geometry(size, 'squash', 1), notes: [] };
  return shortened(Math.floor(shortest / share), size, []);
}

function inexact(resize: readonly number[], crop: Size): string {
  return l10n.t('The image processor resizes to {0} and keeps the centre of {1} pixels, which ViT Lab cannot do to the pixel: it keeps as much of the image as that size allows (image.crop_pct: 1).', resize.join(' × '), crop.join(' × '));
}
