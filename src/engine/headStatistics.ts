import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { HeadStatistics, ImageQuestion } from '../protocol';
import { reasonOf } from './atomic';
import { listImages, normalise, openInput } from './image';
import { attentionDistance, meanEntropy, refuseWithoutAttention } from './inspect/attention';
import type { Looker, Opened } from './looking';
import { fitToPatch } from './model/spec';
import { openOwnSplit } from './ownDataset';
import type { FloatTensor } from './tensors';
import { UserError } from './userError';

export interface HeadQuestion {
  readonly checkpoint: string;
  /** Files and folders; without any, the validation images of the checkpoint's run. */
  readonly paths?: readonly string[];
  readonly most: number;
  readonly size?: ImageQuestion['size'];
}

interface Tell {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly of: number }) => void;
}

/** Images in their order, each as the network takes it or the reason why it cannot be read. */
interface Source {
  readonly size: number;
  read(index: number): Promise<{ readonly file: string; readonly image?: FloatTensor; readonly error?: string }>;
}

/**
 * Mean attention distance and mean entropy of each head over images (Dosovitskiy et al. 2021, Fig. 7 right and appendix D.7,
 * which takes 128). Of more than `most` images, those that are taken are spread over all. A file that cannot be read is told
 * and left out.
 *
 * @throws UserError when there is no image, or none that can be read, and for a network without attention
 */
export async function measureHeads(q: HeadQuestion, looker: Looker, tell: Tell): Promise<HeadStatistics> {
  return looker.withCheckpoint(q.checkpoint, async (opened) => {
    refuseWithoutAttention(opened);
    const source = q.paths === undefined ? await ownImages(opened, tell.signal) : await filesIn(q.paths, opened);
    if (source.size === 0) throw new UserError(l10n.t('There is no image in {0}.', (q.paths ?? []).join(', ')));
    return gather(opened, source, Math.max(1, Math.min(source.size, q.most)), tell);
  }, 'fp32', q.size);
}

async function gather({ session, spec, grid }: Opened, source: Source, of: number, { signal, onProgress }: Tell): Promise<HeadStatistics> {
  const count = spec.depth * spec.heads;
  const [distance, entropy] = [createMoments(count), createMoments(count)];
  const broken: { file: string; error: string }[] = [];
  for (let done = 0; done < of; done++) {
    signal.throwIfAborted();
    onProgress({ done, of });
    const { file, image, error } = await source.read(Math.floor((done * source.size) / of));
    if (!image) {
      broken.push({ file, error: error ?? '' });
      continue;
    }
    const { taps } = await session.forward(image, { attention: true });
    const layers = Array.from({ length: spec.depth }, (_, layer) => taps.get(`attention.${layer}`)!);
    distance.add(attentionDistance(layers, grid));
    entropy.add(meanEntropy(layers));
    await setImmediate();
  }
  onProgress({ done: of, of });
  const images = of - broken.length;
  if (images === 0) throw new UserError(l10n.t('No image could be read. {0}: {1}', broken[0]!.file, broken[0]!.error), { file: broken[0]!.file });
  return {
    images, broken, layers: spec.depth, heads: spec.heads,
    distance: distance.mean(), distanceSpread: distance.spread(), entropy: entropy.mean(), entropySpread: entropy.spread(),
  };
}

async function filesIn(paths: readonly string[], { meta, spec }: Opened): Promise<Source> {
  const files = (await Promise.all(paths.map((one) => listImages(one).catch((error: unknown) => { throw new UserError(l10n.t('Cannot read {0}: {1}', one, reasonOf(error)), { file: one }); })))).flat();
  const fit = fitToPatch(meta.config.image, meta.config.model);
  return {
    size: files.length,
    async read(index) {
      const file = files[index]!;
      try {
        const input = await openInput(file, meta.config.image, fit);
        return { file, image: { shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, meta.config.image) } };
      } catch (error) {
        return { file, error: reasonOf(error) };
      }
    },
  };
}

async function ownImages(opened: Opened, signal: AbortSignal): Promise<Source> {
  const split = await openOwnSplit(opened, 'val', { signal });
  return {
    size: split.size,
    async read(index) {
      const bytes = await split.read(Int32Array.of(index));
      return { file: String(index), image: { shape: [1, bytes.height, bytes.width, bytes.channels], data: normalise(bytes, opened.meta.config.image) } };
    },
  };
}

/** Mean and standard deviation of arrays, one after the other (Welford 1962). */
function createMoments(count: number): { add(values: Float32Array): void; mean(): Float32Array; spread(): Float32Array } {
  const [mean, squares] = [new Float64Array(count), new Float64Array(count)];
  let n = 0;
  return {
    add(values) {
      n++;
      for (let i = 0; i < count; i++) {
        const away = values[i]! - mean[i]!;
        mean[i]! += away / n;
        squares[i]! += away * (values[i]! - mean[i]!);
      }
    },
    mean: () => Float32Array.from(mean),
    spread: () => Float32Array.from(squares, (sum) => (n > 1 ? Math.sqrt(sum / (n - 1)) : 0)),
  };
}
