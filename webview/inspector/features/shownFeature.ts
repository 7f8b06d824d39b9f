import { extent, type HeatMap } from '../../draw/heatmap';
import { fixed, significant } from '../../numbers';
import { patchOf, shownQuery, type Place } from '../place';
import type { Model } from '../session';
import { applies, layerOf } from './model';

/** The map of the open view that lies over the image: values of the patches, and how their numbers are written. */
export interface ShownFeature {
  readonly map: HeatMap;
  readonly write: (value: number) => string;
  readonly brief: (value: number) => string;
}

/** Norms, the first component, or the similarity of the query; null where a view has no map. */
export function shownFeature(model: Model): ShownFeature | null {
  const { view } = model.place.features;
  if (applies(view, model) !== 'yes') return null;
  if (view === 'norms') return shownNorms(model);
  if (view === 'colours') return shownComponent(model);
  return view === 'similarity' ? shownSimilar(model) : null;
}

function shownNorms(model: Model): ShownFeature | null {
  const { tokens } = model.features;
  if (!tokens) return null;
  const layer = layerOf(model.place, tokens, true);
  const values = tokens.norms.subarray(layer * tokens.tokens + model.bounds.prefix, (layer + 1) * tokens.tokens);
  return { map: heatOf(model, values, plain(model.place.colours)), write: (value) => fixed(value, 2), brief: (value) => fixed(value, 0) };
}

function shownComponent(model: Model): ShownFeature | null {
  const { colours } = model.features;
  return colours && { map: heatOf(model, colours.first, plain(model.place.colours)), write: significant, brief: (value) => significant(value, 1) };
}

function shownSimilar(model: Model): ShownFeature | null {
  const { similarity } = model.features;
  if (!similarity) return null;
  const query = shownQuery(model.place, model.hover, model.bounds);
  const values = similarity.matrix.subarray(query * similarity.tokens + model.bounds.prefix, (query + 1) * similarity.tokens);
  const own = patchOf(query, model.bounds);
  const others = values.filter((_, i) => i !== own);
  const reach = model.place.scale === 'shared' ? 1 : Math.max(1e-6, ...Array.from(others, Math.abs));
  const { rows, columns } = model.bounds;
  return { map: { rows, columns, values, scale: { low: -reach, high: reach }, colours: 'diverging' }, write: (value) => fixed(value, 3), brief: (value) => fixed(value, 1) };
}

function heatOf(model: Model, values: Float32Array, colours: HeatMap['colours']): HeatMap {
  const { rows, columns } = model.bounds;
  return { rows, columns, values, scale: extent(values), colours };
}

function plain(colours: Place['colours']): HeatMap['colours'] {
  return colours === 'spotlight' ? 'grey' : colours;
}
