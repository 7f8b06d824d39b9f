import * as l10n from '@vscode/l10n';
import { el, fill, setAttribute, setText, themeColour } from '../dom';
import { makeSprite, showPatch, type Sprite } from '../draw/picture';
import type { ImageView, Pixels } from '../../src/protocol';
import { percent } from '../numbers';
import { rove, stepInSequence } from '../roving';
import { canvasOf, type Part } from './hero';
import { largest, tokenWeights } from './maps';
import { noHover, patches, patchOf, shownMap, shownQuery, type Bounds } from './place';
import type { Model, Session } from './session';
import { shownModel } from './sides';
import { coordinates, tokenName } from './words';

const sprites = new WeakMap<Pixels, Sprite>();

export function spriteOf(view: ImageView, picture: 'seen' | 'original'): Sprite {
  const pixels = view[picture];
  const known = sprites.get(pixels);
  if (known) return known;
  const made = makeSprite(canvasOf(pixels), view.grid);
  sprites.set(pixels, made);
  return made;
}

/** The five tokens the query looks at most, patches as pictures. */
export function createTop(session: Session): Part {
  const items = Array.from({ length: 5 }, () => createTopItem(session));
  const list = el('ol', { class: 'top' }, ...items.map((item) => item.element));
  const heading = el('h3', {});
  const element = el('section', { class: 'top-section' }, heading, list);
  const update = (model: Model): void => {
    const view = model.state?.view;
    const ranks = model.place.tab === 'attention' || model.place.tab === 'rollout';
    element.classList.toggle('invisible', !view || !ranks);
    if (!view) return;
    setText(heading, model.place.tab === 'attention' && model.place.direction === 'to' ? l10n.t('Is looked at most by') : l10n.t('Looks most at'));
    const ranked = rankedTokens(shownModel(model));
    items.forEach((item, i) => item.update(model, view, ranked[i]));
  };
  return { element, update };
}

function rankedTokens(model: Model): readonly { token: number; text: string }[] {
  const { place, hover, bounds } = model;
  if (place.tab === 'attention' && model.attention) {
    const { layer, head } = shownMap(place, hover, bounds);
    return largest(tokenWeights(model.attention, layer, head), 5).map(({ token, weight }) => ({ token, text: percent(weight) }));
  }
  const rollout = place.tab === 'rollout' ? model.rollouts[place.fusion] : undefined;
  if (!rollout) return [];
  return largest(rollout.map, 5).map(({ token, weight }) => ({ token: token + bounds.prefix, text: percent(weight) }));
}

function createTopItem(session: Session) {
  let token: number | null = null;
  const picture = el('span', { class: 'thumb', 'aria-hidden': 'true' });
  const number = el('span', { class: 'thumb-number' });
  const name = el('span', { class: 'thumb-name' });
  const button = el(
    'button',
    {
      class: 'thumb-button', type: 'button',
      onclick: () => token !== null && session.act({ type: 'query', token }),
      onpointerenter: () => session.hover({ token, previews: false }),
      onpointerleave: () => session.hover({ token: null }),
    },
    picture, number, name,
  );
  const update = (model: Model, view: ImageView, ranked: { token: number; text: string } | undefined): void => {
    token = ranked?.token ?? null;
    button.classList.toggle('invisible', !ranked);
    if (!ranked) return;
    showToken(picture, model, view, ranked.token);
    setText(number, ranked.text);
    setText(name, patchName(ranked.token, model.bounds));
    setAttribute(button, 'aria-label', `${tokenName(ranked.token, model.bounds, view.prefix)}: ${ranked.text}`);
    button.classList.toggle('hot', model.hover.token === ranked.token);
  };
  return { element: el('li', {}, button), update };
}

function patchName(token: number, bounds: Bounds): string {
  const patch = patchOf(token, bounds);
  return patch === null ? '' : coordinates(patch, bounds.columns);
}

/** A patch as its piece of the image, a prefix token as its name. */
export function showToken(element: HTMLElement, model: Model, view: ImageView, token: number): void {
  const patch = patchOf(token, model.bounds);
  setText(element, patch === null ? (view.prefix[token] ?? '') : '');
  element.classList.toggle('prefix', patch === null);
  element.classList.toggle('pixelated', model.place.picture === 'seen');
  if (patch === null) element.style.backgroundImage = '';
  else showPatch(element, spriteOf(view, model.place.picture), patch);
}

