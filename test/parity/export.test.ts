import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../src/engine/checkpoint';
import { readNpz } from '../../src/engine/weights/npy';
import { bundle, root } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { relativeError } from '../fixtures/golden';
import { measured, photos as photoFolder, reference, withPhotos } from './reference';

interface Answer {
  readonly labels: readonly string[];
  readonly args: Readonly<Record<string, unknown>>;
  readonly batch: number | string;
  readonly domains: readonly string[];
  readonly weights: readonly string[];
}

// max|Δ| over max|reference|: both sides compute in float32 and sum in other orders.
const TOLERANCE = 1e-5;

/** A weight is off by up to half of 1/127 of the largest in its column; what four blocks make of it was 0.009 when this was written. */
const INT8_TOLERANCE = 0.1;

/** Ways in which a network can differ that change what is folded, or what depends on the batch. */
const networks = {
  'token pool': {},
  'average pool, ReLU, convolution': { global_pool: 'avg', act_layer: 'relu', projection: 'conv' },
  'fixed positions': { pos_embed: 'sincos2d', embed_dim: 16 },
} as const;

let cli: string;
let folder: string;
let photos: readonly string[];

function vitLab(...args: string[]): string {
  // Eager TensorFlow.js is the reference here: nothing of the compiler is in it.
  const env = { ...process.env, VITLAB_BACKEND: 'wasm' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`vit-lab ${args.join(' ')}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  if (photoFolder === '') return;
  photos = readdirSync(photoFolder).filter((name) => name.endsWith('.jpg')).sort().slice(0, 5).map((name) => path.join(photoFolder, name));
}, 60_000);

/** What an exported model gives in Python's onnxruntime, and how far that is from eager TensorFlow.js on another checkpoint or the same. */
async function compared(checkpoint: string, options: readonly string[], against = checkpoint): Promise<{ answer: Answer; errors: Readonly<Record<string, number>> }> {
  const one = { model: path.join(folder, 'model.onnx'), input: path.join(folder, 'x.npy'), output: path.join(folder, 'python.npz'), photos };
  vitLab('export', checkpoint, '--out', one.model, '--taps', 'attention,tokens', '--force', ...options);
  const [answer] = await reference<Answer[]>('exported', [one]);
  vitLab('run', against, '--input', one.input, '--output', path.join(folder, 'ours.npz'), '--taps', 'attention,tokens');
  const [theirs, ours] = await Promise.all(['python.npz', 'ours.npz'].map((name) => readNpz(path.join(folder, name))));
  expect([...theirs!.keys()].sort()).toEqual([...ours!.keys()].sort());
  const errors = Object.fromEntries([...ours!].map(([name, { data: expected }]) => [name, relativeError(theirs!.get(name)!.data, expected)]));
  return { answer: answer!, errors };
}

const largest = (errors: Readonly<Record<string, number>>): number => Math.max(...Object.values(errors));

withPhotos('the trained sample', () => {
  const sample = path.join(root, 'media/sample/run/shapes-sample');

  test.each([
    ['any batch', [], 'batch', ['']],
    ['a fixed batch', ['--batch', '5'], 5, ['']],
    ["ONNX Runtime's operators", ['--optimise', '--batch', '5'], 5, ['', 'com.microsoft']],
  ])('for %s gives on photos in onnxruntime what eager TensorFlow.js gives', async (name, options, batch, domains) => {
    const { answer, errors } = await compared(sample, options);
    expect(answer).toMatchObject({ batch, domains, labels: ['circle', 'cross', 'ring', 'square', 'star', 'triangle'], args: { embed_dim: 32, depth: 4 } });
    expect(answer.weights).toContain('blocks.3.mlp.fc2.weight');
    measured(`exported, ${name}`, largest(errors), TOLERANCE);
    expect(largest(errors)).toBeLessThan(TOLERANCE);
  });

  test('in 8 bits stays near, and is in 8 bits', async () => {
    const { answer, errors } = await compared(sample, ['--precision', 'int8', '--unmeasured']);
    expect(answer.weights).toContain('blocks.3.mlp.fc2.weight.int8');
    expect(answer.weights).not.toContain('blocks.3.mlp.fc2.weight');
    measured('exported, int8, logits', errors['logits']!, INT8_TOLERANCE);
    expect(errors['logits']).toBeLessThan(INT8_TOLERANCE);
    expect(errors['logits']).toBeGreaterThan(TOLERANCE);
  });

  // The control: the comparison notices a single row of weights that is off by 1 %.
  test('of other weights is noticed', async () => {
    const run = path.join(sample, 'checkpoints', readdirSync(path.join(sample, 'checkpoints')).find((name) => name.endsWith('.safetensors'))!);
    const { params, meta } = await loadCheckpoint(run);
    const name = 'blocks.3.mlp.fc2.weight';
    const { shape, data: weights } = params.get(name)!;
    const off = path.join(folder, 'off.safetensors');
    await saveCheckpoint(off, new Map([...params, [name, { shape, data: weights.map((x, i) => (i < shape[1]! ? 1.01 * x : x)) }]]), meta);
    expect(largest((await compared(off, [], run)).errors)).toBeGreaterThan(10 * TOLERANCE);
  });
});

withPhotos('a network trained here', () => {
  test.each(Object.entries(networks))('%s: an exported network for any batch gives what eager TensorFlow.js gives', async (name, model) => {
    const train = { epochs: 2, batch_size: 8, lr: 0.01 };
    await tinyConfig(folder, { model, train }, 'network.yaml');
    const lines = vitLab('train', 'network.yaml', '--runs', 'runs', '--json').trimEnd().split('\n');
    const { run } = JSON.parse(lines.at(-1)!) as { run: string };
    const { errors } = await compared(run, []);
    measured(`exported, ${name}`, largest(errors), TOLERANCE);
    expect(largest(errors)).toBeLessThan(TOLERANCE);
  });
});
