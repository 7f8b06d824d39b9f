import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/engine/checkpoint';
import { openExecutor } from '../../../src/engine/compile/backends';
import { loadConfig, parseConfigFrom } from '../../../src/engine/config/load';
import { configSchema, type Config } from '../../../src/engine/config/schema';
import { openStart, startFacts } from '../../../src/engine/finetune/start';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { newConfig } from '../../../src/engine/newConfig';
import { files, readRecord } from '../../../src/engine/runs/files';
import { readMetrics, readRun, resolveCheckpoint } from '../../../src/engine/runStore';
import { prepareNew, prepareResume, runTraining, type TrainingTools } from '../../../src/engine/training';
import type { RunEvent } from '../../../src/protocol';
import { serialiseSafetensors } from '../../../src/engine/weights/safetensors';
import { meta } from '../runFixture';
import { temporaryFolder, tinyConfig, weightsHash } from '../tiny';

let folder: string;
let tools: TrainingTools;
const SHAPES = ['circle', 'square', 'triangle'];

beforeEach(async () => {
  folder = await temporaryFolder();
  tools = { executor: () => openExecutor('onnx'), emit: () => undefined, signal: new AbortController().signal };
});

const network = { patch_size: 8, depth: 2, num_heads: 2, embed_dim: 8 };

/** Weights of a 16-pixel network with the mean of somebody's own images. */
async function weights(classes: readonly string[] = ['a', 'b'], name = 'start.safetensors'): Promise<string> {
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 16, mean: [0.4], std: [0.2] }, model: { ...network, drop_path_rate: 0.3 } });
  const file = path.join(folder, name);
  await saveCheckpoint(file, initParams(vitSpec(config.image, config.model, classes.length), 5), { ...meta, config, classes });
  return file;
}

async function read(text: string): Promise<{ config?: Config; messages: string[] }> {
  const { config, problems } = await parseConfigFrom(`dataset: {format: shapes}\n${text}`, path.join(folder, 'x.yaml'), [], startFacts);
  return { ...(config && { config }), messages: problems.map(({ line, key, severity, message }) => `${line} ${severity} ${key}: ${message.replaceAll(folder, '')}`) };
}

test('network and normalisation come from the weights, what disturbs a training does not', async () => {
  await weights();
  const { config, messages } = await read('finetune: {from: start.safetensors}');
  expect(messages).toEqual([]);
  expect(config!.model).toMatchObject({ ...network, drop_path_rate: 0 });
  expect(config!.image).toMatchObject({ size: 16, mean: [0.4], std: [0.2] });
});

test('what a configuration says against its weights is an error with both values, at its place', async () => {
  await weights();
  const { config, messages } = await read('finetune: {from: start.safetensors}\nmodel:\n  depth: 3\n  patch_size: [8, 8]\n  drop_rate: 0.1\nimage:\n  channels: 1\n  mean: [0.5]\n  size: 32');
  expect(config).toBeUndefined();
  expect(messages).toEqual([
    '4 error model.depth: model.depth is 3 here, but 2 in the weights /start.safetensors. Leave it out: the network is that of the weights.',
    '8 error image.channels: image.channels is 1 here, but 3 in the weights /start.safetensors. Leave it out: the network is that of the weights.',
    '9 warning image.mean: image.mean is [0.5] here; the weights were trained with [0.4]. Leave it out to normalise as they expect.',
  ]);
});

test.each([
  ['finetune: {unfreeze: head}', '2 error finetune.from: finetune.from is missing: the weights to start from, a checkpoint or a run folder.'],
  ['finetune: {from: nowhere}', '2 error finetune.from: There is no checkpoint and no run at /nowhere.'],
  ['finetune: {from: start.safetensors, unfreeze: 3}', '2 error finetune.unfreeze: finetune.unfreeze (3) is more than the 2 blocks of the network; write `all` to train everything.'],
  ['finetune: {from: start.safetensors, unfreeze: tail}', '2 error finetune.unfreeze: finetune.unfreeze is "tail"; it must be a whole number above 0 or one of: all, head.'],
  ['finetune: {from: start.safetensors, layer_decay: 2}', '2 error finetune.layer_decay: finetune.layer_decay is 2; it must be at most 1.'],
  ['finetune: {from: start.safetensors, unfreeze: head, layer_decay: 0.5}', '2 warning finetune.layer_decay: finetune.layer_decay (0.5) changes nothing: only the head is trained.'],
])('%s is answered in words', async (text, message) => {
  await weights();
  expect((await read(text)).messages).toEqual([message]);
});

