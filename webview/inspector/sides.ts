import type { ImageView } from '../../src/protocol';
import { hasMap, patchOf, type Bounds, type Head, type Side } from './place';
import type { Other } from './attending';
import type { Model } from './session';

/** Two networks on one image, or two images in one network: A is what the panel shows, B stands beside it. */

/** Which side is drawn large: B and the difference only where both have the same patches, and on tabs whose maps are compared. */
export function sideOf(model: Model): Side {
  return model.other && canSubtract(model) && hasMap(model.place.tab) ? model.place.side : 'a';
}

/** Whether patch by patch the two can be told apart by a number. */
export function canSubtract({ bounds, other }: Model): boolean {
  return other !== null && other.bounds.rows === bounds.rows && other.bounds.columns === bounds.columns;
}

/** The panel as it would be with B alone; null without B. */
export function otherModel(model: Model): Model | null {
  const { other, state } = model;
  if (!other || !state) return null;
  const { view, bounds, attention, rollouts, explanations, against } = other;
  return { ...model, state: { ...state, view }, bounds, attention, rollouts, explanations, against };
}

/** The side that is drawn, as a model of its own; for the difference that of A. */
export function shownModel(model: Model): Model {
  return sideOf(model) === 'b' ? (otherModel(model) ?? model) : model;
}

/** B's token in the place of A's: a prefix token by its name, a patch by where it lies. Null where B has none. */
export function tokenIn(other: Pick<Other, 'bounds' | 'view'>, token: number, bounds: Bounds, view: ImageView): number | null {
  const patch = patchOf(token, bounds);
  if (patch === null) {
    const at = other.view.prefix.indexOf(view.prefix[token] ?? '');
    return at < 0 ? null : at;
  }
  const row = Math.floor(((Math.floor(patch / bounds.columns) + 0.5) * other.bounds.rows) / bounds.rows);
  const column = Math.floor((((patch % bounds.columns) + 0.5) * other.bounds.columns) / bounds.columns);
  return other.bounds.prefix + row * other.bounds.columns + column;
}

/** Whether B has a layer and a head. */
export function hasHead({ bounds }: Pick<Other, 'bounds'>, layer: number, head: Head): boolean {
  return layer < bounds.layers && (typeof head !== 'number' || head < bounds.heads);
}

/** B's class of the same name; null where it has none. */
export function classIn({ view }: Pick<Other, 'view'>, index: number, of: ImageView): number | null {
  const at = view.classes.indexOf(of.classes[index] ?? '');
  return at < 0 ? null : at;
}

/** b − a; null while one is missing, or where they have different patches. */
export function subtract(a: Float32Array | null | undefined, b: Float32Array | null | undefined): Float32Array | null {
  return a && b && a.length === b.length ? b.map((value, i) => value - (a[i] ?? 0)) : null;
}
