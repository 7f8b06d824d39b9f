import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { FlowBox, FlowValues } from '../../../src/flowProtocol';
import { flowBoxes, flowPicture, flowValues, flowWish, statsOf, tokenNorms, type Passed } from '../../../src/engine/inspect/flow';
import { filterOf } from '../../../src/engine/inspect/tokens';
import { parseConfig } from '../../../src/engine/config/load';
import { configSchema } from '../../../src/engine/config/schema';
import { modelFacts } from '../../../src/engine/facts';
import { positionTable } from '../../../src/engine/model/positions';
import { fitToPatch, vitSpec } from '../../../src/engine/model/spec';
import { planNetwork } from '../../../src/engine/planning';
import { networkOf, type Drawn } from '../compile/networks';

/** float32 on one side, double precision on the other, over some dozen products. */
const TOLERANCE = 1e-5;
const place = { block: 1, head: 1 };

beforeAll(async () => {
  await openExecutor('cpu');
});

async function passed(model: object, change: Partial<Drawn> = {}): Promise<Passed & { readonly params: ReturnType<typeof networkOf>['params'] }> {
  const { spec, params, images } = networkOf({ image: { size: [8, 12], channels: 3 }, model: { patch_size: 4, embed_dim: 16, depth: 2, num_heads: 2, ...model }, classes: 4, batch: 1, seed: 5, ...change });
  const session = await (await openExecutor('cpu', { execution: 'eager' })).infer(spec, params);
  const { logits, taps } = await session.forward(images, flowWish(spec, place.block));
  session.dispose();
  return { spec, params, image: images, positions: positionTable(spec, params), logits: logits.data, taps };
}

const near = (got: ArrayLike<number>, wanted: ArrayLike<number>, what = ''): void => {
  expect(got.length, what).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - wanted[i]!), `${what} ${String(i)}`).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(wanted[i]!)));
};

describe('a plain ViT', () => {
  let one: Awaited<ReturnType<typeof passed>>;
  const box = (name: FlowBox): FlowValues => flowValues(one, name, place);
  const values = (name: FlowBox): Float32Array => box(name).matrix.values;
  beforeAll(async () => {
    one = await passed({});
  });

  test('has its boxes in the order in which they are computed, and each opens', () => {
    const boxes = flowBoxes(one.spec);
    expect(boxes).toEqual([
      'image', 'patches', 'projected', 'positions', 'embedded', 'input', 'norm1', 'queries', 'keys', 'values', 'products', 'scores', 'attention', 'head_output', 'mixed', 'attention_output', 'middle', 'norm2', 'hidden', 'mlp_output', 'output',
      'final_norm', 'pooled', 'logits', 'probabilities',
    ]);
    for (const name of boxes) {
      const { size, matrix, stats } = box(name);
      expect([matrix.rows, matrix.columns], name).toEqual(size);
      expect(matrix.values, name).toHaveLength(size[0] * size[1]);
      expect(stats.min, name).toBeLessThanOrEqual(stats.mean);
    }
    expect(box('queries').shape).toEqual([2, 7, 8]);
    expect(box('patches').shape).toEqual([6, 48]);
  });

  test('patches times filter and bias are the projection, number by number', () => {
    const [patches, projected] = [box('patches').matrix, box('projected').matrix];
    for (const dimension of [0, 7, 15]) {
      const { weights, bias } = filterOf(one.spec, one.params, dimension);
      for (let patch = 0; patch < 6; patch++) {
        const sum = weights.reduce((total, w, i) => total + w * patches.values[patch * 48 + i]!, 0) + bias!;
        expect(Math.abs(projected.values[patch * 16 + dimension]! - sum)).toBeLessThan(TOLERANCE * 10);
      }
    }
  });

  test('projection and positions are the tokens of the first block', () => {
    const [projected, positions, embedded] = [values('projected'), values('positions'), values('embedded')];
    near(embedded.slice(16), projected.map((x, i) => x + positions[16 + i]!), 'X + P');
  });

  test('the division by √d, the softmax, the mix and both residual sums are what their boxes say', () => {
    near(values('scores'), values('products').map((x) => x / Math.sqrt(8)), '÷√d');
    const [scores, attention, v] = [values('scores'), values('attention'), values('values')];
    const shares = Float64Array.from(scores, Math.exp);
    for (let i = 0; i < 7; i++) {
      const sum = shares.slice(i * 7, i * 7 + 7).reduce((a, b) => a + b);
      for (let j = 0; j < 7; j++) shares[i * 7 + j]! /= sum;
    }
    near(attention, shares, 'softmax');
    near(values('head_output'), Float64Array.from({ length: 7 * 8 }, (_, at) => [...shares.slice(Math.floor(at / 8) * 7, Math.floor(at / 8) * 7 + 7)].reduce((sum, share, j) => sum + share * v[j * 8 + (at % 8)]!, 0)), 'A·V');
    near(values('middle'), values('input').map((x, i) => x + values('attention_output')[i]!), 'x + attention');
    near(values('output'), values('middle').map((x, i) => x + values('mlp_output')[i]!), 'x + MLP');
  });

  test('the other head has other queries, and the mix has the heads side by side', () => {
    const other = flowValues(one, 'head_output', { block: 1, head: 0 }).matrix.values;
    expect(other).not.toEqual(values('head_output'));
    const mixed = values('mixed');
    for (let t = 0; t < 7; t++) near(mixed.slice(t * 16, t * 16 + 16), [...other.slice(t * 8, t * 8 + 8), ...values('head_output').slice(t * 8, t * 8 + 8)]);
  });

  test('the length of every token, before the first block and behind each', () => {
    const norms = tokenNorms(one);
    expect([norms.rows, norms.columns]).toEqual([3, 7]);
    near(norms.values.slice(7 * 2), Array.from({ length: 7 }, (_, t) => Math.hypot(...values('output').slice(t * 16, t * 16 + 16))));
  });

  test('a small picture has some of the true numbers, and the statistics of all', async () => {
    const large = await passed({ patch_size: 1, embed_dim: 96, mlp_ratio: 1 }, { image: { size: [10, 12], channels: 1 } });
    const [small, whole] = [flowPicture(large, 'input', place), flowValues(large, 'input', place)];
    expect([small.picture.rows, small.picture.columns]).toEqual([64, 64]);
    expect(small.stats).toEqual(whole.stats);
    const all = new Set(whole.matrix.values);
    expect(small.picture.values.every((value) => all.has(value))).toBe(true);
    expect(small.picture.values[0]).toBe(whole.matrix.values[0]);
  });
});

