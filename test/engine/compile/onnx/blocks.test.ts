import { expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import type { StepInput, StepResult, TrainState } from '../../../../src/engine/compile/executor';
import { blockCount, blocksOf, computeBlocks, ownPlaces, sharedPlaces } from '../../../../src/engine/compile/onnx/blocks';
import { openLanes } from '../../../../src/engine/compile/onnx/lanes';
import { feedsOf, type Runnable } from '../../../../src/engine/compile/onnx/runtime';
import { configSchema, type Config } from '../../../../src/engine/config/schema';
import { initParams, zeroMoments } from '../../../../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../../../../src/engine/model/spec';
import { randomAt } from '../../../../src/engine/random';
import { relativeError } from '../../../fixtures/golden';

const config = configSchema.parse({
  image: { size: 16 },
  model: { patch_size: 2, depth: 2, num_heads: 2, embed_dim: 16, drop_rate: 0.1, drop_path_rate: 0.2 },
});
const spec = vitSpec(config.image, config.model, 4);
const cpu = { provider: 'cpu', threads: 2 };

function input(step: number, B: number): StepInput {
  const random = randomAt(step, 'blocks test');
  const normal = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const targets = new Float32Array(B * 4);
  for (let row = 0; row < B; row++) targets[row * 4 + random.int(4)] = 1;
  return { images: { shape: [B, 16, 16, 3], data: normal(B * 768) }, targets: { shape: [B, 4], data: targets }, lr: 1e-2, noiseSeed: [1, step] };
}

function start(of: ViTSpec = spec): TrainState {
  return { params: initParams(of, 0), m: zeroMoments(of), v: zeroMoments(of), step: 0 };
}

async function trained(batches: readonly number[], { threads = 2, parts = 1 } = {}): Promise<{ results: StepResult[]; state: TrainState }> {
  const session = await (await openExecutor('onnx', { threads })).train(spec, start(), { ...config.train, grad_accum_steps: parts });
  const results = [];
  for (const [step, B] of batches.entries()) results.push(await session.step(input(step, B)));
  const state = await session.state();
  session.dispose();
  return { results, state };
}

/** 65 tokens, so that a block has at least 12 images. */
test.each([
  [128, 8],
  [100, 5],
  [36, 3],
  [24, 2],
  [97, 1],
  [22, 1],
  [1, 1],
])('a batch of %i is divided into %i', (batch, count) => {
  expect(blockCount(spec, batch, config.train, cpu)).toBe(count);
});

test('a batch stays whole where dividing it changes the network, the wish or the memory, and on a GPU', () => {
  const other = (model: object, train: object = {}): [ViTSpec, number, Config['train']] => {
    const parsed = configSchema.parse({ image: { size: 32 }, model: { patch_size: 4, ...model }, train });
    return [vitSpec(parsed.image, parsed.model, 4), 128, parsed.train];
  };
  expect(blockCount(...other({}), cpu)).toBe(8);
  expect(blockCount(...other({ architecture: 'resnet', embed_dim: 16, depth: 18 }), cpu)).toBe(1);
  expect(blockCount(...other({ embed_dim: 768, depth: 12, num_heads: 12 }), cpu)).toBe(1);
  expect(blockCount(...other({}, { grad_accum_steps: 2 }), cpu)).toBe(1);
  expect(blockCount(...other({}), { ...cpu, provider: 'cuda' })).toBe(1);
});

test('blocks hold all images, targets and masks in their order, in memory that threads share', () => {
  const given = input(0, 24);
  const place = sharedPlaces();
  const blocks = blocksOf(spec, given, 2, place);
  expect(blocks.map(({ part, rows, share }) => ({ part, rows, share }))).toEqual([{ part: 'block', rows: 12, share: 0.5 }, { part: 'block', rows: 12, share: 0.5 }]);
  const images = blocks.map(({ tensors }) => tensors.find(([name]) => name === 'images')![1]);
  expect(images.flatMap(({ data }) => [...data])).toEqual([...given.images.data]);
  expect(images[0]!.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(images[1]!.data.buffer).toBe(images[0]!.data.buffer);
  // The next batch takes the same memory, one of another size does not.
  const again = (B: number): unknown => blocksOf(spec, input(1, B), 2, place)[0]!.tensors.find(([name]) => name === 'images')![1].data.buffer;
  expect(again(24)).toBe(images[0]!.data.buffer);
  expect(again(26)).not.toBe(images[0]!.data.buffer);
});

test('how many threads share the blocks changes no bit', async () => {
  const batches = [96, 24, 36];
  const one = await trained(batches, { threads: 1 });
  for (const threads of [2, 3, 7]) expect(await trained(batches, { threads })).toEqual(one);
});

test('a batch in four blocks is the step of the same batch in parts, but for the order of sums', async () => {
  expect(blockCount(spec, 52, config.train, cpu)).toBe(4);
  const [blocks, parts] = [await trained([52]), await trained([52], { parts: 4 })];
  expect(blocks.results[0]!.loss).toBeCloseTo(parts.results[0]!.loss, 6);
  expect(blocks.results[0]!.gradNorm / parts.results[0]!.gradNorm).toBeCloseTo(1, 6);
  expect(relativeError(blocks.results[0]!.logits.data, parts.results[0]!.logits.data)).toBeLessThan(1e-6);
  for (const [name, { data }] of parts.state.m) expect(relativeError(blocks.state.m.get(name)!.data, data), name).toBeLessThan(1e-6);
});

test('graphs are given memory of their thread only, which native code takes in Node 20, too, and the same again for the next block', async () => {
  const place = sharedPlaces();
  const given: Float32Array[] = [];
  const graph = (...inputs: string[]): Runnable => ({
    inputs,
    run: async (feeds) => {
      given.push(...Object.values(feeds).map(({ data }) => data as Float32Array));
      return Promise.resolve(await feedsOf({ loss: { shape: [], data: new Float32Array(1) }, logits: { shape: [1], data: new Float32Array(1) } }));
    },
    release: () => Promise.resolve(),
  });
  const weights = { 'p.0': place({ shape: [2], data: Float32Array.of(1, 2) }, 'p.0') };
  const work = { blocks: blocksOf(spec, input(0, 24), 2, place), weights, next: new Int32Array(new SharedArrayBuffer(4)) };
  await computeBlocks(work, { prepare: graph('p.0'), block: graph('images') }, ownPlaces());
  expect(given.map(({ length }) => length)).toEqual([2, 12 * 768, 12 * 768]);
  for (const { buffer } of given) expect(buffer).toBeInstanceOf(ArrayBuffer);
  expect(given[2]).toBe(given[1]);
});

test('a state that was handed out stays as it was while the training goes on', async () => {
  const session = await (await openExecutor('onnx')).train(spec, start(), config.train);
  await session.step(input(0, 24));
  const before = await session.state();
  const copy = structuredClone(before);
  await session.step(input(1, 24));
  expect(before).toEqual(copy);
  expect((await session.state()).params).not.toEqual(copy.params);
  session.dispose();
});

test('what fails in a thread that helps reaches the one who asked', async () => {
  const lanes = openLanes(cpu);
  const broken = Uint8Array.of(1, 2, 3);
  await expect(lanes.open('4 8x8', { prepare: broken, block: broken })).rejects.toThrow(/model|protobuf|load/i);
  await lanes.close();
});
