import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Config } from './config/schema';
import { openDataset } from './dataset/open';
import { modelFacts } from './facts';
import { fitToPatch, vitSpec } from './model/spec';
import type { ModelFacts } from '../protocol';

/** Classes of a configuration that names no data: those of ImageNet, as in timm. */
const CLASSES_WITHOUT_DATA = 1000;

export function isConfigFile(file: string): boolean {
  return /\.(ya?ml|json)$/i.test(file);
}

/**
 * Sizes and costs of the network of a configuration. The number of classes comes from its data, unless it is given.
 *
 * @param file the configuration's path; its data is looked for beside it
 */
export async function describeConfig(config: Config, file: string, signal: AbortSignal, classes?: number): Promise<ModelFacts> {
  const named = config.dataset.path !== undefined || config.dataset.format === 'shapes';
  const count = classes ?? (named ? await classesOfData(config, file, signal) : CLASSES_WITHOUT_DATA);
  const facts = modelFacts(vitSpec(config.image, config.model, count), config.train.batch_size, fitToPatch(config.image, config.model));
  if (named || classes !== undefined) return facts;
  const note = l10n.t('The configuration names no dataset: {0} classes are assumed.', CLASSES_WITHOUT_DATA);
  return { ...facts, note: [facts.note, note].filter(Boolean).join(' ') };
}

async function classesOfData(config: Config, file: string, signal: AbortSignal): Promise<number> {
  const dataset = await openDataset(config, path.dirname(path.resolve(file)), { signal, acceptBroken: true });
  return dataset.classes.length;
}
