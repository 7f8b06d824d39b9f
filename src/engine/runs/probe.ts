import * as path from 'node:path';
import { z } from 'zod';
import type { ProbeImage, ProbeView } from '../../protocol';
import { cleanLeftovers, disk, ensureFolder, writeFileAtomic } from '../atomic';
import { exists, files, readJson, readRecord } from './files';
import { encodeFrame, type ProbeFrame } from './probeFrame';

/** Lines of the prediction over the epochs. */
const SHOWN_CLASSES = 5;
/** Classes whose probability is kept for each epoch; the others are below all of these. */
const KEPT_CLASSES = 50;

const indexSchema = z.object({
  format: z.literal(1),
  images: z.array(
    z.object({
      /** In the folder of the probe. */
      file: z.string().regex(/^image-\d+\.\w+$/),
      source: z.string(),
      /** Kept in full are the epochs that are multiples of this, and the newest. */
      stride: z.int().min(1),
      /** Oldest first. */
      frames: z.array(z.object({ epoch: z.int(), step: z.int(), bytes: z.int() })),
      /** For every epoch that was looked at, in full or not: class and probability, most probable first. */
      predictions: z.array(z.object({ epoch: z.int(), step: z.int(), top: z.array(z.tuple([z.int(), z.number()])) })),
    }),
  ),
});

type Index = z.output<typeof indexSchema>;
type Kept = Index['images'][number]['frames'][number];

/** The looks of one run at its probe images; only its owner writes them. */
export interface ProbeStore {
  /** Copies of the images, in the order of the configuration. */
  readonly images: readonly string[];
  /**
   * Keeps what one epoch showed: a frame for each image. Older ones are thinned out where the budget asks for it.
   *
   * @returns whether it is kept, and the budget holds a second look of its size beside it
   */
  save(at: { readonly epoch: number; readonly step: number }, frames: readonly { readonly frame: ProbeFrame; readonly top: readonly (readonly [number, number])[] }[]): Promise<boolean>;
}

/**
 * What to keep in full: the newest epoch, and of the others the multiples of `stride`, which doubles until all fits into
 * the budget. Where not even two fit it is the newest alone, or none.
 */
export function thinned<T extends Pick<Kept, 'epoch' | 'bytes'>>(frames: readonly T[], from: number, budget: number): { readonly kept: readonly T[]; readonly stride: number } {
  const newest = frames.at(-1);
  let stride = from;
  for (; newest && stride <= Math.max(from, newest.epoch) * 2; stride *= 2) {
    const kept = frames.filter((frame) => frame === newest || frame.epoch % stride === 0);
    if (kept.reduce((sum, { bytes }) => sum + bytes, 0) <= budget) return { kept, stride };
  }
  return { kept: newest && newest.bytes <= budget ? [newest] : [], stride };
}

/**
 * Opens the probe of a run: copies the images into it where it is new, and forgets what lies after a step where it goes on.
 *
 * @param images files, absolute; a run that goes on keeps the copies that it has
 * @throws UserError when an image cannot be read, or the folder cannot be written
 */
export async function openProbe(run: string, images: readonly string[], { every, budget }: { readonly every: number; readonly budget: number }, since?: number): Promise<ProbeStore> {
  const folder = files.probe(run);
  const known = await readIndex(run);
  let index = known ? rewound(known, since ?? -Infinity) : await begin(folder, images, every);
  await cleanLeftovers(folder);
  const write = (): Promise<void> => writeFileAtomic(files.probeIndex(run), `${JSON.stringify(index)}\n`);
  await write();
  return {
    images: index.images.map(({ file }) => path.join(folder, file)),
    async save(at, looks) {
      const before = index;
      const share = Math.floor(budget / Math.max(1, looks.length));
      const added = await Promise.all(looks.map(({ frame }) => encodeFrame(frame)));
      const next = before.images.map((image, i) => {
        const frames = [...image.frames.filter(({ epoch }) => epoch !== at.epoch), { ...at, bytes: added[i]!.byteLength }];
        const predictions = [...image.predictions.filter(({ epoch }) => epoch !== at.epoch), { ...at, top: looks[i]!.top.slice(0, KEPT_CLASSES).map(([k, p]): [number, number] => [k, Number(p.toPrecision(4))]) }];
        const { kept, stride } = thinned(frames, image.stride, share);
        return { ...image, frames: [...kept], stride, predictions };
      });
      for (const [i, { frames }] of next.entries()) if (frames.some(({ epoch }) => epoch === at.epoch)) await writeFileAtomic(frameFile(run, i, at.epoch), added[i]!);
      index = { ...before, images: next };
      // The index alone makes a frame count, so it comes before files that it names no more are deleted.
      await write();
      await sweep(run, before, index);
      return next.every(({ frames }, i) => frames.at(-1)?.epoch === at.epoch && 2 * added[i]!.byteLength <= share);
    },
  };
}

