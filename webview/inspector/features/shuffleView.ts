import * as l10n from '@vscode/l10n';
import { SHUFFLE_SEEDS, shuffleGrids } from '../../../src/light';
import type { ShuffleCurve, ShuffledView } from '../../../src/protocol';
import { button } from '../../button';
import { el, fill, setText, show } from '../../dom';
import { lines } from '../../draw/lines';
import { percent } from '../../numbers';
import { canvasOf, type Part } from '../hero';
import type { Model, Session } from '../session';
import { redrawn, setFeature, startRow, tableFold } from './parts';

/** The image in pieces that have changed places, and what that costs. */
export function createShuffleView(session: Session): Part {
  const grid = el('select', { onchange: () => setFeature(session, { grid: Number(grid.value) }) });
  const again = button(l10n.t('Another Order'), () => setFeature(session, { seed: session.model().place.features.seed + 1 }));
  const seed = el('span', { class: 'caption' });
  const summary = el('p', { class: 'summary' });
  const canvas = el('canvas', { class: 'large-picture', role: 'img' });
  const said = el('div', { class: 'before-after' });
  const start = startRow(session, 'shuffle', l10n.t('Measure All Sizes of Pieces'));
  const figure = el('div', { class: 'drawing' });
  let shown: Model | null = null;
  const draw = redrawn(figure, (width) => (shown?.features.curve ? [curveLines(session, shown, shown.features.curve, width)] : []));
  const table = tableFold(() => (shown?.features.curve ? curveRows(shown.features.curve) : null));
  let drawn: ShuffledView | null = null;
  const update = (model: Model): void => {
    shown = model;
    const view = model.state?.view;
    const { shuffled, curve } = model.features;
    if (!view) return;
    fillGrids(grid, model, curve);
    setText(seed, l10n.t('order {0}', model.place.features.seed + 1));
    if (shuffled && shuffled !== drawn) {
      paint(canvas, shuffled);
      fill(said, predictions(l10n.t('As it is'), shuffled.before), predictions(l10n.t('In pieces'), shuffled.after));
    }
    drawn = shuffled;
    canvas.style.aspectRatio = `${String(view.seen.width)} / ${String(view.seen.height)}`;
    setText(summary, shuffled ? shuffleSummary(shuffled) : '\u00a0');
    canvas.setAttribute('aria-label', summary.textContent);
    start.update(model);
    show(start.element, !curve);
    draw([curve, model.place.features.grid]);
    table.update(curve);
  };
  new ResizeObserver(() => shown && update(shown)).observe(figure);
  const element = el(
    'div', {},
    el('div', { class: 'row' }, el('label', { class: 'field' }, el('span', { class: 'field-name' }, l10n.t('Pieces')), grid), again, seed),
    summary, el('div', { class: 'side-by-side' }, canvas, said),
    el('h3', {}, l10n.t('What the size of the pieces costs')), start.element, figure, table.element,
  );
  return { element, update };
}

export function shuffleSummary({ rows, columns, before, after }: ShuffledView): string {
  const [first, then] = [before[0], after[0]];
  return l10n.t('{0} × {1} pieces in other places: {2} {3} before, {4} {5} after.', rows, columns, first?.label ?? '', percent(first?.probability ?? 0), then?.label ?? '', percent(then?.probability ?? 0));
}

function fillGrids(grid: HTMLSelectElement, { place, state, features }: Model, curve: ShuffleCurve | null): void {
  const count = curve?.grids.length ?? (state?.view ? shuffleGrids(state.view) : 1);
  const name = (i: number): string => {
    const own = curve?.grids[i];
    if (own) return own.join(' × ');
    return features.shuffled?.grid === i ? `${String(features.shuffled.rows)} × ${String(features.shuffled.columns)}` : l10n.t('size {0} of {1}', i + 1, count);
  };
  const names = Array.from({ length: count }, (_, i) => name(i));
  if (grid.dataset['names'] !== names.join()) fill(grid, ...names.map((text, value) => el('option', { value }, text)));
  grid.dataset['names'] = names.join();
  grid.value = String(Math.min(place.features.grid ?? count - 1, count - 1));
}

function paint(canvas: HTMLCanvasElement, { picture }: ShuffledView): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d')?.drawImage(canvasOf(picture), 0, 0);
}

function predictions(heading: string, all: ShuffledView['before']): HTMLElement {
  const rows = all.map(({ label, probability }) => {
    const bar = el('span', { class: 'small-bar', 'aria-hidden': 'true' }, el('span', {}));
    if (bar.firstElementChild instanceof HTMLElement) bar.firstElementChild.style.width = `${String(probability * 100)}%`;
    return el('li', {}, el('span', { class: 'prediction-label' }, label), el('span', { class: 'prediction-number' }, percent(probability)), bar);
  });
  return el('div', {}, el('h3', {}, heading), el('ol', { class: 'small-bars' }, ...rows));
}

function curveLines(session: Session, model: Model, curve: ShuffleCurve, width: number): HTMLElement {
  const label = model.state?.view?.predictions[0]?.label ?? '';
  return lines({
    name: l10n.t('Probability by the number of pieces'), points: curve.grids.map((grid) => grid.join('×')), xName: l10n.t('Pieces'), yName: l10n.t('Probability'),
    lines: [
      { name: l10n.t('Probability of {0}: mean of {1} orders, from least to most', label, SHUFFLE_SEEDS), values: curve.mean, low: curve.low, high: curve.high },
      { name: l10n.t('Share of the orders with the same answer'), values: curve.agreement },
    ],
    range: [0, 1], share: true, width, at: Math.min(model.place.features.grid ?? curve.grids.length - 1, curve.grids.length - 1), onPick: (grid) => setFeature(session, { grid }), write: percent,
  });
}

function curveRows(curve: ShuffleCurve): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  return {
    head: [l10n.t('Pieces'), l10n.t('Mean'), l10n.t('Least'), l10n.t('Most'), l10n.t('Same answer')],
    body: curve.grids.map((grid, i) => [grid.join(' × '), ...[curve.mean, curve.low, curve.high, curve.agreement].map((values) => percent(values[i] ?? 0))]),
  };
}
