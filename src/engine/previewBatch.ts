import * as path from 'node:path';
import type { BatchPreview, PreviewImage, PreviewQuestion } from '../protocol';
import { readConfig, readConfigText } from './config/load';
import type { Config } from './config/schema';
import type { Dataset, Split } from './dataset/dataset';
import { evensOut } from './dataset/findings';
import { openNamed, refuseUnfit } from './fitsData';
import { startFacts } from './finetune/start';
import { vitSpec } from './model/spec';
import { countedOf, warningsWithData } from './oddWithData';
import type { Batch } from './pipeline/batch';
import { batchesOf } from './pipeline/pipeline';
import { stepsIn } from './trainer';

/** Numbers of a batch that are sent at most: a window has to draw them. */
const MOST_NUMBERS = 3 * 2 ** 20;
/** Images that are sent at most, where nothing else is wished. */
const MOST_IMAGES = 128;
/** An opened dataset stays for the next batch so long. */
const KEEP_MS = 120_000;

type Progress = (progress: { readonly done: number; readonly of: number }) => void;
type Previewer = (q: PreviewQuestion, signal: AbortSignal, onProgress: Progress) => Promise<BatchPreview>;

/** Makes batches for people to look at. The last dataset stays open for a while, so that the next batch comes at once. */
export function batchPreviewer(): Previewer {
  let kept: { readonly key: string; readonly dataset: Dataset } | undefined;
  let timer: NodeJS.Timeout | undefined;
  return async (q, signal, onProgress) => {
    const warnings: string[] = [];
    const config = await configOf(q, (message) => warnings.push(message));
    const folder = path.dirname(path.resolve(q.config));
    const origin = { file: q.config, text: q.text, set: q.set };
    const key = JSON.stringify([folder, config.dataset, config.image, config.model]);
    if (kept?.key !== key) kept = undefined;
    kept ??= { key, dataset: await openNamed(config, origin, { signal, acceptBroken: true, onProgress: (done, of) => onProgress({ done, of }) }) };
    clearTimeout(timer);
    timer = setTimeout(() => (kept = undefined), KEEP_MS).unref();
    await refuseUnfit(config, kept.dataset, origin);
    warnings.push(...(await warningsWithData(config, countedOf(kept.dataset), origin)));
    const preview = await previewOf(config, kept.dataset, q);
    return { ...preview, warnings: [...warnings, ...preview.warnings] };
  };
}

/** @throws UserError when the configuration has errors */
async function configOf({ config: file, text, set = [], seed }: PreviewQuestion, onWarning: (message: string) => void): Promise<Config> {
  return readConfig(text ?? (await readConfigText(file)), file, [...set, ...(seed === undefined ? [] : [`seed=${seed}`])], onWarning, startFacts);
}

/** The batch of a step, made by the trainer's own hands. */
export async function previewOf(config: Config, dataset: Dataset, { step = 0, most }: Pick<PreviewQuestion, 'step' | 'most'>): Promise<BatchPreview> {
  const { train } = dataset.splits;
  const stepsPerEpoch = stepsIn(train, config.train.batch_size);
  const at = Math.min(Math.max(0, step), config.train.epochs * stepsPerEpoch - 1);
  const epoch = Math.floor(at / stepsPerEpoch);
  const spec = vitSpec(config.image, config.model, dataset.classes.length);
  const batch = await batchesOf({ config, spec, dataset }, epoch)(at % stepsPerEpoch);
  const [count, height, width, channels] = batch.images.shape as readonly [number, number, number, number];
  const size = height * width * channels;
  const shown = Math.min(count, most ?? Math.min(MOST_IMAGES, Math.max(1, Math.floor(MOST_NUMBERS / size))));
  const perChannel = (values: readonly number[]): number[] => Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]!);
  const { mix } = batch;
  return {
    dataset: dataset.name,
    classes: dataset.classes,
    counts: dataset.findings.counts,
    evened: evensOut(config),
    seed: config.seed,
    step: at,
    epoch,
    epochs: config.train.epochs,
    stepsPerEpoch,
    batchSize: count,
    images: Array.from({ length: shown }, (_, row) => imageOf(batch, row, train)),
    height,
    width,
    channels,
    pixels: batch.images.data.slice(0, shown * size),
    mean: perChannel(config.image.mean),
    std: perChannel(config.image.std),
    mix: mix && { kind: mix.box ? 'cutmix' : 'mixup', lam: mix.lam },
    smoothing: config.train.label_smoothing,
    warnings: dataset.broken.map(({ file, reason }) => `${file}: ${reason}`).slice(0, 10),
  };
}

function imageOf({ indices, mix }: Batch, row: number, split: Split): PreviewImage {
  const index = indices[row]!;
  const own = { name: split.name(index), label: split.labels[index]! };
  if (!mix) return { ...own, share: 1 };
  const other = split.labels[indices[indices.length - 1 - row]!]!;
  return { ...own, share: mix.lam, other, ...(mix.box && { box: mix.box }) };
}
