import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { importWeights } from '../../../src/engine/importWeights';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { configSchema } from '../../../src/engine/config/schema';
import { openPretrained } from '../../../src/engine/pretrained/open';
import { reportLines } from '../../../src/engine/pretrained/report';
import type { TensorMap } from '../../../src/engine/tensors';
import { versionOf } from '../../../src/engine/weights/modelFile';
import { serialiseSafetensors } from '../../../src/engine/weights/safetensors';
import { temporaryFolder } from '../tiny';

const golden = path.join(import.meta.dirname, '../../golden/schemes');
const { image, model } = configSchema.parse({ image: { size: 16 }, model: { patch_size: 4, embed_dim: 64, depth: 2, num_heads: 1, mlp_ratio: 2 } });
const spec = vitSpec(image, model, 3);
const plain = initParams(spec, 1);

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  // Heads are seen nowhere else.
  await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 1 } });
});

async function written(tensors: TensorMap, name = 'model.safetensors', metadata = {}): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, serialiseSafetensors(tensors, metadata));
  return file;
}
const json = (name: string, value: unknown): Promise<void> => writeFile(path.join(folder, name), JSON.stringify(value));
const renamed = (prefix: string, tensors: TensorMap = plain): [string, { shape: readonly number[]; data: Float32Array }][] => [...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]);
const without = (...names: readonly string[]): TensorMap => new Map([...plain].filter(([name]) => !names.includes(name)));

/** The plain network under Hugging Face's names, without one of its tensors (by timm's name, of queries, keys or values by themselves). */
function inHuggingFace(without?: string): TensorMap {
  const parts = ['query', 'key', 'value'];
  const named = [...plain].flatMap(([name, { shape, data }]) => {
    if (!name.includes('attn.qkv')) return [[name, { shape, data }] as const];
    const size = data.length / 3;
    return ['q', 'k', 'v'].map((part, i) => [name.replace('qkv', part), { shape: [64, ...shape.slice(1)], data: data.slice(size * i, size * (i + 1)) }] as const);
  });
  const renamed = (name: string): string =>
    [
      [/^blocks\.(\d+)\.norm1/, 'vit.encoder.layer.$1.layernorm_before'],
      [/^blocks\.(\d+)\.norm2/, 'vit.encoder.layer.$1.layernorm_after'],
      [/^blocks\.(\d+)\.attn\.proj/, 'vit.encoder.layer.$1.attention.output.dense'],
      [/^blocks\.(\d+)\.mlp\.fc1/, 'vit.encoder.layer.$1.intermediate.dense'],
      [/^blocks\.(\d+)\.mlp\.fc2/, 'vit.encoder.layer.$1.output.dense'],
      ...parts.map((part) => [new RegExp(`^blocks\\.(\\d+)\\.attn\\.${part[0]!}`), `vit.encoder.layer.$1.attention.attention.${part}`] as const),
      [/^norm\./, 'vit.layernorm.'],
      [/^head\./, 'classifier.'],
      [/^cls_token/, 'vit.embeddings.cls_token'],
      [/^pos_embed/, 'vit.embeddings.position_embeddings'],
      [/^patch_embed\.proj/, 'vit.embeddings.patch_embeddings.projection'],
    ].reduce((text, [of, to]) => text.replace(of as RegExp, to as string), name);
  return new Map(named.filter(([name]) => name !== without).map(([name, tensor]) => [renamed(name), tensor]));
}

