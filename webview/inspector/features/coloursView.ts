import * as l10n from '@vscode/l10n';
import type { ColoursView } from '../../../src/protocol';
import { el, setText, show } from '../../dom';
import { percent, significant } from '../../numbers';
import { segments, slider } from '../controls';
import type { Part } from '../hero';
import { patchOf, type Bounds } from '../place';
import type { Model, Session } from '../session';
import { positionPatch } from '../shown';
import { coordinates } from '../words';
import { layerOf } from './model';
import { layerChoice, setFeature, tableFold } from './parts';

const NAMES = ['R', 'G', 'B'] as const;

/** Features of the patches as colours, over the foreground that a threshold leaves. */
export function createColoursView(session: Session): Part {
  const layer = layerChoice(session);
  const foreground = segments(l10n.t('Which patches'), [
    ['all', l10n.t('All patches')],
    ['above', l10n.t('Above the threshold')],
    ['below', l10n.t('Below it')],
  ], (value) => setFeature(session, { foreground: value }));
  const threshold = slider(l10n.t('Threshold'), { max: 1, step: 0.02 }, percent, (value) => setFeature(session, { threshold: value }));
  const summary = el('p', { class: 'summary' });
  const canvas = el('canvas', { class: 'large-picture', role: 'img' });
  const reading = el('p', { class: 'caption reading' });
  let shown: Model | null = null;
  const table = tableFold(() => (shown?.features.colours ? colourRows(shown.features.colours, shown.bounds) : null));
  listen(canvas, session);
  const update = (model: Model): void => {
    shown = model;
    const { colours, tokens } = model.features;
    const { features: place } = model.place;
    layer.update(tokens, tokens ? layerOf(model.place, tokens) : 0);
    foreground.set(place.foreground);
    threshold.set(place.threshold);
    show(threshold.element, place.foreground !== 'all');
    const seen = model.state?.view?.seen;
    if (seen) canvas.style.aspectRatio = `${String(seen.width)} / ${String(seen.height)}`;
    if (colours) paint(canvas, colours, model.bounds);
    setText(summary, colours ? coloursSummary(colours) : '\u00a0');
    canvas.setAttribute('aria-label', summary.textContent);
    setText(reading, colours ? readPatch(model, colours) : '\u00a0');
    table.update(colours);
  };
  const element = el(
    'div',
    {},
    el('div', { class: 'row' }, layer.element, foreground.element, threshold.element),
    summary,
    canvas,
    reading,
    el('p', { class: 'caption' }, l10n.t('The first component of all patches, by which the threshold goes, lies over the image.')),
    table.element,
  );
  return { element, update };
}

export function coloursSummary({ kept, variance, count }: ColoursView): string {
  const shares = NAMES.slice(0, count).map((name, k) => `${name} ${percent(variance[k] ?? 0)}`);
  const patches = kept.reduce((sum, one) => sum + one, 0);
  if (count === 0) return l10n.t('{0} of {1} patches: too few or too alike for components.', patches, kept.length);
  return l10n.t('{0} of {1} patches; of their variance {2}, together {3}.', patches, kept.length, shares.join(', '), percent(variance.reduce((a, b) => a + b, 0)));
}

/** Where a value lies between those of the patches that are kept. */
function ranges({ scores, count, kept }: ColoursView): readonly (readonly [low: number, high: number])[] {
  return Array.from({ length: count }, (_, k) => {
    const own = Array.from(kept, (is, i) => (is ? (scores[i * count + k] ?? 0) : Number.NaN)).filter((value) => !Number.isNaN(value));
    return [Math.min(...own), Math.max(...own)] as const;
  });
}

function paint(canvas: HTMLCanvasElement, colours: ColoursView, { rows, columns }: Bounds): void {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const ends = ranges(colours);
  const pixels = new Uint8ClampedArray(rows * columns * 4);
  for (let i = 0; i < rows * columns; i++) {
    ends.forEach(([low, high], k) => (pixels[i * 4 + k] = high > low ? (255 * ((colours.scores[i * colours.count + k] ?? 0) - low)) / (high - low) : 128));
    // What is left out is empty: the panel shines through.
    pixels[i * 4 + 3] = colours.kept[i] ? 255 : 0;
  }
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
}

function readPatch(model: Model, { scores, count, kept, first }: ColoursView): string {
  const hot = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
  const patch = hot ?? positionPatch(model);
  const values = kept[patch] ? NAMES.slice(0, count).map((name, k) => `${name} ${significant(scores[patch * count + k] ?? 0)}`).join(', ') : l10n.t('left out');
  return l10n.t('Patch {0}: {1}; first component of all {2}', coordinates(patch, model.bounds.columns), values, significant(first[patch] ?? 0));
}

function colourRows({ kept, scores, count, first }: ColoursView, { columns }: Bounds): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  return {
    head: [l10n.t('Patch'), l10n.t('First of all'), ...NAMES.slice(0, count)],
    body: Array.from(kept, (is, i) => [coordinates(i, columns), significant(first[i] ?? 0), ...NAMES.slice(0, count).map((_, k) => (is ? significant(scores[i * count + k] ?? 0) : '–'))]),
  };
}

/** Patches under the pointer are outlined everywhere; a click chooses one. */
export function listen(canvas: HTMLCanvasElement, session: Session): void {
  const token = (event: MouseEvent): number => {
    const { rows, columns, prefix } = session.model().bounds;
    const row = Math.min(rows - 1, Math.max(0, Math.floor((event.offsetY / canvas.clientHeight) * rows)));
    return prefix + row * columns + Math.min(columns - 1, Math.max(0, Math.floor((event.offsetX / canvas.clientWidth) * columns)));
  };
  canvas.addEventListener('pointermove', (event) => session.hover({ token: token(event), previews: false }));
  canvas.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  canvas.addEventListener('click', (event) => session.act({ type: 'query', token: token(event) }));
}
