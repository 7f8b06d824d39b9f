import * as l10n from '@vscode/l10n';
import type { ImageConfig } from '../config/schema';
import { pairOf, type PatchFit } from '../model/spec';
import type { DecodedImage } from './decode';
import { place } from './place';

/** How an image was brought to the network's size, for people: one sentence, two where the file was turned upright. */
export function howFitted(decoded: DecodedImage, image: ImageConfig, patch: PatchFit): string {
  const first = fitted(decoded, image);
  const to = `${patch.to[1]} × ${patch.to[0]}`;
  const sentence =
    patch.how === 'resize'
      ? l10n.t('{0}, then resized to {1}, the nearest multiple of the patch.', first, to)
      : patch.how === 'pad'
        ? l10n.t('{0}, then padded with zeros to {1}, the next multiple of the patch.', first, to)
        : `${first}.`;
  return decoded.turned ? `${l10n.t('Turned upright, as its EXIF orientation says.')} ${sentence}` : sentence;
}

/** The sentence without its end. Sizes are width × height. */
function fitted({ width, height }: DecodedImage, image: ImageConfig): string {
  const [rows, columns] = pairOf(image.size);
  const at = place(width, height, image);
  const [from, sized, to] = [`${width} × ${height}`, `${at.width} × ${at.height}`, `${columns} × ${rows}`];
  const untouched = at.width === width && at.height === height;
  const start = untouched ? l10n.t('Taken as it is, {0} pixels', from) : l10n.t('Resized from {0} to {1} pixels ({2})', from, sized, image.interpolation);
  const cropped = image.crop_pct === 1 ? l10n.t('centre-cropped to {0}', to) : l10n.t('centre-cropped to {0} (crop_pct {1})', to, image.crop_pct);
  const steps = [start];
  if (at.width < columns || at.height < rows) steps.push(image.fit === 'border' ? l10n.t('padded with the mean colour to {0}', to) : l10n.t('padded with black to {0}', to));
  if (at.width > columns || at.height > rows) steps.push(cropped);
  return steps.join(', ');
}
