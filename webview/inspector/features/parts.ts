import * as l10n from '@vscode/l10n';
import type { TokensView } from '../../../src/protocol';
import { button, enable } from '../../button';
import { el, fill, setText, show, type Child } from '../../dom';
import { colourAt, type Colours } from '../../draw/colormap';
import { paintScale, positionOn, type Scale } from '../../draw/heatmap';
import { choice, type Control } from '../controls';
import type { Part } from '../hero';
import type { Model, Session } from '../session';
import { longKey } from './model';
import type { FeatureName, FeaturePlace } from './place';

/** Changes what of representations is looked at. */
export function setFeature(session: Session, change: Partial<FeaturePlace>): void {
  session.act({ type: 'set', change: { features: { ...session.model().place.features, ...change } } });
}

/** Names of the layers of tokens. */
export function layerName(layer: number, { layers, normed }: Pick<TokensView, 'layers' | 'normed'>): string {
  if (layer === 0) return l10n.t('Embedding');
  return normed && layer === layers - 1 ? l10n.t('Last norm') : l10n.t('Layer {0}', layer);
}

/** The same for an axis. */
export function layerPoints({ layers, normed }: Pick<TokensView, 'layers' | 'normed'>): readonly string[] {
  return Array.from({ length: layers }, (_, i) => (i === 0 ? l10n.t('Emb.') : normed && i === layers - 1 ? l10n.t('Norm') : String(i)));
}

/** Chooses a layer of tokens. */
export function layerChoice(session: Session): { readonly element: HTMLElement; update(tokens: TokensView | null, layer: number): void } {
  const select = el('select', { onchange: () => setFeature(session, { layer: Number(select.value) }) });
  let filled = '';
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, l10n.t('Tokens after')), select),
    update(tokens, layer) {
      const key = JSON.stringify(tokens && [tokens.layers, tokens.normed]);
      if (tokens && filled !== key) fill(select, ...Array.from({ length: tokens.layers }, (_, i) => el('option', { value: i }, layerName(i, tokens))));
      filled = key;
      if (tokens) select.value = String(layer);
    },
  };
}

/** A button that starts what takes many passes, how far it is, and the way out of it. */
export function startRow(session: Session, name: FeatureName, label: string, isReady: (model: Model) => boolean = () => true): Part & { readonly element: HTMLElement } {
  const begin = button(label, () => {
    const { begun } = session.model().place.features;
    setFeature(session, { begun: { ...begun, [name]: longKey(name, session.model()) } });
  }, 'primary');
  const cancel = button(l10n.t('Cancel'), () => {
    const { [name]: _, ...begun } = session.model().place.features.begun;
    session.cancel(name);
    setFeature(session, { begun });
  });
  const bar = el('progress', { class: 'progress', 'aria-label': label });
  const status = el('span', { class: 'caption', role: 'status' });
  const problem = el('p', { class: 'start-problem', role: 'alert' });
  const alone = el('p', { class: 'caption' }, l10n.t('This page holds what was shown when it was saved, and has no engine to ask for more.'));
  const element = el('div', { class: 'start' }, el('div', { class: 'row' }, begin, cancel, bar, status), alone, problem);
  const update = (model: Model): void => {
    const progress = model.features.progress[name];
    const standalone = model.state?.standalone === true;
    show(alone, standalone);
    show(begin, !progress && !standalone);
    show(cancel, Boolean(progress));
    show(bar, Boolean(progress));
    enable(begin, !progress && isReady(model));
    if (progress && progress.of > 0) {
      bar.max = progress.of;
      bar.value = progress.done;
    } else bar.removeAttribute('value');
    setText(status, progress ? (progress.of > 0 ? l10n.t('{0} of {1} …', progress.done, progress.of) : l10n.t('Opening …')) : '');
    const said = model.features.problems[name];
    show(problem, said !== undefined);
    setText(problem, said ?? '');
  };
  return { element, update };
}

/** The numbers behind a picture, made when they are unfolded. */
export function tableFold(rows: () => { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } | null): { readonly element: HTMLElement; update(of: unknown): void } {
  const box = el('div', { class: 'table-box' });
  const element = el('details', { class: 'numbers' }, el('summary', {}, l10n.t('Numbers')), box);
  let [drawn, wanted]: unknown[] = [undefined, null];
  const draw = (): void => {
    if (!element.open || drawn === wanted) return;
    drawn = wanted;
    const found = rows();
    fill(box, ...(found ? [numberTable(found)] : []));
  };
  element.addEventListener('toggle', draw);
  return {
    element,
    update(of) {
      wanted = of;
      draw();
    },
  };
}

function numberTable({ head, body }: { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] }): HTMLElement {
  const heading = (text: string): HTMLElement => el('th', { scope: 'col' }, text);
  return el(
    'table',
    { class: 'number-table' },
    el('thead', {}, el('tr', {}, ...head.map(heading))),
    el('tbody', {}, ...body.map(([first = '', ...rest]) => el('tr', {}, el('th', { scope: 'row' }, first), ...rest.map((text) => el('td', {}, text))))),
  );
}

/** A scale of colours with the numbers of its ends. */
export function scaleBar(colours: Colours, note = ''): { readonly element: HTMLElement; update(scale: Scale, write: (value: number) => string): void } {
  const [low, high] = [el('span', { class: 'legend-number' }), el('span', { class: 'legend-number' })];
  const bar = el('canvas', { class: 'legend-bar', 'aria-hidden': 'true' });
  paintScale(bar, colours);
  return {
    element: el('div', { class: 'legend own-legend' }, low, el('span', { class: 'legend-track' }, bar), high, note === '' ? null : el('span', { class: 'caption' }, note)),
    update(scale, write) {
      setText(low, write(scale.low));
      setText(high, write(scale.high));
    },
  };
}

/** Background and text of a cell that shows a value. */
export function cellStyle(element: HTMLElement, colours: Colours, scale: Scale, value: number): void {
  if (Number.isNaN(value)) {
    element.style.background = '';
    element.style.color = '';
    return;
  }
  const [r, g, b] = colourAt(colours, positionOn(scale, value));
  element.style.background = `rgb(${String(r)} ${String(g)} ${String(b)})`;
  // Relative luminance (WCAG 2.1): the half that contrasts more.
  const linear = (c: number): number => ((c / 255 + 0.055) / 1.055) ** 2.4;
  element.style.color = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.179 ? '#000' : '#fff';
}

/** A few choices in one select. */
export function selectOf(label: string, options: readonly (readonly [value: string, name: string])[], onChange: (value: string) => void): Control<string> {
  return choice(label, options, onChange);
}

/** The width in which a drawing of lines has room. */
export function drawingWidth(element: HTMLElement): number {
  return Math.round(Math.min(640, Math.max(260, element.clientWidth)));
}

/** Draws anew when what it is made of changes, its width or the theme among them. */
export function redrawn(element: HTMLElement, draw: (width: number) => readonly Child[]): (of: readonly unknown[]) => void {
  let drawn: readonly unknown[] = [];
  return (of) => {
    const width = drawingWidth(element);
    const now = [...of, width, document.body.className];
    if (now.length === drawn.length && now.every((one, i) => one === drawn[i])) return;
    drawn = now;
    fill(element, ...draw(width));
  };
}

/** Locks a choice whose other answers would have to be computed: not in a page that was saved. */
export function lockAlone(model: Model, ...choices: readonly HTMLElement[]): void {
  const locked = model.state?.standalone === true;
  for (const choice of choices) for (const control of choice.querySelectorAll<HTMLSelectElement | HTMLInputElement>('select, input')) control.disabled = locked;
}
