import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { digest, loadCheckpoint, loadTrainPoint, saveCheckpoint, saveTrainPoint } from '../../src/engine/checkpoint';
import { paramSpecs } from '../../src/engine/model/params';
import { UserError } from '../../src/engine/userError';
import { parseSafetensors, serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { config, meta, pointAt, spec, temporaryFolder } from './runFixture';

const { point } = pointAt(4);
const { params } = point.state;

async function saved(): Promise<string> {
  const file = path.join(temporaryFolder(), 'epoch-0004.safetensors');
  await saveCheckpoint(file, params, meta);
  return file;
}

/** The file with other metadata or tensors, its checksum made right again unless that is what is changed. */
function rewrite(file: string, change: { metadata?: Record<string, string>; tensors?: typeof params }): void {
  const { tensors, metadata } = parseSafetensors(readFileSync(file));
  const next = change.tensors ?? tensors;
  writeFileSync(file, serialiseSafetensors(next, { ...metadata, sha256: digest(next), ...change.metadata }));
}

test('what is saved is loaded, weights bit for bit', async () => {
  const file = await saved();
  const loaded = await loadCheckpoint(file);
  expect(loaded.path).toBe(file);
  expect(loaded.meta).toEqual(meta);
  expect(loaded.spec).toEqual(spec);
  expect(digest(loaded.params)).toBe(digest(params));
  expect([...loaded.params.keys()].sort()).toEqual(paramSpecs(spec).map(({ name }) => name).sort());
});

test('a training point is loaded bit for bit, cursor included', async () => {
  const file = path.join(temporaryFolder(), 'state.safetensors');
  await saveTrainPoint(file, point);
  expect(await loadTrainPoint(file, params)).toEqual(point);
  const watched = { ...point, plateau: { lr: 0.05, best: 0.123456789012345, bad: 3, cooldown: 1 } };
  await saveTrainPoint(file, watched);
  expect(await loadTrainPoint(file, params)).toEqual(watched);
});

test('one of an optimizer without second moments, too', async () => {
  const file = path.join(temporaryFolder(), 'state.safetensors');
  const one = { ...point, state: { ...point.state, v: new Map<string, never>() } };
  await saveTrainPoint(file, one);
  expect(await loadTrainPoint(file, params)).toEqual(one);
});

test('a training point does not go with other weights', async () => {
  const file = path.join(temporaryFolder(), 'state.safetensors');
  await saveTrainPoint(file, point);
  await expect(loadTrainPoint(file, pointAt(5).point.state.params)).rejects.toThrow(/belongs to other weights/);
});

describe('is refused, with the reason', () => {
  test('every tensor that does not fit, all in one message', async () => {
    const file = await saved();
    const tensors = new Map(params);
    tensors.delete('head.bias');
    tensors.delete('blocks.0.norm1.weight');
    tensors.set('cls_token', { shape: [8], data: new Float32Array(8) });
    tensors.set('head_dist.bias', { shape: [3], data: new Float32Array(3) });
    rewrite(file, { tensors });
    const error = await loadCheckpoint(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message.split('\n').slice(1).sort()).toEqual([
      '- blocks.0.norm1.weight [8] is missing',
      '- cls_token is [8], but the model needs [1, 1, 8]',
      '- head.bias [3] is missing',
      '- head_dist.bias does not belong to the model',
    ]);
  });

  test('one flipped bit anywhere in the weights', async () => {
    const file = await saved();
    const bytes = readFileSync(file);
    for (const back of [1, 100, 1000]) {
      const flipped = Buffer.from(bytes);
      flipped[flipped.length - back]! ^= 1;
      writeFileSync(file, flipped);
      await expect(loadCheckpoint(file)).rejects.toThrow(/checksum/);
    }
  });

  test('a file cut short', async () => {
    const file = await saved();
    writeFileSync(file, readFileSync(file).subarray(0, -10));
    await expect(loadCheckpoint(file)).rejects.toThrow(/cut off/);
  });

  test('a newer version', async () => {
    const file = await saved();
    rewrite(file, { metadata: { format: 'vit-lab/2', version: '9.0.0' } });
    await expect(loadCheckpoint(file)).rejects.toThrow(/newer version of ViT Lab \(9\.0\.0\)/);
  });

  test('an origin whose positions are resized by no known rule', async () => {
    const file = await saved();
    rewrite(file, { metadata: { origin: JSON.stringify({ file, scheme: 'timm', positions: 'own' }) } });
    await expect(loadCheckpoint(file)).rejects.toThrow(/is damaged/);
  });

  test('weights of somebody else, where their network cannot be known', async () => {
    const file = path.join(temporaryFolder(), 'timm.safetensors');
    writeFileSync(file, serialiseSafetensors(params, { format: 'pt' }));
    await expect(loadCheckpoint(file)).rejects.toThrow(/how many heads .* cannot be seen/);
  });

  test('a configuration that is none', async () => {
    const file = await saved();
    rewrite(file, { metadata: { config: JSON.stringify({ ...config, model: { ...config.model, depth: -1 } }) } });
    await expect(loadCheckpoint(file)).rejects.toThrow(/damaged.*depth/s);
    rewrite(file, { metadata: { config: '{' } });
    await expect(loadCheckpoint(file)).rejects.toThrow(/damaged/);
  });

  test('a file that is not there', async () => {
    await expect(loadCheckpoint('/nowhere/x.safetensors')).rejects.toThrow(/no such file/);
  });
});
