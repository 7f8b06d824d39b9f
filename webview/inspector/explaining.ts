import { explanationMethods } from '../../src/explanations';
import type { ImageView } from '../../src/protocol';
import type { Place } from './place';
import type { Model } from './session';

/** One pass and one way back bring all of these. */
export const quickMethods = explanationMethods.filter((method) => method !== 'occlusion');

/** Multiply-adds up to which a map that needs a pass for each patch is computed unasked. */
const LIGHT = 3e9;

/** Whether occlusion is cheap enough to be there at once. */
export function isLight({ facts, grid }: ImageView): boolean {
  return facts.macs * grid.rows * grid.columns <= LIGHT;
}

/** Whether what is shown is a look that a training kept of its probe image. */
export function isKept({ state }: Pick<Model, 'state'>): boolean {
  return Boolean(state?.probe?.frame) && state?.probe?.frame === state?.view?.checkpoint.path;
}

export function canExplain(model: Pick<Model, 'state'>): boolean {
  return (model.state?.view?.classes.length ?? 0) > 0 && !isKept(model);
}

export function bestClass({ probabilities }: ImageView): number {
  return probabilities.reduce((best, p, i) => (p > (probabilities[best] ?? 0) ? i : best), 0);
}

/** The class that is explained: the chosen one where this network has it, else the most probable. */
export function targetOf({ target }: Place, view: ImageView): number {
  return target !== null && target < view.classes.length ? target : bestClass(view);
}