describe('what a network is', () => {
  test('is seen in the tensors, and where it cannot be, it is said where it is from', async () => {
    const { spec: found, origin } = await openPretrained(await written(plain));
    expect(found).toEqual({ ...spec });
    expect(origin.scheme).toBe('timm');
    expect(origin.report.matched).toHaveLength(plain.size);
    expect(origin.facts).toMatchObject({ depth: 'tensors', num_heads: 'config.json (vit_own)', norm_eps: 'timm' });
  });

  test('config.json says heads; heads that do not divide the width are refused', async () => {
    await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 4 }, num_classes: 3, label_names: ['a', 'b', 'c'], label_descriptions: { a: 'ant, insect' } });
    const { spec: found, classes } = await openPretrained(await written(plain));
    expect(found.heads).toBe(4);
    expect(classes).toEqual(['ant', 'b', 'c']);
    await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 5 } });
    await expect(openPretrained(folder)).rejects.toThrow(/5 heads, which do not divide the width 64/);
  });

  test('names of another number than the head has classes are told to be left out', async () => {
    await written(plain);
    const notes = async (config: object): Promise<readonly string[]> => {
      await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 1 }, ...config });
      return (await openPretrained(folder)).origin.preprocessing.notes;
    };
    const left = /names \d classes and the head has 3/;
    expect((await notes({ label_names: ['a', 'b'] })).join()).toMatch(left);
    expect((await notes({ id2label: { 0: 'a', 1: 'b', 2: 'c', 3: 'd' } })).join()).toMatch(left);
    expect((await notes({ id2label: { '-1': 'a', 0: null, 1: 'c' } })).join()).toMatch(/has not a name for every number from 0 to 2/);
    expect((await notes({ id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' } })).join()).not.toMatch(/left out/);
    expect((await notes({ label_names: ['a', 'b', 'c'] })).join()).not.toMatch(left);
    expect((await notes({})).join()).not.toMatch(left);
  });

  test("CLIP's bare tensors are not taken for another network's, and its two activations are named", async () => {
    await rm(path.join(folder, 'config.json'));
    const clip = new Map([...plain, ...['weight', 'bias'].map((part) => [`norm_pre.${part}`, { shape: [64], data: new Float32Array(64) }] as const)]);
    await expect(openPretrained(await written(clip))).rejects.toThrow(/gelu or quick_gelu cannot be seen.*--model vit_base_patch32_clip_quickgelu_224/);
  });

  test('a bias of keys that is missing is told by its name, and those of the other blocks stay', async () => {
    await json('config.json', { model_type: 'vit', num_attention_heads: 1 });
    const file = await written(inHuggingFace('blocks.0.attn.k.bias'));
    await expect(openPretrained(file)).rejects.toThrow(/blocks\.0\.attn\.k\.bias \[64\] is missing/);
    const { spec: found, origin } = await openPretrained(file, { partial: true });
    expect(found.qkvBias).toBe(true);
    expect(origin.report.missing).toEqual([{ name: 'blocks.0.attn.k.bias', shape: [64] }]);
    expect(origin.report.unexpected).toEqual([]);
  });

  test('a configuration names the network without a word of data', async () => {
    await rm(path.join(folder, 'config.json'));
    await writeFile(path.join(folder, 'net.yaml'), 'image: {size: 16}\nmodel: {patch_size: 4, embed_dim: 64, depth: 2, num_heads: 4, mlp_ratio: 2}\n');
    expect((await openPretrained(await written(plain), { model: path.join(folder, 'net.yaml') })).spec.heads).toBe(4);
  });

  test('config.json of Hugging Face with another patch is of another network', async () => {
    await json('config.json', { model_type: 'vit', num_attention_heads: 1, patch_size: 8 });
    await expect(openPretrained(await written(inHuggingFace()))).rejects.toThrow(/says patch_size: 8, but its tensors are of a network with 4/);
  });

  test('heads that are said nowhere are not guessed; where config.json says no number, it is told', async () => {
    const file = await written(plain);
    await rm(path.join(folder, 'config.json'));
    await expect(openPretrained(file)).rejects.toThrow(/how many heads .* width 64 .*--model/);
    await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 'two' } });
    await expect(openPretrained(file)).rejects.toThrow('says "two" heads');
  });

  test.each([
    ['vit_huge_patch14_clip_224', { num_heads: 16, norm_eps: 1e-5 }],
    ['vit_large_patch14_clip_quickgelu_336.openai', { num_heads: 16, norm_eps: 1e-5, act_layer: 'quick_gelu' }],
  ])('%s is known by its name', async (architecture, expected) => {
    await json('config.json', { architecture });
    expect((await openPretrained(await written(plain))).config.model).toMatchObject(expected);
  });

  test('a name of timm of another kind of network is refused, and not taken for one of ours', async () => {
    await json('config.json', { architecture: 'vit_base_patch16_rpn_224' });
    await expect(openPretrained(await written(plain))).rejects.toThrow('ResPostBlock');
  });

  test("a config.json of another network is refused with both numbers", async () => {
    await json('config.json', { num_hidden_layers: 3, model_type: 'vit', num_attention_heads: 1 });
    await expect(openPretrained(await written(plain))).rejects.toThrow('num_hidden_layers: 3, but its tensors are of a network with 2');
  });

  test('numbers that are none are named by their tensor', async () => {
    const data = plain.get('blocks.1.mlp.fc1.bias')!.data.slice();
    data[7] = NaN;
    await expect(openPretrained(await written(new Map([...plain, ['blocks.1.mlp.fc1.bias', { shape: [128], data }]])))).rejects.toThrow(/none \(NaN or infinite\) in blocks\.1\.mlp\.fc1\.bias\./);
  });

  test('an oblong position table is understood by the size that config.json says', async () => {
    const oblong = vitSpec({ ...image, size: [16, 24] }, model, 3);
    await json('config.json', { architecture: 'vit_own', model_args: { num_heads: 1, img_size: [16, 24] } });
    expect((await openPretrained(await written(initParams(oblong, 1)))).spec.imageSize).toEqual([16, 24]);
  });

  test('a preset or a configuration takes its place', async () => {
    const config = path.join(folder, 'own.yaml');
    await writeFile(config, 'dataset: { format: shapes }\nimage: { size: 16, mean: [0.1] }\nmodel: { patch_size: 4, embed_dim: 64, depth: 2, num_heads: 8, mlp_ratio: 2 }\n');
    const file = await written(plain);
    const { spec: found, config: used } = await openPretrained(file, { model: config });
    expect([found.heads, used.image.mean]).toEqual([8, [0.1]]);
    await expect(openPretrained(file, { model: 'vit_tiny_patch16_224' })).rejects.toThrow(/blocks\.11\.mlp\.fc2\.bias \[192\] is missing|… and \d+ more/);
    await expect(openPretrained(file, { model: 'vit_none' })).rejects.toThrow(/no preset vit_none/);
  });
});

