import * as l10n from '@vscode/l10n';
import type { FlowBox, FlowFacts, FlowPicture } from '../../src/protocol';
import { el, setAttribute, setText } from '../dom';
import { significant } from '../numbers';
import { coloursOf, paintBars, paintMatrix } from './flowPaint';
import { boxWords } from './flowWords';
import { canvasOf } from './hero';
import { shownQuery } from './place';
import { plainColours } from './shown';
import type { Model, Session } from './session';

/** A box of the flow: its name, a small picture of this image's numbers, its shape and how far they go. */
export interface Box {
  readonly element: HTMLButtonElement;
  update(model: Model, picture: FlowPicture, facts: FlowFacts): void;
}

export function createBox(session: Session, box: FlowBox): Box {
  const canvas = el('canvas', { class: 'flow-canvas', 'aria-hidden': 'true' });
  const title = el('span', { class: 'flow-title' });
  const shape = el('span', { class: 'flow-shape' });
  const range = el('span', { class: 'flow-range' });
  const toggle = (): void => session.act({ type: 'set', change: { box: session.model().place.box === box ? '' : box } });
  const element = el('button', { type: 'button', class: 'flow-box', 'data-box': box, tabindex: -1, onclick: toggle }, title, canvas, shape, range);
  return {
    element,
    update(model, picture, facts) {
      const words = boxWords(box, facts);
      const size = picture.shape.map(String).join(' × ');
      const ends = `${significant(picture.stats.min, 2)} … ${significant(picture.stats.max, 2)}`;
      setText(title, words.title);
      setText(shape, size);
      setText(range, ends);
      const open = model.place.box === box;
      setAttribute(element, 'aria-expanded', String(open));
      setAttribute(element, 'aria-label', `${words.title}, ${l10n.t('shape {0}, from {1} to {2}', size, significant(picture.stats.min), significant(picture.stats.max))}`);
      paint(canvas, model, picture);
    },
  };
}

function paint(canvas: HTMLCanvasElement, model: Model, picture: FlowPicture): void {
  const view = model.state?.view;
  if (picture.box === 'image' && view) return paintImage(canvas, canvasOf(view.seen));
  if (picture.size[0] === 1) return paintBars(canvas, picture.picture.values, { low: Math.min(0, picture.stats.min), high: Math.max(0, picture.stats.max) }, null);
  paintMatrix(canvas, picture.picture, { ...coloursIn(model, picture), row: rowOf(model, picture), rows: picture.size[0], cell: null, least: 1 });
}

/** How a box's picture is coloured. */
export function coloursIn(model: Model, picture: FlowPicture): ReturnType<typeof coloursOf> {
  return scaledTo(coloursOf(picture.stats, plainColours(model.place.colours)), picture);
}

/** The mean of channels goes less far than they do. */
function scaledTo(colours: ReturnType<typeof coloursOf>, { axes, picture }: FlowPicture): ReturnType<typeof coloursOf> {
  if (axes[0] !== 'position' && axes[0] !== 'pixel') return colours;
  let [min, max] = [Infinity, -Infinity];
  for (const value of picture.values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return coloursOf({ min, max }, colours.colours === 'diverging' ? 'viridis' : colours.colours);
}

/** The row of the token that is asked from; null where rows are no tokens. */
export function rowOf(model: Model, { axes, size }: Pick<FlowPicture, 'axes' | 'size'>): number | null {
  const token = shownQuery(model.place, model.hover, model.bounds);
  const row = axes[0] === 'token' ? token : axes[0] === 'patch' ? token - model.bounds.prefix : -1;
  return row >= 0 && row < size[0] ? row : null;
}

function paintImage(canvas: HTMLCanvasElement, image: HTMLCanvasElement): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.max(1, Math.round(canvas.clientWidth * ratio)), Math.max(1, Math.round(canvas.clientHeight * ratio))];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.imageSmoothingEnabled = image.width > width;
  context.clearRect(0, 0, width, height);
  const scale = Math.min(width / image.width, height / image.height);
  context.drawImage(image, (width - image.width * scale) / 2, (height - image.height * scale) / 2, image.width * scale, image.height * scale);
}
