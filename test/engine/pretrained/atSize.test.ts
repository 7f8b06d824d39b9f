import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/engine/config/load';
import type { Checkpoint } from '../../../src/engine/checkpoint';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { atSize } from '../../../src/engine/pretrained/atSize';
import { classes, meta } from '../runFixture';

function checkpoint(model: object = {}, image: object = { size: 32 }): Checkpoint {
  const { config } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image, model: { patch_size: 8, embed_dim: 16, depth: 1, num_heads: 2, ...model } }), 'x.yaml');
  const spec = vitSpec(config!.image, config!.model, classes.length);
  return { path: '/x.safetensors', meta: { ...meta, config: config! }, spec, params: initParams(spec, 1) };
}

test('positions of patches are resampled, that of the class stays, and nothing else changes', () => {
  const before = checkpoint();
  const after = atSize(before, [48, 64]);
  expect(after.spec.imageSize).toEqual([48, 64]);
  expect(after.meta.config.image.size).toEqual([48, 64]);
  expect(after.params.get('pos_embed')!.shape).toEqual([1, 1 + 6 * 8, 16]);
  expect(after.params.get('pos_embed')!.data.subarray(0, 16)).toEqual(before.params.get('pos_embed')!.data.subarray(0, 16));
  for (const [name, tensor] of before.params) if (name !== 'pos_embed') expect(after.params.get(name)).toBe(tensor);
});

test('its own size changes nothing', () => {
  const before = checkpoint();
  expect(atSize(before, 32)).toBe(before);
});

test('so many times its own size is of whole patches', () => {
  expect(atSize(checkpoint(), { times: 2 }).spec.imageSize).toEqual([64, 64]);
  expect(atSize(checkpoint({}, { size: [32, 24] }), { times: 1.4 }).spec.imageSize).toEqual([48, 32]);
  const before = checkpoint();
  expect(atSize(before, { times: 1 })).toBe(before);
});

test('the same patches after the image is padded to whole ones keep their positions to the bit', () => {
  const before = checkpoint({ patch_fit: 'pad' }, { size: 30 });
  expect(atSize(before, 32).params.get('pos_embed')).toBe(before.params.get('pos_embed'));
});

test.each([{ pos_embed: 'sincos2d' }, { pos_embed: 'rope' }, { pos_embed: 'none' }, { architecture: 'resnet', embed_dim: 8 }])('%j has no weights that know the size', (model) => {
  const before = checkpoint(model);
  expect(atSize(before, 64).params).toEqual(before.params);
});

test.each([[{ architecture: 'mixer' }, 'architecture: mixer'], [{ pos_embed: 'relative' }, 'pos_embed: relative']])('%j takes its own size alone', (model, named) => {
  expect(() => atSize(checkpoint(model), 64)).toThrow(named);
});

test('what no memory holds is refused before anything is computed', () => {
  expect(() => atSize(checkpoint(), 4096)).toThrow('512 × 512 patches');
});
