import * as l10n from '@vscode/l10n';
import type { HeadsView, ImageView } from '../../../src/protocol';
import { button } from '../../button';
import { el, fill, setAttribute, setText, show } from '../../dom';
import type { Scale } from '../../draw/heatmap';
import { fixed, percent } from '../../numbers';
import { classChoice } from '../explainTab';
import { targetOf } from '../explaining';
import type { Part } from '../hero';
import type { Model, Session } from '../session';
import { inside } from './ask';
import { cellStyle, scaleBar, setFeature, startRow } from './parts';

/** Layers × heads: what the class loses without each, and what it loses without those that are held off. */
export function createHeadsView(session: Session): Part {
  const target = classChoice(l10n.t('Class'), null, (index) => session.act({ type: 'set', change: { target: index } }));
  const start = startRow(session, 'heads', l10n.t('Turn Each Head Off'));
  const summary = el('p', { class: 'summary' });
  const grid = el('table', { class: 'cells', 'aria-label': l10n.t('Change of the logit while a head is off, by layer and head') });
  const legend = scaleBar('diverging', l10n.t('change of the logit; blue: the class loses'));
  const clear = button(l10n.t('Turn All On'), () => setFeature(session, { off: [] }));
  const together = el('section', { class: 'together' });
  const heading = el('h3', {}, l10n.t('Held off together'));
  const hint = el('p', { class: 'caption' }, l10n.t('Click a head to hold it off; arrow keys move, Space holds.'));
  let made = '';
  listen(grid, session);
  const update = (model: Model): void => {
    const view = model.state?.view;
    if (!view) return;
    target.update(view, targetOf(model.place, view));
    start.update(model);
    const { heads } = model.features;
    show(start.element, !heads || heads.classes !== view.classes.length);
    const sizes = `${String(view.model.depth)} ${String(view.model.heads)}`;
    if (made !== sizes) fill(grid, ...makeCells(view));
    made = sizes;
    const own = heads && heads.classes === view.classes.length ? heads : null;
    const scale = paintCells(grid, model, own, targetOf(model.place, view));
    legend.element.classList.toggle('invisible', !own);
    legend.update(scale, (value) => fixed(value, 2));
    setText(summary, own ? headsSummary(view, own, targetOf(model.place, view)) : '\u00a0');
    const off = inside(model.place.features.off, view);
    clear.disabled = off.length === 0;
    fill(together, ...(off.length > 0 ? offResult(model, view, off, targetOf(model.place, view)) : []));
  };
  const element = el('div', {}, el('div', { class: 'row' }, target.element), start.element, summary, el('div', { class: 'heads-body' }, el('div', {}, el('div', { class: 'cells-box' }, grid), legend.element), el('div', { class: 'together-box' }, heading, el('div', { class: 'row' }, hint, clear), together)));
  return { element, update };
}

/** Change of a class's logit without each head. */
export function changes({ layers, heads, classes, logits, without }: HeadsView, target: number): Float32Array {
  return Float32Array.from({ length: layers * heads }, (_, head) => (without[head * classes + target] ?? 0) - (logits[target] ?? 0));
}

function name(head: number, heads: number): string {
  return l10n.t('layer {0}, head {1}', Math.floor(head / heads) + 1, (head % heads) + 1);
}

export function headsSummary(view: ImageView, own: HeadsView, target: number): string {
  const all = changes(own, target);
  const [worst, best] = [all.indexOf(Math.min(...all)), all.indexOf(Math.max(...all))];
  const flips = Array.from({ length: own.layers * own.heads }, (_, head) => own.without.subarray(head * own.classes, (head + 1) * own.classes)).filter((row) => row.indexOf(Math.max(...row)) !== own.logits.indexOf(Math.max(...own.logits))).length;
  return l10n.t(
    'The logit of {0} is {1}. It loses most without {2} ({3}), gains most without {4} ({5}). {6} of {7} heads change the answer by themselves.',
    view.classes[target] ?? '', fixed(own.logits[target] ?? 0, 2), name(worst, own.heads), fixed(all[worst] ?? 0, 2), name(best, own.heads), fixed(all[best] ?? 0, 2), flips, all.length,
  );
}

