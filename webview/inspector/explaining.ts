import { explanationMethods } from '../../src/explanations';
import { areLight } from '../../src/light';
import type { ExplanationMethod, ImageView } from '../../src/protocol';
import type { Place } from './place';
import type { Model } from './session';

/** One pass and one way back bring all of these. */
const quickMethods = explanationMethods.filter((method) => method !== 'occlusion');

/** The maps that are computed: occlusion, which needs a pass for each patch, where that is cheap or it is looked at. */
export function wishedMethods(view: ImageView, { method }: Pick<Place, 'method'>): readonly ExplanationMethod[] {
  return areLight(view, view.grid.rows * view.grid.columns) || method === 'occlusion' ? explanationMethods : quickMethods;
}

/** The same of what the panel shows: where the methods were measured, that of occlusion had to be computed and can be looked at. */
export function methodsShown(view: ImageView, { place, scores }: Pick<Model, 'place' | 'scores'>): readonly ExplanationMethod[] {
  return scores ? explanationMethods : wishedMethods(view, place);
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
