/**
 * Where the user is: which tab, layer, head and query patch, and how it is drawn. Pure; `session.ts` keeps it over
 * reloads. Hovering previews, a click holds, Escape lets go.
 */

import type { AttentionDirection, ExplanationMethod, PlanSizes } from '../../src/protocol';
import { explanationMethods as methods } from '../../src/explanations';
import { firstFeaturePlace, readFeaturePlace, type FeaturePlace } from './features/place';
import { isPlan } from './plan';

export const tabs = ['flow', 'attention', 'rollout', 'explain', 'position', 'features', 'patches'] as const;
export type Tab = (typeof tabs)[number];
/** How the heads of a layer become one map. */
export const joins = ['mean', 'max', 'min'] as const;
export type Join = (typeof joins)[number];
/** A head counted from 0, or all of them joined. */
export type Head = number | Join;
/** What is shown where two are compared: the first, the second, or what the second has more. */
export const sides = ['a', 'b', 'difference'] as const;
export type Side = (typeof sides)[number];

export interface Place {
  readonly tab: Tab;
  /** Counted from 0; null is the last one, whatever the model's depth. */
  readonly layer: number | null;
  readonly head: Head;
  /** How the heads are joined, in the column behind the last head. */
  readonly join: Join;
  /** Where the token looks, or who looks at it. */
  readonly direction: AttentionDirection;
  /** Token counted as the model does, prefix first; null is the class token, or the middle patch where there is none. */
  readonly query: number | null;
  /** A held query stays while the pointer moves over the image and reads values. */
  readonly held: boolean;
  readonly picture: 'seen' | 'original';
  readonly grid: boolean;
  readonly overlay: boolean;
  /** Values written into the patches; null follows the theme: on in high contrast. */
  readonly values: boolean | null;
  readonly opacity: number;
  readonly colours: 'viridis' | 'cividis' | 'grey' | 'spotlight';
  readonly scale: 'map' | 'shared' | 'fixed';
  /** The high end of a fixed scale, a share. */
  readonly ceiling: number;
  /** Share of a map's mass that is kept, the largest patches first; 1 keeps all. */
  readonly mass: number;
  /** Whether maps are drawn out between the patches' centres; the network knows nothing between them. */
  readonly smooth: boolean;
  readonly side: Side;
  /** Whether the scores before the softmax are unfolded, and what heads look at by layer. */
  readonly softmax: boolean;
  readonly spread: boolean;
  readonly fusion: 'mean' | 'max' | 'min';
  readonly discard: number;
  readonly method: ExplanationMethod;
  /** Index of the class that is explained; null is the most probable one. */
  readonly target: number | null;
  /** A second class beside it. */
  readonly against: number | null;
  /** The box of the flow that is open; none is ''. */
  readonly box: string;
  /** The dimension of the embedding whose filter is looked at. */
  readonly dimension: number;
  /** Sizes of an untrained network, where they are not those of the one that is looked at. */
  readonly plan: Partial<PlanSizes> | null;
  /** What of representations is looked at. */
  readonly features: FeaturePlace;
}

export const firstPlace: Place = {
  tab: 'attention',
  layer: null,
  head: 'mean',
  join: 'mean',
  direction: 'from',
  query: null,
  held: false,
  picture: 'seen',
  grid: true,
  overlay: true,
  values: null,
  opacity: 0.7,
  colours: 'viridis',
  scale: 'map',
  ceiling: 0.1,
  mass: 1,
  smooth: false,
  side: 'a',
  softmax: false,
  spread: true,
  fusion: 'mean',
  discard: 0,
  method: 'chefer',
  target: null,
  against: null,
  box: '',
  dimension: 0,
  plan: null,
  features: firstFeaturePlace,
};

/** What the pointer is over, and whether that previews (a query, a map) or only reads. */
export interface Hover {
  readonly token: number | null;
  readonly previews: boolean;
  readonly map: { readonly layer: number; readonly head: Head } | null;
}

export const noHover: Hover = { token: null, previews: false, map: null };

/** Sizes of what is looked at. */
export interface Bounds {
  readonly layers: number;
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
  /** Tokens before the patches. */
  readonly prefix: number;
  /** Whether the first of them is a class token. */
  readonly classToken: boolean;
}

export type Action =
  | { readonly type: 'set'; readonly change: Partial<Place> }
  | { readonly type: 'map'; readonly layer: number; readonly head: Head }
  | { readonly type: 'layer'; readonly by: number }
  | { readonly type: 'query'; readonly token: number }
  | { readonly type: 'move'; readonly rows: number; readonly columns: number }
  | { readonly type: 'edge'; readonly to: 'rowStart' | 'rowEnd' | 'first' | 'last' }
  | { readonly type: 'classToken' }
  /** The heads joined; where they are, in the next way. */
  | { readonly type: 'join' }
  /** The other direction. */
  | { readonly type: 'turn' }
  | { readonly type: 'hold' }
  | { readonly type: 'release' };