describe('wrappers', () => {
  test.each(['module.', 'model.module.', 'state_dict.', 'teacher.backbone.', '_orig_mod.', 'model.vit.', 'timm_model.', 'ema.module.'])('%s comes off', async (prefix) => {
    expect((await openPretrained(await written(new Map(renamed(prefix))))).origin.report.matched).toHaveLength(plain.size);
  });

  test('two networks in one file are not one of them', async () => {
    await expect(openPretrained(await written(new Map([...renamed('teacher.'), ...renamed('student.')])))).rejects.toThrow(/more than one network: student\.\S+ and teacher\./);
  });
});

describe('what does not fit', () => {
  test('is listed, all of it, with the way out', async () => {
    const file = await written(new Map([...without('norm.weight', 'blocks.1.mlp.fc2.bias'), ['neck.weight', { shape: [2], data: new Float32Array(2) }]]));
    await expect(openPretrained(file)).rejects.toThrow(/--partial[^]*- blocks\.1\.mlp\.fc2\.bias \[64\] is missing[^]*- norm\.weight \[64\] is missing[^]*- neck\.weight \[2\] does not belong/);
    const { origin: { report }, params } = await openPretrained(file, { partial: true });
    expect(report.missing.map(({ name }) => name)).toEqual(['blocks.1.mlp.fc2.bias', 'norm.weight']);
    expect(report.unexpected.map(({ name }) => name)).toEqual(['neck.weight']);
    expect([...params.keys()]).toEqual([...plain.keys()]);
    expect(reportLines(report).join('\n')).toMatch(/2 missing, 1 unexpected[^]*neck\.weight \[2\]: unexpected/);
  });

  test('two tensors that would become one are no choice', async () => {
    const fc1 = plain.get('blocks.0.mlp.fc1.weight')!;
    await expect(openPretrained(await written(new Map([...plain, ['blocks.0.mlp.w12.weight', fc1]])))).rejects.toThrow(/blocks\.0\.mlp\.w12\.weight \[128, 64\] does not belong/);
  });

  test('unknown names show what is there', async () => {
    await expect(openPretrained(await written(new Map([['conv1.weight', { shape: [1], data: new Float32Array(1) }], ['layer1.0.a', { shape: [1], data: new Float32Array(1) }]])))).rejects.toThrow(/not in a scheme of names that ViT Lab knows \(.*torchvision.*\)\. It holds:\n {2}conv1\.weight\n {2}layer1\.0/);
  });
});

