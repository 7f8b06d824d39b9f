import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from '../../../src/engine/checkpoint';
import { parseConfig } from '../../../src/engine/config/load';
import { exportCheckpoint } from '../../../src/engine/export/export';
import { importWeights } from '../../../src/engine/importWeights';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import type { ExportOptions, Exported } from '../../../src/protocol';
import { root } from '../bundle';
import { classes, meta } from '../runFixture';
import { temporaryFolder } from '../tiny';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

const image = { size: 56, fit: 'crop', crop_pct: 0.875, crop_rounding: 'floor', interpolation: 'bilinear', mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] };
const small = { patch_size: 8, embed_dim: 16, depth: 2, num_heads: 2, mlp_ratio: 2 };

/** A checkpoint of random weights. */
async function saved(model: object = {}, given: object = image): Promise<Checkpoint> {
  const { config } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image: given, model: { ...small, ...model } }), 'x.yaml');
  const file = path.join(folder, 'checkpoint.safetensors');
  await saveCheckpoint(file, initParams(vitSpec(config!.image, config!.model, classes.length), 3), { ...meta, config: config! });
  return loadCheckpoint(file);
}

const out = (): string => path.join(folder, 'out');
const exporting = (parts: Partial<ExportOptions>, signal = new AbortController().signal): Promise<Exported> =>
  exportCheckpoint({ checkpoint: path.join(folder, 'checkpoint.safetensors'), to: 'timm', out: out(), taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: false, ...parts }, signal, () => undefined);

const bits = ({ params }: Checkpoint): Record<string, string> => Object.fromEntries([...params].map(([name, { shape, data }]) => [name, `${shape.join()} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`]));

test.each([
  ['timm', {}],
  ['timm', { reg_tokens: 2, no_embed_class: true, init_values: 0.1, act_layer: 'quick_gelu', pool_include_prefix: true, global_pool: 'avg' }],
  ['timm', { norm_eps: 1e-12, mlp_layer: 'swiglu' }],
  ['timm', { distilled: true, qk_norm: true, qkv_bias: false }],
  ['huggingface', {}],
  ['huggingface', { norm_eps: 1e-12, act_layer: 'gelu_tanh', qkv_bias: false }],
  ['huggingface', { distilled: true }],
  ['huggingface', { init_values: 0.1, global_pool: 'token_avg' }],
  ['huggingface', { reg_tokens: 2, no_embed_class: true, init_values: 0.1, global_pool: 'token_avg' }],
] as const)('what is exported for %s with %j comes in again: bits, network, classes and preprocessing', async (to, model) => {
  const before = await saved(model);
  await exporting({ to });
  const after = await loadCheckpoint(out());
  expect(bits(after)).toEqual(bits(before));
  // The first value of a layer scale is of no use once it is trained, and no config.json of Hugging Face has it; SwiGLU has one activation.
  const comparable = ({ initValues, activation, dropRate, ...spec }: Checkpoint['spec']): object => ({ ...spec, scaled: initValues > 0, ...(spec.mlp === 'mlp' && { activation }), dropRate });
  expect(comparable(after.spec)).toEqual(comparable(before.spec));
  expect(after.meta.classes).toEqual(classes);
  expect(after.meta.config.image).toEqual(before.meta.config.image);
  const { missing, unexpected } = after.meta.origin!.report;
  expect([...missing, ...unexpected.filter(({ reason }) => reason === undefined)]).toEqual([]);
});

test.each([
  ['timm', { pos_embed: 'rope' }, 'pos_embed: rope'],
  ['timm', { norm_first: false, attention: 'locality' }, 'attention: locality, norm_first: false'],
  ['huggingface', { pre_norm: true, qk_norm: true }, 'pre_norm: true, qk_norm: true'],
  ['huggingface', { global_pool: 'avg' }, 'global_pool: avg'],
  ['huggingface', { architecture: 'mixer' }, 'architecture: mixer'],
] as const)('for %s, %j is refused by name, and nothing is written', async (to, model, named) => {
  await saved(model);
  await expect(exporting({ to })).rejects.toThrow(named);
  expect(existsSync(out())).toBe(false);
});

test('a SavedModel has a signature for one size of batch', async () => {
  await saved();
  const done = await exporting({ to: 'tensorflow', batch: 2, taps: ['attention'] });
  expect(done.files).toEqual(['saved_model.pb', 'predict.py', 'README.md']);
  const model = (await readFile(path.join(out(), 'saved_model.pb'))).toString('latin1');
  for (const name of ['serving_default', 'tensorflow/serving/predict', 'serving_default/images:0', 'serving_default/out.attention.1:0']) expect(model).toContain(name);
  expect(await readFile(path.join(out(), 'predict.py'), 'utf8')).toContain('np.repeat(x, 2, 0)');
  expect(await readFile(path.join(out(), 'README.md'), 'utf8')).toContain('[2, 56, 56, 3]');
});

