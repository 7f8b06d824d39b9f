import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { modelFacts } from '../../../src/engine/facts';
import { vitSpec } from '../../../src/engine/model/spec';
import type { Material } from '../../../src/engine/report/material';
import { model } from '../../../src/engine/report/sections/model';

function said(...models: object[]): string {
  const runs = models.map((own) => {
    const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 32 }, model: own });
    const spec = vitSpec(config.image, config.model, 10);
    return { config, spec, facts: modelFacts(spec, 64), record: null };
  });
  const groups = runs.map((_, i) => ({ name: `net ${i}`, letter: 'ABC'[i]!, runs: [i] }));
  return JSON.stringify(model({ runs, groups } as unknown as Material).blocks);
}

const VIT = { patch_size: 4, embed_dim: 32, depth: 2, num_heads: 2 };
const RESNET = { architecture: 'resnet', layers: [1, 1], embed_dim: 28 };

test('what the tokens are of is said as it is: patches of the image, or positions behind convolutions', () => {
  expect(said(VIT)).toContain('on 8 × 8 patches of 4 × 4 pixels: 65 tokens');
  const hybrid = said({ ...VIT, projection: 'resnetv2', stem_dim: 32 });
  expect(hybrid).toContain('on 8 × 8 positions of what the convolutions of a ResNet make of the image, one for every 4 × 4 pixels: 65 tokens');
  expect(hybrid).not.toContain('patches of 4 × 4 pixels');
  expect(said({ ...VIT, projection: 'conv_stem', stem_dim: 16 })).toContain('on 8 × 8 positions of what 2 convolutions make of the image');
});

test('of a ResNet only the keys are told that have a meaning for it, in its words', () => {
  const both = said({ ...VIT, projection: 'conv' }, RESNET);
  expect(both).toContain('width D of a token; of a ResNet the channels of its first stage');
  expect(both).toContain('[[{"code":"model.projection"}," ","how a patch becomes a token"],[{"code":"conv"}],"–",');
  expect(both).toContain('[[{"code":"model.layers"}," ","blocks in each stage of the ResNet"],"–",[{"code":"[1, 1]"}],');
  expect(said(RESNET)).toContain('channels of the first stage of the ResNet');
  expect(said(VIT)).toContain('"width D of a token"');
});