describe('changes that are asked for', () => {
  test('another image size resizes the positions by the rule of the home', async () => {
    const { spec: found, origin: { report } } = await openPretrained(await written(plain), { imageSize: 32 });
    expect(found.imageSize).toEqual([32, 32]);
    expect(report.resized).toEqual([{ name: 'pos_embed', from: [1, 17, 64], to: [1, 65, 64], how: '4 × 4 → 8 × 8, bicubic, antialiased, as timm' }]);
    await expect(openPretrained(folder, { imageSize: 30 })).rejects.toThrow(/30 pixels is no whole number of patches of 4/);
  });

  test('another patch size resizes the projection', async () => {
    const { spec: found, params } = await openPretrained(await written(plain), { imageSize: 32, patchSize: 8 });
    expect(found.patchSize).toEqual([8, 8]);
    expect(params.get('patch_embed.proj.weight')!.shape).toEqual([64, 3, 8, 8]);
    expect(params.get('pos_embed')).toEqual(plain.get('pos_embed'));
  });

  test('a head is replaced only when that is asked for, by zeros', async () => {
    const { classes, params, origin: { report } } = await openPretrained(await written(plain), { replaceHead: ['cat', 'dog'] });
    expect(classes).toEqual(['cat', 'dog']);
    expect(params.get('head.weight')).toEqual({ shape: [2, 64], data: new Float32Array(128) });
    expect(report.replaced.map(({ name, how }) => [name, how])).toEqual([['head.weight', 'a new head of zeros instead of [3, 64]'], ['head.bias', 'a new head of zeros instead of [3]']]);
  });

  test('without a head there are no classes', async () => {
    const { spec: found, classes } = await openPretrained(await written(without('head.weight', 'head.bias')));
    expect([found.classes, classes]).toEqual([0, []]);
  });
});