function makeCells(view: ImageView): readonly HTMLElement[] {
  const { depth, heads } = view.model;
  const head = el('thead', {}, el('tr', {}, el('th', {}, el('span', { class: 'visually-hidden' }, l10n.t('Layer'))), ...Array.from({ length: heads }, (_, h) => el('th', { scope: 'col' }, `H${String(h + 1)}`))));
  const rows = Array.from({ length: depth }, (_, layer) =>
    el('tr', {}, el('th', { scope: 'row' }, `L${String(layer + 1)}`), ...Array.from({ length: heads }, (_one, h) => {
      const index = layer * heads + h;
      return el('td', {}, el('button', { type: 'button', class: 'cell', 'data-head-index': index, tabindex: index === 0 ? 0 : -1 }));
    })));
  return [head, el('tbody', {}, ...rows)];
}

function paintCells(grid: HTMLElement, model: Model, own: HeadsView | null, target: number): Scale {
  const all = own ? changes(own, target) : null;
  const reach = Math.max(1e-6, ...(all ? Array.from(all, Math.abs) : [1]));
  const scale = { low: -reach, high: reach };
  const off = new Set(model.place.features.off);
  const heads = model.bounds.heads;
  for (const cell of grid.querySelectorAll<HTMLElement>('[data-head-index]')) {
    const index = Number(cell.dataset['headIndex']);
    const value = all?.[index] ?? Number.NaN;
    cellStyle(cell, 'diverging', scale, value);
    setText(cell, Number.isNaN(value) ? '' : fixed(value, 2));
    setAttribute(cell, 'aria-pressed', String(off.has(index)));
    setAttribute(cell, 'aria-label', `${name(index, heads)}: ${Number.isNaN(value) ? '' : fixed(value, 2)}${off.has(index) ? `, ${l10n.t('off')}` : ''}`);
  }
  return scale;
}

/** What the heads that are off do together, beside what each does alone. */
function offResult(model: Model, view: ImageView, off: readonly number[], target: number): readonly HTMLElement[] {
  const found = model.features.headsOff;
  if (!found || found.off.join() !== off.join() || found.logits.length !== view.classes.length) return [el('p', {}, '…')];
  const together = (found.without[target] ?? 0) - (found.logits[target] ?? 0);
  const { heads } = model.features;
  const alone = heads && off.reduce((sum, head) => sum + (changes(heads, target)[head] ?? 0), 0);
  const [before, after] = [softmax(found.logits), softmax(found.without)];
  const order = [...view.classes.keys()].sort((a, b) => Math.max(after[b] ?? 0, before[b] ?? 0) - Math.max(after[a] ?? 0, before[a] ?? 0)).slice(0, 5);
  const line = l10n.t('{0} off: the logit of {1} changes by {2}.', off.map((head) => name(head, view.model.heads)).join('; '), view.classes[target] ?? '', fixed(together, 3));
  const sum = alone === null ? '' : ` ${l10n.t('Each by itself they come to {0}.', fixed(alone, 3))}`;
  const row = (index: number): HTMLElement => el('tr', {}, el('th', { scope: 'row' }, view.classes[index] ?? ''), el('td', {}, percent(before[index] ?? 0)), el('td', {}, percent(after[index] ?? 0)), el('td', {}, fixed((found.without[index] ?? 0) - (found.logits[index] ?? 0), 2)));
  return [
    el('p', { role: 'status' }, line + sum),
    el('table', { class: 'number-table' }, el('thead', {}, el('tr', {}, ...[l10n.t('Class'), l10n.t('All heads'), l10n.t('Those off'), l10n.t('Δ logit')].map((text) => el('th', { scope: 'col' }, text)))), el('tbody', {}, ...order.map(row))),
  ];
}

export function softmax(logits: Float32Array): Float64Array {
  const most = Math.max(...logits);
  const shares = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}

function listen(grid: HTMLElement, session: Session): void {
  const indexOf = (target: EventTarget | null): number | null => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('[data-head-index]') : null;
    return cell ? Number(cell.dataset['headIndex']) : null;
  };
  grid.addEventListener('click', (event) => {
    const head = indexOf(event.target);
    if (head === null) return;
    const { off } = session.model().place.features;
    setFeature(session, { off: off.includes(head) ? off.filter((one) => one !== head) : [...off, head].sort((a, b) => a - b) });
  });
  grid.addEventListener('keydown', (event) => {
    const head = indexOf(event.target);
    const { heads } = session.model().bounds;
    const by = ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -heads, ArrowDown: heads } as const)[event.key as 'ArrowLeft'];
    if (head === null || by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = grid.querySelector<HTMLElement>(`[data-head-index="${String(head + by)}"]`);
    if (!next) return;
    for (const cell of grid.querySelectorAll<HTMLElement>('[data-head-index]')) setAttribute(cell, 'tabindex', cell === next ? 0 : -1);
    next.focus();
  });
}