/** All tokens in the model's order, each with a bar of how strongly it is looked at. */
export function createStrip(session: Session): Part {
  const list = el('div', { class: 'strip', role: 'listbox', 'aria-orientation': 'horizontal', 'aria-label': l10n.t('Tokens in the order of the model') });
  const bars = el('canvas', { class: 'strip-bars', width: 1, height: 1, 'aria-hidden': 'true' });
  const element = el('section', { class: 'strip-section' }, el('h3', {}, l10n.t('Tokens')), el('div', { class: 'strip-scroll' }, bars, list));
  let made = '';
  const tokenAt = (target: EventTarget | null): number | null => {
    const item = target instanceof Element ? target.closest<HTMLElement>('[data-token]') : null;
    return item ? Number(item.dataset['token']) : null;
  };
  list.addEventListener('pointerover', (event) => session.hover({ token: tokenAt(event.target), previews: true }));
  list.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  list.addEventListener('click', (event) => {
    const token = tokenAt(event.target);
    if (token !== null) session.act({ type: 'query', token });
  });
  list.addEventListener('keydown', (event) => {
    const next = stepInSequence(event, chosenToken(session.model()), list.children.length);
    if (next === null) return;
    event.preventDefault();
    session.act({ type: 'query', token: next });
  });
  list.addEventListener('focusin', (event) => nameToken(session.model(), event.target, tokenAt(event.target)));
  const update = (model: Model): void => {
    const view = model.state?.view;
    if (!view) return;
    const key = `${view.file} ${view.checkpoint.path} ${model.place.picture} ${JSON.stringify(model.bounds)}`;
    if (made !== key) fill(list, ...makeTokens(model, view));
    made = key;
    markTokens(list, bars, model);
  };
  return { element, update };
}

function makeTokens(model: Model, view: ImageView): readonly HTMLElement[] {
  return Array.from({ length: model.bounds.prefix + patches(model.bounds) }, (_, token) => {
    const picture = el('span', { class: 'thumb' });
    showToken(picture, model, view, token);
    return el('span', { class: patchOf(token, model.bounds) === null ? 'strip-token wide' : 'strip-token', role: 'option', tabindex: -1, 'aria-selected': 'false', 'data-token': token, 'aria-label': tokenName(token, model.bounds, view.prefix) }, picture);
  });
}

/** The query itself, whatever the pointer previews. */
function chosenToken(model: Model): number {
  return shownQuery(model.place, noHover, model.bounds);
}

/** Says how strongly a token is looked at when it is reached. */
function nameToken(model: Model, item: EventTarget | null, token: number | null): void {
  const view = model.state?.view;
  if (token === null || !view || !(item instanceof HTMLElement)) return;
  const { layer, head } = shownMap(model.place, model.hover, model.bounds);
  const weight = model.attention ? `: ${percent(tokenWeights(model.attention, layer, head)[token] ?? 0)}` : '';
  setAttribute(item, 'aria-label', tokenName(token, model.bounds, view.prefix) + weight);
}

const resting = new WeakMap<HTMLElement, ReturnType<typeof setTimeout>>();

/** Brings the query into sight once it rests, but never while the pointer is in the strip: where it lies takes a layout to know. */
function bringIntoSight(list: HTMLElement, token: number): void {
  if (list.dataset['at'] === String(token)) return;
  list.dataset['at'] = String(token);
  clearTimeout(resting.get(list));
  resting.set(list, setTimeout(() => {
    const [item, scroll] = [list.children[token], list.parentElement];
    if (scroll && item instanceof HTMLElement && !list.matches(':hover')) scroll.scrollLeft = item.offsetLeft - scroll.clientWidth / 2;
  }, 120));
}

function markTokens(list: HTMLElement, bars: HTMLCanvasElement, model: Model): void {
  const { layer, head } = shownMap(model.place, model.hover, model.bounds);
  const { attention } = shownModel(model);
  if (attention) drawBars(bars, tokenWeights(attention, layer, head), model.bounds.prefix);
  const query = shownQuery(model.place, model.hover, model.bounds);
  for (const [name, token] of [['query', query], ['hot', model.hover.token]] as const) {
    const [before, now] = [list.querySelector(`.${name}`), token === null ? null : (list.children[token] ?? null)];
    if (before === now) continue;
    before?.classList.remove(name);
    now?.classList.add(name);
    if (name !== 'query') continue;
    if (before) setAttribute(before, 'aria-selected', 'false');
    if (now) setAttribute(now, 'aria-selected', 'true');
  }
  rove(list, chosenToken(model));
  bringIntoSight(list, query);
}

/** As in the style sheet: widths of a prefix token and of a patch, the gap between, and the height of the bars. */
const [PREFIX, PATCH, GAP, HEIGHT] = [38, 22, 1, 26] as const;

/** All bars on one canvas above the tokens: a hundred elements that change their height at every hover would each be laid out. */
function drawBars(canvas: HTMLCanvasElement, weights: Float32Array, prefix: number): void {
  const ratio = window.devicePixelRatio || 1;
  const width = prefix * (PREFIX + GAP) + (weights.length - prefix) * (PATCH + GAP);
  if (canvas.width !== Math.round(width * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    canvas.style.width = `${String(width)}px`;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  const highest = weights.reduce((a, b) => Math.max(a, b), 1e-9);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = themeColour('--vscode-progressBar-background', themeColour('--vscode-foreground', '#888'));
  let x = 0;
  for (const [token, weight] of weights.entries()) {
    const wide = token < prefix ? PREFIX : PATCH;
    const tall = Math.max(1, (weight / highest) * HEIGHT * ratio);
    context.fillRect(x * ratio, canvas.height - tall, wide * ratio, tall);
    x += wide + GAP;
  }
}
