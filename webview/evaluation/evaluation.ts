import * as l10n from '@vscode/l10n';
import type { EvaluationApi, EvaluationReport, EvaluationState, Judged } from '../../src/protocol';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { button } from '../button';
import { toCsv } from '../csv';
import { el, fill, oncePerFrame, setAttribute, setText, show } from '../dom';
import { segments } from '../inspector/controls';
import { integer } from '../numbers';
import { openPage, type Page } from '../page';
import { createProblem } from '../problem';
import { loadWords } from '../translations';
import { createClassTable } from './classes';
import { createGallery } from './gallery';
import { matrixOf } from './judged';
import { drawMatrix } from './matrix';
import { pairFigure } from './pair';
import { curveFigure } from './curve';
import { explanation, metricsTable } from './metrics';
import { createWeights, otherImagesWords } from './weights';
import { reliabilityFigure, reliabilityPair } from './reliability';
import { csvRows, readShown, type Shown } from './rows';
import '../base.css';
import './evaluation.css';

/** As many as the gallery shows. */
const MOST_IN_GALLERY = 2000;

loadWords();
start();

function start(): void {
  const page = openPage<EvaluationApi, EvaluationState, Shown>({ readKept: readShown, render: () => render(), known: withKnownReport });
  const { client, call, set } = page;
  let drawn: EvaluationReport | null = null;

  const source = el('h1', { class: 'source' });
  const problem = createProblem(() => call(client.locate({})));
  const progress = createProgress(() => call(client.cancel({})));
  const summary = el('div', { class: 'summary' });
  const metrics = el('section', {}, el('h2', {}, l10n.t('Metrics')), summary, explanation());
  const reliability = el('div', { class: 'reliability' });
  const kind = segments(l10n.t('Curve'), [['roc', 'ROC'], ['pr', l10n.t('Precision–recall')]], (value) => set({ curve: value }));
  const curveOf = el('figcaption');
  const curve = el('div');
  const classes = createClassTable({
    onSort: (column) => set({ column, descending: page.kept.column === column ? !page.kept.descending : column === 'support' }),
    onChoose: (chosen) => set({ chosen }),
  });
  const confused = el('p', { class: 'confused' });
  const save = button(l10n.t('Save CSV…'), () => {
    if (page.state?.report) call(client.saveCsv({ csv: toCsv(csvRows(page.state.report.classes)), name: 'classes' }));
  });
  const weights = createWeights({
    onSplit: (weighedSplit) => set({ weighedSplit }),
    onMirror: (weighedMirror) => set({ weighedMirror }),
    onWeigh: (q) => call(client.weigh(q)),
    onSave: (csv) => call(client.saveCsv({ csv, name: 'weights' })),
  });
  const empty = createEmpty(() => call(client.evaluate({})));
  const beside = button(l10n.t('Set Another Run Beside…'), () => call(client.chooseOther({})));
  const alone = button(l10n.t('Show Alone'), () => call(client.dropOther({})));
  const unlike = el('p', { class: 'warning' });
  const body = el(
    'main',
    { class: 'body' },
    unlike,
    el('div', { class: 'whole' }, metrics, reliability,
      el('figure', { class: 'figure' }, curveOf, el('p', { class: 'words' }, l10n.t('One class against all others, at every threshold. Choose the class in the table.')), kind.element, curve)),
    weights.element,
    el('section', {}, el('div', { class: 'section-head' }, el('h2', {}, l10n.t('Classes')), save), confused, el('div', { class: 'scroll' }, classes.element)),
  );
  document.getElementById('app')?.replaceChildren(el('header', { class: 'top' }, el('div', { class: 'top-row' }, source, beside, alone), progress.element, ...problem.elements), body, empty.element);

  let paired: string | null = null;
  const render = oncePerFrame(() => {
    if (!page.state && page.problem === null) return;
    const report = page.state?.report ?? null;
    setText(source, sourceWords(page.state));
    problem.update(page.problem ?? page.state?.error ?? '', page.problem === null && page.state?.missing === true);
    progress.update(page.state?.busy ?? null);
    show(body, report !== null);
    show(beside, page.state?.run != null && page.state.other === null);
    show(alone, page.state?.other != null);
    empty.update(page.state);
    if (!report) return;
    const other = page.state?.other?.report ?? null;
    const others = report.otherImages ?? other?.otherImages;
    show(unlike, others !== undefined);
    setText(unlike, others ? otherImagesWords(others) : '');
    // What comes with a second run stands above what was being read.
    const second = page.state?.other?.run ?? null;
    if (second !== null && second !== paired) body.scrollTop = 0;
    paired = second;
    // Of two runs the table above tells the numbers of both.
    show(metrics, other === null);
    if (report !== drawn) fill(summary, metricsTable(report));
    setText(confused, confusedWords(report, other !== null));
    drawn = report;
    drawReliability(reliability, page.state);
    const chosen = Math.min(page.kept.chosen, report.classes.length - 1);
    const one = report.classes[chosen];
    kind.set(page.kept.curve);
    setText(curveOf, one ? l10n.t('Curve of {0}', one.label) : '');
    drawCurve(curve, page.state, chosen, page.kept);
    classes.update(report.classes, { ...page.kept, chosen }, other?.classes ?? null);
    if (page.state) weights.update(page.state, page.kept);
    images.update(page.state, page.kept);
  });
  const images = createImages(page, () => render());
  body.prepend(images.pair);
  body.append(images.confusion, images.gallery);
  page.begin();
}

