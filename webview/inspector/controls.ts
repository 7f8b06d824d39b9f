import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import * as l10n from '@vscode/l10n';
import { el, fill, freshId, setAttribute, setText, show } from '../dom';
import { percent } from '../numbers';
import { termLine } from '../term';
import type { Part } from './hero';
import { hasMap, type Place } from './place';
import { attends, type Model, type Session } from './session';
import { scaleOf } from './shown';
import type { Explanation } from './tabWords';
import { traitsOf, type Traits } from './traits';

/** What lies over the image and how: picture, grid, overlay, values, colours, opacity. */
export function createControls(session: Session): Part {
  const set = (change: Partial<Place>): void => session.act({ type: 'set', change });
  const picture = choice(l10n.t('Picture'), [
    ['seen', l10n.t('As the model sees it')],
    ['original', l10n.t('Original')],
  ], (value) => set({ picture: value as Place['picture'] }));
  const grid = checkbox(l10n.t('Grid'), (checked) => set({ grid: checked }));
  const overlay = checkbox(l10n.t('Map over the image'), (checked) => set({ overlay: checked }));
  const values = checkbox(l10n.t('Values'), (checked) => set({ values: checked }));
  const colours = choice(l10n.t('Colours'), [
    ['viridis', 'Viridis'],
    ['cividis', 'Cividis'],
    ['grey', l10n.t('Grey')],
    ['spotlight', l10n.t('Spotlight')],
  ], (value) => set({ colours: value as Place['colours'] }));
  const scale = choice(l10n.t('Scale'), [
    ['map', l10n.t('This map')],
    ['shared', l10n.t('Shared by all maps')],
    ['fixed', l10n.t('Fixed')],
  ], (value) => set({ scale: value as Place['scale'] }));
  const opacity = slider(l10n.t('Opacity'), { max: 1, step: 0.05 }, percent, (value) => set({ opacity: value }));
  const ceiling = slider(l10n.t('up to'), { min: 0.01, max: 1, step: 0.01 }, percent, (value) => set({ ceiling: value }));
  const mass = slider(l10n.t('Mass'), { min: 0.05, max: 1, step: 0.05 }, (share) => (share >= 1 ? l10n.t('all') : percent(share)), (value) => set({ mass: value }));
  setAttribute(mass.element, 'title', l10n.t('Keep the patches that hold this share of the map’s mass, the largest first; DINO takes 60 %'));
  const smooth = checkbox(l10n.t('Smooth'), (checked) => set({ smooth: checked }));
  setAttribute(smooth.element, 'title', l10n.t('Draw the map out between the patches’ centres (bilinear): it looks finer than what the network knows'));
  const element = el(
    'div',
    { class: 'controls' },
    picture.element,
    el('div', { class: 'scale-field' }, scale.element, ceiling.element),
    opacity.element,
    mass.element,
    colours.element,
    el('div', { class: 'checks' }, grid.element, overlay.element, values.element, smooth.element),
  );
  const update = (model: Model): void => {
    const { place } = model;
    picture.set(place.picture);
    grid.set(place.grid);
    overlay.set(place.overlay);
    values.set(place.values ?? document.body.className.includes('high-contrast'));
    colours.set(place.colours);
    scale.set(scaleOf(place));
    show(ceiling.element, scaleOf(place) === 'fixed');
    ceiling.set(place.ceiling);
    opacity.set(place.opacity);
    mass.set(place.mass);
    smooth.set(place.smooth);
    for (const part of [mass, smooth]) part.element.classList.toggle('invisible', !hasMap(place.tab));
    for (const part of [scale, overlay, values, opacity])
      part.element.classList.toggle('invisible', place.tab === 'patches');
    if (place.tab === 'position') opacity.element.classList.add('invisible');
    colours.element.classList.toggle('invisible', place.tab === 'patches' || (place.tab === 'position' && place.scale !== 'map'));
  };
  return { element, update };
}

/** Which keys there are: for those who do not try them. What this network does not have is not in the list. */
export function createKeys(): Part {
  const list = el('dl', {});
  const element = el('details', { class: 'keys' }, el('summary', {}, l10n.t('Mouse and keys')), el('p', {}, l10n.t('Moving over the image previews, a click holds.')), list);
  let made = '';
  const update = ({ state, bounds }: Model): void => {
    const heads = !state?.view || attends(state.view);
    const key = JSON.stringify([heads, bounds.classToken]);
    if (made !== key) fill(list, ...keysOf(heads, bounds.classToken).flatMap(([name, what]) => [el('dt', {}, name), el('dd', {}, what)]));
    made = key;
  };
  return { element, update };
}

