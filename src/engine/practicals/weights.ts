import { cp } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import { UserError } from '../userError';

/** The weights that come with ViT Lab (configs/cifar10-80-percent.yaml): where a practical has them, and their network. */
export const START = {
  folder: 'weights/cifar10',
  model: ['projection: conv_stem', 'patch_size: 4', 'stem_dim: 32', 'embed_dim: 256', 'depth: 2', 'num_heads: 4', 'mlp_ratio: 1', 'pos_embed: sincos2d', 'global_pool: seq'],
} as const;

/**
 * Puts the weights into a practical's folder, so that its configurations name them wherever ViT Lab is installed.
 * @param media folder that holds `run`, the trained runs
 */
export async function copyWeights(media: string, folder: string): Promise<void> {
  const source = path.join(media, 'run', 'cifar10');
  try {
    await cp(source, path.join(folder, START.folder), { recursive: true, force: false });
  } catch (error) {
    throw new UserError(l10n.t('The trained weights cannot be copied from {0}: {1}', source, reasonOf(error)));
  }
}
