import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { measured, photos, reference, withPhotos } from './reference';
import { addon, withTensorFlow } from './tensorflow';

interface Variant {
  readonly image?: { readonly size?: readonly number[]; readonly channels?: number; readonly mean?: readonly number[]; readonly std?: readonly number[] };
  readonly model?: object;
}

/** Every way in which a network of ours can differ in shape from the plain one. */
const variants = {
  'token pool, learned positions': {},
  'average pool': { model: { global_pool: 'avg', act_layer: 'relu' } },
  'fixed 2-D positions': { model: { pos_embed: 'sincos2d' } },
  'fixed 1-D positions, average pool': { model: { pos_embed: 'sincos1d', global_pool: 'avg' } },
  'no positions': { model: { pos_embed: 'none' } },
  'convolution as projection': { model: { projection: 'conv' } },
  'oblong image and patch': { image: { size: [24, 32] }, model: { patch_size: [4, 8], mlp_ratio: 3 } },
  'compact convolutional transformer': { model: { projection: 'conv_stem', stem_dim: 12, global_pool: 'seq', patch_size: 4 } },
  grey: { image: { channels: 1, mean: [0.3], std: [0.2] } },
} satisfies Record<string, Variant>;
const names = Object.keys(variants) as (keyof typeof variants)[];
const variant = (name: keyof typeof variants): Variant => variants[name];

// Enough for attention that is no longer even and for logits that differ.
const training = { epochs: 8, batch_size: 8, lr: 0.01, warmup_epochs: 0.5 };
const LAST = 'checkpoints/epoch-0008.safetensors';

interface Agreement {
  readonly logits: number;
  readonly attention: number;
  readonly arrays: readonly string[];
  readonly spread: number;
  readonly control: { readonly logits: number; readonly attention: number };
}

// Both sides compute in float32 and sum in different orders: some ulp of the largest activation, through two blocks.
// Logits are of the size of 1 here. The control, weights that are off by 1 %, must show above it.
const TOLERANCE = 1e-5;

let cli: string;
let folder: string;

// Left to `auto`, the engine that is fastest here would be compared, whichever that is.
type Backend = 'onnx' | 'tfjs-node';
const backends: readonly Backend[] = addon ? ['onnx', 'tfjs-node'] : ['onnx'];
const agreements = new Map<Backend, readonly Agreement[]>();
const file = (name: string, suffix: string): string => path.join(folder, `${name.replace(/\W+/g, '-')}.${suffix}`);

function vitLab(backend: Backend, ...args: string[]): string {
  const env = { ...process.env, VITLAB_BACKEND: backend };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`vit-lab ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function trained(name: keyof typeof variants): string {
  const lines = vitLab('onnx', 'train', file(name, 'yaml'), '--runs', file(name, 'runs'), '--json').trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'ended', reason: 'completed' });
  const runs = file(name, 'runs');
  return path.join(runs, readdirSync(runs)[0]!, LAST);
}

function inputShape(name: keyof typeof variants): number[] {
  const { image } = variant(name);
  return [5, image?.channels ?? 3, ...(image?.size ?? [16, 16])];
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  for (const name of names) {
    const { image, model } = variant(name);
    const parts = { image: { ...image }, model: { embed_dim: 16, ...model }, train: training };
    await tinyConfig(folder, parts, path.basename(file(name, 'yaml')));
  }
  await reference('inputs', names.map((name) => ({ file: file(name, 'npy'), shape: inputShape(name) })));
  const checkpoints = names.map(trained);
  for (const backend of backends) {
    const request = names.map((name, i) => {
      const one = { checkpoint: checkpoints[i]!, input: file(name, 'npy'), output: file(name, `${backend}.npz`) };
      vitLab(backend, 'run', one.checkpoint, '--input', one.input, '--output', one.output, '--taps', 'attention');
      return one;
    });
    agreements.set(backend, await reference<Agreement[]>('models', request));
  }
}, 600_000);

function compareModel(backend: Backend, name: keyof typeof variants): void {
  const { logits, attention, arrays, spread, control } = agreements.get(backend)![names.indexOf(name)]!;
  measured(`${name} on ${backend}, logits that span ${spread.toFixed(1)}`, logits, TOLERANCE);
  measured(`${name} on ${backend}, attention`, attention, TOLERANCE);
  expect(arrays).toEqual(['attention.0', 'attention.1', 'logits']);
  expect(spread).toBeGreaterThan(0.5);
  expect(logits).toBeLessThan(TOLERANCE);
  expect(attention).toBeLessThan(TOLERANCE);
  expect(control.logits).toBeGreaterThan(TOLERANCE);
  expect(control.attention).toBeGreaterThan(TOLERANCE);
}

async function comparePhotos(backend: Backend): Promise<void> {
  const files = readdirSync(photos).filter((name) => /shark|sea_snake|espresso/.test(name)).map((name) => path.join(photos, name));
  expect(files).toHaveLength(3);
  const runs = file(names[0]!, 'runs');
  const checkpoint = path.join(runs, readdirSync(runs)[0]!, LAST);
  const ours = JSON.parse(vitLab(backend, 'classify', checkpoint, ...files, '--top', '6', '--json')) as { predictions: { label: string; probability: number }[] }[];
  const theirs = await reference<Record<string, number>[]>('probabilities', { checkpoint, files });
  const gaps = ours.flatMap(({ predictions }, i) => predictions.map(({ label, probability }) => Math.abs(probability - theirs[i]![label]!)));
  expect(gaps).toHaveLength(18);
  // The preprocessed bytes are equal (preprocessing.test.ts), so only float32 is left to differ.
  measured(`classify on ${backend}, probabilities`, Math.max(...gaps), TOLERANCE);
  expect(Math.max(...gaps)).toBeLessThan(TOLERANCE);
  // The photos are told apart: equal answers to different questions would agree with anything.
  const values = theirs.map((row) => Object.values(row)[0]!);
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(100 * TOLERANCE);
}

test.each(names)("a trained checkpoint is timm's, strictly: %s", (name) => compareModel('onnx', name));

withPhotos('photos', () => {
  test('classify gives the probabilities of Pillow, torchvision and timm, from the file on disk on', () => comparePhotos('onnx'));
});

withTensorFlow('in native TensorFlow', () => {
  test.each(names)("a trained checkpoint is timm's, strictly: %s", (name) => compareModel('tfjs-node', name));

  withPhotos('photos', () => {
    test('classify gives the probabilities of Pillow, torchvision and timm, from the file on disk on', () => comparePhotos('tfjs-node'));
  });
});