test('an ONNX folder has the model, the script and the card', async () => {
  await saved();
  const done = await exporting({ to: 'onnx' });
  expect(done).toMatchObject({ file: out(), files: ['model.onnx', 'predict.py', 'README.md'], notes: [] });
  expect((await readdir(out())).sort()).toEqual([...done.files].sort());
});

test('the card tells of metrics, data, preprocessing and limits, and of no metric that is none', async () => {
  await saved();
  await exporting({ to: 'huggingface' });
  const card = await readFile(path.join(out(), 'README.md'), 'utf8');
  expect(card).toMatch(/^---\nlibrary_name: transformers\n/);
  for (const said of ['| `val/top1` | 0.5 |', '`shapes` (fingerprint `f00d`)', '`circle`, `square`, `triangle`', '| `image.crop_pct` | 0.875 |', '## Limits', 'its 3 classes']) expect(card).toContain(said);
  expect(card).not.toContain('val/loss');
  expect(card).not.toContain(folder);
});

test('the card of a checkpoint that was tested has the test, class by class, and what was confused', async () => {
  await exporting({ checkpoint: path.join(root, 'media/sample/run/shapes-sample') });
  const card = await readFile(path.join(out(), 'README.md'), 'utf8');
  // From media/sample/run/shapes-sample: run.json and confusion.json.
  for (const said of ['| `test/top1` | 0.9722 | 93.7 to 98.8 % |', '| triangle | 30 | 100.0 % (88.6 to 100.0 %) | 96.8 % (83.8 to 99.4 %) |', 'Most often confused: star taken for cross (2)', '1440 images for training, 180 for validation, 180 for the test.']) expect(card).toContain(said);
});

test('a folder with something of somebody else in it stays as it is, with force, too', async () => {
  await saved();
  await mkdir(out());
  await writeFile(path.join(out(), 'README.md'), '# mine');
  for (const force of [false, true]) await expect(exporting({ force })).rejects.toThrow('was not exported there');
  expect(await readFile(path.join(out(), 'README.md'), 'utf8')).toBe('# mine');
});

test('an earlier export is replaced with force, whole; what else was put there stays', async () => {
  await saved();
  await exporting({ to: 'huggingface' });
  await writeFile(path.join(out(), 'mine.txt'), 'mine');
  await expect(exporting({})).rejects.toThrow('--force');
  await exporting({ force: true });
  expect((await readdir(out())).sort()).toEqual(['README.md', 'config.json', 'mine.txt', 'model.safetensors', 'predict.py']);
});

test("ViT Lab's own checkpoint, imported, keeps heads, classes and preprocessing; a run is imported by its best", async () => {
  const before = await saved({ num_heads: 8, norm_eps: 1e-5 });
  const again = path.join(folder, 'again.safetensors');
  await importWeights({ path: before.path, out: again, imageSize: 64 });
  const after = await loadCheckpoint(again);
  expect({ ...after.spec, imageSize: before.spec.imageSize }).toEqual(before.spec);
  expect(after.meta.classes).toEqual(classes);
  expect(after.meta.config.image).toEqual({ ...before.meta.config.image, size: 64 });
  expect((await importWeights({ path: path.join(root, 'media/sample/run/shapes-sample') })).classes).toEqual(['circle', 'cross', 'ring', 'square', 'star', 'triangle']);
});

test('the folder of the weights themselves is no place for their export', async () => {
  await saved();
  await exporting({ to: 'timm' });
  await expect(exporting({ checkpoint: out(), to: 'huggingface', force: true })).rejects.toThrow('holds the weights that are to be exported');
});

test.each([
  [{ architecture: 'mixer', token_mlp_ratio: 0.5 }],
  [{ projection: 'resnetv2', stem_dim: 32, layers: [1] }],
  [{ architecture: 'resnet', block: 'basic', layers: [1, 1], embed_dim: 8, stem_type: 'small' }],
] as const)('%j comes in again by what was written of it', async (model) => {
  const before = await saved(model);
  await exporting({ to: 'timm' });
  const after = await loadCheckpoint(out());
  expect(bits(after)).toEqual(bits(before));
  expect(after.spec).toEqual(before.spec);
  expect(after.meta.config.image).toEqual(before.meta.config.image);
});

test('a file in the way is named', async () => {
  await saved();
  await writeFile(out(), '');
  await expect(exporting({})).rejects.toThrow('is a file');
});

test('what is interrupted leaves nothing', async () => {
  await saved();
  const abort = new AbortController();
  abort.abort();
  await expect(exporting({}, abort.signal)).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['checkpoint.safetensors']);
});
