import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { countParams, countTrained, isBuffer, tunedSpecs, zeroMoments } from '../../../src/engine/model/params';
import { vitSpec, type Tuning, type ViTSpec } from '../../../src/engine/model/spec';
import { tunedFor } from '../../../src/engine/model/tuning';
import { readGolden } from '../../fixtures/golden';

function spec(model: object, tuning?: Tuning): ViTSpec {
  const parsed = configSchema.parse({ image: { size: 16 }, model: { patch_size: 8, num_heads: 2, embed_dim: 8, ...model } });
  return { ...vitSpec(parsed.image, parsed.model, 3), ...(tuning && { tuning }) };
}

type Scales = Readonly<Record<string, readonly [scale: number, decays: boolean]>>;
const golden = readGolden<Record<string, { decay: number; scales: Scales }>>('finetune/layer-decay');

test.each([
  ['vit-token', { depth: 3 }],
  ['vit-avg', { depth: 2, global_pool: 'avg' }],
  ['vit-map', { depth: 2, global_pool: 'map', reg_tokens: 2, pre_norm: true }],
  ['distilled', { depth: 2, distilled: true }],
  ['mixer', { architecture: 'mixer', depth: 2 }],
  ['resnet18', { architecture: 'resnet', embed_dim: 64 }],
])('of %s, every learning rate is scaled as timm scales it', (name, model) => {
  const { decay, scales } = golden[name]!;
  const ours = tunedSpecs(spec(model, { unfreeze: 'all', layerDecay: decay })).filter((param) => param.trained);
  expect(ours.map((param) => param.name).sort()).toEqual(Object.keys(scales).sort());
  for (const param of ours) {
    expect(param.lrScale, param.name).toBeCloseTo(scales[param.name]![0], 12);
    expect(param.decay, param.name).toBe(scales[param.name]![1]);
  }
});

function trainedNames(of: ViTSpec): readonly string[] {
  return [...new Set(tunedSpecs(of).filter(({ trained }) => trained).map(({ name }) => name.replace(/^(blocks\.\d+|layer\d\.\d).*/, '$1').replace(/\.(weight|bias)$/, '')))];
}

test('the head alone, the last blocks with what follows them, or everything is trained', () => {
  const of = (unfreeze: Tuning['unfreeze'], model: object = { depth: 3 }): readonly string[] => trainedNames(spec(model, { unfreeze, layerDecay: 1 }));
  expect(of('head')).toEqual(['head']);
  expect(of(1)).toEqual(['blocks.2', 'norm', 'head']);
  expect(of(2)).toEqual(['blocks.1', 'blocks.2', 'norm', 'head']);
  expect(of(3)).toEqual(['blocks.0', 'blocks.1', 'blocks.2', 'norm', 'head']);
  expect(of('all')).toEqual(['cls_token', 'pos_embed', 'patch_embed.proj', 'blocks.0', 'blocks.1', 'blocks.2', 'norm', 'head']);
  expect(of('head', { depth: 1, global_pool: 'avg' })).toEqual(['head']);
  expect(of(1, { depth: 2, global_pool: 'seq' })).toEqual(['blocks.1', 'norm', 'attention_pool', 'head']);
  expect(of(2, { architecture: 'resnet' })).toEqual(['layer4.0', 'layer4.1', 'fc']);
});

test('running statistics are updated with the layers that are trained only', () => {
  const specs = tunedSpecs(spec({ architecture: 'resnet' }, { unfreeze: 1, layerDecay: 1 }));
  const moving = specs.filter(({ name, updated }) => isBuffer(name) && updated).map(({ name }) => name);
  expect(moving.length).toBe(4);
  expect(moving.every((name) => name.startsWith('layer4.1.'))).toBe(true);
});

test('what is frozen has no moments and is counted as a parameter all the same', () => {
  const head = spec({ depth: 3 }, { unfreeze: 'head', layerDecay: 1 });
  expect([...zeroMoments(head).keys()]).toEqual(['head.weight', 'head.bias']);
  expect(countTrained(head)).toBe(3 * 8 + 3);
  expect(countParams(head)).toBe(countParams(spec({ depth: 3 })));
});

test('a fine-tuning of everything at one rate is the network of a training from scratch, with its graphs', () => {
  const plain = spec({});
  const plan = configSchema.parse({ finetune: { from: 'x' } }).finetune!;
  expect(tunedFor(plain, undefined)).toBe(plain);
  expect(tunedFor(plain, plan)).toBe(plain);
  expect(tunedFor(plain, { ...plan, layer_decay: 0.75 }).tuning).toEqual({ unfreeze: 'all', layerDecay: 0.75 });
});