function keysOf(heads: boolean, classToken: boolean): readonly (readonly [key: string, what: string])[] {
  const ofHeads = [
    ['1 … 9', l10n.t('head; two digits in a row for 10 and more')],
    ['m', l10n.t('the heads joined; again: largest, smallest')],
    ['t', l10n.t('where it looks, or who looks at it')],
  ] as const;
  return [
    ['← ↑ → ↓', l10n.t('move the query patch')],
    [l10n.t('Home End'), l10n.t('ends of the row; with Ctrl first and last patch')],
    [l10n.t('PgUp PgDn'), l10n.t('layer')],
    ...(heads ? ofHeads : []),
    ...(classToken ? [['c', l10n.t('class token')] as const] : []),
    [l10n.t('Space'), l10n.t('hold what is previewed')],
    ['Esc', l10n.t('let go')],
  ];
}

export interface Control<T> {
  readonly element: HTMLElement;
  set(value: T): void;
}

export function checkbox(label: string, onChange: (checked: boolean) => void): Control<boolean> {
  const element = el('vscode-checkbox', { onchange: () => onChange(element.checked) }, label);
  return { element, set: (checked) => (element.checked = checked) };
}

export function choice(
  label: string,
  options: readonly (readonly [value: string, name: string])[],
  onChange: (value: string) => void,
): Control<string> {
  const select = el(
    'select',
    { onchange: () => onChange(select.value) },
    ...options.map(([value, name]) => el('option', { value }, name)),
  );
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, label), select),
    set: (value) => (select.value = value),
  };
}

/** A slider from 0 with its value beside it. */
export function slider(
  label: string,
  range: { readonly min?: number; readonly max: number; readonly step: number },
  write: (value: number) => string,
  onChange: (value: number) => void,
): Control<number> {
  const number = el('output', { class: 'field-number' });
  const input = el('input', {
    type: 'range', min: 0, ...range,
    oninput: () => {
      onChange(Number(input.value));
      setText(number, write(Number(input.value)));
    },
  });
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, label), input, number),
    set: (value) => {
      if (document.activeElement !== input) input.value = String(value);
      setText(number, write(value));
    },
  };
}

/** A few choices side by side: radio buttons, of which one has the focus and the arrow keys choose. */
export function segments<T extends string>(
  label: string,
  options: readonly (readonly [value: T, name: string])[],
  onChange: (value: T) => void,
): Control<T> {
  const name = freshId('segments');
  const inputs = options.map(([value, text]) => {
    const input = el('input', { type: 'radio', name, value, onchange: () => onChange(value) });
    return { value, input, element: el('label', { class: 'segment' }, input, el('span', {}, text)) };
  });
  return {
    element: el('fieldset', { class: 'segments' }, el('legend', {}, label), ...inputs.map((one) => one.element)),
    set: (value) => inputs.forEach((one) => (one.input.checked = one.value === value)),
  };
}

/** A sentence and its fold-out, with the terms that it takes for known: the words follow the network that is looked into. */
export function createFold(of: (traits: Traits) => Explanation): Part {
  const seen = el('p', { class: 'seen' });
  const formula = el('pre', { class: 'formula' });
  const caveat = el('p');
  const source = el('p', { class: 'source' });
  const terms = el('div');
  const element = el('div', { class: 'explain' }, seen, el('details', {}, el('summary', {}, l10n.t('Formula, source, caveat')), formula, caveat, source, terms));
  let said = '';
  const update = ({ state }: Pick<Model, 'state'>): void => {
    const parts = of(traitsOf(state?.view));
    setText(seen, parts.seen);
    setText(formula, parts.formula);
    setText(caveat, parts.caveat);
    show(caveat, parts.caveat !== '');
    setText(source, parts.source);
    const key = parts.terms.join();
    if (said !== key) fill(terms, termLine(parts.terms));
    said = key;
  };
  update({ state: null });
  return { element, update };
}

/** Marks a part as older than what was asked for. */
export function dim(element: HTMLElement, waiting: boolean): void {
  setAttribute(element, 'aria-busy', waiting ? 'true' : undefined);
}

