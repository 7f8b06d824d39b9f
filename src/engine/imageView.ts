import type { CheckpointInfo, EngineInfo, ImageView, ModelFacts } from '../protocol';
import { modelShape } from './facts';
import { pixelsOf, type Picture } from './image';
import type { PatchGrid } from './inspect/patches';
import { softmax, topK } from './inspect/predictions';
import type { ViTSpec } from './model/spec';

const SHOWN_PREDICTIONS = 10;

/** What a network made of a picture, whether it was asked just now or by the training that kept the answer. */
export function imageView(
  { spec, grid, facts, classes }: { readonly spec: ViTSpec; readonly grid: PatchGrid; readonly facts: ModelFacts; readonly classes: readonly string[] },
  picture: Picture,
  logits: Float32Array,
  about: { readonly file: string; readonly checkpoint: CheckpointInfo; readonly engine: EngineInfo },
): ImageView {
  const headless = spec.classes === 0;
  return {
    ...about,
    model: modelShape(spec),
    facts,
    seen: pixelsOf(picture.input),
    original: picture.original,
    fileSize: picture.fileSize,
    preprocessing: picture.preprocessing,
    grid: { rows: grid.rows, columns: grid.columns },
    prefix: grid.prefix,
    predictions: topK(logits, classes, SHOWN_PREDICTIONS),
    classes: headless ? [] : classes,
    probabilities: headless ? new Float32Array(0) : Float32Array.from(softmax(logits)),
  };
}
