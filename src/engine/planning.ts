import type { Plan, PlanQuestion } from '../flowProtocol';
import { parseConfig } from './config/load';
import { modelFacts } from './facts';
import { fitToPatch, vitSpec } from './model/spec';

/** Sizes and costs of a network that nobody has trained yet, by the code that tells those of the others, and its configuration. */
export function planNetwork(q: PlanQuestion): Plan {
  const yaml = planText(q);
  const { config, problems } = parseConfig(yaml, 'plan.yaml');
  const told = problems.filter(({ severity }) => severity === 'error').map(({ key, message }) => `${key}: ${message}`);
  if (!config) return { facts: null, problems: told, yaml };
  const { image, model, train } = config;
  return { facts: modelFacts(vitSpec(image, model, q.classes), train.batch_size, fitToPatch(image, model)), problems: [], yaml };
}

function planText({ imageSize: [height, width], channels, patch, width: D, depth, heads, posEmbed }: PlanQuestion): string {
  return [
    'dataset:',
    '  format: shapes # your images: format: folder, path: …',
    'image:',
    `  size: ${height === width ? height : `[${height}, ${width}]`}`,
    `  channels: ${channels}`,
    'model:',
    `  patch_size: ${patch}`,
    `  embed_dim: ${D}`,
    `  depth: ${depth}`,
    `  num_heads: ${heads}`,
    `  pos_embed: ${posEmbed}`,
    '',
  ].join('\n');
}
