import * as l10n from '@vscode/l10n';
import type { AlignmentView, InspectorApi } from '../../../src/protocol';
import type { Client } from '../../../src/rpc';
import { el, fill, setAttribute, setText, show } from '../../dom';
import { fixed, integer } from '../../numbers';
import { checkbox, segments } from '../controls';
import type { Part } from '../hero';
import type { Model, Session } from '../session';
import { checkpointName } from '../words';
import { imageSetChoice } from './imageSetChoice';
import { hasSet, longKey } from './model';
import { cellStyle, lockAlone, scaleBar, selectOf, setFeature, startRow } from './parts';

const SIZES = ['64', '128', '256', '512', '1024'] as const;

/** Linear CKA of all pairs of layers. */
export function createAlignmentView(session: Session, client: Client<InspectorApi>): Part {
  const images = imageSetChoice(session, client);
  const most = selectOf(l10n.t('So many'), SIZES.map((size) => [size, size]), (value) => setFeature(session, { most: Number(value) }));
  const other = otherChoice(session);
  const read = segments(l10n.t('What stands for an image'), [
    ['class', l10n.t('Class token')],
    ['patches', l10n.t('Mean of the patches')],
  ], (value) => setFeature(session, { read: value }));
  const debiased = checkbox(l10n.t('Debiased'), (checked) => setFeature(session, { debiased: checked }));
  const start = startRow(session, 'alignment', l10n.t('Compare the Layers'), hasSet);
  const summary = el('p', { class: 'summary' });
  const grid = el('table', { class: 'cells' });
  const legend = scaleBar('viridis');
  const figure = el('div', {}, el('div', { class: 'cells-box' }, grid), legend.element, el('p', { class: 'caption' }, l10n.t('Rows: the layers of this network; columns: its own, or those of the other one. A dash where a layer makes the same of all images.')));
  let drawn: readonly unknown[] = [];
  const update = (model: Model): void => {
    const view = model.state?.view;
    if (!view) return;
    images.update(model);
    most.set(String(model.place.features.most));
    other.update(model);
    read.set(model.place.features.read);
    show(read.element, view.prefix[0] === '[cls]');
    debiased.set(model.place.features.debiased);
    start.update(model);
    lockAlone(model, images.element, most.element, other.element, read.element);
    // Another question has no answer yet.
    const { alignment, alignmentOf } = model.features;
    const own = alignmentOf === longKey('alignment', model) ? alignment : null;
    show(start.element, !own);
    show(figure, Boolean(own));
    setText(summary, own ? alignmentSummary(own, model.place.features.debiased) : '\u00a0');
    legend.update({ low: 0, high: 1 }, (value) => fixed(value, 0));
    const now = [own, model.place.features.debiased];
    if (own && now.some((one, i) => one !== drawn[i])) fill(grid, ...cells(own, model.place.features.debiased));
    drawn = now;
    setAttribute(grid, 'aria-label', summary.textContent);
  };
  const element = el('div', {}, el('div', { class: 'row' }, images.element, most.element, other.element, read.element, debiased.element), images.note, start.element, summary, figure);
  return { element, update };
}

function otherChoice(session: Session): { readonly element: HTMLElement; update(model: Model): void } {
  const select = el('select', { class: 'other', onchange: () => setFeature(session, { other: select.value === '' ? null : select.value }) });
  let filled = '';
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, l10n.t('Against')), select),
    update({ state, place }) {
      const others = (state?.checkpoints ?? []).filter(({ path }) => path !== state?.view?.checkpoint.path);
      const key = others.map(({ path }) => path).join('\n');
      if (filled !== key || select.options.length === 0) fill(select, el('option', { value: '' }, l10n.t('its own layers')), ...others.map((one) => el('option', { value: one.path }, checkpointName(one))));
      filled = key;
      const { other } = place.features;
      // A checkpoint that is gone is compared with nothing.
      select.value = other !== null && others.some(({ path }) => path === other) ? other : '';
    },
  };
}

export function alignmentSummary({ rows, columns, images, skipped, plain, debiased, read }: AlignmentView, isDebiased: boolean): string {
  const values = isDebiased ? debiased : plain;
  const neighbours = Array.from({ length: Math.min(rows, columns) - 1 }, (_, i) => values[i * columns + i + 1] ?? Number.NaN).filter((value) => !Number.isNaN(value));
  const mean = neighbours.reduce((a, b) => a + b, 0) / neighbours.length;
  const what = { class: l10n.t('class token'), patches: l10n.t('mean of the patches'), positions: l10n.t('mean over the positions') };
  const of = read[0] === read[1] ? what[read[0]] : `${what[read[0]]} × ${what[read[1]]}`;
  const said = l10n.t('{0} × {1} layers over {2} images ({3}); a layer and the next one: {4} on average.', rows, columns, images, of, fixed(mean, 2));
  return skipped > 0 ? `${said} ${l10n.t('Not readable: {0}.', integer(skipped))}` : said;
}

function cells({ rows, columns, plain, debiased }: AlignmentView, isDebiased: boolean): readonly HTMLElement[] {
  const values = isDebiased ? debiased : plain;
  const name = (i: number): string => (i === 0 ? l10n.t('Emb.') : String(i));
  const head = el('thead', {}, el('tr', {}, el('th', {}), ...Array.from({ length: columns }, (_, i) => el('th', { scope: 'col' }, name(i)))));
  const body = Array.from({ length: rows }, (_, row) =>
    el('tr', {}, el('th', { scope: 'row' }, name(row)), ...Array.from({ length: columns }, (_one, column) => {
      const value = values[row * columns + column] ?? Number.NaN;
      const cell = el('td', { class: 'cell' }, Number.isNaN(value) ? '–' : fixed(value, 2));
      cellStyle(cell, 'viridis', { low: 0, high: 1 }, value);
      return cell;
    })));
  return [head, el('tbody', {}, ...body)];
}
