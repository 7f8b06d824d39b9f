import * as l10n from '@vscode/l10n';
import type { ImageView, TokenisedView } from '../../src/protocol';
import { el, fill, show } from '../dom';
import { fixed, significant } from '../numbers';
import { coloursOf, paintMatrix } from './flowPaint';
import { canvasOf, type Part } from './hero';
import { createScaleBar } from './scaleBar';
import type { Model } from './session';

/** How the file became the network's input, as three pictures: what is taken of it, at which size, and as which numbers. */
export function createPreprocessing(): Part {
  const steps = el('div', { class: 'steps' });
  const element = el('section', {}, el('h3', {}, l10n.t('From the file to the numbers')), steps);
  let made: TokenisedView | null = null;
  const paint: (() => void)[] = [];
  const update = (model: Model): void => {
    const view = model.state?.view;
    const { tokens } = model;
    show(element, tokens !== null);
    if (!tokens || !view) return;
    if (made !== tokens) {
      paint.length = 0;
      fill(steps, wholeStep(tokens), next(seenStep(tokens, view)), next(numbersStep(tokens, view, paint)));
    }
    made = tokens;
    for (const one of paint) one();
  };
  return { element, update };
}

/** A step and the arrow to it, which comes along where the step has no room beside the one before. */
function next(after: HTMLElement): HTMLElement {
  return el('div', { class: 'step-next' }, el('span', { class: 'step-arrow', 'aria-hidden': 'true' }, '→'), after);
}

function step(name: string, picture: HTMLElement, ...lines: readonly string[]): HTMLElement {
  return el('figure', { class: 'step' }, el('figcaption', { class: 'fusion-name' }, name), picture, ...lines.map((line) => el('p', { class: 'caption' }, line)));
}

const size = ([width, height]: readonly [number, number]): string => `${String(width)} × ${String(height)}`;

/** The whole file, and a frame around what is taken of it; where the frame reaches beyond, it is padded. */
function wholeStep(tokens: TokenisedView): HTMLElement {
  const { whole, crop, from } = tokens;
  const [left, top] = [Math.min(0, crop.x), Math.min(0, crop.y)];
  const [right, bottom] = [Math.max(1, crop.x + crop.width), Math.max(1, crop.y + crop.height)];
  const canvas = el('canvas', { class: 'step-picture', role: 'img', width: Math.round((right - left) * whole.width), height: Math.round((bottom - top) * whole.height), 'aria-label': l10n.t('The file, with a frame around what the network is given') });
  const context = canvas.getContext('2d');
  if (context) {
    context.drawImage(canvasOf(whole), -left * whole.width, -top * whole.height);
    const box = [(crop.x - left) * whole.width, (crop.y - top) * whole.height, crop.width * whole.width, crop.height * whole.height] as const;
    // What is cut off is darkened, and the frame is white within black: seen on any picture.
    context.fillStyle = 'rgb(0 0 0 / 0.55)';
    context.beginPath();
    context.rect(0, 0, canvas.width, canvas.height);
    context.rect(...box);
    context.fill('evenodd');
    const line = Math.max(1, Math.round(canvas.width / 150));
    for (const [width, colour] of [[3 * line, '#000'], [line, '#fff']] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.strokeRect(box[0] + line, box[1] + line, box[2] - 2 * line, box[3] - 2 * line);
    }
  }
  return step(l10n.t('1. The file'), canvas, l10n.t('{0} pixels (width × height)', size(from)), fitWords(tokens));
}

function fitWords({ fit, cropPct }: TokenisedView): string {
  switch (fit) {
    case 'squash':
      return l10n.t('both sides are resized, whatever the proportions');
    case 'crop':
      return cropPct === 1 ? l10n.t('the frame is what the centre crop keeps') : l10n.t('the frame is what the centre crop keeps: crop_pct {0}', cropPct);
    case 'pad':
      return l10n.t('the whole image, padded with black');
    case 'border':
      return l10n.t('the whole image, padded with the mean colour');
  }
}

function seenStep({ resized, cropped, fitted, interpolation }: TokenisedView, view: ImageView): HTMLElement {
  const canvas = el('canvas', { class: 'step-picture pixelated', role: 'img', width: view.seen.width, height: view.seen.height, 'aria-label': l10n.t('The image at the size of the network') });
  canvas.getContext('2d')?.drawImage(canvasOf(view.seen), 0, 0);
  const lines = [l10n.t('resized to {0} ({1})', size(resized), interpolation), l10n.t('{0} are kept', size(cropped))];
  if (fitted.how !== 'none') lines.push(fitted.how === 'pad' ? l10n.t('padded to {0}, the next multiple of the patch', size(fitted.to)) : l10n.t('resized to {0}, the nearest multiple of the patch', size(fitted.to)));
  return step(l10n.t('2. Resized and cropped'), canvas, ...lines);
}

/** A map for each channel, on one scale around zero. */
function numbersStep({ normalised, mean, std }: TokenisedView, { seen, model }: ImageView, paint: (() => void)[]): HTMLElement {
  const { channels } = model;
  const reach = normalised.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const colours = coloursOf({ min: -reach, max: reach }, 'viridis');
  const names = channels === 1 ? [l10n.t('Grey')] : ['R', 'G', 'B'];
  const maps = names.map((name, c) => {
    const matrix = { rows: seen.height, columns: seen.width, values: normalised.filter((_, i) => i % channels === c) };
    const canvas = el('canvas', { class: 'channel-map', role: 'img', 'aria-label': l10n.t('Channel {0}, normalised', name) });
    canvas.style.aspectRatio = `${String(seen.width)} / ${String(seen.height)}`;
    paint.push(() => paintMatrix(canvas, matrix, { ...colours, row: null, rows: matrix.rows, cell: null }));
    return el('div', { class: 'channel' }, canvas, el('span', { class: 'caption' }, name), el('span', { class: 'caption' }, l10n.t('mean {0}, std {1}', fixed(mean[c] ?? 0, 3), fixed(std[c] ?? 0, 3))));
  });
  const scale = createScaleBar();
  scale.update(colours, significant);
  const figure = step(l10n.t('3. Normalised: (x / 255 − mean) / std'), el('div', { class: 'channel-maps' }, ...maps, scale.element));
  figure.classList.add('step-numbers');
  return figure;
}
