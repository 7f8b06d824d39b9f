import * as path from 'node:path';
import type { Config } from './config/schema';
import { surveyDataset } from './dataset/open';
import { modelFacts } from './facts';
import { fitToPatch, vitSpec } from './model/spec';
import type { ModelFacts } from '../protocol';

export function isConfigFile(file: string): boolean {
  return /\.(ya?ml|json)$/i.test(file);
}

/**
 * Sizes and costs of the network of a configuration. The number of classes comes from its data, unless it is given.
 *
 * @param file the configuration's path; its data is looked for beside it
 */
export async function describeConfig(config: Config, file: string, classes?: number): Promise<ModelFacts> {
  const count = classes ?? (await surveyDataset(config.dataset, path.dirname(path.resolve(file)))).classes.length;
  return modelFacts(vitSpec(config.image, config.model, count), Math.ceil(config.train.batch_size / config.train.grad_accum_steps), fitToPatch(config.image, config.model));
}
