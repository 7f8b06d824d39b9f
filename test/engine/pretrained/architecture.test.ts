import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/engine/config/load';
import { paramSpecs } from '../../../src/engine/model/params';
import { presetNames } from '../../../src/engine/model/presets';
import type { Config } from '../../../src/engine/config/schema';
import { vitSpec, type ViTSpec } from '../../../src/engine/model/spec';
import { inferArchitecture, type Architecture } from '../../../src/engine/pretrained/architecture';
import { always } from '../../../src/engine/weights/schemes/scheme';

const configOf = (model: object, image: object = {}): Config => parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image, model }), 'x.yaml').config!;

/** What is found out of a preset's shapes and its name, with no numbers in its tensors. */
function foundOf(preset: string): { readonly found: Architecture; readonly spec: ViTSpec } {
  const { image, model } = configOf({ preset });
  const spec = vitSpec(image, model, 10);
  const named = new Map(paramSpecs(spec).map(({ name, shape }) => [name, { tensor: { shape, data: new Float32Array(0) }, from: [name], changes: [] }]));
  return { spec, found: inferArchitecture('x.safetensors', named, always('timm', { norm_eps: 1e-6, act_layer: 'gelu' }), { config: { architecture: `${preset}.tag` } }) };
}

test.each(presetNames)('%s is found out from its shapes and its name', (preset) => {
  const { spec, found } = foundOf(preset);
  const { image, model } = configOf(found.model, { size: spec.imageSize });
  expect(vitSpec(image, model, 10)).toEqual(spec);
  const patch = model.architecture === 'resnet' ? ([1, 1] as const) : spec.patchSize;
  expect(found.grid.map((count, axis) => count * patch[axis]!)).toEqual(spec.imageSize);
});

test('what a network is called says more than what is usual for its family', () => {
  const { model, origins } = foundOf('vit_base_patch32_clip_quickgelu_224').found;
  expect([model['act_layer'], model['norm_eps'], origins['act_layer']]).toEqual(['quick_gelu', 1e-5, 'config.json (vit_base_patch32_clip_quickgelu_224)']);
});

test('4 positions and 3 tokens before the patches: 2 × 2 patches where no token has a position, and a question otherwise', () => {
  const { image, model } = configOf({ preset: 'test_vit', reg_tokens: 2, no_embed_class: true, patch_size: 16 }, { size: 32 });
  const named = new Map(paramSpecs(vitSpec(image, model, 10)).map(({ name, shape }) => [name, { tensor: { shape, data: new Float32Array(0) }, from: [name], changes: [] }]));
  const found = (hints: object): Architecture => inferArchitecture('x.safetensors', named, always('timm', { norm_eps: 1e-6, act_layer: 'gelu', num_heads: 2, ...hints }), {});
  expect(found({ no_embed_class: true })).toMatchObject({ grid: [2, 2], model: { no_embed_class: true } });
  expect(() => found({})).toThrow('4 rows with 3 tokens');
});
