import type { TrainConfig } from '../config/schema';

/** What of a recipe is in the graph of a step, as a part of its key: what another value of it would change. */
export function graphRecipe(recipe: TrainConfig): object {
  const { opt, betas, eps, weight_decay, momentum, nesterov, clip_grad, clip_mode, loss, focal_gamma, sam_rho, model_ema_decay, distillation } = recipe;
  return { opt, betas, eps, weight_decay, momentum, nesterov, clip_grad, clip_mode, loss, focal_gamma, sam_rho, average: model_ema_decay > 0, distillation: distillation && { ...distillation, teacher: undefined } };
}
