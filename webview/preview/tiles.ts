import * as l10n from '@vscode/l10n';
import type { BatchPreview, PreviewImage } from '../../src/protocol';
import { pictureCanvas } from '../draw/picture';
import { el, fill } from '../dom';
import { percent } from '../numbers';

/** The images of a batch, each with what is to be learned of it. */
export function createTiles(): { readonly element: HTMLElement; update(batch: BatchPreview, colours: 'natural' | 'network'): void } {
  const element = el('ul', { class: 'tiles', tabindex: 0, 'aria-label': l10n.t('Images of the batch') });
  let drawn: readonly unknown[] = [];
  return {
    element,
    update(batch, colours) {
      const key = [batch.pixels, colours];
      if (key.every((part, i) => part === drawn[i])) return;
      drawn = key;
      fill(element, ...batch.images.map((image, i) => tile(batch, image, i, colours)));
    },
  };
}

function tile(batch: BatchPreview, image: PreviewImage, index: number, colours: 'natural' | 'network'): HTMLElement {
  const canvas = pictureCanvas({ width: batch.width, height: batch.height, rgba: rgbaOf(batch, index, colours) });
  const lines = labelLines(image, batch.classes);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', lines.map(({ text }) => text).join(', '));
  const { box } = image;
  const outline = box && el('span', { class: 'box', 'aria-hidden': 'true' });
  if (box && outline) {
    const share = (part: number, of: number): string => `${String((100 * part) / of)}%`;
    outline.style.top = share(box.top, batch.height);
    outline.style.left = share(box.left, batch.width);
    outline.style.height = share(box.bottom - box.top, batch.height);
    outline.style.width = share(box.right - box.left, batch.width);
  }
  const bar = el('span', { class: 'share', 'aria-hidden': 'true' }, el('span', { class: 'share-own' }));
  (bar.firstElementChild as HTMLElement).style.width = `${String(100 * image.share)}%`;
  return el('li', { class: 'tile', title: image.name }, el('div', { class: 'picture' }, canvas, outline), image.other !== undefined && bar, ...lines.map(({ text, main }) => el('p', { class: main ? 'label' : 'label second' }, text)));
}

function labelLines({ label, other, share }: PreviewImage, classes: readonly string[]): readonly { readonly text: string; readonly main: boolean }[] {
  const name = (k: number): string => classes[k] ?? String(k);
  if (other === undefined) return [{ text: name(label), main: true }];
  // Two of one class are nothing new to learn.
  if (other === label) return [{ text: name(label), main: true }];
  return [{ text: `${percent(share)} ${name(label)}`, main: true }, { text: `${percent(1 - share)} ${name(other)}`, main: false }];
}

/** As a photograph, (x · std + mean) · 255; or the numbers themselves, of which 0 is grey and ±3 are the ends. */
export function rgbaOf({ pixels, width, height, channels, mean, std }: Pick<BatchPreview, 'pixels' | 'width' | 'height' | 'channels' | 'mean' | 'std'>, index: number, colours: 'natural' | 'network'): Uint8Array {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  const from = index * width * height * channels;
  for (let at = 0; at < width * height; at++)
    for (let c = 0; c < 3; c++) {
      const channel = Math.min(c, channels - 1);
      const value = pixels[from + at * channels + channel] ?? 0;
      const level = colours === 'natural' ? 255 * (value * (std[channel] ?? 1) + (mean[channel] ?? 0)) : 127.5 + 42.5 * value;
      rgba[at * 4 + c] = Math.min(255, Math.max(0, Math.round(level)));
    }
  return rgba;
}