/** Equal reports keep their identity, so that what is drawn stays. */
function withKnownReport(next: EvaluationState, before: EvaluationState): EvaluationState {
  const known = (now: EvaluationReport | null, old: EvaluationReport | null): EvaluationReport | null => (old && JSON.stringify(old) === JSON.stringify(now) ? old : now);
  const other = next.other && { ...next.other, report: known(next.other.report, before.other?.report ?? null) };
  return { ...next, report: known(next.report, before.report), other };
}

/** What is known image by image: asked for when it has changed. */
function createImages(page: Page<EvaluationApi, EvaluationState, Shown>, render: () => void) {
  const { client, call, set } = page;
  let [judged, version]: [Judged | null, number] = [null, 0];
  const confusion = createConfusion(set);
  const place = el('div');
  const pair = el('section', {}, el('h2', {}, l10n.t('Two runs')), place);
  const gallery = createGallery({
    onKind: (images) => set({ images }),
    onJudge: () => call(client.judge({})),
    onInspect: (index, which) => call(client.inspect({ index, which })),
    onAttention: (indices, which) => {
      const { images, cell } = page.kept;
      call(client.showGallery({ which, indices: indices.slice(0, MOST_IN_GALLERY), ...(images === 'cell' && cell && { cell }) }));
    },
    ask: (indices) => client.images({ indices }),
    fail: call,
  });
  const ask = async (now: number): Promise<void> => {
    const next = await client.judged({});
    if (now !== version) return;
    judged = next;
    render();
  };
  const update = (state: EvaluationState | null, shown: Shown): void => {
    const now = state?.judged ?? 0;
    if (now !== version) {
      [judged, version] = [null, now];
      if (now > 0) call(ask(now));
    }
    const two = state?.other != null;
    const unjudged = two ? judged?.second == null : judged?.first == null;
    show(pair, two);
    if (state && two) drawPair(place, state, judged);
    confusion.update(state, judged, shown);
    gallery.update(judged, shown, two, unjudged && state?.evaluable === true && state.busy === null);
  };
  return { pair, confusion: confusion.element, gallery: el('section', { class: 'images' }, el('h2', {}, l10n.t('Images')), gallery.element), update };
}

function drawPair(place: HTMLElement, state: EvaluationState, judged: Judged | null): void {
  const key = JSON.stringify([state.report?.metrics, state.other?.run, state.other?.report?.metrics, judged?.paired, judged?.unlike]);
  if (place.dataset['key'] === key) return;
  place.dataset['key'] = key;
  fill(place, pairFigure(state, judged));
}

/** The matrix of the one run, of the other, or what has changed; counted by the test, or image by image where it was judged. */
function createConfusion(set: (change: Partial<Shown>) => void) {
  const norm = segments(l10n.t('Cells'), [['counts', l10n.t('Counts')], ['true', l10n.t('% of the true class')], ['predicted', l10n.t('% of the predicted class')]], (value) => set({ norm: value }));
  const side = segments(l10n.t('Run'), [['first', l10n.t('First')], ['second', l10n.t('Second')], ['change', l10n.t('Change')]], (value) => set({ side: value }));
  const place = el('div');
  const element = el('section', { class: 'confusion' }, el('div', { class: 'section-head' }, el('h2', {}, l10n.t('Confusion matrix')), side.element, norm.element), place);
  const update = (state: EvaluationState | null, judged: Judged | null, shown: Shown): void => {
    const first = judged?.first ? { labels: judged.first.classes, counts: matrixOf(judged.first) } : (state?.confusion ?? null);
    const second = judged?.second ? { labels: judged.second.classes, counts: matrixOf(judged.second) } : (state?.other?.confusion ?? null);
    show(element, first !== null);
    if (!first) return;
    const alike = second !== null && second.labels.join('\n') === first.labels.join('\n');
    const which = alike ? shown.side : 'first';
    show(side.element, alike);
    side.set(which);
    norm.set(shown.norm);
    const one = which === 'second' && second ? second : first;
    const key = JSON.stringify([one, which === 'change' && second, shown.norm, shown.cell, document.body.className]);
    if (place.dataset['key'] === key) return;
    place.dataset['key'] = key;
    drawMatrix(place, { ...one, other: which === 'change' && second ? second.counts : null, norm: shown.norm, chosen: shown.cell, onChoose: (is, as) => set({ cell: [is, as], images: 'cell' }) });
  };
  return { element, update };
}