async function started(text: string, classes: readonly string[]) {
  const { config } = await read(text);
  const { finetune } = config!;
  const spec = vitSpec(config!.image, config!.model, classes.length);
  return { spec, ...(await openStart(path.resolve(folder, finetune!.from!), { ...config!, finetune: finetune! }, spec, classes)) };
}

test('for other classes the head is new and starts at zero, everything else is that of the weights', async () => {
  const before = (await loadCheckpoint(await weights())).params;
  const { params, record, notes } = await started('finetune: {from: start.safetensors}', SHAPES);
  expect(params.get('head.weight')).toEqual({ shape: [3, 8], data: new Float32Array(24) });
  for (const [name, tensor] of params) if (!name.startsWith('head.')) expect(tensor, name).toEqual(before.get(name));
  expect(record).toMatchObject({ head: 'new', classes: 2, resized: [], scheme: 'vit-lab' });
  expect(record.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(notes).toContain('New classifier for the 3 classes of the dataset in place of that of the weights for 2; it starts at zero.');
  expect(notes).toContain('Images are normalised as for the weights: mean 0.4, std 0.2.');
  const drawn = (await started('finetune: {from: start.safetensors, zero_head: false}', SHAPES)).params.get('head.weight')!;
  expect(Math.max(...drawn.data)).toBeGreaterThan(0);
});

test('the very classes of the weights keep their head; another order or a wish for a new one does not', async () => {
  const before = (await loadCheckpoint(await weights(SHAPES))).params.get('head.weight');
  const head = async (text: string, classes: readonly string[]) => (await started(`finetune: {from: start.safetensors${text}}`, classes)).params.get('head.weight');
  expect(await head('', SHAPES)).toEqual(before);
  expect(await head(', head: keep', SHAPES.toReversed())).toEqual(before);
  expect(await head('', SHAPES.toReversed())).not.toEqual(before);
  expect(await head(', head: new', SHAPES)).not.toEqual(before);
  await expect(head(', head: keep', ['x', 'y'])).rejects.toThrow(/finetune.head: keep needs as many classes as the weights .* have, 3; the dataset has 2\./);
});

test('another image size gets positions of its grid, and says so', async () => {
  await weights();
  const { params, notes, record } = await started('finetune: {from: start.safetensors}\nimage: {size: 32}', SHAPES);
  expect(params.get('pos_embed')!.shape).toEqual([1, 17, 8]);
  expect(record.resized).toEqual(['pos_embed']);
  expect(notes).toContain('Positions resized from 2 × 2 to 4 × 4 patches.');
});

test('weights of another project are started from as well, and the run keeps what was matched', async () => {
  const config = configSchema.parse({ image: { size: 32 }, model: { patch_size: 8, depth: 2, num_heads: 1, embed_dim: 64 } });
  const params = initParams(vitSpec(config.image, config.model, 10), 3);
  await writeFile(path.join(folder, 'timm.safetensors'), serialiseSafetensors(params, {}));
  // Heads are seen nowhere else.
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ architecture: 'vit_own', model_args: { num_heads: 1 } }));
  const file = path.join(folder, 'ft.yaml');
  await writeFile(file, 'dataset: {format: shapes, shapes: {images: 60, size: 16}}\nimage: {size: 16}\nfinetune: {from: timm.safetensors, unfreeze: head}\ntrain: {epochs: 1, batch_size: 16}');
  const ended = await run(file);
  expect(ended.reason).toBe('completed');
  const { start } = await readRecord(ended.run);
  expect(start).toMatchObject({ scheme: 'timm', head: 'new', classes: 10, resized: ['pos_embed'] });
  const kept = JSON.parse(await readFile(files.start(ended.run), 'utf8')) as { report: { matched: object[] } };
  expect(kept.report.matched).toHaveLength(params.size);
  const after = await loadCheckpoint(await resolveCheckpoint(ended.run));
  expect(after.params.get('blocks.1.mlp.fc2.weight')).toEqual(params.get('blocks.1.mlp.fc2.weight'));
});

/** Trains the tiny network from scratch: the run to start from. */
async function pretrained(): Promise<string> {
  const file = await tinyConfig(folder, { train: { epochs: 3, lr: 1e-2 } });
  return (await run(file)).run;
}

