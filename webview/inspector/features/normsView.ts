import * as l10n from '@vscode/l10n';
import { medianOf, normSpread, outliers } from '../../../src/outliers';
import type { TokensView } from '../../../src/protocol';
import { el, fill, setText, show } from '../../dom';
import { lines } from '../../draw/lines';
import { showPatch } from '../../draw/picture';
import { fixed } from '../../numbers';
import { slider } from '../controls';
import type { Part } from '../hero';
import type { Bounds } from '../place';
import type { Model, Session } from '../session';
import { spriteOf } from '../strip';
import { coordinates, tokenName } from '../words';
import { layerOf } from './model';
import { layerChoice, layerName, layerPoints, redrawn, setFeature, tableFold } from './parts';

/** Outliers that are shown as pictures. */
const SHOWN = 24;

/** How long tokens are, layer by layer, and which of them are outliers. */
export function createNormsView(session: Session): Part {
  const layer = layerChoice(session);
  const factor = slider(l10n.t('Outlier from k ='), { max: 12, step: 0.5 }, (value) => fixed(value, 1), (value) => setFeature(session, { factor: Math.max(1, value) }));
  const summary = el('p', { class: 'summary' });
  const figure = el('div', { class: 'drawing' });
  const list = el('ol', { class: 'outliers' });
  const none = el('p', { class: 'caption' }, l10n.t('No patch is that long.'));
  let shown: Model | null = null;
  const table = tableFold(() => (shown?.features.tokens ? normRows(shown, shown.features.tokens) : null));
  const draw = redrawn(figure, (width) => (shown?.features.tokens ? [normLines(session, shown, shown.features.tokens, width)] : []));
  let listed = '';
  const update = (model: Model): void => {
    shown = model;
    const { tokens } = model.features;
    const view = model.state?.view;
    const at = tokens ? layerOf(model.place, tokens, true) : 0;
    layer.update(tokens, at);
    factor.set(model.place.features.factor);
    setText(summary, tokens ? normsSummary(model, tokens) : '\u00a0');
    draw([tokens, at]);
    const found = tokens ? outliersOf(model, tokens) : [];
    const key = JSON.stringify([found, view?.file, view?.checkpoint.path, model.place.picture]);
    if (view && key !== listed) fill(list, ...found.slice(0, SHOWN).map(({ patch, norm }) => outlierTile(session, model, patch, norm)));
    listed = key;
    show(none, Boolean(tokens) && found.length === 0);
    table.update(tokens);
  };
  new ResizeObserver(() => shown && draw([shown.features.tokens, shown.features.tokens && layerOf(shown.place, shown.features.tokens, true)])).observe(figure);
  const element = el('div', {}, el('div', { class: 'row' }, layer.element, factor.element), summary, figure, el('h3', {}, l10n.t('Outlier tokens after this layer')), none, list, table.element);
  return { element, update };
}

/** Norms of the patches after a layer. */
export function patchNorms({ norms, tokens }: TokensView, layer: number, prefix: number): Float32Array {
  return norms.subarray(layer * tokens + prefix, (layer + 1) * tokens);
}

interface Outlier {
  readonly patch: number;
  readonly norm: number;
}

function outliersOf(model: Model, tokens: TokensView): readonly Outlier[] {
  const own = patchNorms(tokens, layerOf(model.place, tokens, true), model.bounds.prefix);
  return outliers(own, normSpread(own, model.place.features.factor)).map((patch) => ({ patch, norm: own[patch] ?? 0 }));
}

export function normsSummary(model: Model, tokens: TokensView): string {
  const at = layerOf(model.place, tokens, true);
  const own = patchNorms(tokens, at, model.bounds.prefix);
  const { median, threshold } = normSpread(own, model.place.features.factor);
  const prefix = (model.state?.view?.prefix ?? []).map((name, token) => `${name} ${fixed(tokens.norms[at * tokens.tokens + token] ?? 0, 1)}`);
  const count = outliersOf(model, tokens).length;
  const said = l10n.t('{0}: median norm of the patches {1}, largest {2}; {3} outliers above {4}.', layerName(at, tokens), fixed(median, 2), fixed(Math.max(...own), 2), count, fixed(threshold, 2));
  return prefix.length > 0 ? `${said} ${l10n.t('Beside them {0}.', prefix.slice(0, 6).join(', '))}` : said;
}

function normLines(session: Session, model: Model, tokens: TokensView, width: number): HTMLElement {
  const { prefix } = model.bounds;
  const each = (pick: (own: Float32Array) => number): Float32Array => Float32Array.from({ length: tokens.layers }, (_, i) => pick(patchNorms(tokens, i, prefix)));
  const names = (model.state?.view?.prefix ?? []).slice(0, 5);
  const all = [
    { name: l10n.t('Patches: median, from least to most'), values: each(medianOf), low: each((own) => Math.min(...own)), high: each((own) => Math.max(...own)) },
    ...names.map((name, token) => ({ name, values: Float32Array.from({ length: tokens.layers }, (_, i) => tokens.norms[i * tokens.tokens + token] ?? 0) })),
  ];
  const most = Math.max(...all.map(({ values, ...one }) => Math.max(...('high' in one ? one.high : values))));
  return lines({
    name: l10n.t('Norms of the tokens by layer'), points: layerPoints(tokens), xName: l10n.t('Layer'), yName: '‖z‖', lines: all, range: [0, most], width,
    at: layerOf(model.place, tokens, true), onPick: (layer) => setFeature(session, { layer }), write: (value) => fixed(value, 2),
  });
}

function outlierTile(session: Session, model: Model, patch: number, norm: number): HTMLElement {
  const view = model.state?.view;
  const picture = el('span', { class: model.place.picture === 'seen' ? 'thumb pixelated' : 'thumb', 'aria-hidden': 'true' });
  if (view) {
    picture.style.aspectRatio = `${String(view.seen.width / view.grid.columns)} / ${String(view.seen.height / view.grid.rows)}`;
    showPatch(picture, spriteOf(view, model.place.picture), patch);
  }
  const token = model.bounds.prefix + patch;
  return el(
    'li',
    {},
    el(
      'button',
      {
        type: 'button', class: 'outlier', title: tokenName(token, model.bounds, view?.prefix ?? []), onclick: () => session.act({ type: 'query', token }),
        onpointerenter: () => session.hover({ token, previews: false }), onpointerleave: () => session.hover({ token: null, previews: false }),
      },
      picture, el('span', {}, coordinates(patch, model.bounds.columns)), el('span', { class: 'thumb-number' }, fixed(norm, 1)),
    ),
  );
}

function normRows({ bounds, state }: { readonly bounds: Bounds; readonly state: Model['state'] }, tokens: TokensView): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  return {
    head: [l10n.t('Token'), ...layerPoints(tokens)],
    body: Array.from({ length: tokens.tokens }, (_, token) => [tokenName(token, bounds, state?.view?.prefix ?? []), ...Array.from({ length: tokens.layers }, (_one, i) => fixed(tokens.norms[i * tokens.tokens + token] ?? 0, 2))]),
  };
}
