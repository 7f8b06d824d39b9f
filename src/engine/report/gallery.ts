import type { ImageBytes, Split } from '../dataset/dataset';
import { readMap, trace } from '../explaining';
import { normalise, pixelsOf } from '../image';
import { rolloutView } from '../inspect/rollout';
import type { Opened } from '../looking';
import { hasAttention } from '../model/spec';
import { viridis } from '../pictures/colours';
import { dataUrl } from '../pictures/dataUrl';
import { bilinear, grey, scaled } from '../pictures/maps';
import type { Pixels } from '../../protocol';
import type { Choice, Explained, Gallery, Predictions, Shown } from './material';
import { bySureness, drawn, rightOf, wrongOf } from './predictions';

/** Pictures in a row of the page. */
export const MISTAKES = 8;
/** A side that is longer is brought down to that: no page shows more of it. */
const MOST_SIDE = 160;
/** Over an image a map is drawn at least so wide, so that it is smooth. */
const MAP_SIDE = 160;

/** What is shown of a run's images: mistakes, and where the network looks. */
export async function galleryOf(opened: Opened, split: Split, predictions: Predictions, signal: AbortSignal): Promise<Gallery> {
  const wrong = wrongOf(predictions);
  const [height, width] = opened.spec.imageSize;
  return {
    aspect: height / width,
    width,
    surestWrong: await shown(split, predictions, bySureness(wrong, predictions).slice(0, MISTAKES)),
    randomWrong: wrong.length > MISTAKES ? await shown(split, predictions, drawn(wrong, MISTAKES)) : [],
    explained: hasAttention(opened.spec) ? await explained(opened, split, predictions, signal) : [],
  };
}

async function shown(split: Split, predictions: Predictions, images: readonly number[]): Promise<Shown[]> {
  const urls = await urlsOf(split, images);
  return images.map((image, i) => ({ url: urls[i]!, ...said(predictions, image) }));
}

/** Images of a split as `data:` addresses. */
export async function urlsOf(split: Split, images: readonly number[]): Promise<string[]> {
  if (images.length === 0) return [];
  const bytes = await split.read(Int32Array.from(images));
  return Promise.all(images.map((_, i) => dataUrl(pixelsOf(oneOf(bytes, i)), 2 * MOST_SIDE)));
}

function said({ labels, guesses, confidence }: Predictions, image: number): Omit<Shown, 'url'> {
  return { truth: labels[image]!, guess: guesses[image]!, confidence: confidence[image]! };
}

function oneOf(bytes: ImageBytes, index: number): ImageBytes {
  const size = bytes.height * bytes.width * bytes.channels;
  return { ...bytes, count: 1, data: bytes.data.subarray(index * size, (index + 1) * size) };
}

/** By a rule that is told beside them, and not by how they look. */
export function choices(predictions: Predictions): readonly (readonly [Choice, number])[] {
  const right = bySureness(rightOf(predictions), predictions);
  const wrong = bySureness(wrongOf(predictions), predictions);
  const all = bySureness([...predictions.labels.keys()], predictions);
  const found: (readonly [Choice, number | undefined])[] = [
    ['surest right', right[0]],
    ['median right', right[Math.floor(right.length / 2)]],
    ['least sure', all.at(-1)],
    ['surest wrong', wrong[0]],
  ];
  const seen = new Set<number>();
  return found.flatMap(([choice, image]) => {
    if (image === undefined || seen.has(image)) return [];
    seen.add(image);
    return [[choice, image] as const];
  });
}

async function explained(opened: Opened, split: Split, predictions: Predictions, signal: AbortSignal): Promise<Explained[]> {
  const found: Explained[] = [];
  for (const [choice, image] of choices(predictions)) {
    signal.throwIfAborted();
    const bytes = await split.read(Int32Array.of(image));
    const pixels = pixelsOf(bytes);
    const target = predictions.guesses[image]!;
    const input = { shape: [1, bytes.height, bytes.width, bytes.channels], data: normalise(bytes, opened.meta.config.image) };
    const traced = await trace({ opened, image: input, target });
    const flow = rolloutView(traced.attention, opened.grid, { fusion: 'mean', discard: 0 }).map;
    const relevance = readMap('chefer', traced, opened, 0);
    const [url, rollout, speaks] = await Promise.all([dataUrl(pixels, 2 * MOST_SIDE), overlaid(pixels, flow, opened.grid), overlaid(pixels, relevance, opened.grid)]);
    found.push({ choice, url, rollout, relevance: speaks, ...said(predictions, image) });
  }
  return found;
}

/** The grey image under a map of its patches, from its smallest value (violet) to its largest (yellow). */
function overlaid(pixels: Pixels, map: Float32Array, grid: { readonly rows: number; readonly columns: number }): Promise<string> {
  const factor = Math.max(1, Math.ceil(MAP_SIDE / pixels.width));
  const [width, height] = [pixels.width * factor, pixels.height * factor];
  const { rgba } = grey(pixels);
  const smooth = bilinear(map.map(scaled(map).share), grid, width, height);
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const light = rgba[(Math.floor(y / factor) * pixels.width + Math.floor(x / factor)) * 4]!;
      out.set([...viridis(smooth[y * width + x]!).map((part) => Math.round(0.38 * light + 0.62 * part)), 255], (y * width + x) * 4);
    }
  return dataUrl({ width, height, rgba: out }, 2 * MOST_SIDE);
}
