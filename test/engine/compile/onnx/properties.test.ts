import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { sizeOf, type Graph } from '../../../../src/engine/compile/graph';
import { pack, unpack } from '../../../../src/engine/compile/groups';
import { fromKernels, toKernels } from '../../../../src/engine/compile/layout';
import { optimise } from '../../../../src/engine/compile/passes/pipeline';
import { traceForward, traceStep } from '../../../../src/engine/compile/programs';
import { gradients } from '../../../../src/engine/compile/step';
import { configSchema } from '../../../../src/engine/config/schema';
import { drawMask, noiseSpecs } from '../../../../src/engine/model/noise';
import { initParams } from '../../../../src/engine/model/params';
import { fixedPositions } from '../../../../src/engine/model/positions';
import { vitSpec, type ViTSpec } from '../../../../src/engine/model/spec';
import { vitForward as forward } from '../../../../src/engine/model/vit';
import { randomAt } from '../../../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';
import { runOnnx, type Given } from './run';

/** What two float32 implementations that sum in another order may be apart: the project's bound for compiled gradients. */
const TOLERANCE = 2e-5;

/** Networks of every kind that the configuration allows, small enough to compute with plain JavaScript. */
const networks = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  grid: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  channels: fc.constantFrom(1, 3),
  classes: fc.integer({ min: 2, max: 6 }),
  side: fc.integer({ min: 1, max: 4 }),
  heads: fc.integer({ min: 1, max: 3 }),
  headWidth: fc.constantFrom(2, 4, 8),
  model: fc.record({
    depth: fc.integer({ min: 1, max: 3 }),
    mlp_ratio: fc.constantFrom(1, 2, 4),
    act_layer: fc.constantFrom('gelu', 'relu'),
    global_pool: fc.constantFrom('token', 'avg', 'seq'),
    pos_embed: fc.constantFrom('learned', 'sincos1d', 'sincos2d', 'none'),
    projection: fc.constantFrom('linear', 'conv', 'conv_stem'),
    stem_dim: fc.constantFrom(3, 16),
    drop_rate: fc.constantFrom(0, 0.2),
    drop_path_rate: fc.constantFrom(0, 0.3),
  }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

interface Network {
  readonly spec: ViTSpec;
  readonly params: TensorMap;
  readonly images: FloatTensor;
  readonly targets: FloatTensor;
  readonly noise: Readonly<Record<string, FloatTensor>>;
  readonly recipe: ReturnType<typeof configSchema.parse>['train'];
}

function networkOf({ batch, grid, channels, classes, side, heads, headWidth, model, seed }: typeof networks extends fc.Arbitrary<infer T> ? T : never): Network {
  // A stem of convolutions halves the image: its patches are powers of 2.
  const patch = model.projection === 'conv_stem' ? 2 ** (side % 3) * 2 : side;
  const size = grid.map((count) => count * patch);
  // sincos2d needs a width that four divides.
  const config = configSchema.parse({ image: { size, channels }, model: { ...model, patch_size: patch, num_heads: heads, embed_dim: heads * headWidth * (headWidth === 2 ? 2 : 1) } });
  const spec = vitSpec(config.image, config.model, classes);
  const random = randomAt(seed, 'property');
  const draw = (shape: readonly number[]): FloatTensor => ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) });
  // Fresh weights are small, and biases zero, which would hide what is multiplied by them.
  const params = new Map([...initParams(spec, seed)].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x + 0.2 * random.normal()) }]));
  const targets = { shape: [batch, classes], data: Float32Array.from({ length: batch * classes }, (_, i) => Number(i % (classes + 1) === 0)) };
  const noise = Object.fromEntries(noiseSpecs(spec, batch).map((mask) => [mask.name, drawMask(mask, seed, 1)]));
  return { spec, params, images: draw([batch, ...spec.imageSize, channels]), targets, noise, recipe: config.train };
}

const fed = ({ shape, data }: FloatTensor): Given => ({ dtype: 'float32', shape, data: [...data], constant: false });
const eager = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);
const all = <T>(tensors: Iterable<readonly [string, FloatTensor]>, make: (tensor: FloatTensor) => T): Record<string, T> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [name, make(tensor)]));
const prefixed = (prefix: string, tensors: Iterable<readonly [string, FloatTensor]>): [string, FloatTensor][] => [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor]);

