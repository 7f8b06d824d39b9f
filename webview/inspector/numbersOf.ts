import { explanationMethods } from '../../src/explanations';
import { fromHalf } from '../../src/half';
import { npyFile } from '../../src/npyFile';
import type { AttentionStack, AttentionView } from '../../src/protocol';
import { toCsv } from '../csv';
import { patches, patchOf, type Bounds } from './place';
import { fusions, type Model } from './session';
import { plainSimilarity, shown } from './shown';

/** The numbers behind the picture of the open tab, for people: a line for each, with B and the difference where two are compared. */
export function csvOf(model: Model): string | null {
  const { tab } = model.place;
  if (tab === 'attention' && model.attention) return toCsv(attentionRows(model, model.attention));
  if (tab === 'rollout') return toCsv(mapRows(model, 'fusion', fusions.map((fusion) => [fusion, model.rollouts[fusion]?.map, model.other?.rollouts[fusion]?.map])));
  if (tab === 'explain') return toCsv(mapRows(model, 'method', explanationMethods.map((method) => [method, model.explanations[method]?.map, model.other?.explanations[method]?.map])));
  const map = tab === 'position' ? plainSimilarity(model) : shown(model)?.map;
  return map ? toCsv(mapRows(model, 'map', [[tab, map.values, undefined]])) : null;
}

/** The array behind it, for NumPy. Attention: [layers, heads, tokens] of the query; else [rows, columns] of the map that is shown. */
export function npyOf(model: Model): Uint8Array | null {
  const { attention, place, bounds } = model;
  if (place.tab === 'attention' && attention) return npyFile({ shape: [attention.layers, attention.heads, attention.tokens], data: attention.weights });
  const map = shown(model)?.map;
  return map ? npyFile({ shape: [bounds.rows, bounds.columns], data: map.values }) : null;
}

/** All attention, [layers, heads, tokens, tokens], in float32. */
export function stackNpy({ layers, heads, tokens, weights }: AttentionStack): Uint8Array {
  const data = weights instanceof Float32Array ? weights : Float32Array.from(weights, fromHalf);
  return npyFile({ shape: [layers, heads, tokens, tokens], data });
}

type Row = readonly (string | number)[];

function attentionRows({ bounds, state, other }: Model, view: AttentionView): readonly Row[] {
  const b = other?.attention && other.attention.weights.length === view.weights.length ? other.attention : null;
  const [query, key] = view.direction === 'from' ? ['query', 'key'] : ['key', 'query'];
  const rows: Row[] = [['layer', 'head', query, key, 'row', 'column', 'weight', ...(b ? ['b', 'b-a'] : [])]];
  const name = (token: number): string => state?.view?.prefix[token] ?? String(token);
  for (let line = 0; line < view.layers * view.heads; line++)
    for (let token = 0; token < view.tokens; token++) {
      const at = line * view.tokens + token;
      const [value, beside] = [view.weights[at] ?? 0, b?.weights[at] ?? 0];
      rows.push([Math.floor(line / view.heads) + 1, (line % view.heads) + 1, name(view.query), name(token), ...placeOf(token, bounds), value, ...(b ? [beside, beside - value] : [])]);
    }
  return rows;
}

/** Row and column counted from 1; nothing for a token that is no patch. */
function placeOf(token: number, bounds: Bounds): readonly (number | string)[] {
  const patch = patchOf(token, bounds);
  return patch === null ? ['', ''] : [Math.floor(patch / bounds.columns) + 1, (patch % bounds.columns) + 1];
}

function mapRows({ bounds }: Model, kind: string, maps: readonly (readonly [name: string, a: Float32Array | undefined, b: Float32Array | undefined])[]): readonly Row[] {
  const compared = maps.some(([, a, b]) => a && b && a.length === b.length);
  const rows: Row[] = [[kind, 'row', 'column', 'value', ...(compared ? ['b', 'b-a'] : [])]];
  for (const [name, a, b] of maps)
    for (let patch = 0; a && patch < patches(bounds); patch++) {
      const [value, beside] = [a[patch] ?? 0, b?.[patch] ?? 0];
      rows.push([name, ...placeOf(patch + bounds.prefix, bounds), value, ...(compared ? [beside, beside - value] : [])]);
    }
  return rows;
}
