import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { beforeEach, expect, test } from 'vitest';
import { exportCheckpoint } from '../../../src/engine/export/export';
import { metadataOf } from '../../../src/engine/export/words';
import type { ExportOptions } from '../../../src/protocol';
import { loadCheckpoint, saveCheckpoint } from '../../../src/engine/checkpoint';
import { configSchema } from '../../../src/engine/config/schema';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { root } from '../bundle';
import { classes, meta } from '../runFixture';
import { temporaryFolder } from '../tiny';

const sample = path.join(root, 'media/sample/run/shapes-sample');
let out: string;
const wish = (parts: Partial<ExportOptions> = {}): ExportOptions => ({ checkpoint: sample, to: 'onnx', out, taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: false, ...parts });
const exporting = (parts?: Partial<ExportOptions>, signal = new AbortController().signal, progress: string[] = []): ReturnType<typeof exportCheckpoint> =>
  exportCheckpoint(wish(parts), signal, (message) => progress.push(message));

beforeEach(async () => {
  out = path.join(await temporaryFolder(), 'model.onnx');
});

test('writes a model that opens, and says what it wrote', async () => {
  const progress: string[] = [];
  const done = await exporting({ taps: ['attention'] }, undefined, progress);
  expect(done.file).toBe(out);
  expect(done.checkpoint).toMatch(/epoch-\d+\.safetensors$/);
  expect(done.bytes).toBe((await readFile(out)).length);
  expect(progress).toEqual(['Reading the checkpoint', 'Writing the graph']);
  const session = await InferenceSession.create(out, { logSeverityLevel: 3 });
  expect(session.inputNames).toEqual(['images']);
  expect(session.outputNames).toEqual(['logits', 'attention.0', 'attention.1', 'attention.2', 'attention.3']);
  await session.release();
});

test('whole numbers make the file smaller', async () => {
  const [full, lower] = [await exporting(), await exporting({ precision: 'int8', force: true })];
  expect(lower.bytes).toBeLessThan(0.6 * full.bytes);
});

test('a file that is there stays, unless it may be overwritten', async () => {
  await writeFile(out, 'mine');
  await expect(exporting()).rejects.toThrow('--force');
  expect(await readFile(out, 'utf8')).toBe('mine');
  await exporting({ force: true });
  expect((await readFile(out)).length).toBeGreaterThan(1000);
});

test("ONNX Runtime's operators with any batch are refused before anything is written", async () => {
  await expect(exporting({ optimise: true })).rejects.toThrow('needs a fixed batch');
  expect(existsSync(out)).toBe(false);
});

test('what is interrupted writes nothing', async () => {
  const abort = new AbortController();
  abort.abort();
  await expect(exporting({}, abort.signal)).rejects.toThrow();
  expect(existsSync(out)).toBe(false);
});

test('a checkpoint that is none is refused by its name', async () => {
  await expect(exporting({ checkpoint: path.join(root, 'package.json') })).rejects.toThrow('package.json');
});

/** A fresh network as a checkpoint. */
async function saved(model: object): Promise<string> {
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 16 }, model: { patch_size: 4, embed_dim: 8, depth: 2, num_heads: 2, ...model } });
  const file = path.join(await temporaryFolder(), 'epoch-0003.safetensors');
  await saveCheckpoint(file, initParams(vitSpec(config.image, config.model, classes.length), 0), { ...meta, config, metrics: {} });
  return file;
}

test.each([
  [{}, 'vision_transformer', { img_size: [16, 16], patch_size: [4, 4], in_chans: 3, num_classes: 3, embed_dim: 8, depth: 2, num_heads: 2, mlp_ratio: 2, global_pool: 'token', class_token: true }],
  [
    { projection: 'conv_stem', stem_dim: 6, global_pool: 'seq' }, 'cct',
    { img_size: [16, 16], n_input_channels: 3, n_conv_layers: 2, in_planes: 6, kernel_size: 3, stride: 1, padding: 1, pooling_kernel_size: 3, pooling_stride: 2, pooling_padding: 1, embedding_dim: 8, num_layers: 2, num_heads: 2, mlp_ratio: 2, num_classes: 3, global_pool: 'seq' },
  ],
  [{ global_pool: 'seq' }, 'cvt', { img_size: [16, 16], n_input_channels: 3, patch_size: [4, 4], embedding_dim: 8, num_layers: 2, num_heads: 2, mlp_ratio: 2, num_classes: 3, global_pool: 'seq' }],
  [{ architecture: 'mixer', token_mlp_ratio: 1.5 }, 'mlp_mixer', { img_size: [16, 16], patch_size: [4, 4], in_chans: 3, num_classes: 3, embed_dim: 8, num_blocks: 2, mlp_ratio: [1.5, 2] }],
  [{ architecture: 'resnet', block: 'bottleneck', layers: [1, 2], stem_type: 'imagenet' }, 'resnet11', { block: 'bottleneck', layers: [1, 2], channels: [8, 16], stem: { kernel_size: 7, stride: 2, max_pool: true }, in_chans: 3, num_classes: 3 }],
  [{ architecture: 'resnet' }, 'resnet18', { block: 'basic', layers: [2, 2, 2, 2], channels: [8, 16, 32, 64], stem: { kernel_size: 3, stride: 1, max_pool: false }, in_chans: 3, num_classes: 3 }],
])('a file says which network it holds: %o is %s', async (model, architecture, args) => {
  const said = metadataOf(await loadCheckpoint(await saved(model)), 'fp32');
  expect([said['architecture'], JSON.parse(said['model_args']!)]).toEqual([architecture, args]);
});

test('a Mixer gives its tokens, and has no attention to give', async () => {
  const checkpoint = await saved({ architecture: 'mixer' });
  await expect(exporting({ checkpoint, taps: ['attention'] })).rejects.toThrow('is an MLP-Mixer');
  expect(existsSync(out)).toBe(false);
  await exporting({ checkpoint, taps: ['tokens'] });
  expect(existsSync(out)).toBe(true);
});

test('what a ResNet does not have is refused, and nothing is written', async () => {
  const checkpoint = await saved({ architecture: 'resnet' });
  await expect(exporting({ checkpoint, taps: ['attention'] })).rejects.toThrow('is a ResNet: it has no tokens, no attention');
  await expect(exporting({ checkpoint, taps: ['tokens'] })).rejects.toThrow('is a ResNet');
  await expect(exporting({ checkpoint, precision: 'int8' })).rejects.toThrow('nothing would change');
  expect(existsSync(out)).toBe(false);
});
