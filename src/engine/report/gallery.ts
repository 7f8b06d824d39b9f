import * as path from 'node:path';
import type { ImageBytes, Split } from '../dataset/dataset';
import { readMap, trace } from '../explaining';
import { normalise, pixelsOf } from '../image';
import { rolloutView } from '../inspect/rollout';
import type { Opened } from '../looking';
import { hasAttention } from '../model/spec';
import { viridis } from '../pictures/colours';
import { dataUrl } from '../pictures/dataUrl';
import { perPatch, grey, scaled } from '../pictures/maps';
import type { Pixels } from '../../protocol';
import type { Choice, Explained, Gallery, Predictions, Shown } from './material';
import { bySureness, drawn, rightOf, wrongOf } from './predictions';

/** Pictures in a row of the page. */
export const MISTAKES = 8;
/** A side that is longer is brought down to that: no page shows more of it. */
const MOST_SIDE = 160;
/** Over an image a map is drawn at least so wide, so that its patches have clean edges. */
const MAP_SIDE = 160;

/** The images of a split and how they may be shown. */
interface Source {
  readonly split: Split;
  /** Of the dataset, which a report of another machine has elsewhere. */
  readonly place: string;
  readonly predictions: Predictions;
  /** Without them an image is its name, and a map stands alone. */
  readonly images: boolean;
}

/** What is shown of a run's images: mistakes, and where the network looks. */
export async function galleryOf(opened: Opened, source: Source, signal: AbortSignal): Promise<Gallery> {
  const { predictions } = source;
  const wrong = wrongOf(predictions);
  const [height, width] = opened.spec.imageSize;
  return {
    aspect: height / width,
    width,
    surestWrong: await shown(source, bySureness(wrong, predictions).slice(0, MISTAKES)),
    randomWrong: wrong.length > MISTAKES ? await shown(source, drawn(wrong, MISTAKES)) : [],
    explained: hasAttention(opened.spec) ? await explained(opened, source, signal) : [],
  };
}

async function shown(source: Source, images: readonly number[]): Promise<Shown[]> {
  const urls = source.images ? await urlsOf(source.split, images) : [];
  return images.map((image, i) => ({ url: urls[i] ?? null, ...said(source, image) }));
}

/** Images of a split as `data:` addresses. */
export async function urlsOf(split: Split, images: readonly number[]): Promise<string[]> {
  if (images.length === 0) return [];
  const bytes = await split.read(Int32Array.from(images));
  return Promise.all(images.map((_, i) => dataUrl(pixelsOf(oneOf(bytes, i)), 2 * MOST_SIDE)));
}

function said({ split, place, predictions: { labels, guesses, confidence } }: Source, image: number): Omit<Shown, 'url'> {
  return { name: nameBelow(place, split.name(image)), truth: labels[image]!, guess: guesses[image]!, confidence: confidence[image]! };
}

/** A name without where the dataset lies on this machine. */
function nameBelow(place: string, name: string): string {
  return name.startsWith(place) ? name.slice(place.length).replace(/^[\\/!#]+/, '') : path.basename(name);
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

async function explained(opened: Opened, source: Source, signal: AbortSignal): Promise<Explained[]> {
  const { split, predictions, images } = source;
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
    const drawnOver = (map: Float32Array): Promise<string> => (images ? overlaid(pixels, map, opened.grid) : alone(map, opened.grid));
    const [url, rollout, speaks] = await Promise.all([images ? dataUrl(pixels, 2 * MOST_SIDE) : null, drawnOver(flow), drawnOver(relevance)]);
    found.push({ choice, url, rollout, relevance: speaks, ...said(source, image) });
  }
  return found;
}

/** The grey image under a map of its patches, from its smallest value (violet) to its largest (yellow). */
function overlaid(pixels: Pixels, map: Float32Array, grid: { readonly rows: number; readonly columns: number }): Promise<string> {
  const factor = Math.max(1, Math.ceil(MAP_SIDE / pixels.width));
  const [width, height] = [pixels.width * factor, pixels.height * factor];
  const { rgba } = grey(pixels);
  const drawn = perPatch(map.map(scaled(map).share), grid, width, height);
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const light = rgba[(Math.floor(y / factor) * pixels.width + Math.floor(x / factor)) * 4]!;
      out.set([...viridis(drawn[y * width + x]!).map((part) => Math.round(0.38 * light + 0.62 * part)), 255], (y * width + x) * 4);
    }
  return dataUrl({ width, height, rgba: out }, 2 * MOST_SIDE);
}

/** The map alone, a pixel a patch, so that nothing of the image is in it but what the network makes of it. */
function alone(map: Float32Array, { rows, columns }: { readonly rows: number; readonly columns: number }): Promise<string> {
  const { share } = scaled(map);
  const rgba = new Uint8Array(rows * columns * 4);
  map.forEach((value, i) => rgba.set([...viridis(share(value)), 255], i * 4));
  return dataUrl({ width: columns, height: rows, rgba }, 2 * MOST_SIDE);
}
