import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { loadCheckpoint, type Checkpoint } from './checkpoint';
import type { Executor } from './compile/executor';
import type { Config, ImageConfig } from './config/schema';
import { resizeMatrix } from './model/resizeMatrix';
import { resolveCheckpoint } from './runStore';
import type { FloatTensor } from './tensors';
import type { Teach } from './pipeline/pipeline';
import { UserError } from './userError';

/** A trained network that another one learns from. */
export interface Teacher {
  /** The checkpoint, absolute. */
  readonly file: string;
  /** Of the file, in hex. */
  readonly sha256: string;
  readonly teach: Teach;
  /** What is worth knowing of it, for people. */
  readonly notes: readonly string[];
  dispose(): void;
}

/** More names than that are not listed. */
const LISTED = 20;

/**
 * Opens the teacher of a configuration; undefined without one.
 *
 * @param folder where its path begins
 * @param classes of the dataset
 * @throws UserError when it knows other classes, or sees images in other colours
 */
export async function openTeacher({ train, image }: Config, folder: string, classes: readonly string[], executor: Executor): Promise<Teacher | undefined> {
  const written = train.distillation?.teacher;
  if (written === undefined) return undefined;
  const checkpoint = await loadCheckpoint(await resolveCheckpoint(path.resolve(folder, written)));
  const { path: file, meta, spec, params } = checkpoint;
  const order = orderOf(checkpoint, classes);
  if (spec.channels < image.channels) {
    throw new UserError(l10n.t('The teacher {0} takes grey images, and image.channels is {1}. Choose a teacher for colour, or image.channels: 1.', file, image.channels), { file });
  }
  const session = await executor.infer(spec, params);
  const convert = converter(image, meta.config.image, spec);
  return {
    file,
    sha256: createHash('sha256').update(await readFile(file)).digest('hex'),
    teach: async (images) => reordered((await session.forward(convert(images))).logits, order),
    notes: [l10n.t('Learns from {0}, which is given images of {1} pixels.', file, spec.imageSize.join(' × '))],
    dispose: () => session.dispose(),
  };
}

/** Where in the teacher's logits each class of the dataset is. */
function orderOf({ path: file, meta }: Checkpoint, classes: readonly string[]): readonly number[] {
  const order = classes.map((name) => meta.classes.indexOf(name));
  if (meta.classes.length === classes.length && new Set(order).size === classes.length && !order.includes(-1)) return order;
  throw new UserError(l10n.t('The teacher {0} has other classes than the dataset. Teacher ({1}): {2}. Dataset ({3}): {4}.', file, meta.classes.length, listed(meta.classes), classes.length, listed(classes)), { file });
}

function listed(names: readonly string[]): string {
  return names.length > LISTED ? `${names.slice(0, LISTED).join(', ')} …` : names.join(', ');
}

function reordered({ shape, data }: FloatTensor, order: readonly number[]): FloatTensor {
  const K = order.length;
  if (order.every((from, to) => from === to)) return { shape, data };
  return { shape, data: data.map((_, at) => data[at - (at % K) + order[at % K]!]!) };
}

type Images = (images: FloatTensor) => FloatTensor;

/** Brings normalised images [B, H, W, C] to the size, the channels and the normalisation of another network. */
export function converter(from: ImageConfig, to: ImageConfig, { imageSize, channels }: { readonly imageSize: readonly [number, number]; readonly channels: number }): Images {
  const of = (numbers: readonly number[], c: number): number => numbers[numbers.length === 1 ? 0 : c]!;
  const scales = Array.from({ length: channels }, (_, c) => {
    const own = from.channels === 1 ? 0 : c;
    return { own, factor: of(from.std, own) / of(to.std, c), shift: (of(from.mean, own) - of(to.mean, c)) / of(to.std, c) };
  });
  const alike = from.channels === channels && scales.every(({ factor, shift }) => factor === 1 && shift === 0);
  const recoloured: Images = ({ shape: [B, H, W, C], data }) => {
    const out = new Float32Array(B! * H! * W! * channels);
    for (let i = 0; i < out.length; i++) {
      const { own, factor, shift } = scales[i % channels]!;
      out[i] = data[Math.floor(i / channels) * C! + own]! * factor + shift;
    }
    return { shape: [B!, H!, W!, channels], data: out };
  };
  return (images) => resized(alike ? images : recoloured(images), imageSize);
}

/** Bicubic and antialiased, on numbers as they are: rows first, then columns. */
function resized(images: FloatTensor, [height, width]: readonly [height: number, width: number]): FloatTensor {
  const { shape, data } = images;
  const [B, H, W, C] = shape as [number, number, number, number];
  if (H === height && W === width) return images;
  const down = along(data, { before: B, from: H, to: height, after: W * C });
  return { shape: [B, height, width, C], data: along(down, { before: B * height, from: W, to: width, after: C }) };
}

/** Resizes one axis: [before, from, after] → [before, to, after]. */
function along(data: Float32Array, { before, from, to, after }: { readonly before: number; readonly from: number; readonly to: number; readonly after: number }): Float32Array {
  if (from === to) return data;
  const taps = resizeMatrix(from, to, 'timm').map((row) => [...row.entries()].filter(([, weight]) => weight !== 0));
  const out = new Float32Array(before * to * after);
  for (let b = 0; b < before; b++)
    for (let t = 0; t < to; t++) {
      const at = (b * to + t) * after;
      for (const [f, weight] of taps[t]!) {
        const source = (b * from + f) * after;
        for (let i = 0; i < after; i++) out[at + i]! += weight * data[source + i]!;
      }
    }
  return out;
}
