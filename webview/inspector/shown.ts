import type { AttentionView, ExplanationMethod } from '../../src/protocol';
import { extent, type HeatMap, type Scale } from '../draw/heatmap';
import { fixed, percent, significant } from '../numbers';
import { shownFeature } from './features/shownFeature';
import { massMask, patchWeights, sharedReach, sharedScale, similarityRow, similarityScale } from './maps';
import { middlePatch, patches, patchOf, shownMap, shownQuery, type Head, type Place, type Side } from './place';
import { fusions, type Model } from './session';
import { canSubtract, hasHead, sideOf, subtract } from './sides';

/** The map that lies over the image now, and how its numbers are written. */
export interface Shown {
  readonly map: HeatMap;
  readonly write: (value: number) => string;
  /** As short as a patch has room for: percent without its sign. */
  readonly brief: (value: number) => string;
}

/** The map of the open tab, of the side that is looked at; null while there is none, or where the tab has none. */
export function shown(model: Model): Shown | null {
  return shownOn(model, sideOf(model));
}

/** The same of a side. */
export function shownOn(model: Model, side: Side): Shown | null {
  const { tab, fusion, method } = model.place;
  if (tab === 'position') return shownSimilarity(model);
  if (tab === 'flow') return shownFlow(model);
  if (tab === 'features') return shownFeature(model);
  if (tab === 'explain') {
    const map = explanationMap(model, method, 'target', side);
    return map && { map, write: side === 'difference' ? signed(significant) : significant, brief: (value) => significant(value, 1) };
  }
  const { layer, head } = shownMap(model.place, model.hover, model.bounds);
  const map = tab === 'attention' ? attentionMap(model, layer, head, side) : tab === 'rollout' ? rolloutMap(model, fusion, side) : null;
  return map && { map, write: side === 'difference' ? signed(percent) : percent, brief: briefPercent };
}

/** How strongly a layer and head weigh each patch. */
export function attentionMap(model: Model, layer: number, head: Head, side: Side = sideOf(model)): HeatMap | null {
  const { attention, bounds, other } = model;
  const of = (view: AttentionView | null | undefined, prefix: number): Float32Array | null => (view ? patchWeights(view, layer, head, prefix) : null);
  const b = other && hasHead(other, layer, head) ? of(other.attention, other.bounds.prefix) : null;
  return sided(model, side, of(attention, bounds.prefix), b, {
    ends: () => [attention ? sharedScale(attention, bounds.prefix) : null, other?.attention ? sharedScale(other.attention, other.bounds.prefix) : null],
    reach: () => (attention && other?.attention ? sharedReach(attention, other.attention, bounds.prefix, other.bounds.prefix) : 0),
  });
}

/** Rollout with the heads fused in one way. Shared: one scale for the three. */
export function rolloutMap(model: Model, fusion: Place['fusion'], side: Side = sideOf(model)): HeatMap | null {
  const { rollouts, other } = model;
  const ends = (views: Model['rollouts']): Scale => ({ low: 0, high: Math.max(0, ...Object.values(views).map(({ map }) => extent(map).high)) });
  return sided(model, side, rollouts[fusion]?.map ?? null, other?.rollouts[fusion]?.map ?? null, {
    ends: () => [ends(rollouts), ends(other?.rollouts ?? {})],
    reach: () => Math.max(0, ...fusions.map((one) => reachOf(subtract(rollouts[one]?.map, other?.rollouts[one]?.map)))),
  });
}

/** The map of a method, of the first or the second class; null while it is not there. Both classes share a scale where that is wished. */
export function explanationMap(model: Model, method: ExplanationMethod, of: 'target' | 'against', side: Side = sideOf(model)): HeatMap | null {
  if (of === 'against' && model.place.against === null) return null;
  const key = of === 'target' ? 'explanations' : 'against';
  const [a, b] = [model[key][method], model.other?.[key][method]];
  const second = model.place.against !== null;
  const ends = (views: Pick<Model, 'explanations' | 'against'> | null): Scale | null => {
    const maps = [views?.explanations[method], second ? views?.against[method] : undefined].flatMap((one) => (one ? [extent(one.map)] : []));
    return maps.length === 0 ? null : union(maps);
  };
  return sided(model, side, a?.map ?? null, b?.map ?? null, {
    ends: () => [ends(model), ends(model.other)],
    reach: () => reachOf(subtract(a?.map, b?.map)),
    twoSided: a?.signed ?? false,
  });
}

