import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ExportOptions, Exported } from '../protocol';
import { writeFileAtomic } from './atomic';
import { loadCheckpoint, type Checkpoint } from './checkpoint';
import { fitToPatch } from './model/spec';
import { countParams } from './model/params';
import { resolveCheckpoint } from './runStore';
import { UserError } from './userError';
import { VERSION } from './version';

/** A file of Protocol Buffers cannot be longer; a megabyte of it is for the graph. */
const LARGEST_WEIGHTS = 2 ** 31 - 2 ** 20;

/**
 * Writes a checkpoint as an ONNX model: input `images` [B, H, W, C], normalised; output `logits` [B, K] and the wished
 * taps; classes, preprocessing and origin in the file's metadata.
 *
 * @throws UserError when the file exists and may not be replaced, or the network is too large for one file
 */
export async function exportOnnx(q: ExportOptions, signal: AbortSignal, onProgress: (message: string) => void): Promise<Exported> {
  const file = path.resolve(q.out);
  if (!q.force && existsSync(file)) throw new UserError(l10n.t('{0} exists already. Give --force to overwrite it.', file), { file });
  if (q.optimise && q.batch === 'dynamic') throw new UserError(l10n.t('A model in the operators of ONNX Runtime needs a fixed batch. Give its size.'));
  onProgress(l10n.t('Reading the checkpoint'));
  const checkpoint = await loadCheckpoint(await resolveCheckpoint(q.checkpoint));
  refuseTooLarge(checkpoint);
  signal.throwIfAborted();
  onProgress(l10n.t('Writing the graph'));
  // TensorFlow.js is loaded only when something is traced.
  const { exportModel } = await import('./compile/onnx/exportModel');
  const { taps, batch, precision, optimise } = q;
  const model = exportModel(checkpoint.spec, checkpoint.params, {
    taps: { attention: taps.includes('attention'), tokens: taps.includes('tokens') },
    batch, precision, contrib: optimise, metadata: metadataOf(checkpoint, precision),
  });
  signal.throwIfAborted();
  await writeFileAtomic(file, model);
  const { size } = await stat(file);
  return { file, bytes: size, checkpoint: checkpoint.path };
}

function refuseTooLarge({ spec, path: file }: Checkpoint): void {
  const bytes = 4 * countParams(spec);
  if (bytes > LARGEST_WEIGHTS)
    throw new UserError(l10n.t('{0} has {1} MiB of weights, and an ONNX file holds at most {2} MiB.', file, Math.ceil(bytes / 2 ** 20), Math.floor(LARGEST_WEIGHTS / 2 ** 20)), { file });
}

/** What the file says of itself: words of timm's `pretrained_cfg` where it has one, lists and tables as JSON. */
function metadataOf({ spec, meta }: Checkpoint, precision: string): Record<string, string> {
  const { image, model } = meta.config;
  const perChannel = (list: readonly number[]): readonly number[] => Array.from({ length: spec.channels }, (_, i) => list[list.length === 1 ? 0 : i]!);
  const timm = {
    img_size: spec.imageSize, patch_size: spec.patchSize, in_chans: spec.channels, num_classes: spec.classes, embed_dim: spec.width,
    depth: spec.depth, num_heads: spec.heads, mlp_ratio: model.mlp_ratio, global_pool: spec.pool, class_token: spec.pool === 'token',
  };
  const words = {
    architecture: 'vision_transformer',
    model_args: timm,
    label_names: meta.classes,
    num_classes: spec.classes,
    input_size: [spec.channels, ...spec.imageSize],
    layout: 'NHWC',
    mean: perChannel(image.mean),
    std: perChannel(image.std),
    interpolation: image.interpolation,
    crop_mode: { squash: 'squash', crop: 'center', pad: 'border' }[image.fit],
    preprocessing: { ...image, patch_fit: fitToPatch(image, model).how, scale: 1 / 255 },
    activation: spec.activation,
    pos_embed: spec.posEmbed,
    precision,
    dataset: meta.dataset.name,
    epoch: meta.epoch,
    metrics: meta.metrics,
    vit_lab_version: VERSION,
  };
  return Object.fromEntries(Object.entries(words).map(([key, word]) => [key, typeof word === 'string' ? word : JSON.stringify(word)]));
}
