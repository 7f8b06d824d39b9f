import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, ImageView, PositionView } from '../../protocol';
import { disk, reasonOf } from '../atomic';
import { modelFacts } from '../facts';
import { openPicture } from '../image';
import { imageView } from '../imageView';
import { patchGrid, type PatchGrid } from '../inspect/patches';
import { positionNote } from '../inspect/positions';
import { fitToPatch, vitSpec } from '../model/spec';
import { readRecord } from '../runs/files';
import { placeOfFrame, readProbe } from '../runs/probe';
import { decodeFrame } from '../runs/probeFrame';
import { readRunConfig } from '../runStore';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';

/** What a run kept of one look at a probe image: it answers as the checkpoint of that epoch would, without its weights. */
export interface OpenedFrame {
  readonly view: ImageView;
  readonly attention: readonly FloatTensor[];
  readonly grid: PatchGrid;
  readonly positions: PositionView;
}

/** @throws UserError naming the file when it is not there or damaged */
export async function openFrame(file: string): Promise<OpenedFrame> {
  const place = placeOfFrame(file);
  const image = place && (await readProbe(place.run))?.images[place.image];
  const listed = image?.frames.find(({ epoch }) => epoch === place?.epoch);
  if (!place || !image || !listed) throw new UserError(l10n.t('{0} is not kept any more.', file), { file });
  const record = await readRecord(place.run);
  const config = await readRunConfig(place.run, record);
  const spec = vitSpec(config.image, config.model, record.dataset.classes.length);
  const bytes = await disk.readFile(file).catch((error: unknown) => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  });
  const frame = await decodeFrame(bytes, file);
  const fit = fitToPatch(config.image, config.model);
  const picture = await openPicture(image.file, config.image, fit);
  const grid = patchGrid(spec);
  const { mtime } = await disk.stat(file);
  const checkpoint: CheckpointInfo = {
    path: path.resolve(file), run: place.run, runName: record.name, epoch: listed.epoch, step: listed.step,
    best: false, last: false, bytes: bytes.length, modified: mtime.toISOString(), metrics: {},
  };
  return {
    attention: frame.attention,
    grid,
    positions: { grid: { rows: grid.rows, columns: grid.columns }, similarity: frame.similarity, note: positionNote(spec.posEmbed) },
    view: imageView({ spec, grid, facts: modelFacts(spec, config.train.batch_size, fit), classes: record.dataset.classes }, picture, frame.logits, {
      file: image.source,
      checkpoint,
      engine: { name: 'onnx', label: l10n.t('kept by the training: {0}', record.engine.label), rejected: [] },
    }),
  };
}
