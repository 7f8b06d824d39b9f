import { stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import type { ImageQuestion } from '../../protocol';
import { imageOf } from '../explaining';
import type { Looker, Opened } from '../looking';
import { isFrame } from '../runs/probe';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import { versionOf } from '../weights/modelFile';

/** How an engine call is told of, and ended. */
export interface Tell {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** A network and an image that it is given. */
export interface Subject {
  readonly opened: Opened;
  /** Normalised, [1, H, W, C]. */
  readonly image: FloatTensor;
  /** Changes when either does. */
  readonly key: string;
}

/** Opens both for the time of `work`. */
export async function withSubject<T>(looker: Looker, { checkpoint, file, size }: ImageQuestion, work: (subject: Subject) => Promise<T>): Promise<T> {
  return withWeights(looker, { checkpoint, ...(size !== undefined && { size }) }, async (opened) => {
    const image = await imageOf(opened, file);
    const { mtimeMs, size: bytes } = await stat(file);
    return work({ opened, image, key: JSON.stringify([await versionOf(opened.path), size, file, mtimeMs, bytes]) });
  });
}

/** @throws UserError for what a training kept of its looks at a probe image, which is attention without weights */
export function withWeights<T>(looker: Looker, { checkpoint, size }: Omit<ImageQuestion, 'file'>, work: (opened: Opened) => Promise<T>): Promise<T> {
  if (isFrame(checkpoint)) throw new UserError(l10n.t('A look that a training kept has attention and no weights, so that nothing more can be asked of it. Choose a checkpoint of the run.'));
  return looker.withCheckpoint(checkpoint, work, 'fp32', size);
}

/** A tap that was wished. */
export function tapOf(taps: ReadonlyMap<string, FloatTensor>, name: string): FloatTensor {
  const found = taps.get(name);
  if (!found) throw new Error(`The forward pass brought no ${name}`);
  return found;
}

/** @throws UserError for a network without a head */
export function refuseWithoutHead({ spec, path: file }: Pick<Opened, 'spec' | 'path'>): void {
  if (spec.classes === 0) throw new UserError(l10n.t('The network of {0} has no head: it gives features, and no class whose logit could be read.', file), { file });
}

/** The same image several times: [1, H, W, C] → [count, H, W, C]. */
export function repeated({ shape: [, ...rest], data }: FloatTensor, count: number): FloatTensor {
  const out = new Float32Array(count * data.length);
  for (let i = 0; i < count; i++) out.set(data, i * data.length);
  return { shape: [count, ...rest], data: out };
}
