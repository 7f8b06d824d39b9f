import * as l10n from '@vscode/l10n';
import { reasonOf } from './atomic';
import type { Classified } from '../protocol';
import { listImages, normalise, openPicture } from './image';
import type { Precision } from './compile/executor';
import { topK } from './inspect/predictions';
import type { Looker, Opened } from './looking';
import { fitToPatch } from './model/spec';
import type { ImageSize } from './pretrained/atSize';
import { UserError } from './userError';

export interface ClassifyQuestion {
  readonly checkpoint: string;
  readonly paths: readonly string[];
  /** How many classes to tell of each image. */
  readonly top: number;
  readonly precision?: Precision;
  /** At which the network is given the images; without it, its own. */
  readonly size?: ImageSize | undefined;
}

const BATCH = 32;

/**
 * Classifies files and everything in folders, in the order given. A file that cannot be read gets an `error` and no
 * predictions; the others go on.
 */
export async function classify(
  q: ClassifyQuestion,
  looker: Looker,
  signal: AbortSignal,
  onProgress: (progress: { readonly done: number; readonly of: number }) => void,
): Promise<readonly Classified[]> {
  const found = (await Promise.all(q.paths.map(expand))).flat();
  return looker.withCheckpoint(q.checkpoint, async (opened) => {
    if (opened.meta.classes.length === 0) throw new UserError(l10n.t('{0} has no head, so it cannot classify: it gives features. Fine-tune it, or look inside.', opened.path), { file: opened.path });
    const rows: Classified[] = [];
    for (let from = 0; from < found.length; from += BATCH) {
      signal.throwIfAborted();
      onProgress({ done: from, of: found.length });
      rows.push(...(await classifyBatch(found.slice(from, from + BATCH), opened, q.top)));
    }
    onProgress({ done: found.length, of: found.length });
    return rows;
  }, q.precision, q.size);
}

type Found = { readonly file: string; readonly error?: string; readonly empty?: true };

async function expand(given: string): Promise<readonly Found[]> {
  try {
    const files = await listImages(given);
    return files.length > 0 ? files.map((file) => ({ file })) : [{ file: given, error: l10n.t('There is no image in this folder.'), empty: true }];
  } catch (error) {
    return [{ file: given, error: reasonOf(error) }];
  }
}

async function classifyBatch(files: readonly Found[], { meta, spec, session }: Opened, top: number): Promise<Classified[]> {
  const { image, model } = meta.config;
  const fit = fitToPatch(image, model);
  const inputs = await Promise.all(
    files.map(async ({ file, error }): Promise<Float32Array | string> => {
      if (error !== undefined) return error;
      try {
        return normalise((await openPicture(file, image, fit)).input, image);
      } catch (reason) {
        return reasonOf(reason);
      }
    }),
  );
  const good = inputs.filter((input) => typeof input !== 'string');
  const logits = good.length > 0 ? (await session.forward(stack(good, spec))).logits.data : new Float32Array();
  let next = 0;
  return inputs.map((input, i) => {
    const { file, empty } = files[i]!;
    if (typeof input === 'string') return { file, predictions: [], error: input, ...(empty && { empty }) };
    const from = next++ * spec.classes;
    return { file, predictions: topK(logits.subarray(from, from + spec.classes), meta.classes, top) };
  });
}

function stack(images: readonly Float32Array[], { imageSize: [height, width], channels }: Opened['spec']): { shape: number[]; data: Float32Array } {
  const size = height * width * channels;
  const data = new Float32Array(images.length * size);
  images.forEach((image, i) => data.set(image, i * size));
  return { shape: [images.length, height, width, channels], data };
}
