import * as l10n from '@vscode/l10n';
import type { Checkpoint } from '../checkpoint';
import { fitToPatch, pairOf } from '../model/spec';
import { scaleSize } from '../pictures/place';
import { RESAMPLE } from '../preprocessing/processor';
import { perChannel } from './words';

/** The `preprocessor_config.json` for a network, and what of its preprocessing no image processor of `transformers` does. */
export function processorConfig({ spec, meta }: Checkpoint): { readonly settings: object; readonly notes: readonly string[] } {
  const { image, model } = meta.config;
  const size = pairOf(image.size);
  const [rows, columns] = size;
  const [height, width] = scaleSize(size, image.crop_pct);
  const square = rows === columns;
  const cuts = image.crop_pct < 1;
  const notes: string[] = [];
  if (image.fit === 'pad' || image.fit === 'border' || (image.fit === 'crop' && !square))
    notes.push(l10n.t('No image processor of transformers prepares images as image.fit: {0} does at {1} × {2}; preprocessor_config.json comes near, and predict.py does it to the pixel.', image.fit, rows, columns));
  if (fitToPatch(image, model).how !== 'none') notes.push(l10n.t('Images are brought to a multiple of the patch in two steps here, and in one by preprocessor_config.json; predict.py does it to the pixel.'));
  if (image.crop_rounding === 'even' && (image.fit === 'crop' || (image.fit === 'squash' && cuts)))
    notes.push(l10n.t('Where an odd number of pixels is cut off, the image processors of transformers may cut one pixel elsewhere than the network was trained with (image.crop_rounding: even); predict.py does it to the pixel.'));
  const whole = image.fit === 'squash' || !square;
  return {
    settings: {
      image_processor_type: whole ? (cuts ? 'DeiTImageProcessor' : 'ViTImageProcessor') : 'BitImageProcessor',
      do_resize: true,
      size: whole ? { height, width } : { shortest_edge: height },
      resample: RESAMPLE.indexOf(image.interpolation),
      ...(whole && !cuts ? {} : { do_center_crop: true, crop_size: { height: rows, width: columns } }),
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: perChannel(image.mean, spec.channels),
      image_std: perChannel(image.std, spec.channels),
      ...(spec.channels === 3 && { do_convert_rgb: true }),
    },
    notes,
  };
}
