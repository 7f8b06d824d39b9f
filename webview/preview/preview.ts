import * as l10n from '@vscode/l10n';
import type { BatchPreview, PreviewApi, PreviewState } from '../../src/protocol';
import { button, enable } from '../button';
import { el, fill, oncePerFrame, setText, show } from '../dom';
import { segments } from '../inspector/controls';
import { fixed, integer } from '../numbers';
import { openPage } from '../page';
import { loadWords } from '../translations';
import { countsElement } from './counts';
import { createSchedule } from './schedule';
import { createTiles } from './tiles';
import '../base.css';
import './preview.css';

loadWords();
start();

/** How the images are drawn; kept over reloads. */
interface Kept {
  readonly colours: 'natural' | 'network';
}

function readKept(kept: unknown): Kept {
  return { colours: (kept as Partial<Kept> | undefined)?.colours === 'network' ? 'network' : 'natural' };
}

function start(): void {
  const page = openPage<PreviewApi, PreviewState, Kept>({ readKept, render: () => render() });
  const { client, call, set } = page;
  const go = (change: { readonly step?: number; readonly seed?: number | null }): void => {
    const batch = page.state?.batch;
    if (batch) call(client.show({ step: change.step ?? batch.step, seed: change.seed === undefined ? batch.seed : change.seed }));
  };

  const title = el('h1', { class: 'source' });
  const busy = el('p', { class: 'busy late', 'aria-live': 'polite' });
  const error = el('p', { class: 'error', role: 'alert' });
  const warnings = el('ul', { class: 'warnings', 'aria-label': l10n.t('Warnings') });
  const back = button(l10n.t('Previous Batch'), () => go({ step: (page.state?.batch?.step ?? 1) - 1 }));
  const next = button(l10n.t('Next Batch'), () => go({ step: (page.state?.batch?.step ?? 0) + 1 }));
  const reseed = button(l10n.t('Another Seed'), () => go({ seed: (page.state?.batch?.seed ?? 0) + 1 }));
  const train = button(l10n.t('Train'), () => call(client.startTraining({})), 'primary');
  const colours = segments<Kept['colours']>(l10n.t('Colours'), [['natural', l10n.t('Natural')], ['network', l10n.t('As the network gets it')]], (value) => {
    set({ colours: value });
  });
  const place = el('p', { class: 'place' });
  const tiles = createTiles();
  const counts = el('div', { class: 'part' });
  const rates = el('div', { class: 'part' });
  const body = el('main', { class: 'body' },
    el('section', { class: 'batch' }, el('div', { class: 'section-head' }, el('h2', {}, l10n.t('Batch')), back, next, reseed, colours.element), place,
      el('p', { class: 'words colour-words' }, l10n.t('Grey is 0; what is 3 or more above is white, below black. These are the numbers that the network computes with.')), tiles.element), el('div', { class: 'facts' }, counts, rates));
  document.getElementById('app')?.replaceChildren(el('header', { class: 'top' }, el('div', { class: 'title' }, title, busy, el('span', { class: 'gap' }), train), error, warnings), body);

  // Each snapshot is a copy: what it says decides whether something is drawn anew.
  const drawCounts = whenChanged((batch: BatchPreview) => [batch.counts, batch.classes, batch.evened], (batch) => fill(counts, countsElement(batch)));
  let curve: ReturnType<typeof createSchedule> | null = null;
  // Who reads the curve by keys, or has its table open, goes on doing so when another batch is shown.
  const drawRates = whenChanged((schedule: PreviewState['schedule']) => schedule, (schedule) => {
    curve = schedule && createSchedule(schedule, (step) => go({ step }));
    fill(rates, curve?.element ?? null);
  });
  const render = oncePerFrame(() => {
    if (!page.state && page.problem === null) return;
    const batch = page.state?.batch ?? null;
    setText(title, [page.state?.config, batch?.dataset].filter(Boolean).join(' · '));
    setText(train, page.state?.sweep ? l10n.t('Run Sweep') : l10n.t('Train'));
    setText(busy, page.state?.busy ?? '');
    const wrong = page.problem ?? page.state?.error ?? '';
    setText(error, wrong);
    show(error, wrong !== '');
    const odd = wrong === '' ? (batch?.warnings ?? []) : [];
    show(warnings, odd.length > 0);
    enable(train, wrong === '');
    show(body, batch !== null);
    colours.set(page.kept.colours);
    body.classList.toggle('network', page.kept.colours === 'network');
    body.classList.toggle('waiting', Boolean(page.state?.busy));
    body.classList.toggle('stale', wrong !== '');
    if (!batch) return;
    if (warnings.childElementCount !== odd.length || odd.some((text, i) => warnings.children[i]?.textContent !== text)) fill(warnings, ...odd.map((text) => el('li', {}, text)));
    enable(back, batch.step > 0);
    enable(next, batch.step + 1 < batch.epochs * batch.stepsPerEpoch);
    setText(place, placeWords(batch));
    drawCounts(batch);
    drawRates(page.state?.schedule ?? null);
    curve?.setStep(batch.step);
    tiles.update(batch, page.kept.colours);
  });
  page.begin();
}

/** Draws only what differs from what was drawn last. */
function whenChanged<T>(shown: (value: T) => unknown, draw: (value: T) => void): (value: T) => void {
  let drawn: string | undefined;
  return (value) => {
    const key = JSON.stringify(shown(value));
    if (key !== drawn) draw(value);
    drawn = key;
  };
}

/** "Step 1 of 150, epoch 1 · 64 images · 32 × 32 px · seed 0 · CutMix, λ 0.51 · label smoothing 0.1" */
function placeWords({ step, epoch, epochs, stepsPerEpoch, images, batchSize, width, height, seed, mix, smoothing }: BatchPreview): string {
  return [
    l10n.t('Step {0} of {1}, epoch {2}', integer(step + 1), integer(epochs * stepsPerEpoch), integer(epoch + 1)),
    images.length < batchSize ? l10n.t('{0} of {1} images', integer(images.length), integer(batchSize)) : l10n.t('{0} images', integer(batchSize)),
    `${String(width)} × ${String(height)} px`,
    l10n.t('seed {0}', seed),
    ...(mix ? [mix.kind === 'mixup' ? l10n.t('mixup, λ {0}', fixed(mix.lam, 2)) : l10n.t('CutMix, λ {0}', fixed(mix.lam, 2))] : []),
    ...(smoothing > 0 ? [l10n.t('label smoothing {0}', smoothing)] : []),
  ].join(' · ');
}
