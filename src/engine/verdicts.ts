import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EvaluationReport, JudgedImage, PairedVerdicts, VerdictApi, Verdicts } from '../protocol';
import type { Call, Server } from '../rpc';
import { ensureFolder, writeFileAtomic } from './atomic';
import { cacheFolder } from './cacheFolder';
import type { Split } from './dataset/dataset';
import { evaluateImages } from './evaluateCheckpoint';
import { pixelsOf } from './image';
import type { Looker } from './looking';
import { openOwnDataset } from './ownDataset';
import { urlsOf } from './report/gallery';
import type { Predictions } from './report/material';
import { comparePairs } from './report/pairs';
import { startPredictions } from './report/predictions';
import { readRecord } from './runs/files';
import { UserError } from './userError';

/** What a run says of each image of its test, kept for the questions that follow. */

interface Judgement {
  readonly verdicts: Verdicts;
  readonly predictions: Predictions;
  readonly evaluation: EvaluationReport;
  readonly images: Split;
  /** Of the dataset. */
  readonly place: string;
}

/** Those of two runs side by side, and of two looked at before. */
const KEPT = 4;
/** Pictures of one answer. */
const MOST_IMAGES = 200;

export function verdictApi(looker: Looker): Server<VerdictApi> {
  const kept = new Map<string, Judgement>();
  const keep = (run: string, judgement: Judgement): void => {
    kept.delete(run);
    kept.set(run, judgement);
    for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
  };
  const known = (run: string): Judgement => {
    const judgement = kept.get(path.resolve(run));
    if (!judgement) throw new UserError(l10n.t('The images of {0} are no longer in memory. Evaluate it again.', run), { file: run });
    return judgement;
  };
  return {
    judgeImages: async ({ run }, call) => {
      const judgement = await judge(path.resolve(run), looker, call);
      keep(path.resolve(run), judgement);
      return judgement.verdicts;
    },
    pairVerdicts: ({ runs: [first, second] }, { signal }) => pair(known(first), known(second), signal),
    judgedImages: ({ run, indices }) => pictures(known(run), indices),
    judgedFile: async ({ run, index }) => ({ file: await fileOf(known(run), index) }),
  };
}

async function judge(run: string, looker: Looker, { signal, progress }: Call): Promise<Judgement> {
  const record = await readRecord(run);
  const split = record.dataset.sizes.test > 0 ? 'test' : 'val';
  return looker.withCheckpoint(run, async (opened) => {
    const dataset = await openOwnDataset(opened, { signal });
    // Numbers of other images would be numbers of something else.
    if (dataset.fingerprint !== record.dataset.fingerprint) throw new UserError(l10n.t('The images at {0} are not those that {1} was trained and tested on.', dataset.path, record.name), { file: dataset.path });
    const images = dataset.splits[split];
    if (images.size === 0) throw new UserError(l10n.t('{0} has no images in {1}.', dataset.path, split));
    const listener = startPredictions(images, dataset.path, opened.meta.classes.length);
    const { report } = await evaluateImages(opened, images, { split, signal, onProgress: (done, of) => progress({ done, of }), onLogits: listener.add });
    const { labels, guesses, confidence, own } = listener.predictions;
    return { verdicts: { run, split, classes: opened.meta.classes, labels, guesses, confidence, own }, predictions: listener.predictions, evaluation: report, images, place: dataset.path };
  });
}

async function pair(first: Judgement, second: Judgement, signal: AbortSignal): Promise<PairedVerdicts | null> {
  const [paired] = (await comparePairs([first, second], [{ first: 0, second: 1 }], signal)).paired;
  if (!paired?.same) return null;
  const { counts, p, difference, balanced } = paired;
  return { counts, p, top1: difference, balanced };
}

async function pictures({ images }: Judgement, indices: readonly number[]): Promise<readonly JudgedImage[]> {
  const wanted = indices.filter((index) => Number.isInteger(index) && index >= 0 && index < images.size).slice(0, MOST_IMAGES);
  const urls = await urlsOf(images, wanted);
  return wanted.map((index, i) => ({ index, name: images.name(index), url: urls[i]! }));
}

/** The image's own file where it has one; what lies in an archive is written as the network gets it. */
async function fileOf({ images, place }: Judgement, index: number): Promise<string> {
  if (!Number.isInteger(index) || index < 0 || index >= images.size) throw new UserError(l10n.t('There is no image {0}.', index));
  const name = images.name(index);
  const own = path.resolve(place, name);
  if (existsSync(own)) return own;
  const bytes = await images.read(Int32Array.of(index));
  const { width, height, rgba } = pixelsOf(bytes);
  const { default: sharp } = await import('sharp');
  const png = await sharp(rgba, { raw: { width, height, channels: 4 } }).png().toBuffer();
  const folder = path.join(cacheFolder() ?? path.join(tmpdir(), 'vit-lab'), 'images');
  const file = path.join(folder, `${createHash('sha256').update(png).digest('hex').slice(0, 16)}.png`);
  if (existsSync(file)) return file;
  await ensureFolder(folder);
  await writeFileAtomic(file, png);
  return file;
}
