import * as l10n from '@vscode/l10n';
import type { ResultsApi, ResultsState } from '../../src/protocol';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { button, enable } from '../button';
import { toCsv } from '../csv';
import { el, fill, oncePerFrame, setAttribute, setText, show } from '../dom';
import { checkpointName } from '../inspector/words';
import { knownTitle, knownWords } from '../knownWords';
import { integer, percent } from '../numbers';
import { openPage } from '../page';
import { loadWords } from '../translations';
import { agreement, arrange, commonFolder, countLabels, csvRows, readOrder, type Order } from './rows';
import { createTable } from './table';
import '../base.css';
import './results.css';

loadWords();
start();

function start(): void {
  const page = openPage<ResultsApi, ResultsState, Order>({ readKept: readOrder, render: () => render(), known: withKnownRows });
  const { client, call, set } = page;

  const filter = el('vscode-textfield', { type: 'search', placeholder: l10n.t('Filter by file, label or problem'), label: l10n.t('Filter'), value: page.kept.filter, oninput: () => set({ filter: filter.value }) });
  const save = button(l10n.t('Save CSV…'), () => {
    if (page.state) call(client.saveCsv({ csv: toCsv(csvRows(arrange(page.state.rows, page.kept))) }));
  });
  const cancel = button(l10n.t('Cancel'), () => call(client.cancel({})));
  const bar = el('vscode-progress-bar', { 'aria-label': l10n.t('Images classified') });
  const progressText = el('span', { class: 'progress-text' });
  const progress = el('div', { class: 'progress' }, bar, progressText, cancel);
  const source = el('p', { class: 'source' });
  const known = el('p', { class: 'known' });
  const count = el('p', { class: 'count', 'aria-live': 'polite' });
  const agrees = el('p', { class: 'agrees' });
  const labels = el('ul', { class: 'labels', 'aria-label': l10n.t('Images per label') });
  const error = el('p', { class: 'error', role: 'alert' });
  const table = createTable({
    onSort: (column) => set({ column, descending: page.kept.column === column ? !page.kept.descending : column === 'probability' || column === 'runnerUp' || column === 'error' }),
    onOpen: (file) => call(client.open({ file })),
    onInspect: (file) => call(client.inspect({ file })),
  });
  const empty = el('p', { class: 'nothing' });
  document.getElementById('app')?.replaceChildren(
    el('header', { class: 'top' }, source, known, progress, error, el('div', { class: 'tools' }, filter, count, agrees, save), labels),
    el('main', { class: 'rows' }, table.element, empty),
  );

  const render = oncePerFrame(() => {
    if (!page.state && page.problem === null) return;
    const rows = arrange(page.state?.rows ?? [], page.kept);
    const all = page.state?.rows.length ?? 0;
    setAttribute(source, 'title', page.state?.checkpoint ? [checkpointName(page.state.checkpoint), page.state.checkpoint.path, page.state.change].filter(Boolean).join('\n') : undefined);
    setText(source, page.state?.checkpoint ? `${checkpointName(page.state.checkpoint)} · ${page.state.precision}` : '');
    const classes = page.state?.classes ?? [];
    setText(known, classes.length > 0 ? knownWords(classes) : '');
    setAttribute(known, 'title', classes.length > 0 ? knownTitle(classes) : undefined);
    show(known, classes.length > 0);
    setText(error, page.problem ?? page.state?.error ?? '');
    show(error, Boolean(page.problem ?? page.state?.error));
    showProgress(page.state);
    const agreed = agreement(page.state?.rows ?? []);
    setText(count, countWords(rows.length, all, page.kept.filter !== ''));
    setText(agrees, agreed ? l10n.t('Folder = label: {0} of {1} ({2})', integer(agreed.matching), integer(agreed.of), percent(agreed.matching / Math.max(1, agreed.of))) : '');
    show(agrees, agreed !== null);
    fill(labels, ...labelItems(page.state, (label) => set({ filter: filter.value = page.kept.filter === label ? '' : label })));
    enable(save, rows.length > 0);
    setText(save, rows.length < all ? l10n.t('Save CSV ({0} of {1})…', integer(rows.length), integer(all)) : l10n.t('Save CSV…'));
    table.update(rows, page.kept, commonFolder((page.state?.rows ?? []).map((row) => row.file)), agreed !== null);
    show(table.element, rows.length > 0);
    setText(empty, all > 0 ? l10n.t('No image matches the filter.') : page.state?.progress ? l10n.t('The first results will appear here.') : l10n.t('No images were found.'));
    // What went wrong is told above; that there is nothing would only be half of it.
    show(empty, rows.length === 0 && !(page.problem ?? page.state?.error));
  });
  const showProgress = (now: ResultsState | null): void => {
    show(progress, Boolean(now?.progress));
    if (!now?.progress) return;
    setAttribute(bar, 'max', now.progress.of);
    setAttribute(bar, 'value', now.progress.done);
    setText(progressText, l10n.t('{0} of {1}', integer(now.progress.done), integer(now.progress.of)));
  };
  page.begin();
}

function countWords(shown: number, all: number, filtered: boolean): string {
  if (all === 1) return filtered ? l10n.t('{0} of 1 image', integer(shown)) : l10n.t('1 image');
  return filtered ? l10n.t('{0} of {1} images', integer(shown), integer(all)) : l10n.t('{0} images', integer(all));
}

/** Each snapshot is a copy: rows that say the same keep their identity, so that their elements are kept too. */
function withKnownRows(next: ResultsState, before: ResultsState): ResultsState {
  const known = new Map(before.rows.map((row) => [JSON.stringify(row), row]));
  return { ...next, rows: next.rows.map((row) => known.get(JSON.stringify(row)) ?? row) };
}

function labelItems(state: ResultsState | null, onChoose: (label: string) => void): readonly HTMLElement[] {
  const { labels, broken } = countLabels(state?.rows ?? []);
  const most = labels[0]?.[1] ?? 1;
  const items = labels.slice(0, 24).map(([label, count]) => {
    const fillElement = el('span', { class: 'bar-fill' });
    fillElement.style.width = `${String((count / most) * 100)}%`;
    return el(
      'li',
      {},
      el('button', { type: 'button', class: 'label-count', onclick: () => onChoose(label) },
        el('span', { class: 'label-name' }, label), el('span', { class: 'label-number' }, integer(count)), el('span', { class: 'bar', 'aria-hidden': 'true' }, fillElement)),
    );
  });
  const more = labels.length - items.length;
  return [
    ...items,
    ...(more > 0 ? [el('li', { class: 'more' }, more === 1 ? l10n.t('and 1 more label') : l10n.t('and {0} more labels', more))] : []),
    ...(broken > 0 ? [el('li', { class: 'broken' }, l10n.t('{0} could not be read', integer(broken)))] : []),
  ];
}
