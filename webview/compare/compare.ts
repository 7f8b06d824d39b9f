import './language';
import * as l10n from '@vscode/l10n';
import type { CompareApi, CompareState } from '../../src/protocol';
import { button } from '../button';
import { toCsv, toTsv } from '../csv';
import { el, fill, isLight, oncePerFrame, onThemeChange, setText, show } from '../dom';
import { segments, slider } from '../inspector/controls';
import { percent } from '../numbers';
import { openPage } from '../page';
import { loadWords } from '../translations';
import { createChart, type Chart, type ChartEvents } from './chart';
import { createDetails } from './details';
import { runName } from './legend';
import { assignSlots, strokeOf, type Stroke } from './palette';
import { readSettings, type Settings } from './settings';
import { endOf, groupMetrics, pointRows } from './series';
import { differenceTable, metricRows, metricTable } from './tables';
import { createTooltip } from './tooltip';
import 'uplot/dist/uPlot.min.css';
import '../base.css';
import './compare.css';

loadWords();
start();

function start(): void {
  const page = openPage<CompareApi, CompareState, Settings>({ readKept: readSettings, render: () => render(), onState: ({ comparison }, { slots }) => ({ slots: assignSlots(slots, comparison.runs.map((run) => run.path)) }) });
  const { client, call, set } = page;
  const stroke = (run: string): Stroke => strokeOf(page.kept.slots[run] ?? 0, isLight());

  const axis = segments(l10n.t('Horizontal axis'), [['epoch', l10n.t('Epoch')], ['step', l10n.t('Step')]], (value) => set({ axis: value }));
  const smoothing = slider(l10n.t('Smoothing'), { max: 0.95, step: 0.05 }, percent, (value) => set({ smoothing: value }));
  const smoothed = el('summary', {});
  const fold = el('details', { class: 'smoothing', open: page.kept.smoothing > 0 || window.innerWidth >= 500 }, smoothed, smoothing.element);
  const wide = button(l10n.t('Open Wide'), () => call(client.openWide({})));
  wide.classList.add('wide');
  const csv = button(l10n.t('Save CSV…'), () => {
    if (page.state) call(client.saveCsv({ csv: toCsv(pointRows(page.state.comparison.runs)) }));
  });
  const copy = button(l10n.t('Copy Table'), () => {
    if (page.state) call(copyTable(copy, toTsv(metricRows(page.state.comparison, page.kept.sorting))));
  });
  const error = el('p', { class: 'error', role: 'alert' });
  const legend = el('ul', { class: 'legend', 'aria-label': l10n.t('Runs') });
  const note = el('p', { class: 'note' }, l10n.t('Thin: training. Thick: validation.'));
  const charts = el('div', { class: 'charts' });
  const tables = el('div', { class: 'tables' });
  const tooltip = createTooltip();
  const onCursor: ChartEvents['onCursor'] = (reading, at) => tooltip.update(reading, at, page.kept.axis, stroke);
  const details = createDetails({ onCursor });
  const body = el('main', { class: 'compare' }, el('div', { class: 'bar-row' }, axis.element, fold, wide), legend, charts, note, details.element, el('div', { class: 'actions' }, csv, copy), tables);
  const empty = createEmpty(client, call);
  document.getElementById('app')?.replaceChildren(error, body, empty, tooltip.element);

  const made = new Map<string, Chart>();
  const draw = (): void => {
    const runs = page.state?.comparison.runs ?? [];
    setText(error, page.problem ?? page.state?.error ?? '');
    show(error, Boolean(page.problem ?? page.state?.error));
    show(body, runs.length > 0);
    show(empty, page.state !== null && runs.length === 0);
    if (!page.state || runs.length === 0) return;
    axis.set(page.kept.axis);
    smoothing.set(page.kept.smoothing);
    setText(smoothed, page.kept.smoothing > 0 ? `${l10n.t('Smoothing')} ${percent(page.kept.smoothing)}` : l10n.t('Smoothing'));
    fill(legend, ...runs.map((run) => el('li', {}, runName(stroke(run.path), run.name))));
    const groups = groupMetrics(runs);
    const end = endOf(runs, page.kept.axis);
    const names = new Set(groups.map((group) => `${group.name}:${group.metrics.join()}`));
    for (const [name, chart] of made) if (!names.has(name)) removeChart(made, name, chart);
    for (const [i, group] of groups.entries()) {
      const key = `${group.name}:${group.metrics.join()}`;
      const chart = made.get(key) ?? createChart(group, group.metrics.join(', '), { onCursor });
      made.set(key, chart);
      if (charts.children[i] !== chart.element) charts.insertBefore(chart.element, charts.children[i] ?? null);
      chart.update(runs, { axis: page.kept.axis, smoothing: page.kept.smoothing, stroke, end });
    }
    show(note, groups.some((group) => group.metrics.length > 1));
    details.update(runs, { axis: page.kept.axis, smoothing: 0, stroke, end, light: isLight() });
    drawTables(tables, page.state, page.kept, stroke, (sorting) => set({ sorting }));
  };
  const render = oncePerFrame(draw);
  onThemeChange(render);
  details.onOpen(render);
  page.begin();
}

function removeChart(made: Map<string, Chart>, name: string, chart: Chart): void {
  chart.destroy();
  chart.element.remove();
  made.delete(name);
}

/** Draws the tables anew and puts the focus back on the heading that was pressed. */
function drawTables(tables: HTMLElement, state: CompareState, settings: Settings, stroke: (run: string) => Stroke, onSort: (sorting: Settings['sorting']) => void): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['sort'] : undefined;
  const scrolled = [...tables.children].map((child) => child.scrollLeft);
  const { comparison } = state;
  const all = [metricTable(comparison, settings.sorting, stroke, onSort), ...(comparison.differences.length > 0 ? [differenceTable(comparison, stroke)] : [])];
  fill(tables, ...all.map((table) => el('div', { class: 'scroll' }, table)));
  [...tables.children].forEach((child, i) => (child.scrollLeft = scrolled[i] ?? 0));
  if (focused !== undefined) tables.querySelector<HTMLElement>(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
}

function createEmpty(client: { runCommand(q: { command: 'startTraining' | 'createSample' }): Promise<unknown> }, call: (promise: Promise<unknown>) => void): HTMLElement {
  const offer = (label: string, kind: 'primary' | 'secondary', command: 'startTraining' | 'createSample'): HTMLElement =>
    button(label, () => call(client.runCommand({ command })), kind);
  return el(
    'div',
    { class: 'empty', hidden: true },
    el('p', {}, l10n.t('Tick runs in the Runs view to compare them here, or make one first.')),
    el('div', { class: 'buttons' }, offer(l10n.t('Start Training'), 'primary', 'startTraining'), offer(l10n.t('Create Sample Workspace'), 'secondary', 'createSample')),
  );
}

/** Puts the table on the clipboard and says so for a moment, in the button's own width. */
async function copyTable(copy: HTMLElement, text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  copy.style.minWidth = `${String(copy.offsetWidth)}px`;
  setText(copy, l10n.t('Copied'));
  setTimeout(() => setText(copy, l10n.t('Copy Table')), 1500);
}