/** Only when it is another one: the focus stays on a curve that is read. */
function drawCurve(place: HTMLElement, state: EvaluationState | null, chosen: number, { curve }: Shown): void {
  const report = state?.report;
  const one = report?.classes[chosen];
  if (!report || !one) return;
  const beside = state.other?.report?.classes.find(({ label }) => label === one.label);
  const second = beside && state.other ? { one: beside, names: [state.run ?? '', state.other.run] as const } : null;
  const key = JSON.stringify([curve, chosen, one.curves, second]);
  if (place.dataset['key'] === key) return;
  place.dataset['key'] = key;
  fill(place, report.omitted ? el('p', { class: 'words' }, omittedWords(report.omitted)) : curveFigure(one, curve, report.images, second));
}

/** Of one run its diagram, of two both beside each other. */
function drawReliability(place: HTMLElement, state: EvaluationState | null): void {
  const [first, second] = [state?.report?.calibration, state?.other?.report?.calibration];
  if (!first) return;
  const names = [state?.run ?? '', state?.other?.run ?? ''] as const;
  const key = JSON.stringify([first, second, second && names]);
  if (place.dataset['key'] === key) return;
  place.dataset['key'] = key;
  fill(place, ...(second ? reliabilityPair(first, second, names) : [reliabilityFigure(first)]));
}

function omittedWords(why: 'memory' | 'nan'): string {
  return why === 'memory' ? l10n.t('No AUC and no AP: their scores would need more than 64 MiB.') : l10n.t('No AUC and no AP: for some images the network gave no numbers.');
}

function sourceWords(state: EvaluationState | null): string {
  if (!state?.run) return '';
  if (!state.report) return [state.run, ...(state.busy ? [state.busy.text] : [])].join(' · ');
  const { run, report, other } = state;
  // The second may be of another epoch, and of other images.
  return [measuredWords(run, report), ...(other?.report ? [measuredWords(other.run, other.report)] : [])].join('  |  ');
}

function measuredWords(run: string, { split, epoch, images, tta, averaged }: EvaluationReport): string {
  const of = { test: l10n.t('{0} test images', integer(images)), val: l10n.t('{0} validation images', integer(images)), train: l10n.t('{0} training images', integer(images)) }[split];
  // Numbers are alike only where they were made alike.
  const how = [averaged && l10n.t('averaged weights (EMA)'), tta === 'flip' && l10n.t('with mirror images')].filter((words) => words !== false && words !== undefined);
  return [run, l10n.t('epoch {0}', integer(epoch)), of, ...how].join(' · ');
}

function confusedWords({ confused, classes }: EvaluationReport, two: boolean): string {
  if (confused.length === 0) return two ? l10n.t('The first took no class for another.') : l10n.t('No class was taken for another.');
  const pairs = confused.slice(0, 5).map(({ is, as, count }) => l10n.t('{0} taken for {1} ({2})', classes[is]?.label ?? '', classes[as]?.label ?? '', integer(count)));
  return two ? l10n.t('Most often confused by the first: {0}.', pairs.join(', ')) : l10n.t('Most often confused: {0}.', pairs.join(', '));
}

function createProgress(onCancel: () => void) {
  const bar = el('vscode-progress-bar', { 'aria-label': l10n.t('Images evaluated') });
  const text = el('span', { class: 'progress-text' });
  const element = el('div', { class: 'progress', hidden: true }, bar, text, button(l10n.t('Cancel'), onCancel));
  const update = (busy: EvaluationState['busy']): void => {
    const { done = 0, of } = busy ?? {};
    show(element, of !== undefined);
    if (of === undefined) return;
    setAttribute(bar, 'max', of);
    setAttribute(bar, 'value', done);
    setText(text, l10n.t('{0} of {1}', integer(done), integer(of)));
  };
  return { element, update };
}

/** What to do where there is no report. */
function createEmpty(onEvaluate: () => void) {
  const words = el('p');
  const evaluate = button(l10n.t('Evaluate Now'), onEvaluate, 'primary');
  const element = el('div', { class: 'empty', hidden: true }, words, el('div', { class: 'buttons' }, evaluate));
  const update = (state: EvaluationState | null): void => {
    const nothing = state !== null && state.report === null && state.busy === null;
    show(element, nothing);
    if (!nothing) return;
    show(evaluate, state.evaluable);
    setText(words, wordsOf(state));
  };
  return { element, update };
}

function wordsOf({ run, evaluable }: EvaluationState): string {
  if (run === null) return l10n.t('Choose a run in the Runs view: Show Evaluation in its menu.');
  return evaluable
    ? l10n.t('No evaluation is kept of this run: it ended before its test, has no test images, or an earlier version kept less. Its best checkpoint can be evaluated now; that changes nothing in the run.')
    : l10n.t('No evaluation is kept of this run, and it has no checkpoint to evaluate now: a training that comes to its end is tested with its best checkpoint.');
}
