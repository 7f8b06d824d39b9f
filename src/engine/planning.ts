import { stringify } from 'yaml';
import type { Plan, PlanSizes } from '../flowProtocol';
import { parseConfig } from './config/load';
import { configSchema, type ImageConfig, type ModelConfig } from './config/schema';
import { modelFacts } from './facts';
import { fitToPatch, vitSpec } from './model/spec';

/** The network that a plan starts from. */
export interface Planned {
  readonly image: ImageConfig;
  readonly model: ModelConfig;
  readonly classes: number;
  /** Images per step, for the memory of a training. */
  readonly batch: number;
}

/**
 * Sizes and costs of a network like another one but for some sizes, by the code that tells those of the others, and its
 * configuration: what is not as it is by default, and those sizes.
 */
export function planNetwork({ image, model, classes, batch }: Planned, { patch, width, depth, heads, posEmbed }: PlanSizes): Plan {
  const sizes = { patch_size: patch, embed_dim: width, depth, num_heads: heads, pos_embed: posEmbed };
  // Of a network of convolutions nothing is left but its image.
  const like = model.architecture === 'resnet' ? {} : model;
  const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image, model: { ...like, ...sizes } }), 'plan');
  const defaults = configSchema.parse({});
  const written = { image: { ...changed(image, defaults.image), size: image.size }, model: { ...changed(like, defaults.model), ...sizes } };
  const yaml = `dataset:\n  format: shapes # your images: format: folder, path: …\n${stringify(written)}`;
  if (!config) return { facts: null, problems: problems.filter(({ severity }) => severity === 'error').map((problem) => `${problem.key}: ${problem.message}`), yaml };
  return { facts: modelFacts(vitSpec(config.image, config.model, classes), batch, fitToPatch(config.image, config.model)), problems: [], yaml };
}

/** The keys whose values are not the default ones. */
function changed(of: object, defaults: object): object {
  const before = new Map(Object.entries(defaults).map(([key, value]) => [key, JSON.stringify(value)]));
  return Object.fromEntries(Object.entries(of).filter(([key, value]) => value !== undefined && before.get(key) !== JSON.stringify(value)));
}
