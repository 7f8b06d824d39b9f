import * as l10n from '@vscode/l10n';
import type { ImageView } from '../../src/protocol';
import { el, setAttribute, setText, show } from '../dom';
import { scaleEnds } from '../numbers';
import type { Pen } from '../draw/pen';
import type { Other } from './attending';
import { targetOf } from './explaining';
import { drawMapOver, type Part } from './hero';
import { hasMap, patchOf, shownMap, sides, type Place, type Side } from './place';
import type { Model, Session } from './session';
import { shownOn } from './shown';
import { canSubtract, classIn, hasHead, otherModel, sideOf } from './sides';

/** A, B and the difference as small pictures side by side; the chosen one is the large one, and its maps are those of the tab. */
export function createTrio(session: Session): Part {
  const tiles = sides.map((side) => createTile(session, side));
  const group = el('div', { class: 'trio', role: 'radiogroup', 'aria-label': l10n.t('A, B, or the difference') }, ...tiles.map((one) => one.element));
  const note = el('p', { class: 'caption' });
  const element = el('section', { class: 'trio-section' }, group, note);
  group.addEventListener('keydown', (event) => {
    const by = ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 } as const)[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = sides.indexOf(sideOf(session.model()));
    session.act({ type: 'set', change: { side: sides[(at + by + sides.length) % sides.length] ?? 'a' } });
    requestAnimationFrame(() => group.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  });
  const update = (model: Model): void => {
    show(element, model.other !== null && hasMap(model.place.tab));
    if (!model.other || !hasMap(model.place.tab)) return;
    setText(note, noteOf(model));
    show(note, noteOf(model) !== '');
    for (const one of tiles) one.update(model);
  };
  return { element, update };
}

export function sideName(side: Side): string {
  return { a: 'A', b: 'B', difference: l10n.t('B − A') }[side];
}

/** The sides that there are, each with the image that it lies over. */
export function sidesShown(model: Model): readonly { readonly side: Side; readonly view: ImageView }[] {
  const [a, b] = [model.state?.view, model.other?.view];
  if (!a || !b) return [];
  return [{ side: 'a', view: a }, { side: 'b', view: b }, ...(canSubtract(model) ? [{ side: 'difference', view: a } as const] : [])];
}

/** One side over its image, at the pen's size. */
export function drawSide(pen: Pen, model: Model, side: Side, ratio: number): void {
  const view = sidesShown(model).find((one) => one.side === side)?.view;
  const of = side === 'b' ? otherModel(model) : model;
  if (!view || !of) return;
  const { hover, bounds } = model;
  const same = side !== 'b' || canSubtract(model);
  drawMapOver(pen, of, view, { now: shownOn(model, side), hot: same && hover.token !== null ? patchOf(hover.token, bounds) : null, query: null, ratio });
}

/** Why there is no difference, or nothing in it, and what is not alike in what stands side by side. */
function noteOf(model: Model): string {
  const without = noDifference(model);
  return [without, without === '' || model.place.tab === 'rollout' ? oneScale(model) : '', otherDepth(model)].filter(Boolean).join(' ');
}

/** The numbers below A and B are the ends of what both share: neither need reach them. */
function oneScale(model: Model): string {
  const [a, b] = [shownOn(model, 'a')?.map.scale, shownOn(model, 'b')?.map.scale];
  return a && b && a.low === b.low && a.high === b.high ? l10n.t('A and B have one scale.') : '';
}

function noDifference(model: Model): string {
  const { other, bounds, state, place } = model;
  if (!other || !state?.view) return '';
  if (!canSubtract(model)) return l10n.t('B has {0} × {1} patches and A {2} × {3}: patch by patch they cannot be compared.', other.bounds.rows, other.bounds.columns, bounds.rows, bounds.columns);
  const same = other.view.file === state.view.file && other.view.checkpoint.path === state.view.checkpoint.path;
  if (same) return l10n.t('B is the same checkpoint and image as A: choose another of either above.');
  if (place.tab === 'rollout' && model.rollouts[place.fusion]?.from !== other.rollouts[place.fusion]?.from) return l10n.t('A and B are read at different tokens, which the tab names: their difference tells of these, too.');
  if (place.tab === 'explain') return unknownClass(place, state.view, other);
  if (place.tab === 'attention' && !shownOn(model, 'b') && model.attention && other.attention) return l10n.t('B has no such layer or head: it has {0} × {1}.', other.bounds.layers, other.bounds.heads);
  return '';
}

/** A map of an explanation is of a class, which B may not have. */
function unknownClass(place: Place, view: ImageView, other: Other): string {
  const asked = [targetOf(place, view), ...(place.against === null ? [] : [place.against])].filter((index) => index < view.classes.length);
  const target = asked.find((index) => classIn(other, index, view) === null);
  if (target === undefined) return '';
  return l10n.t('B does not know the class “{0}”, so that there is nothing of it to explain. Choose a class that both know, or another B.', view.classes[target] ?? '');
}

/** Layers are counted from the image on: one number is another depth where there are more of them. */
function otherDepth(model: Model): string {
  const { place, hover, bounds, other } = model;
  if (place.tab !== 'attention' || !other || other.bounds.layers === bounds.layers) return '';
  const { layer, head } = shownMap(place, hover, bounds);
  if (!hasHead(other, layer, head)) return '';
  return l10n.t('Layer {0} of {1} in A stands beside layer {0} of {2} in B: the depths differ.', layer + 1, bounds.layers, other.bounds.layers);
}

function createTile(session: Session, side: Side): Part {
  const canvas = el('canvas', { width: 1, height: 1, 'aria-hidden': 'true' });
  const numbers = el('span', { class: 'caption' }, '\u00a0');
  const value = el('span', { class: 'trio-value' }, '\u00a0');
  const element = el('div', { class: 'trio-tile', role: 'radio', tabindex: -1, 'data-side': side, onclick: () => session.act({ type: 'set', change: { side } }) },
    el('span', { class: 'trio-name' }, sideName(side), value), canvas, numbers);
  const update = (model: Model): void => {
    const there = sidesShown(model).find((one) => one.side === side);
    show(element, there !== undefined);
    if (!there) return;
    const chosen = sideOf(model) === side;
    setAttribute(element, 'aria-checked', String(chosen));
    setAttribute(element, 'tabindex', chosen ? 0 : -1);
    paint(canvas, there.view, (pen, ratio) => drawSide(pen, model, side, ratio));
    const now = shownOn(model, side);
    setText(numbers, now ? l10n.t('{0} to {1}', ...scaleEnds(now.map.scale, now.write)) : '\u00a0');
    const patch = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
    const read = now && patch !== null && canSubtract(model) ? now.write(now.map.values[patch] ?? 0) : '\u00a0';
    setText(value, read);
    setAttribute(element, 'aria-label', `${sideName(side)}: ${numbers.textContent}`);
  };
  return { element, update };
}

function paint(canvas: HTMLCanvasElement, view: ImageView, draw: (pen: Pen, ratio: number) => void): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.style.aspectRatio = `${String(view.seen.width)} / ${String(view.seen.height)}`;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round((width * view.seen.height) / view.seen.width);
  if (width === 0) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (context) draw(context, ratio);
}
