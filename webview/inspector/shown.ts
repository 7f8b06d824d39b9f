import type { ExplanationMethod } from '../../src/protocol';
import { extent, type HeatMap, type Scale } from '../draw/heatmap';
import { fixed, percent, significant } from '../numbers';
import { shownFeature } from './features/shownFeature';
import { patchWeights, sharedScale, similarityRow, similarityScale } from './maps';
import { middlePatch, patches, patchOf, shownMap, shownQuery, type Place } from './place';
import type { Model } from './session';

/** The map that lies over the image now, and how its numbers are written. */
export interface Shown {
  readonly map: HeatMap;
  readonly write: (value: number) => string;
  /** As short as a patch has room for: percent without its sign. */
  readonly brief: (value: number) => string;
}

/** The map of the open tab; null while there is none, or where the tab has none. */
export function shown(model: Model): Shown | null {
  const { rows, columns } = model.bounds;
  const { tab, colours } = model.place;
  if (tab === 'position') return shownSimilarity(model);
  if (tab === 'explain') return shownExplanation(model);
  if (tab === 'flow') return shownFlow(model);
  if (tab === 'features') return shownFeature(model);
  const values = tab === 'attention' ? shownAttention(model) : tab === 'rollout' ? shownRollout(model) : null;
  if (!values) return null;
  const scale = tab === 'attention' ? attentionScale(model, values) : rolloutScale(model, values);
  return { map: { rows, columns, values, scale, colours: plainColours(colours) }, write: percent, brief: briefPercent };
}

/** The map of a method, of the first or the second class; null while it is not there. Both classes share a scale where that is wished. */
export function explanationMap(model: Model, method: ExplanationMethod, side: 'target' | 'against'): HeatMap | null {
  const found = model[side === 'target' ? 'explanations' : 'against'][method];
  if (!found || (side === 'against' && model.place.against === null)) return null;
  const both = model.place.scale === 'shared' ? [model.explanations[method], model.place.against === null ? undefined : model.against[method]] : [found];
  const ends = both.flatMap((one) => (one ? [extent(one.map)] : []));
  const [low, high] = [Math.min(...ends.map((one) => one.low)), Math.max(...ends.map((one) => one.high))];
  const reach = Math.max(Math.abs(low), Math.abs(high), 1e-9);
  const { rows, columns } = model.bounds;
  const scale = found.signed ? { low: -reach, high: reach } : { low, high };
  return { rows, columns, values: found.map, scale, colours: found.signed ? 'diverging' : plainColours(model.place.colours) };
}

function shownExplanation(model: Model): Shown | null {
  const map = explanationMap(model, model.place.method, 'target');
  return map && { map, write: significant, brief: (value) => significant(value, 1) };
}

/** Of an open box of tokens by tokens what the chosen token has to say of each patch. */
function shownFlow(model: Model): Shown | null {
  const { flowBox, place, bounds } = model;
  if (!flowBox || flowBox.box !== place.box || flowBox.axes[0] !== 'token' || flowBox.axes[1] !== 'token') return null;
  const { columns, rows } = bounds;
  const from = shownQuery(place, model.hover, bounds) * flowBox.size[1];
  const values = flowBox.matrix.values.slice(from + bounds.prefix, from + flowBox.size[1]);
  const isShare = flowBox.box === 'attention';
  const { low, high } = extent(values);
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return {
    map: { rows, columns, values, scale: isShare ? { low, high } : { low: -reach, high: reach }, colours: isShare ? plainColours(place.colours) : 'diverging' },
    write: isShare ? percent : significant,
    brief: isShare ? briefPercent : (value) => significant(value, 1),
  };
}

function briefPercent(share: number): string {
  const value = share * 100;
  return value < 0.05 ? '0' : fixed(value, value < 9.95 ? 1 : 0);
}

/** The spotlight is a way to lay a map over an image; a map alone is then drawn in grey. */
export function plainColours(colours: Place['colours']): HeatMap['colours'] {
  return colours === 'spotlight' ? 'grey' : colours;
}

function shownAttention(model: Model): Float32Array | null {
  if (!model.attention) return null;
  const { layer, head } = shownMap(model.place, model.hover, model.bounds);
  return patchWeights(model.attention, layer, head, model.bounds.prefix);
}

export function attentionScale(model: Model, values: Float32Array): Scale {
  return model.place.scale === 'shared' && model.attention ? sharedScale(model.attention, model.bounds.prefix) : extent(values);
}

function shownRollout(model: Model): Float32Array | null {
  return model.rollouts[model.place.fusion]?.map ?? null;
}

/** Shared: one scale for the three fusions. */
export function rolloutScale(model: Model, values: Float32Array): Scale {
  if (model.place.scale === 'map') return extent(values);
  return { low: 0, high: Math.max(...Object.values(model.rollouts).map((view) => extent(view.map).high)) };
}

/** The patch whose similarities are shown: the query, or the middle one when that is the class token. */
export function positionPatch(model: Model): number {
  return patchOf(shownQuery(model.place, model.hover, model.bounds), model.bounds) ?? middlePatch(model.bounds);
}

function shownSimilarity(model: Model): Shown | null {
  const map = plainSimilarity(model);
  return map && { map, write: (value) => fixed(value, 2), brief: (value) => fixed(value, 1) };
}

/** Similarity of the chosen patch to all patches. */
export function plainSimilarity(model: Model): HeatMap | null {
  const similarity = model.positions?.similarity;
  if (!similarity) return null;
  const patch = positionPatch(model);
  const values = similarityRow(similarity, patches(model.bounds), patch);
  const { rows, columns } = model.bounds;
  return { rows, columns, values, scale: positionScale(model, values, patch), colours: 'diverging' };
}

export function positionScale(model: Model, row: Float32Array, patch: number): Scale {
  return model.place.scale === 'shared' ? { low: -1, high: 1 } : similarityScale(row, patch);
}