/** The next place; never outside the bounds. */
export function step(place: Place, hover: Hover, bounds: Bounds, action: Action): Place {
  switch (action.type) {
    case 'set':
      return { ...place, ...(action.change.head === undefined ? {} : joinOf(action.change.head)), ...action.change };
    case 'map':
      return { ...place, ...joinOf(action.head), layer: clamp(action.layer, bounds.layers), head: action.head };
    case 'layer':
      return { ...place, layer: clamp(shownMap(place, noHover, bounds).layer + action.by, bounds.layers) };
    case 'query':
      return { ...place, query: clamp(action.token, bounds.prefix + patches(bounds)), held: true };
    case 'move':
      return { ...place, query: moved(place, bounds, action.rows, action.columns), held: true };
    case 'edge':
      return { ...place, query: edge(place, bounds, action.to), held: true };
    case 'classToken':
      return bounds.classToken ? { ...place, query: 0, held: true } : place;
    case 'join':
      return typeof place.head === 'number' ? { ...place, head: place.join } : joined(place);
    case 'turn':
      return { ...place, direction: place.direction === 'from' ? 'to' : 'from' };
    case 'hold':
      return hold(place, hover, bounds);
    case 'release':
      return { ...place, query: null, held: false };
  }
}

/** A joined map chooses how heads are joined everywhere. */
function joinOf(head: Head): { readonly join?: Join } {
  return typeof head === 'number' ? {} : { join: head };
}

function joined(place: Place): Place {
  const join = joins[(joins.indexOf(place.join) + 1) % joins.length] ?? 'mean';
  return { ...place, join, head: join };
}

function hold(place: Place, hover: Hover, bounds: Bounds): Place {
  const map = shownMap(place, hover, bounds);
  return { ...place, ...map, query: shownQuery(place, hover, bounds), held: true };
}

/** The token whose attention is shown: the previewed one while nothing is held. */
export function shownQuery(place: Place, hover: Hover, bounds: Bounds): number {
  if (hover.token !== null && hover.previews && !place.held) return clamp(hover.token, bounds.prefix + patches(bounds));
  return chosenQuery(place, bounds);
}

function chosenQuery(place: Place, bounds: Bounds): number {
  if (place.query !== null) return clamp(place.query, bounds.prefix + patches(bounds));
  return bounds.classToken ? 0 : bounds.prefix + middlePatch(bounds);
}

export function middlePatch(bounds: Bounds): number {
  return Math.floor(bounds.rows / 2) * bounds.columns + Math.floor(bounds.columns / 2);
}

/** The layer and head shown: the previewed ones, else the chosen ones. */
export function shownMap(place: Place, hover: Hover, bounds: Bounds): { readonly layer: number; readonly head: Head } {
  if (hover.map) return hover.map;
  const head = typeof place.head === 'number' ? clamp(place.head, bounds.heads) : place.join;
  return { layer: clamp(place.layer ?? bounds.layers - 1, bounds.layers), head };
}

/** The query as a patch, counted from 0; null for a prefix token. */
export function patchOf(token: number, bounds: Bounds): number | null {
  return token >= bounds.prefix ? token - bounds.prefix : null;
}

function moved(place: Place, bounds: Bounds, rows: number, columns: number): number {
  const patch = patchOf(chosenQuery(place, bounds), bounds);
  // The first arrow from the class token enters the grid in its middle.
  if (patch === null) return bounds.prefix + middlePatch(bounds);
  const row = clamp(Math.floor(patch / bounds.columns) + rows, bounds.rows);
  const column = clamp((patch % bounds.columns) + columns, bounds.columns);
  return bounds.prefix + row * bounds.columns + column;
}

function edge(place: Place, bounds: Bounds, to: 'rowStart' | 'rowEnd' | 'first' | 'last'): number {
  const patch = patchOf(chosenQuery(place, bounds), bounds) ?? middlePatch(bounds);
  const row = Math.floor(patch / bounds.columns) * bounds.columns;
  const target = { rowStart: row, rowEnd: row + bounds.columns - 1, first: 0, last: patches(bounds) - 1 }[to];
  return bounds.prefix + target;
}

/** Whether a tab has a map of the image's patches that two networks, or two images, can be compared by. */
export function hasMap(tab: Tab): boolean {
  return tab === 'attention' || tab === 'rollout' || tab === 'explain';
}

export function patches(bounds: Bounds): number {
  return bounds.rows * bounds.columns;
}

function clamp(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value));
}

/** Reads a kept place; what is missing or wrong falls back to the first one. */
export function readPlace(kept: unknown): Place {
  if (typeof kept !== 'object' || kept === null) return firstPlace;
  const given = kept as Readonly<Record<string, unknown>>;
  const place: Record<string, unknown> = { ...firstPlace };
  for (const key of Object.keys(firstPlace)) if (valid(key, given[key])) place[key] = given[key];
  return { ...(place as unknown as Place), features: readFeaturePlace(given['features']) };
}

const choices: Readonly<Record<string, readonly unknown[]>> = {
  tab: tabs,
  picture: ['seen', 'original'],
  colours: ['viridis', 'cividis', 'grey', 'spotlight'],
  scale: ['map', 'shared', 'fixed'],
  join: joins,
  direction: ['from', 'to'],
  side: sides,
  smooth: [true, false],
  softmax: [true, false],
  spread: [true, false],
  fusion: ['mean', 'max', 'min'],
  method: methods,
  held: [true, false],
  grid: [true, false],
  overlay: [true, false],
  values: [true, false, null],
};

function valid(key: string, value: unknown): boolean {
  const allowed = choices[key];
  if (key === 'features') return false;
  if (allowed) return allowed.includes(value);
  if (key === 'head' && joins.some((join) => join === value)) return true;
  if (key === 'box') return typeof value === 'string' && /^(\w+(\.\d+)?)?$/.test(value);
  if (key === 'plan') return isPlan(value);
  if (['layer', 'query', 'target', 'against'].includes(key) && value === null) return true;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return false;
  return ['opacity', 'discard', 'ceiling', 'mass'].includes(key) ? value <= 1 : Number.isInteger(value);
}