test.each([
  ['a stem of convolutions and sequence pooling', { projection: 'conv_stem', global_pool: 'seq' }, ['stem.0', 'stem.1', 'pool_weights'], ['patches']],
  ['average pooling', { global_pool: 'avg' }, ['pooled'], ['final_norm', 'pool_weights']],
  ['parallel blocks', { parallel_blocks: true }, ['norm1', 'mlp_output'], ['middle', 'norm2']],
  ['norms last', { norm_first: false }, ['middle'], ['norm1', 'norm2']],
  ['no positions', { pos_embed: 'none' }, ['embedded'], ['positions']],
  ['registers', { reg_tokens: 3 }, ['embedded'], []],
  ['a distillation token', { distilled: true }, ['pooled'], []],
] as const)('%s: the boxes that it has, and no others', async (_, model, has, hasNot) => {
  const one = await passed(model);
  const boxes = flowBoxes(one.spec);
  for (const name of boxes) expect(flowValues(one, name, place).matrix.values.every(Number.isFinite), name).toBe(true);
  for (const name of has) expect(boxes).toContain(name);
  for (const name of hasNot) expect(boxes).not.toContain(name);
});

test('what locality attention masks is no number, and does not count', async () => {
  const one = await passed({ attention: 'locality' });
  const { matrix, stats } = flowValues(one, 'scores', place);
  expect([...matrix.values].filter(Number.isNaN)).toHaveLength(7);
  expect(matrix.values[0]).toBeNaN();
  expect(stats.min).toBeGreaterThan(-100);
});

test('a Mixer is followed from outside, a ResNet from its image to its answer', async () => {
  const mixer = await passed({ architecture: 'mixer' });
  expect(flowBoxes(mixer.spec)).toEqual(['image', 'patches', 'embedded', 'input', 'output', 'logits', 'probabilities']);
  for (const name of flowBoxes(mixer.spec)) expect(flowValues(mixer, name, { block: 1, head: 0 }).stats.max).toBeGreaterThan(-Infinity);
  const resnet = await passed({ architecture: 'resnet', layers: [1], embed_dim: 6 });
  expect(flowBoxes(resnet.spec)).toEqual(['image', 'logits', 'probabilities']);
});

test('statistics of some numbers', () => {
  expect(statsOf(Float32Array.of(1, 2, 3, NaN))).toEqual({ min: 1, max: 3, mean: 2, deviation: Math.sqrt(2 / 3) });
});

const { image, model } = configSchema.parse({ image: { size: 224 }, model: { patch_size: 16, embed_dim: 192, depth: 12, num_heads: 3, mlp_ratio: 4 } });
const base = { image, model, classes: 1000, batch: 64 };
const own = { patch: 16, width: 192, depth: 12, heads: 3, posEmbed: 'learned' };

test('a plan that changes nothing costs what the network costs that it starts from: Ti/16', () => {
  const { facts, problems } = planNetwork(base, own);
  expect(problems).toEqual([]);
  // vit-facts 4.6, recomputed with a reference implementation.
  expect(facts).toMatchObject({ params: 5_717_416, tokens: 197, omegaMsa: 4 * 196 * 192 ** 2 + 2 * 196 ** 2 * 192 });
  expect(facts).toEqual(modelFacts(vitSpec(image, model, 1000), 64, fitToPatch(image, model)));
});

test('a plan is written as a configuration that makes it, and says only what is not the default', () => {
  const { facts, yaml } = planNetwork(base, { ...own, patch: 8, depth: 6, posEmbed: 'sincos2d' });
  const { config, problems } = parseConfig(yaml, 'copied.yaml');
  expect(problems).toEqual([]);
  expect(modelFacts(vitSpec(config!.image, config!.model, 1000), 64, fitToPatch(config!.image, config!.model))).toEqual(facts);
  expect(yaml).toContain('mlp_ratio: 4');
  expect(yaml).not.toContain('act_layer');
});

test('what cannot be is told with the key that says so', () => {
  const { facts, problems } = planNetwork(base, { ...own, heads: 5 });
  expect(facts).toBeNull();
  expect(problems.join()).toMatch(/num_heads/);
});
