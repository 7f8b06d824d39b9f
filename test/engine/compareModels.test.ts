import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compareModels } from '../../src/engine/compareModels';
import { temporaryFolder } from './tiny';

const networks = {
  vit: 'model: {embed_dim: 64}',
  mixer: 'model: {architecture: mixer}',
  resnet: 'model: {architecture: resnet, stem_type: imagenet}',
  hybrid: 'model: {projection: resnetv2}',
  shifted: 'model: {projection: shifted_patches, attention: locality, pos_embed: none}',
} as const;

let folder: string;
const file = (name: string): string => path.join(folder, `${name}.vit.yaml`);

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [name, model] of Object.entries(networks)) writeFileSync(file(name), `dataset: {format: shapes}\n${model}\n`);
  writeFileSync(file('lost'), 'dataset: {path: nowhere}\n');
});

const never = (): Promise<never> => Promise.reject(new Error('no checkpoint was asked for'));
const compare = (...models: string[]): ReturnType<typeof compareModels> => compareModels({ models }, never);
const rowOf = async (label: string): Promise<readonly string[]> => {
  const { rows } = await compare(...Object.keys(networks).map(file));
  return rows.find((row) => row.label === label)!.values;
};

test('every network has a value in every row, in the order of the question', async () => {
  const { models, rows } = await compare(...Object.keys(networks).map(file));
  expect(models.map(({ title }) => title)).toEqual(Object.keys(networks));
  expect(rows.every(({ values }) => values.length === models.length && values.every(Boolean))).toBe(true);
  expect(rows[0]!.values).toEqual(['vit-p4-d64-l6-h4', 'mixer-p4-d64-l6', 'resnet18-d64', 'hybrid-p4-d64-l6-h4', 'sl-vit-p4-d64-l6-h4']);
});

test('what a position sees', async () => {
  // The stem of a hybrid: 7 × 7 at every second pixel, then a pool of 3 of them: 7 + 2 · 2. ResNet-18: 435, by torchvision's gradient.
  expect(await rowOf('a position sees first')).toEqual(['4 × 4 px', '4 × 4 px', '7 × 7 px', '11 × 11 px', '8 × 8 px']);
  expect(await rowOf('a position sees at last')).toEqual(['all, from block 1 on', 'all, from block 1 on', '435 × 435 px', 'all, from block 1 on', 'all, from block 1 on']);
});

test('what has no tokens or no attention says so', async () => {
  expect(await rowOf('tokens')).toEqual(['65', '64', '–', '65', '65']);
  expect(await rowOf('Ω(MSA), one block')).toEqual(['1.57 M', '–', '–', '1.57 M', '1.57 M']);
});

test('what is presumed of images', async () => {
  expect(await rowOf('locality')).toEqual(['within a patch', 'within a patch', 'in every layer', 'before the blocks', 'within a patch and half a patch around it']);
  expect(await rowOf('translation equivariance')).toEqual(['by whole patches, but for the positions', 'of the patch projection only', 'in every layer', 'before the blocks', 'by whole patches']);
  expect(await rowOf('hierarchy')).toEqual(['none', 'none', '4 stages', 'before the blocks', 'none']);
});

test('presets and configurations stand side by side; lost data are told, and --classes needs none', async () => {
  const { models } = await compare('vit_tiny_patch16_224', file('lost'));
  expect(models.map(({ params, assumed, config }) => [params, assumed, config.classes])).toEqual([[5_717_416, false, 1000], [expect.any(Number), true, 10]]);
  const { rows } = await compareModels({ models: [file('lost'), file('vit')], classes: 7 }, never);
  expect(rows.find(({ label }) => label === 'classes')!.values).toEqual(['7', '7']);
});

test('fewer than two models are refused, and so is a file that is none', async () => {
  await expect(compare(file('vit'))).rejects.toThrow('two models or more');
  await expect(compare(file('vit'), file('missing'))).rejects.toThrow('missing.vit.yaml');
});
