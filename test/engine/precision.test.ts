import { afterAll, beforeAll, expect, test } from 'vitest';
import * as path from 'node:path';
import { openExecutor } from '../../src/engine/compile/backends';
import { writeShapes } from '../../src/engine/dataset/shapes';
import { saveCheckpoint } from '../../src/engine/checkpoint';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { createLooker, type Looker } from '../../src/engine/looking';
import { measurePrecision } from '../../src/engine/precision';
import type { PrecisionChange } from '../../src/protocol';
import { root } from './bundle';
import { classes, config, meta } from './runFixture';
import { temporaryFolder } from './tiny';

const checkpoint = path.join(root, 'media/sample/run/shapes-sample');
let data: string;
let looker: Looker;

const measure = (of: Looker, progress: number[] = []): Promise<PrecisionChange> =>
  measurePrecision({ checkpoint, precision: 'int8', data }, of, new AbortController().signal, ({ done }) => progress.push(done));

beforeAll(async () => {
  data = path.join(await temporaryFolder(), 'images');
  await writeShapes(data, { images: 400, size: 32, seed: 5 });
  looker = createLooker(() => openExecutor('onnx'));
});

afterAll(() => looker.close());

test('the trained sample keeps its classes in 8 bits, and its probabilities move a little', async () => {
  const progress: number[] = [];
  const change = await measure(looker, progress);
  expect(change.images).toBeGreaterThan(20);
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(change.images);
  expect(change.top1.fp32).toBeGreaterThan(0.9);
  expect(change.agreement).toBeGreaterThan(0.95);
  expect(Math.abs(change.top1.fp32 - change.top1.lower)).toBeLessThanOrEqual(1 - change.agreement + 1e-9);
  expect(change.probability).toBeGreaterThan(0);
  expect(change.probability).toBeLessThan(0.01);
});

test('a stop ends the comparison within a batch', async () => {
  const abort = new AbortController();
  const told: number[] = [];
  const asked = measurePrecision({ checkpoint, precision: 'int8', data }, looker, abort.signal, ({ done }) => {
    told.push(done);
    abort.abort();
  });
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(told).toEqual([0]);
});

// The control: were the "lower" network another one, the measurement would say so.
test('a lower precision that gives the answers of other images is measured as such', async () => {
  const broken: Looker = {
    ...looker,
    withCheckpoint: (which, use, precision) =>
      looker.withCheckpoint(which, (opened) => {
        const forward: typeof opened.session.forward = async (images) => {
          const { logits, taps } = await opened.session.forward(images);
          const K = logits.shape[1]!;
          return { taps, logits: { shape: logits.shape, data: logits.data.map((_, i) => logits.data[i - (i % K) + ((i + 1) % K)]!) } };
        };
        return use(precision === 'int8' ? { ...opened, session: { ...opened.session, forward } } : opened);
      }),
  };
  const change = await measure(broken);
  expect(change.agreement).toBeLessThan(0.2);
  expect(change.top1.lower).toBeLessThan(0.3);
  expect(change.probability).toBeGreaterThan(0.1);
});

test('an engine that has no such products says so', async () => {
  const eager = createLooker(() => openExecutor('cpu'));
  await expect(measure(eager)).rejects.toThrow('does not compute in int8');
  eager.close();
});

test('a ResNet, of which nothing would be in 8 bits, is not computed in int8', async () => {
  const resnet = { ...config, model: { ...config.model, architecture: 'resnet' as const } };
  const file = path.join(await temporaryFolder(), 'epoch-0003.safetensors');
  await saveCheckpoint(file, initParams(vitSpec(resnet.image, resnet.model, classes.length), 0), { ...meta, config: resnet });
  await expect(looker.withCheckpoint(file, () => Promise.resolve(), 'int8')).rejects.toThrow('a ResNet has none: nothing would change');
  // Its sizes name no tokens, and the picture is not cut.
  const facts = await looker.withCheckpoint(file, (opened) => Promise.resolve(opened));
  expect(facts.facts).toMatchObject({ name: 'resnet18-d8', tokens: 0, patches: [0, 0], omegaMsa: 0, config: { architecture: 'resnet', depth: 0 } });
  expect(facts.grid).toMatchObject({ rows: 1, columns: 1 });
});
