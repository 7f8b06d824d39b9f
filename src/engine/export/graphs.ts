import * as l10n from '@vscode/l10n';
import type { ExportOptions } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import { refuseEmptyPrecision } from '../compile/precision';
import { refuseTaps } from '../inspect/attention';
import { countParams } from '../model/params';
import { UserError } from '../userError';
import { metadataOf } from './words';

/** A file of Protocol Buffers cannot be longer; a megabyte of it is for the graph. */
const LARGEST_WEIGHTS = 2 ** 31 - 2 ** 20;

/** @throws UserError when the network has not what is wished, or is too large for one file */
export function checkGraph({ spec, path: file, ...checkpoint }: Checkpoint, q: ExportOptions): void {
  const bytes = 4 * countParams(spec);
  if (bytes > LARGEST_WEIGHTS)
    throw new UserError(l10n.t('{0} has {1} MiB of weights, and the file of a graph holds at most {2} MiB.', file, Math.ceil(bytes / 2 ** 20), Math.floor(LARGEST_WEIGHTS / 2 ** 20)), { file });
  refuseEmptyPrecision(spec, q.precision);
  refuseTaps({ spec, path: file, ...checkpoint }, q.taps);
}

/**
 * A checkpoint as an ONNX model: input `images` [B, H, W, C], normalised; output `logits` [B, K] and the wished taps;
 * classes, preprocessing and origin in the file's metadata.
 */
export async function onnxModel(checkpoint: Checkpoint, { taps, batch, precision, optimise }: ExportOptions): Promise<Uint8Array> {
  // TensorFlow.js is loaded only when something is traced.
  const { exportModel } = await import('../compile/onnx/exportModel');
  return exportModel(checkpoint.spec, checkpoint.params, {
    taps: { attention: taps.includes('attention'), tokens: taps.includes('tokens') },
    batch, precision, contrib: optimise, metadata: metadataOf(checkpoint, precision),
  });
}

/** A checkpoint as TensorFlow's `saved_model.pb`, with input and outputs as above. */
export async function savedModel(checkpoint: Checkpoint, { taps }: ExportOptions, batch: number): Promise<Uint8Array> {
  const { exportSavedModel } = await import('../compile/tensorflow/exportModel');
  return exportSavedModel(checkpoint.spec, checkpoint.params, { taps: { attention: taps.includes('attention'), tokens: taps.includes('tokens') }, batch });
}
