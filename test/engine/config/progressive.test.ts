import { expect, test } from 'vitest';
import { sizeAt, sizeStages } from '../../../src/engine/config/progressive';
import { configSchema } from '../../../src/engine/config/schema';

const configOf = (progressive: object | undefined, parts: { readonly epochs?: number; readonly image?: object; readonly model?: object } = {}) =>
  configSchema.parse({ image: { size: 32, ...parts.image }, model: { patch_size: 4, ...parts.model }, train: { epochs: parts.epochs ?? 10, ...(progressive && { progressive }) } });

test('without it one size, that of the network: after patch_fit', () => {
  expect(sizeStages(configOf(undefined, { image: { size: 30 } }))).toEqual([{ epoch: 0, size: [32, 32] }]);
});

test('half of the side for half of the epochs, if nothing else is said', () => {
  const config = configOf({});
  expect(sizeStages(config)).toEqual([{ epoch: 0, size: [16, 16] }, { epoch: 5, size: [32, 32] }]);
  expect([0, 4, 5, 9].map((epoch) => sizeAt(config, epoch)[0])).toEqual([16, 16, 32, 32]);
});

test('several stages share the epochs, each a whole number of patches', () => {
  expect(sizeStages(configOf({ from: 16, until: 0.6, stages: 3 }))).toEqual([
    { epoch: 0, size: [16, 16] },
    { epoch: 2, size: [20, 20] }, // 21.3, and the nearest multiple of 4
    { epoch: 4, size: [28, 28] }, // 26.7
    { epoch: 6, size: [32, 32] },
  ]);
});

test('oblong images and patches; a resnet takes every side', () => {
  expect(sizeStages(configOf({ from: [24, 16] }, { image: { size: [48, 64] }, model: { patch_size: [8, 4] } }))[0]!.size).toEqual([24, 16]);
  expect(sizeStages(configOf({}, { image: { size: 27 }, model: { architecture: 'resnet' } }))[0]!.size).toEqual([14, 14]);
});

test('of stages that begin with the same epoch the last one is left', () => {
  expect(sizeStages(configOf({ stages: 4 }, { epochs: 1 }))).toEqual([{ epoch: 0, size: [20, 20] }]);
  expect(sizeStages(configOf({ until: 0.4 }, { epochs: 1 }))).toEqual([{ epoch: 0, size: [32, 32] }]);
  expect(sizeStages(configOf({ until: 1 }))).toEqual([{ epoch: 0, size: [16, 16] }]);
});
