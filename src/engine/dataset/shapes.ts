import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { randomAt, type Random } from '../random';
import type { Raster } from '../resample';
import { UserError } from '../userError';
import type { Sample, Source, SplitName } from './source';

/** The classes of the generated sample, in the order of their indices. */
export const SHAPES = ['circle', 'cross', 'ring', 'square', 'star', 'triangle'] as const;
export type Shape = (typeof SHAPES)[number];

/** Sub-samples per pixel and axis: 16 grey steps at an edge. */
const FINE = 4;

type Colour = readonly [number, number, number];

/** A shape's inside, in its own coordinates: centre 0, radius 1. */
const INSIDE: Readonly<Record<Shape, (x: number, y: number) => boolean>> = {
  circle: (x, y) => x * x + y * y < 0.8,
  ring: (x, y) => x * x + y * y < 0.95 && x * x + y * y > 0.3,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.78,
  cross: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.95 && Math.min(Math.abs(x), Math.abs(y)) < 0.3,
  triangle: (x, y) => y < 0.5 && y + 1 > Math.sqrt(3) * Math.abs(x),
  star: (x, y) => insideStar(x, y),
};

/** Five points: the straight edge between a tip at radius 1 and a notch at radius 0.42. */
function insideStar(x: number, y: number): boolean {
  const sector = (2 * Math.PI) / 5;
  const angle = Math.abs(((((Math.atan2(x, -y) % sector) + sector * 1.5) % sector) - sector / 2));
  const radius = Math.hypot(x, y);
  const [px, py] = [radius * Math.cos(angle), radius * Math.sin(angle)];
  const [nx, ny] = [0.42 * Math.cos(sector / 2), 0.42 * Math.sin(sector / 2)];
  return (px - 1) * ny - py * (nx - 1) < 0;
}

/**
 * Draws one picture [size, size, 3]: a bright shape of random colour, place, size and slight turn on a dark background
 * that is plain or patterned, with the edges smoothed. Always bright on dark and upright, so that a network of a
 * hundred thousand weights learns it from a thousand pictures. Pure: the same random stream gives the same bytes.
 */
export function drawShape(shape: Shape, size: number, random: Random): Raster {
  const background = backgroundOf(random, size);
  const colour = contrasting(random, background.mean);
  const radius = size * (0.3 + 0.12 * random.next());
  const [cx, cy] = [radius + (size - 2 * radius) * random.next(), radius + (size - 2 * radius) * random.next()];
  const turn = 0.7 * (random.next() - 0.5);
  const [cos, sin] = [Math.cos(turn) / radius, Math.sin(turn) / radius];
  const inside = INSIDE[shape];
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const cover = coverage((px, py) => inside((px - cx) * cos + (py - cy) * sin, (py - cy) * cos - (px - cx) * sin), x, y);
      const under = background.at(x, y);
      const grain = (random.next() - 0.5) * 12;
      for (let c = 0; c < 3; c++) data[(y * size + x) * 3 + c] = clip(under[c]! * (1 - cover) + colour[c]! * cover + grain);
    }
  return { width: size, height: size, channels: 3, data };
}

/** Share of a pixel that lies inside. */
function coverage(inside: (x: number, y: number) => boolean, x: number, y: number): number {
  let hits = 0;
  for (let j = 0; j < FINE; j++)
    for (let i = 0; i < FINE; i++) if (inside(x + (i + 0.5) / FINE, y + (j + 0.5) / FINE)) hits++;
  return hits / (FINE * FINE);
}

interface Background {
  readonly mean: Colour;
  at(x: number, y: number): Colour;
}

