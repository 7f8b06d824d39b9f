import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { measured, reference } from './reference';

/** Where the head reads other tokens, or a first layer other pixels. */
const variants = {
  'class token': { global_pool: 'token' },
  'average pool': { global_pool: 'avg' },
  'fixed positions, convolution as projection': { global_pool: 'token', pos_embed: 'sincos2d', projection: 'conv' },
  'registers': { global_pool: 'token', reg_tokens: 2 },
  'convolutions and sequence pooling': { global_pool: 'seq', projection: 'conv_stem', stem_dim: 16 },
} as const;
const names = Object.keys(variants) as (keyof typeof variants)[];

// float32 through three blocks, as max|Δ| / max|value|; the pictures of components lose what a small gap between eigenvalues takes.
const TOLERANCE = 1e-4;

interface Answer {
  readonly gaps: Readonly<Record<string, number>>;
  readonly control: number;
}

let answers: readonly Answer[];

/** Enough that no layer has more features (32) than images. */
const IMAGES = 40;

beforeAll(async () => {
  const cli = await bundle('cli');
  const folder = await temporaryFolder();
  const vitLab = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 27 });
    if (status !== 0) throw new Error(`vit-lab ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const draw = async (file: string, seed: number): Promise<string> => {
    const raw = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (((i + 1) * 2654435761 + seed * 40503 * (1 + (i % 7))) >>> 24) ^ (seed * 5 * (i % 3)));
    await sharp(raw, { raw: { width: 16, height: 16, channels: 3 } }).png().toFile(file);
    return file;
  };
  const file = await draw(path.join(folder, 'noise.png'), 0);
  const images = path.join(folder, 'images');
  mkdirSync(images);
  const all: string[] = [];
  for (let i = 0; i < IMAGES; i++) all.push(await draw(path.join(images, `${i}.png`), i + 1));
  const request = [];
  for (const [i, name] of names.entries()) {
    await tinyConfig(folder, { model: { embed_dim: 32, patch_size: 4, depth: 3, num_heads: 4, ...variants[name] }, train: { epochs: 8, batch_size: 8, lr: 0.01, warmup_epochs: 0.5 } }, `${i}.yaml`);
    vitLab('train', `${i}.yaml`, '--runs', `runs${i}`, '--json');
    const run = path.join(folder, `runs${i}`, readdirSync(path.join(folder, `runs${i}`))[0]!);
    const out = vitLab('inspect', run, file, '--features', 'all', '--images', images, '--neighbours', '10', '--seed', '3', '--out', `out${i}`, '--json');
    const report = JSON.parse(out) as { checkpoint: string; pictures: string[] };
    expect(report.pictures.map((one) => path.basename(one, '.png')).slice(-10)).toEqual(['filters', 'pca', 'norms', 'similarity', 'lens', 'cka', 'ablation', 'shuffle', 'position', 'neighbours']);
    request.push({ checkpoint: report.checkpoint, file, folder: all, report });
  }
  answers = await reference<Answer[]>('features', request);
}, 900_000);

test.each(names)('representations are those of timm and NumPy: %s', (name) => {
  const { gaps, control } = answers[names.indexOf(name)]!;
  for (const [what, gap] of Object.entries(gaps)) {
    measured(`${name}, ${what}`, gap, TOLERANCE);
    expect.soft(gap, what).toBeLessThan(TOLERANCE);
  }
  // Turning heads off changes logits by more than any rounding.
  expect(control).toBeGreaterThan(100 * TOLERANCE);
});
