import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { measured, reference } from './reference';

/** Where maps are read from another row, or gradients take another way. */
const variants = {
  'class token': { global_pool: 'token' },
  'average pool': { global_pool: 'avg' },
  'fixed positions, convolution as projection': { global_pool: 'token', pos_embed: 'sincos2d', projection: 'conv' },
  'registers': { global_pool: 'token', reg_tokens: 2 },
} as const;
const names = Object.keys(variants) as (keyof typeof variants)[];
const methods = ['attention', 'attention_gradient', 'chefer', 'grad_cam', 'grad_rollout', 'occlusion', 'rollout'];

// float32 through two blocks and back, as max|Δ| / max|map|; differences of logits (occlusion) lose another digit.
const TOLERANCE = 1e-4;

interface Answer {
  readonly gaps: Readonly<Record<string, number>>;
  readonly control: Readonly<Record<string, number>>;
  readonly curves: Readonly<Record<string, number>>;
}

let answers: readonly Answer[];

beforeAll(async () => {
  const cli = await bundle('cli');
  const folder = await temporaryFolder();
  const vitLab = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
    if (status !== 0) throw new Error(`vit-lab ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const file = path.join(folder, 'noise.png');
  const raw = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 2654435761) >>> 24);
  await sharp(raw, { raw: { width: 16, height: 16, channels: 3 } }).png().toFile(file);
  const request = [];
  for (const [i, name] of names.entries()) {
    // Four heads on four blocks that have learned: attention that is not even, and gradients of both signs.
    await tinyConfig(folder, { model: { embed_dim: 32, patch_size: 4, depth: 3, num_heads: 4, ...variants[name] }, train: { epochs: 8, batch_size: 8, lr: 0.01, warmup_epochs: 0.5 } }, `${i}.yaml`);
    vitLab('train', `${i}.yaml`, '--runs', `runs${i}`, '--json');
    const run = path.join(folder, `runs${i}`, readdirSync(path.join(folder, `runs${i}`))[0]!);
    const target = i % 2;
    const out = vitLab('inspect', run, file, '--explain', 'all', '--class', String(target), '--score', '--out', `out${i}`, '--json');
    const { checkpoint, explanations, scores } = JSON.parse(out) as { checkpoint: string; explanations: unknown; scores: unknown };
    request.push({ checkpoint, file, target, explanations, scores });
    expect((await readFile(path.join(folder, `out${i}`, 'explanations.png'))).byteLength).toBeGreaterThan(1000);
  }
  answers = await reference<Answer[]>('explanations', request);
}, 600_000);

test.each(names)('maps and curves are those of timm and autograd: %s', (name) => {
  const { gaps, control, curves } = answers[names.indexOf(name)]!;
  for (const method of methods) {
    measured(`${name}, ${method}`, gaps[method]!, TOLERANCE);
    expect(gaps[method], method).toBeLessThan(TOLERANCE);
    expect(curves[method], method).toBeLessThan(TOLERANCE);
  }
  for (const method of ['attention', 'rollout']) expect(control[method], method).toBe(0);
});

test.each(['chefer', 'grad_cam', 'grad_rollout', 'attention_gradient', 'occlusion'])('the reference itself tells classes apart by %s, so that a map of the wrong class would show', (method) => {
  // Of some network: Grad-CAM of a class can be nothing, and gradient rollout hardly leaves the identity.
  expect(Math.max(...answers.map(({ control }) => control[method] ?? 1))).toBeGreaterThan(100 * TOLERANCE);
});