/** Plain, a gradient, stripes or a chequerboard between two near colours. */
function backgroundOf(random: Random, size: number): Background {
  const first: Colour = [random.int(120), random.int(120), random.int(120)];
  const near = (v: number): number => clip(v + (random.next() - 0.5) * 60);
  const second: Colour = [near(first[0]), near(first[1]), near(first[2])];
  const angle = 2 * Math.PI * random.next();
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const period = size * (0.12 + 0.2 * random.next());
  const along = (x: number, y: number): number => x * dx + y * dy;
  const across = (x: number, y: number): number => y * dx - x * dy;
  const wave = (t: number): number => Math.max(0, Math.min(1, 0.5 + 1.5 * Math.sin((2 * Math.PI * t) / period)));
  const mixes: readonly ((x: number, y: number) => number)[] = [
    () => 0,
    (x, y) => 0.5 + along(x - size / 2, y - size / 2) / (1.5 * size),
    (x, y) => wave(along(x, y)),
    (x, y) => Math.abs(wave(along(x, y)) - wave(across(x, y))),
  ];
  const mix = mixes[random.int(mixes.length)]!;
  const blend = (t: number): Colour => [0, 1, 2].map((c) => first[c]! * (1 - t) + second[c]! * t) as unknown as Colour;
  return { mean: blend(0.5), at: (x, y) => blend(mix(x, y)) };
}

/** A colour so much brighter than another that the shape is seen. */
function contrasting(random: Random, other: Colour): Colour {
  for (;;) {
    const colour: Colour = [60 + random.int(196), 60 + random.int(196), 60 + random.int(196)];
    if (brightness(colour) - brightness(other) > 90) return colour;
  }
}

function brightness([red, green, blue]: Colour): number {
  return (red + green + blue) / 3;
}

function clip(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/** Picture `i` of the sample with this seed; the classes take turns. */
function drawn(i: number, size: number, seed: number): { readonly shape: Shape; readonly picture: Raster } {
  const shape = SHAPES[i % SHAPES.length]!;
  return { shape, picture: drawShape(shape, size, randomAt(seed, 'shapes', i)) };
}

/** The generated sample in memory (`format: shapes`); the splits are drawn from it as from any other dataset. */
export function openShapes(options: { readonly images: number; readonly size: number; readonly seed: number }): Source {
  const { images, size, seed } = options;
  const decode = (data: Uint8Array): Raster => ({ width: size, height: size, channels: 3, data });
  const train = Array.from({ length: images }, (_, i): Sample => {
    const label = i % SHAPES.length;
    const name = `shapes#${SHAPES[label]!}-${String(i).padStart(5, '0')}`;
    return { label, name, key: name, load: () => Promise.resolve(drawn(i, size, seed).picture.data), decode };
  });
  return { format: 'shapes', classes: SHAPES, train, val: undefined, test: undefined, broken: [] };
}

/** Of every ten pictures of a class, eight are for training. */
function splitOf(i: number): SplitName {
  const turn = Math.floor(i / SHAPES.length) % 10;
  return turn < 8 ? 'train' : turn === 8 ? 'val' : 'test';
}

/**
 * Writes the generated sample as PNG files: `train/<class>/<number>.png`, `val/…`, `test/…`, 80 / 10 / 10.
 * The folders appear whole or not at all.
 * @throws UserError when one of them is there already
 */
export async function writeShapes(
  folder: string,
  options: {
    readonly images: number;
    readonly size: number;
    readonly seed: number;
    readonly onProgress?: (done: number, of: number) => void;
  },
): Promise<void> {
  const splits = ['train', 'val', 'test'] as const;
  for (const split of splits) await refuseExisting(path.join(folder, split));
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(path.join(folder, '.shapes-'));
  try {
    for (const split of splits) for (const shape of SHAPES) await mkdir(path.join(draft, split, shape), { recursive: true });
    for (let i = 0; i < options.images; i++) {
      const { shape, picture } = drawn(i, options.size, options.seed);
      const file = path.join(draft, splitOf(i), shape, `${shape}-${String(i).padStart(5, '0')}.png`);
      await writeFile(file, await png(picture));
      if (i % 50 === 49 || i === options.images - 1) options.onProgress?.(i + 1, options.images);
    }
    for (const split of splits) await rename(path.join(draft, split), path.join(folder, split));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function refuseExisting(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found) throw new UserError(l10n.t('{0} is there already. Choose another folder, or delete it first.', folder), { file: folder });
}

async function png(picture: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { width, height, data } = picture;
  return sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer();
}
