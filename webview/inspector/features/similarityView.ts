import * as l10n from '@vscode/l10n';
import type { TokensView } from '../../../src/protocol';
import { el, setText } from '../../dom';
import { paintHeatmap } from '../../draw/heatmap';
import { lines } from '../../draw/lines';
import { fixed } from '../../numbers';
import type { Part } from '../hero';
import { shownQuery } from '../place';
import type { Model, Session } from '../session';
import { tokenName } from '../words';
import { layerOf } from './model';
import { layerChoice, layerName, layerPoints, redrawn, scaleBar, setFeature, tableFold } from './parts';

const SCALE = { low: -1, high: 1 } as const;

/** How alike tokens are: by layer, and all pairs of one layer. */
export function createSimilarityView(session: Session): Part {
  const layer = layerChoice(session);
  const summary = el('p', { class: 'summary' });
  const figure = el('div', { class: 'drawing' });
  const canvas = el('canvas', { class: 'matrix-canvas', role: 'img', 'aria-label': l10n.t('Cosine similarity of all pairs of tokens') });
  const mark = el('span', { class: 'matrix-row', 'aria-hidden': 'true' });
  const legend = scaleBar('diverging', l10n.t('cosine'));
  const order = el('p', { class: 'caption' });
  const reading = el('p', { class: 'caption reading' });
  let shown: Model | null = null;
  const table = tableFold(() => (shown?.features.tokens ? layerRows(shown.features.tokens) : null));
  const draw = redrawn(figure, (width) => (shown?.features.tokens ? [similarityLines(session, shown, shown.features.tokens, width)] : []));
  let painted: unknown = null;
  listen(canvas, session);
  const update = (model: Model): void => {
    shown = model;
    const { tokens, similarity } = model.features;
    const at = tokens ? layerOf(model.place, tokens) : 0;
    layer.update(tokens, at);
    setText(order, model.bounds.prefix > 0 ? l10n.t('The row of the chosen token lies over the image; the tokens before the patches come first.') : l10n.t('The row of the chosen token lies over the image.'));
    setText(summary, tokens ? similaritySummary(model, tokens) : '\u00a0');
    draw([tokens, at]);
    if (similarity && painted !== similarity) paintHeatmap(canvas, { rows: similarity.tokens, columns: similarity.tokens, values: similarity.matrix, scale: SCALE, colours: 'diverging' });
    painted = similarity;
    legend.update(SCALE, (value) => fixed(value, 0));
    const query = shownQuery(model.place, model.hover, model.bounds);
    if (similarity) {
      mark.style.top = `${String((query / similarity.tokens) * 100)}%`;
      mark.style.height = `max(2px, ${String(100 / similarity.tokens)}%)`;
      setText(reading, readPair(model, query, similarity.matrix, similarity.tokens));
    }
    table.update(tokens);
  };
  new ResizeObserver(() => shown && update(shown)).observe(figure);
  const element = el(
    'div', {}, el('div', { class: 'row' }, layer.element), summary, figure,
    el('h3', {}, l10n.t('All tokens against all')),
    el('div', { class: 'matrix-box' }, canvas, mark), legend.element, reading,
    order,
    table.element,
  );
  return { element, update };
}

export function similaritySummary(model: Model, tokens: TokensView): string {
  const at = layerOf(model.place, tokens);
  return l10n.t('{0}: mean cosine of the patches {1}; {2} as they are embedded.', layerName(at, tokens), fixed(tokens.similarity[at] ?? 0, 3), fixed(tokens.similarity[0] ?? 0, 3));
}

function similarityLines(session: Session, model: Model, tokens: TokensView, width: number): HTMLElement {
  const all = [
    { name: l10n.t('Patches with each other'), values: tokens.similarity },
    ...(tokens.classSimilarity.length > 0 ? [{ name: l10n.t('Class token with the patches'), values: tokens.classSimilarity }] : []),
  ];
  const low = Math.min(0, ...all.flatMap(({ values }) => [...values]));
  return lines({
    name: l10n.t('Mean cosine similarity by layer'), points: layerPoints(tokens), xName: l10n.t('Layer'), yName: l10n.t('Mean cosine'), lines: all, range: [low, 1], width,
    at: layerOf(model.place, tokens), onPick: (layer) => setFeature(session, { layer }), write: (value) => fixed(value, 3),
  });
}

function readPair(model: Model, query: number, matrix: Float32Array, tokens: number): string {
  const prefix = model.state?.view?.prefix ?? [];
  const other = model.hover.token ?? query;
  return l10n.t('{0} to {1}: {2}', tokenName(query, model.bounds, prefix), tokenName(other, model.bounds, prefix), fixed(matrix[query * tokens + other] ?? 0, 3));
}

function layerRows(tokens: TokensView): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  const of = tokens.classSimilarity.length > 0;
  return {
    head: [l10n.t('Layer'), l10n.t('Patches with each other'), ...(of ? [l10n.t('Class token with the patches')] : [])],
    body: Array.from(tokens.similarity, (value, i) => [layerName(i, tokens), fixed(value, 4), ...(of ? [fixed(tokens.classSimilarity[i] ?? 0, 4)] : [])]),
  };
}

/** Columns are read, and a click chooses a row. */
function listen(canvas: HTMLCanvasElement, session: Session): void {
  const at = (offset: number, size: number): number => {
    const count = session.model().features.similarity?.tokens ?? 1;
    return Math.min(count - 1, Math.max(0, Math.floor((offset / size) * count)));
  };
  canvas.addEventListener('pointermove', (event) => session.hover({ token: at(event.offsetX, canvas.clientWidth), previews: false }));
  canvas.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  canvas.addEventListener('click', (event) => session.act({ type: 'query', token: at(event.offsetY, canvas.clientHeight) }));
}