/** `probe/image-1-epoch-0003.frame` */
function frameFile(run: string, image: number, epoch: number): string {
  return path.join(files.probe(run), `image-${image + 1}-epoch-${String(epoch).padStart(4, '0')}.frame`);
}

/** Whether a path is that of a frame, and not of a checkpoint. */
export function isFrame(file: string): boolean {
  return file.endsWith('.frame');
}

/** The run, the image's number and the epoch of a frame. */
export function placeOfFrame(file: string): { readonly run: string; readonly image: number; readonly epoch: number } | null {
  const [, image, epoch] = /^image-(\d+)-epoch-(\d+)\.frame$/.exec(path.basename(file)) ?? [];
  return image === undefined ? null : { run: path.dirname(path.dirname(path.resolve(file))), image: Number(image) - 1, epoch: Number(epoch) };
}

async function begin(folder: string, images: readonly string[], stride: number): Promise<Index> {
  await ensureFolder(folder);
  const copies: Index['images'] = [];
  for (const [i, source] of images.entries()) {
    const file = `image-${i + 1}${/\.\w+$/.exec(source)?.[0] ?? '.image'}`;
    await writeFileAtomic(path.join(folder, file), await disk.readFile(source));
    copies.push({ file, source, stride, frames: [], predictions: [] });
  }
  return { format: 1, images: copies };
}

function rewound(index: Index, since: number): Index {
  const upTo = <T extends { step: number }>(list: readonly T[]): T[] => list.filter(({ step }) => step <= since);
  return { ...index, images: index.images.map((image) => ({ ...image, frames: upTo(image.frames), predictions: upTo(image.predictions) })) };
}

async function sweep(run: string, before: Index, after: Index): Promise<void> {
  for (const [i, { frames }] of before.images.entries())
    for (const { epoch } of frames) if (!after.images[i]!.frames.some((kept) => kept.epoch === epoch)) await disk.rm(frameFile(run, i, epoch), { force: true });
}

async function readIndex(run: string): Promise<Index | null> {
  const file = files.probeIndex(run);
  return (await exists(file)) ? await readJson(file, indexSchema) : null;
}

/**
 * How the probe images were seen; null of a run without.
 *
 * @throws UserError naming the file when it is damaged or of a newer version
 */
export async function readProbe(folder: string): Promise<ProbeView | null> {
  const run = path.resolve(folder);
  const index = await readIndex(run);
  if (!index) return null;
  const { classes } = (await readRecord(run)).dataset;
  const images = index.images.map(({ file, source, frames, predictions }, i): ProbeImage => ({
    file: path.join(files.probe(run), file),
    source,
    frames: frames.map(({ epoch, step }) => ({ path: frameFile(run, i, epoch), epoch, step })),
    curve: curveOf(predictions, classes),
  }));
  return { images };
}

function curveOf(predictions: Index['images'][number]['predictions'], labels: readonly string[]): ProbeImage['curve'] {
  const shown = predictions.at(-1)?.top.slice(0, SHOWN_CLASSES).map(([k]) => k) ?? [];
  const valuesOf = (k: number): number[] => predictions.map(({ top }) => top.find(([other]) => other === k)?.[1] ?? 0);
  return { epochs: predictions.map(({ epoch }) => epoch), classes: shown.map((k) => ({ label: labels[k] ?? String(k), values: valuesOf(k) })) };
}
