import * as l10n from '@vscode/l10n';
import type { SweepPanelApi, SweepPanelState, SweepResults } from '../../src/protocol';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { button, enable } from '../button';
import { el, fill, oncePerFrame, setAttribute, setText, show } from '../dom';
import { segments } from '../inspector/controls';
import { integer, metric } from '../numbers';
import { openPage } from '../page';
import { loadWords } from '../translations';
import { combination, figureElement, figuresOf, seedWords } from './figures';
import { readShown, trialsOf, type Shown } from './rows';
import { createSweepTable } from './table';
import '../base.css';
import './sweep.css';

loadWords();
start();

function start(): void {
  const page = openPage<SweepPanelApi, SweepPanelState, Shown>({ readKept: readShown, render: () => render() });
  const { client, call, set } = page;

  const isTested = (): boolean => page.state?.results?.rows.some(({ test }) => test !== undefined) ?? false;
  // Where nothing was tested, what was chosen of another sweep is not there.
  const shownMetric = (): Shown['metric'] => (isTested() ? page.kept.metric : 'val');
  const head = createHead({
    onCommand: (command) => call(client.runCommand({ command })),
    onCsv: () => call(client.saveCsv({})),
    onPicture: (as) => call(client.savePicture({ as, metric: shownMetric() })),
  });
  const which = el('div', { class: 'which' });
  const table = createSweepTable(
    (column) => set({ column, descending: page.kept.column === column ? !page.kept.descending : column === 'val' || column === 'test' }),
    (setting) => set({ chosen: setting }),
  );
  const combinationWords = el('p', { class: 'words' });
  const chosen = el('div', { class: 'chosen' });
  const pictures = el('div', { class: 'pictures' });
  const body = el('main', { class: 'body' },
    el('section', {}, el('h2', {}, l10n.t('Combinations')), combinationWords, el('div', { class: 'scroll' }, table.element), chosen),
    el('section', {}, el('div', { class: 'section-head' }, el('h2', {}, l10n.t('Pictures')), which), pictures));
  const empty = el('div', { class: 'empty', hidden: true }, el('p', {}));
  document.getElementById('app')?.replaceChildren(head.element, body, empty);

  const render = oncePerFrame(() => {
    if (!page.state && page.problem === null) return;
    const results = page.state?.results ?? null;
    head.update(results, page.problem ?? page.state?.error ?? null);
    const any = results?.sweep.trials.some(({ state: trial }) => trial === 'finished') ?? false;
    show(body, any);
    show(empty, !any);
    setText(empty.firstElementChild!, emptyWords(results));
    if (!results || !any) return;
    const tested = isTested();
    setText(combinationWords, [l10n.t('Mean ± standard deviation over the seeds. Differences smaller than the deviations may be chance.'), ...(tested ? [l10n.t('{0} is of the best epoch of each training, test/top1 of the weights of that epoch.', results.sweep.monitor)] : [])].join(' '));
    const current = { ...page.kept, metric: shownMetric() };
    redraw(which, [tested, current.metric, results.sweep.monitor], () => metricChoice(results, current, tested, (value) => set({ metric: value })));
    table.update(results, current);
    redraw(chosen, [results, current.chosen], () => chosenElement(results, current.chosen, (run) => call(client.openRun({ run })), (runs) => call(client.compareRuns({ runs }))));
    drawFigures(pictures, results, current, { onShown: set, onRun: (run) => call(client.openRun({ run })) });
  });
  page.begin();
}

function emptyWords(results: SweepResults | null): string {
  if (!results) return '';
  return results.sweep.state === 'running'
    ? l10n.t('No training has ended yet. Table and pictures appear with the first one, and grow from then on.')
    : l10n.t('No training has ended yet. Go on with the sweep to fill table and pictures.');
}

/** Draws anew where what is shown has changed; the focus and what was unfolded stay. */
function redraw(place: HTMLElement, key: unknown, make: () => HTMLElement | null): void {
  const text = JSON.stringify(key);
  if (place.dataset['key'] === text) return;
  place.dataset['key'] = text;
  const focused = place.contains(document.activeElement) ? (document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName) : null;
  const unfolded = place.querySelector('details')?.open === true;
  fill(place, make());
  const details = place.querySelector('details');
  if (details && unfolded) details.open = true;
  if (focused === null || focused === undefined) return;
  const again = [...place.querySelectorAll<HTMLElement>('[role="button"], select, button')].find((element) => (element.getAttribute('aria-label') ?? element.tagName) === focused);
  again?.focus();
}

function drawFigures(place: HTMLElement, results: SweepResults, shown: Shown, events: Parameters<typeof figuresOf>[2]): void {
  const figures = figuresOf(results, shown, events);
  const known = new Map([...place.children].map((child) => [(child as HTMLElement).dataset['figure'], child as HTMLElement]));
  const elements = figures.map(({ key }) => known.get(key) ?? el('div', { 'data-figure': key }));
  if (elements.length !== place.children.length || elements.some((element, i) => place.children[i] !== element)) fill(place, ...elements);
  const { column: _, descending: __, ...drawn } = shown;
  figures.forEach((figure, i) => redraw(elements[i]!, [results.rows, results.sweep.trials.map(({ run, val, test }) => [run, val, test]), drawn], () => figureElement(figure)));
}