describe('folders', () => {
  test('several models in one are not chosen from', async () => {
    await written(plain, 'a.safetensors');
    await written(plain, 'b.safetensors');
    await expect(openPretrained(folder)).rejects.toThrow(/several models: a\.safetensors, b\.safetensors/);
  });

  test('parts without their index say what is missing', async () => {
    for (const part of [1, 2]) await written(plain, `model-0000${part}-of-00002.safetensors`);
    await expect(openPretrained(folder)).rejects.toThrow(/parts of a model .* download model\.safetensors\.index\.json/);
  });

  test('an ONNX model is known for what it is, whatever it is called', async () => {
    await writeFile(path.join(folder, 'model.safetensors'), Uint8Array.from([8, 10, 18, 7, ...Buffer.from('vit-lab'), 58, 0, 0, 0]));
    await expect(openPretrained(folder)).rejects.toThrow(/This is an ONNX model/);
  });

  test('pickles alone give the line that converts them, and nothing says so', async () => {
    await writeFile(path.join(folder, 'pytorch_model.bin'), 'PK');
    await expect(openPretrained(folder)).rejects.toThrow(/only Python pickles \(pytorch_model\.bin\)[^]*torch\.load\('pytorch_model\.bin'.*weights_only=True/);
    await expect(openPretrained(await temporaryFolder())).rejects.toThrow(/holds no weights/);
  });

  test('a pickle of PyTorch is known by what is in it, whatever it is called', async () => {
    const { zipSync } = await import('fflate');
    await writeFile(path.join(folder, 'model.npz'), zipSync({ 'archive/data.pkl': new Uint8Array(4), 'archive/data/0': new Uint8Array(4) }));
    await expect(openPretrained(folder)).rejects.toThrow(/PyTorch with a Python pickle/);
    await writeFile(path.join(folder, 'model.safetensors'), Buffer.from([0x80, 2, 0x7d]));
    await expect(openPretrained(path.join(folder, 'model.safetensors'))).rejects.toThrow(/Python pickle/);
  });

  test('a config.json that is none is named', async () => {
    await written(plain);
    await writeFile(path.join(folder, 'config.json'), '{');
    await expect(openPretrained(folder)).rejects.toThrow(/config\.json is no JSON/);
  });
});

test('the version of weights changes with the file, and with what is read beside it', async () => {
  const file = await written(plain);
  await json('config.json', { a: 1 });
  for (const place of [file, folder]) {
    const before = await versionOf(place);
    expect(await versionOf(place)).toBe(before);
    await json('config.json', { a: before.length });
    expect(await versionOf(place)).not.toBe(before);
  }
  const before = await versionOf(folder);
  await written(without('norm.weight'));
  expect(await versionOf(folder)).not.toBe(before);
});

describe('parts', () => {
  const [first, second] = [new Map([...plain].slice(0, 9)), new Map([...plain].slice(9))];
  const map = (): Record<string, string> => ({ ...Object.fromEntries([...first.keys()].map((name) => [name, 'one.safetensors'])), ...Object.fromEntries([...second.keys()].map((name) => [name, 'two.safetensors'])) });
  beforeEach(async () => {
    await written(first, 'one.safetensors');
    await written(second, 'two.safetensors');
  });

  test('are read together', async () => {
    await json('model.safetensors.index.json', { metadata: {}, weight_map: map() });
    expect((await openPretrained(folder)).origin.report.matched).toHaveLength(plain.size);
  });

  test.each([
    ['a part that is not there', (all: Record<string, string>) => ({ ...all, 'norm.weight': 'three.safetensors' }), /there is no three\.safetensors beside it, which it names/],
    ['a tensor in another part', (all: Record<string, string>) => ({ ...all, 'norm.weight': 'one.safetensors' }), /holds the tensor "norm\.weight", which the index does not place there|"norm\.weight" is not in one/],
    ['a tensor that no part has', (all: Record<string, string>) => ({ ...all, 'more.weight': 'one.safetensors' }), /"more\.weight" is not in one\.safetensors/],
    ['a path out of the folder', (all: Record<string, string>) => ({ ...all, 'norm.weight': '../two.safetensors' }), /"\.\.\/two\.safetensors" in its weight_map is no file of this folder/],
    ['a map that is none', () => 'none', /no weight_map/],
  ])('%s', async (_, change, message) => {
    await json('model.safetensors.index.json', { weight_map: change(map()) });
    await expect(openPretrained(folder)).rejects.toThrow(message);
  });
});

test('an import is written as a checkpoint, and not over another file', async () => {
  const out = path.join(folder, 'own.safetensors');
  await mkdir(path.join(folder, 'hf'));
  await cp(path.join(golden, 'hf-deit'), path.join(folder, 'hf'), { recursive: true });
  const done = await importWeights({ path: path.join(folder, 'hf'), out });
  expect(done.origin.report.converted.length).toBeGreaterThan(0);
  const read = await loadCheckpoint(out);
  expect(read.meta.origin).toEqual(done.origin);
  expect(read.spec.distilled).toBe(true);
  await expect(importWeights({ path: path.join(folder, 'hf'), out })).rejects.toThrow(/exists already/);
  await importWeights({ path: path.join(folder, 'hf'), out, force: true });
  const source = path.join(folder, 'hf', 'model.safetensors');
  await expect(importWeights({ path: path.join(folder, 'hf'), out: source, force: true })).rejects.toThrow(/is what is imported/);
  await importWeights({ path: path.join(folder, 'hf'), out: path.join(folder, 'new', 'folder', 'own.safetensors') });
  await expect(importWeights({ path: path.join(folder, 'hf'), out: path.join(folder, 'own.bin') })).rejects.toThrow(/is a \.safetensors file/);
  // Damaged afterwards, it is no checkpoint any more.
  const bytes = await readFile(out);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(out, bytes);
  await copyFile(out, path.join(folder, 'damaged.safetensors'));
  await expect(loadCheckpoint(path.join(folder, 'damaged.safetensors'))).rejects.toThrow(/checksum/);
});