interface Scales {
  /** The ends of A's maps that share a scale, and of B's. */
  readonly ends: () => readonly (Scale | null)[];
  /** How far the differences go that share one. */
  readonly reach: () => number;
  /** Whether values below zero mean something. */
  readonly twoSided?: boolean;
}

/** A map of a side. Two that are compared always have one scale: what looks alike is alike. */
function sided(model: Model, side: Side, a: Float32Array | null, b: Float32Array | null, { ends, reach, twoSided = false }: Scales): HeatMap | null {
  const { place, bounds, other } = model;
  const values = side === 'a' ? a : side === 'b' ? b : subtract(a, b);
  if (!values) return null;
  const { rows, columns } = side === 'b' && other ? other.bounds : bounds;
  const kind = scaleOf(place);
  if (side === 'difference') {
    const far = Math.max(1e-9, kind === 'fixed' ? place.ceiling : kind === 'shared' ? reach() : reachOf(values));
    return { rows, columns, values, scale: { low: -far, high: far }, colours: 'diverging', smooth: place.smooth };
  }
  // Of fewer patches each gets more: maps of other grids have scales of their own.
  const alike = other === null || canSubtract(model);
  const shared = (): readonly (Scale | null)[] => (alike ? ends() : [ends()[side === 'a' ? 0 : 1] ?? null]);
  const scale = kind === 'fixed' ? { low: 0, high: place.ceiling } : union(kind === 'shared' ? shared() : [extent(values), alike && a ? extent(a) : null, alike && b ? extent(b) : null]);
  const far = Math.max(Math.abs(scale.low), Math.abs(scale.high), 1e-9);
  if (twoSided) return { rows, columns, values, scale: { low: -far, high: far }, colours: 'diverging', smooth: place.smooth };
  return { rows, columns, values, scale, colours: plainColours(place.colours), mask: massMask(values, place.mass), smooth: place.smooth };
}

/** A fixed scale is one of shares: methods of explanation have scales of their own. */
export function scaleOf({ scale, tab }: Place): Place['scale'] {
  return scale === 'fixed' && tab !== 'attention' && tab !== 'rollout' ? 'shared' : scale;
}

function union(scales: readonly (Scale | null)[]): Scale {
  const all = scales.filter((one) => one !== null);
  return all.length === 0 ? { low: 0, high: 0 } : { low: Math.min(...all.map(({ low }) => low)), high: Math.max(...all.map(({ high }) => high)) };
}

function reachOf(values: Float32Array | null): number {
  return values ? values.reduce((far, value) => Math.max(far, Math.abs(value)), 0) : 0;
}

function signed(write: (value: number) => string): (value: number) => string {
  return (value) => (value > 0 ? `+${write(value)}` : write(value));
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
  const size = Math.abs(value);
  return size < 0.05 ? '0' : fixed(value, size < 9.95 ? 1 : 0);
}

/** The spotlight is a way to lay a map over an image; a map alone is then drawn in grey. */
export function plainColours(colours: Place['colours']): HeatMap['colours'] {
  return colours === 'spotlight' ? 'grey' : colours;
}

/** The patch whose similarities are shown: the query, or the middle one when that is the class token. */
export function positionPatch(model: Model): number {
  return patchOf(shownQuery(model.place, model.hover, model.bounds), model.bounds) ?? middlePatch(model.bounds);
}

function shownSimilarity(model: Model): Shown | null {
  const map = plainSimilarity(model);
  if (!map) return null;
  // Where all are nearly alike, two digits would tell them apart no more.
  const digits = map.scale.high - map.scale.low < 0.1 ? 3 : 2;
  return { map, write: (value) => fixed(value, digits), brief: (value) => fixed(value, digits - 1) };
}

/** Similarity of the chosen patch to all patches. */
export function plainSimilarity(model: Model): HeatMap | null {
  const similarity = model.positions?.similarity;
  if (!similarity) return null;
  const patch = positionPatch(model);
  const values = similarityRow(similarity, patches(model.bounds), patch);
  const { rows, columns } = model.bounds;
  return { rows, columns, values, ...positionLook(model.place, values, patch), opaque: true };
}

/** Cosines on a scale of their own go from dark to bright: none of its ends means opposite. On that of all maps they go from −1, blue, to 1, red. */
export function positionLook({ scale, colours }: Place, row: Float32Array, patch: number): Pick<HeatMap, 'scale' | 'colours'> {
  return scale === 'map' ? { scale: similarityScale(row, patch), colours: plainColours(colours) } : { scale: { low: -1, high: 1 }, colours: 'diverging' };
}
