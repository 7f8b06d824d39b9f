import * as path from 'node:path';
import { describeProblem, parseConfig } from './config/load';
import type { Config } from './config/schema';
import { surveyDataset } from './dataset/open';
import { modelFacts } from './facts';
import type { PresetName } from './model/presets';
import { fitToPatch, vitSpec } from './model/spec';
import type { ModelFacts } from '../protocol';
import { UserError } from './userError';

export function isConfigFile(file: string): boolean {
  return /\.(ya?ml|json)$/i.test(file);
}

/** Sizes and costs of a network by its name, for as many classes as ImageNet-1k has unless said otherwise. */
export function describePreset(preset: PresetName, set: readonly string[] = [], classes = 1000): ModelFacts {
  const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, model: { preset } }), preset, set);
  if (!config) throw new UserError(problems.map(describeProblem).join('\n'));
  return factsOf(config, classes);
}

/**
 * Sizes and costs of the network of a configuration. The number of classes comes from its data, unless it is given.
 *
 * @param file the configuration's path; its data is looked for beside it
 */
export async function describeConfig(config: Config, file: string, classes?: number): Promise<ModelFacts> {
  const count = classes ?? (await surveyDataset(config.dataset, path.dirname(path.resolve(file)))).classes.length;
  return factsOf(config, count);
}

function factsOf(config: Config, classes: number): ModelFacts {
  return modelFacts(vitSpec(config.image, config.model, classes), Math.ceil(config.train.batch_size / config.train.grad_accum_steps), fitToPatch(config.image, config.model));
}