async function run(config: string, events: RunEvent[] = [], stopAt?: number) {
  const stop = new AbortController();
  const plan = await prepareNew({ config, runs: path.join(folder, 'runs') }, tools);
  const listen = (event: RunEvent): void => {
    events.push(event);
    if (event.type === 'epoch' && event.epoch === stopAt) stop.abort();
  };
  return runTraining(plan, stop, listen);
}

async function finetuning(from: string, more = ''): Promise<string> {
  const file = path.join(folder, 'ft.yaml');
  await writeFile(file, `dataset: {format: shapes, shapes: {images: 60, size: 16}}\nfinetune: {from: ${JSON.stringify(path.relative(folder, from))}, unfreeze: 1, layer_decay: 0.5${more}}\ntrain: {epochs: 2, batch_size: 16}`);
  return file;
}

test('a fine-tuning begins where its weights ended, shows it as epoch 0, and records where it came from', async () => {
  const first = await pretrained();
  const best = await resolveCheckpoint(first);
  const events: RunEvent[] = [];
  const ended = await run(await finetuning(`${first}@best`), events);
  expect(ended).toMatchObject({ reason: 'completed' });
  const start = events.find((event) => event.type === 'epoch')!;
  expect(start).toMatchObject({ epoch: 0, step: 0, improved: false });
  const rows = await readMetrics(ended.run);
  expect(rows[0]).toMatchObject({ step: 0, epoch: 0 });
  const before = await loadCheckpoint(best);
  // The same data and the same classes: what the checkpoint says of itself is what is measured again.
  expect(rows[0]!.values['val/loss']).toBeCloseTo(before.meta.metrics['val/loss']!, 5);
  expect(rows[0]!.values['val/top1']).toBe(before.meta.metrics['val/top1']);
  const record = await readRecord(ended.run);
  expect(record.start).toMatchObject({ path: best, head: 'kept', classes: 6 });
  expect(await readRun(ended.run)).toMatchObject({ start: { path: best, run: first } });
  const after = await loadCheckpoint(await resolveCheckpoint(ended.run, 'last'));
  const moved = [...after.params].flatMap(([name, tensor]) => (weightsHash(new Map([[name, tensor]])) === weightsHash(new Map([[name, before.params.get(name)!]])) ? [] : [name]));
  expect(moved.every((name) => /^(blocks\.1\.|norm\.|head\.)/.test(name))).toBe(true);
  expect(moved).toHaveLength(12 + 2 + 2);
  const notes = events.flatMap((event) => (event.type === 'started' ? event.notes : []));
  expect(notes.at(-1)).toMatch(/^\d+ of \d+ parameters are trained; the others are frozen\.$/);
});

test('stopped and resumed, a fine-tuning ends with the bits of one that was never stopped, without its weights', async () => {
  const config = await finetuning(await pretrained());
  const whole = await run(config);
  const stopped = await run(config, [], 1);
  expect(stopped.reason).toBe('stopped');
  await writeFile(files.config(stopped.run), (await readFile(files.config(stopped.run), 'utf8')).replace(/from: .*/, 'from: gone.safetensors'));
  const resumed = await runTraining(await prepareResume({ run: stopped.run }, tools), new AbortController(), () => undefined);
  expect(resumed.reason).toBe('completed');
  const hash = async (of: string): Promise<string> => weightsHash((await loadCheckpoint(await resolveCheckpoint(of, 'last'))).params);
  expect(await hash(stopped.run)).toBe(await hash(whole.run));
  expect((await readMetrics(stopped.run)).filter(({ step }) => step === 0)).toHaveLength(1);
});

test('a written configuration fine-tunes: it is read without complaint, head or all', async () => {
  const from = await weights();
  for (const unfreeze of ['all', 'head', '2']) {
    const file = path.join(folder, `${unfreeze}.vit.yaml`);
    await newConfig({ file, from, unfreeze });
    const warnings: string[] = [];
    const config = await loadConfig(file, [], (message) => warnings.push(message), startFacts);
    expect(warnings).toEqual([]);
    expect(config.finetune).toMatchObject({ from: 'start.safetensors', unfreeze: unfreeze === '2' ? 2 : unfreeze, layer_decay: unfreeze === 'head' ? 1 : 0.75 });
    expect(config.model).toMatchObject(network);
    expect(config.train.lr).toBe(unfreeze === 'head' ? 1e-3 : 5e-4);
  }
  await expect(newConfig({ file: path.join(folder, 'y.yaml'), from, unfreeze: 'tail' })).rejects.toThrow('tail cannot be unfrozen: all, head, or a number of blocks is needed.');
});