function metricChoice({ sweep }: SweepResults, shown: Shown, tested: boolean, onChoose: (value: 'val' | 'test') => void): HTMLElement | null {
  if (!tested) return null;
  const control = segments<'val' | 'test'>(l10n.t('Metric'), [['val', sweep.monitor], ['test', 'test/top1']], onChoose);
  control.set(shown.metric);
  return control.element;
}

/** The trainings of the combination that is marked, each of which opens its run. */
function chosenElement(results: SweepResults, setting: number | null, onRun: (run: string) => void, onCompare: (runs: readonly string[]) => void): HTMLElement | null {
  const row = results.rows.find((each) => each.setting === setting);
  if (!row) return el('p', { class: 'words' }, l10n.t('Choose a combination to see its trainings.'));
  const { monitor } = results.sweep;
  const trials = trialsOf(results, row.setting);
  const runs = trials.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const one = (trial: (typeof trials)[number]): HTMLElement => {
    const text = `${seedWords(trial)}: ${trial.val === undefined ? (trial.reason ?? stateWord(trial.state)) : metric(monitor, trial.val)}`;
    return el('li', {}, trial.run === undefined ? text : el('button', { type: 'button', class: 'link', onclick: () => onRun(trial.run!) }, text));
  };
  return el('div', { class: 'trials' }, el('strong', {}, combination(results, row)), el('ul', {}, ...trials.map(one)), runs.length > 1 && button(l10n.t('Compare Runs'), () => onCompare(runs)));
}

function stateWord(state: SweepResults['sweep']['trials'][number]['state']): string {
  const words = { waiting: l10n.t('queued'), running: l10n.t('running'), stopped: l10n.t('paused'), failed: l10n.t('failed'), finished: l10n.t('finished'), skipped: l10n.t('skipped') };
  return words[state];
}

interface HeadEvents {
  readonly onCommand: (command: 'pauseSweep' | 'resumeSweep' | 'retryTrials') => void;
  readonly onCsv: () => void;
  readonly onPicture: (as: 'svg' | 'png') => void;
}

function createHead({ onCommand, onCsv, onPicture }: HeadEvents) {
  const name = el('h1', { class: 'source' });
  const count = el('p', { class: 'count', 'aria-live': 'polite' });
  const bar = el('vscode-progress-bar', { 'aria-label': l10n.t('Trainings that have ended') });
  const error = el('p', { class: 'error', role: 'alert' });
  const pause = button(l10n.t('Pause'), () => onCommand('pauseSweep'));
  const resume = button(l10n.t('Go On'), () => onCommand('resumeSweep'), 'primary');
  const retry = button(l10n.t('Train Again What Failed'), () => onCommand('retryTrials'));
  const saves = [button(l10n.t('Save CSV…'), onCsv), button(l10n.t('Save SVG…'), () => onPicture('svg')), button(l10n.t('Save PNG…'), () => onPicture('png'))];
  const tools = el('div', { class: 'tools' }, pause, resume, retry, el('span', { class: 'gap' }), ...saves);
  const element = el('header', { class: 'top' }, el('div', { class: 'title' }, name, count), bar, error, tools);
  const update = (results: SweepResults | null, problem: string | null): void => {
    setText(error, problem ?? '');
    show(error, problem !== null);
    show(tools, results !== null);
    show(bar, results?.sweep.state === 'running');
    if (!results) return;
    const { sweep } = results;
    const ended = sweep.trials.filter(({ state }) => state === 'finished').length;
    const skipped = sweep.trials.filter(({ state }) => state === 'skipped').length;
    const all = sweep.trials.length - skipped;
    const failed = sweep.trials.filter(({ state }) => state === 'failed').length;
    setText(name, sweep.name);
    setText(count, [sweepWord(sweep.state), l10n.t('{0} of {1} trainings', integer(ended), integer(all)), ...(failed > 0 ? [l10n.t('{0} failed', integer(failed))] : []), ...(skipped > 0 ? [l10n.t('{0} skipped', integer(skipped))] : [])].join(' · '));
    setAttribute(bar, 'max', Math.max(1, all));
    setAttribute(bar, 'value', ended + failed);
    show(pause, sweep.state === 'running' || sweep.state === 'pausing');
    enable(pause, sweep.state === 'running');
    show(resume, sweep.state === 'paused');
    show(retry, failed > 0);
    for (const save of saves) enable(save, ended + failed > 0);
  };
  return { element, update };
}

function sweepWord(state: SweepResults['sweep']['state']): string {
  return { running: l10n.t('running'), pausing: l10n.t('saving checkpoints'), paused: l10n.t('paused'), finished: l10n.t('done') }[state];
}
