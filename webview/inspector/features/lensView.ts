import * as l10n from '@vscode/l10n';
import type { ImageView, LensView } from '../../../src/protocol';
import { el, setText } from '../../dom';
import { lines } from '../../draw/lines';
import { percent, fixed } from '../../numbers';
import { classChoice } from '../explainTab';
import { targetOf } from '../explaining';
import type { Part } from '../hero';
import type { Model, Session } from '../session';
import { redrawn, tableFold } from './parts';

/** Classes that are drawn beside the chosen one. */
const SHOWN = 5;

/** What the head would say after every layer. */
export function createLensView(session: Session): Part {
  const target = classChoice(l10n.t('Class'), null, (index) => session.act({ type: 'set', change: { target: index } }));
  const summary = el('p', { class: 'summary' });
  const figure = el('div', { class: 'drawing' });
  let shown: Model | null = null;
  const draw = redrawn(figure, (width) => {
    const view = shown?.state?.view;
    return shown?.features.lens && view ? [lensLines(shown, view, shown.features.lens, width)] : [];
  });
  const table = tableFold(() => {
    const view = shown?.state?.view;
    return shown?.features.lens && view ? lensRows(shown, view, shown.features.lens) : null;
  });
  const update = (model: Model): void => {
    shown = model;
    const view = model.state?.view;
    if (!view) return;
    const chosen = targetOf(model.place, view);
    target.update(view, chosen);
    const { lens } = model.features;
    setText(summary, lens && lens.logits.length === lens.layers * view.classes.length ? lensSummary(view, lens) : '\u00a0');
    draw([lens, chosen]);
    table.update(`${String(chosen)} ${String(stamp(lens))}`);
  };
  new ResizeObserver(() => shown && update(shown)).observe(figure);
  return { element: el('div', {}, el('div', { class: 'row' }, target.element), summary, figure, table.element), update };
}

let stamps = 0;
const stamped = new WeakMap<object, number>();
function stamp(answer: object | null): number {
  if (!answer) return 0;
  const known = stamped.get(answer) ?? ++stamps;
  stamped.set(answer, known);
  return known;
}

/** Probabilities of all classes after each layer. */
function probabilities({ layers, logits }: LensView, classes: number): readonly Float64Array[] {
  return Array.from({ length: layers }, (_, layer) => {
    const own = logits.subarray(layer * classes, (layer + 1) * classes);
    const most = Math.max(...own);
    const shares = Float64Array.from(own, (logit) => Math.exp(logit - most));
    const sum = shares.reduce((a, b) => a + b, 0);
    return shares.map((share) => share / sum);
  });
}

function best(row: Float64Array): number {
  return row.indexOf(Math.max(...row));
}

export function lensSummary(view: ImageView, lens: LensView): string {
  const all = probabilities(lens, view.classes.length).map(best);
  const last = all.at(-1) ?? 0;
  const since = all.findLastIndex((index) => index !== last) + 1;
  const name = view.classes[last] ?? '';
  if (since === 0) return l10n.t('{0} is the most probable class from the embedding on.', name);
  return l10n.t('{0} is the most probable class from layer {1} of {2} on; the embedding says {3}.', name, since, lens.layers - 1, view.classes[all[0] ?? 0] ?? '');
}

/** The likeliest classes at the end, and the chosen one. */
function shownClasses(model: Model, view: ImageView, rows: readonly Float64Array[]): readonly number[] {
  const last = rows.at(-1);
  const top = [...view.classes.keys()].sort((a, b) => (last?.[b] ?? 0) - (last?.[a] ?? 0) || a - b).slice(0, SHOWN);
  const chosen = targetOf(model.place, view);
  return top.includes(chosen) ? top : [...top, chosen];
}

function points({ layers }: LensView): readonly string[] {
  return Array.from({ length: layers }, (_, i) => (i === 0 ? l10n.t('Emb.') : String(i)));
}

function lensLines(model: Model, view: ImageView, lens: LensView, width: number): HTMLElement {
  const rows = probabilities(lens, view.classes.length);
  const all = shownClasses(model, view, rows).map((index) => ({ name: view.classes[index] ?? String(index), values: Float64Array.from(rows, (row) => row[index] ?? 0) }));
  return lines({ name: l10n.t('Probability of classes by layer'), points: points(lens), xName: l10n.t('Layer'), yName: l10n.t('Probability'), lines: all, range: [0, 1], share: true, width, at: lens.layers - 1, write: percent });
}

function lensRows(model: Model, view: ImageView, lens: LensView): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  const rows = probabilities(lens, view.classes.length);
  const classes = shownClasses(model, view, rows);
  return {
    head: [l10n.t('Layer'), l10n.t('Most probable'), ...classes.map((index) => view.classes[index] ?? ''), l10n.t('Logit of {0}', view.classes[targetOf(model.place, view)] ?? '')],
    body: rows.map((row, i) => [points(lens)[i] ?? '', `${view.classes[best(row)] ?? ''} ${percent(Math.max(...row))}`, ...classes.map((index) => percent(row[index] ?? 0)), fixed(lens.logits[i * view.classes.length + targetOf(model.place, view)] ?? 0, 3)]),
  };
}