/** The gradient of every parameter by the compiled graph: with no gradient so far and a share of 1, `add` gives it as it is. */
async function compiledGradients({ spec, params, images, targets, noise, recipe }: Network, change: (graph: Graph) => Graph): Promise<TensorMap> {
  const packed = pack(spec, params);
  const zeros = [...packed].map(([name, { shape, data }]): [string, FloatTensor] => [name, { shape, data: new Float32Array(data.length) }]);
  const graph = change(optimise(traceStep(spec, recipe, { batch: images.shape[0]!, part: 'add' }), 'onnx'));
  const given = [...prefixed('p', packed), ...prefixed('g', zeros), ...prefixed('noise', Object.entries(noise))];
  const results = await runOnnx(graph, { images: fed(images), targets: fed(targets), share: fed({ shape: [], data: Float32Array.of(1) }), ...all(given, fed) });
  return unpack(spec, new Map([...packed].map(([name, { shape }]) => [name, { shape, data: Float32Array.from(results[`g.${name}.next`]!.data) }])));
}

function eagerGradients({ spec, params, images, targets, noise }: Network): TensorMap {
  const table = fixedPositions(spec);
  const { grads } = gradients(spec, all(toKernels(params), eager), table ? { pos_embed: eager(table) } : {}, {
    images: eager(images) as tf.Tensor4D,
    targets: eager(targets) as tf.Tensor2D,
    noise: all(Object.entries(noise), eager),
  });
  const kernels = Object.entries(grads).map(([name, grad]): [string, FloatTensor] => [name, { shape: grad.shape, data: grad.dataSync() as Float32Array }]);
  return fromKernels(new Map(kernels));
}

beforeAll(async () => {
  await openExecutor('cpu');
});

test('every gradient of any network is that of eager TensorFlow.js', async () => {
  await fc.assert(
    fc.asyncProperty(networks, async (drawn) => {
      const network = networkOf(drawn);
      const [found, expected] = [await compiledGradients(network, (graph) => graph), eagerGradients(network)];
      const largest = Math.max(...[...expected.values()].map(({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
      for (const [name, { data }] of expected) {
        const own = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        // A gradient that is zero in exact arithmetic (of what the softmax cancels) is rounding alone on both sides.
        if (own > largest * 1e-6) expect(relativeError(found.get(name)!.data, data), name).toBeLessThan(TOLERANCE);
      }
    }),
    { numRuns: 40, seed: 20261124 },
  );
});

test('a graph with one factor off by 1 % does not pass as it', async () => {
  const network = networkOf(fc.sample(networks, { numRuns: 1, seed: 7 })[0]!);
  const scaled = (graph: Graph): Graph => {
    const wrong = graph.constants as ReadonlyMap<unknown, { splat?: number }>;
    const at = [...wrong].find(([, constant]) => constant.splat !== undefined && ![0, 1].includes(constant.splat))!;
    return { ...graph, constants: new Map([...graph.constants].map(([value, constant]) => [value, value === at[0] ? { splat: at[1].splat! * 1.01 } : constant])) };
  };
  const [found, expected] = [await compiledGradients(network, scaled), eagerGradients(network)];
  expect(Math.max(...[...expected].map(([name, { data }]) => relativeError(found.get(name)!.data, data)))).toBeGreaterThan(TOLERANCE);
});

test('logits, attention and tokens of any network are those of eager TensorFlow.js', async () => {
  await fc.assert(
    fc.asyncProperty(networks, async (drawn) => {
      const { spec, params, images } = networkOf(drawn);
      const taps = { attention: true, tokens: true };
      const graph = optimise(traceForward(spec, { batch: images.shape[0]!, taps, packed: false }), 'onnx');
      const results = await runOnnx(graph, { images: fed(images), ...all(toKernels(params), fed) });
      const table = fixedPositions(spec);
      const expected = forward(spec, { ...all(toKernels(params), eager), ...(table && { pos_embed: eager(table) }) }, eager(images) as tf.Tensor4D, taps);
      for (const [name, tensor] of Object.entries({ logits: expected.logits, ...expected.taps })) expect(relativeError(results[name]!.data, tensor.dataSync()), name).toBeLessThan(TOLERANCE);
    }),
    { numRuns: 40, seed: 20261124 },
  );
});
