import './language';
import * as l10n from '@vscode/l10n';
import type { CompareApi, CompareState } from '../../src/protocol';
import { button } from '../button';
import { copyText } from '../clipboard';
import { toCsv, toTsv } from '../csv';
import { el, fill, isLight, oncePerFrame, onThemeChange, setText, show } from '../dom';
import { openPage } from '../page';
import { loadWords } from '../translations';
import { createBar } from './bar';
import type { ChartEvents, ChartView } from './chart';
import { createCharts } from './charts';
import { createDetails } from './details';
import { createHyperparameters } from './hyperparameters';
import { runName } from './legend';
import { strokeOf, type Stroke } from './palette';
import { hasRepetitions, taken, type Drawn } from './repetitions';
import { readSettings, type Settings } from './settings';
import { endOf, pointRows } from './series';
import { costTable, differenceTable, metricRows, metricTable, repetitionTable } from './tables';
import { createTooltip } from './tooltip';
import 'uplot/dist/uPlot.min.css';
import '../base.css';
import './compare.css';

loadWords();
start();

function start(): void {
  const page = openPage<CompareApi, CompareState, Settings>({ readKept: readSettings, render: () => render() });
  const { client, call, set } = page;
  const onGround = (light: boolean) => (run: string): Stroke => strokeOf(page.state?.slots[run] ?? 0, light);
  const stroke = (run: string): Stroke => onGround(isLight())(run);
  const bar = createBar(set, page.kept.smoothing > 0, () => call(client.openWide({})));
  const csv = button(l10n.t('Save CSV…'), () => {
    if (page.state) call(client.saveCsv({ csv: toCsv(pointRows(page.state.comparison.runs)) }));
  });
  const copy = button(l10n.t('Copy Table'), () => {
    if (page.state) call(copyTable(copy, toTsv(metricRows(page.state.comparison, page.kept.sorting))));
  });
  const evaluations = button(l10n.t('Evaluations Side by Side…'), () => {
    if (page.state) call(client.showEvaluation({ runs: page.state.comparison.runs.map((run) => run.path) }));
  });
  const error = el('p', { class: 'error', role: 'alert' });
  const legend = el('ul', { class: 'legend', 'aria-label': l10n.t('Runs') });
  const note = el('p', { class: 'note' });
  const tables = el('div', { class: 'tables' });
  const tooltip = createTooltip();
  const events: ChartEvents = {
    onCursor: (reading, at) => tooltip.update(reading, at, page.kept.axis, stroke),
    onZoom: (zoom) => set({ zoom }),
  };
  const charts = createCharts(events, { call, onPicture: (name, kind, bytes) => client.savePicture({ name, kind, bytes }), onCsv: (name, text) => client.saveCsv({ csv: text, name }) });
  const details = createDetails(events);
  const hyper = createHyperparameters(set);
  const body = el('main', { class: 'compare' }, bar.element, legend, note, charts.element, details.element, hyper.element, el('div', { class: 'actions' }, csv, copy, evaluations), tables);
  const empty = createEmpty(client, call);
  document.getElementById('app')?.replaceChildren(error, body, empty, tooltip.element);

  const draw = (): void => {
    const runs = page.state?.comparison.runs ?? [];
    const wrong = problemWords(page.problem ?? page.state?.error ?? null, page.state);
    setText(error, wrong);
    show(error, wrong !== '');
    show(body, runs.length > 0);
    show(empty, page.state !== null && runs.length === 0);
    if (!page.state || runs.length === 0) return;
    const { axis, log, zoom, smoothing, sorting } = page.kept;
    const band = page.kept.band && hasRepetitions(runs);
    const drawn: readonly Drawn[] = band ? taken(runs, (shared, count) => l10n.t('{0} × {1}', count, shared)) : runs;
    const end = endOf(runs, axis);
    const view: ChartView = { axis, log, zoom: zoom && zoom[0] < end ? zoom : null, smoothing, stroke, end, paper: { stroke: onGround(true) } };
    bar.update(page.kept, hasRepetitions(runs), view.zoom !== null);
    fill(legend, ...drawn.map((run) => el('li', {}, runName(stroke(run.path), run.name))));
    const joint = charts.update(drawn, view);
    setText(note, [joint && l10n.t('Thin: training. Thick: validation.'), band && l10n.t('Bands: mean ± standard deviation over seeds.'), axis === 'macs' && l10n.t('A training step counts as three forward passes.')].filter(Boolean).join(' '));
    show(note, note.textContent !== '');
    details.update(drawn, { ...view, light: isLight() });
    hyper.update(page.state.comparison, page.kept, stroke);
    show(evaluations, runs.length === 2);
    drawTables(tables, page.state, sorting, stroke, (next) => set({ sorting: next }));
  };
  const render = oncePerFrame(draw);
  onThemeChange(render);
  details.onOpen(render);
  page.begin();
}

/** Draws the tables anew and puts the focus back on the heading that was pressed. */
function drawTables(tables: HTMLElement, state: CompareState, sorting: Settings['sorting'], stroke: (run: string) => Stroke, onSort: (sorting: Settings['sorting']) => void): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['sort'] : undefined;
  const scrolled = [...tables.children].map((child) => child.scrollLeft);
  const { comparison } = state;
  const repeated = repetitionTable(comparison, stroke);
  const all = [metricTable(comparison, sorting, stroke, onSort), ...(repeated ? [repeated] : []), costTable(comparison, stroke), ...(comparison.differences.length > 0 ? [differenceTable(comparison, stroke)] : [])];
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
  await copyText(text);
  copy.style.minWidth = `${String(copy.offsetWidth)}px`;
  setText(copy, l10n.t('Copied'));
  setTimeout(() => setText(copy, l10n.t('Copy Table')), 1500);
}

/** What hinders the whole, and what of single runs cannot be read: these are compared as far as they go. */
function problemWords(whole: string | null, state: CompareState | null): string {
  const damaged = (state?.comparison?.runs ?? []).flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
  return [...(whole === null ? [] : [whole]), ...damaged].join('\n');
}
