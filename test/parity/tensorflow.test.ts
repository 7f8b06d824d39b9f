import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { sizeOf, type Graph } from '../../src/engine/compile/graph';
import { pack, unpack } from '../../src/engine/compile/groups';
import { fromKernels, toKernels } from '../../src/engine/compile/layout';
import { bf16MatMul } from '../../src/engine/compile/passes/bf16MatMul';
import { optimise } from '../../src/engine/compile/passes/pipeline';
import { traceForward, traceStep } from '../../src/engine/compile/programs';
import { gradients } from '../../src/engine/compile/step';
import type { EmitOptions } from '../../src/engine/compile/tensorflow/emit';
import { configSchema } from '../../src/engine/config/schema';
import { drawMask, noiseSpecs } from '../../src/engine/model/noise';
import { initParams } from '../../src/engine/model/params';
import { fixedPositions } from '../../src/engine/model/positions';
import { vitSpec, type ViTSpec } from '../../src/engine/model/spec';
import { vitForward as forward } from '../../src/engine/model/vit';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { cases, type Case } from '../engine/compile/onnx/cases';
import { graphs } from '../engine/compile/tensorflow/graphs';
import { difference, feedsOf, oneNode, type Given, type Result } from '../engine/compile/onnx/run';
import { relativeError } from '../fixtures/golden';
import { measured } from './reference';
import { runTensorFlow, withTensorFlow } from './tensorflow';

beforeAll(async () => {
  await openExecutor('cpu');
});

// As for ONNX: data are eighths, so what is left is the rounding of functions.
const OPERATION = 1e-6;

function run(op: string, { attrs, given }: Case, expected: readonly Result[]): readonly Result[] {
  const results = runTensorFlow(oneNode(op, attrs, given, expected), feedsOf(given));
  return expected.map((_, i) => results[`y${i}`]!);
}

withTensorFlow('an operation in TensorFlow', () => {
  test.each(Object.entries(cases))('%s is computed as it is defined', (op, drawn) => {
    let largest = 0;
    const property = fc.property(drawn, (one) => {
      const expected = one.expected();
      run(op, one, expected).forEach((result, i) => {
        const gap = difference(result, expected[i]!);
        expect(gap).toBeLessThanOrEqual(OPERATION);
        largest = Math.max(largest, gap);
      });
    });
    fc.assert(property, { numRuns: 40 });
    measured(`TensorFlow operation ${op}`, largest, OPERATION);
  });

  // TensorFlow rewrites powers with these exponents, and lost the shape of the larger operand.
  test.each([-1, -0.5, 0, 0.5, 1, 2, 3, 4])('a scalar to constant powers of %d has the shape of the powers', (exponent) => {
    const base: Given = { dtype: 'float32', shape: [], data: [0.25], constant: false };
    const powers: Given = { dtype: 'float32', shape: [2, 3], data: Array.from({ length: 6 }, () => exponent), constant: true };
    const expected = { dtype: 'float32', shape: [2, 3], data: Array.from({ length: 6 }, () => 0.25 ** exponent) };
    expect(run('Pow', { attrs: {}, given: [base, powers], expected: () => [expected] }, [expected])).toEqual([expected]);
  });

  // The control: what is computed wrongly shows. Each case is run as another operation of the same form.
  test.each([
    ['Sub', 'Add'],
    ['Exp', 'Sin'],
    ['Sum', 'Mean'],
    ['MaxPool', 'AvgPool'],
    ['Softmax', 'LogSoftmax'],
  ])('%s computed as %s is noticed', (op, wrong) => {
    const property = fc.property(cases[op]!, (one) => {
      const expected = one.expected();
      return run(wrong, one, expected).every((result, i) => difference(result, expected[i]!) <= OPERATION);
    });
    expect(fc.check(property).failed).toBe(true);
  });
});

// Two float32 implementations that sum in another order: what the project allows compiled gradients to be off.
const GRADIENT = 2e-5;

const B = 3;

interface Network {
  readonly spec: ViTSpec;
  readonly params: TensorMap;
  readonly images: FloatTensor;
  readonly targets: FloatTensor;
  readonly noise: Readonly<Record<string, FloatTensor>>;
}

const { train: recipe } = configSchema.parse({});

function network(model: object): Network {
  const config = configSchema.parse({ image: { size: [12, 16] }, model: { embed_dim: 24, depth: 2, num_heads: 2, patch_size: 4, ...model } });
  const spec = vitSpec(config.image, config.model, 5);
  const random = randomAt(1, 'tensorflow');
  const draw = (shape: readonly number[]): FloatTensor => ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) });
  // Beginnings of zero would hide what is multiplied by them.
  const params = new Map([...initParams(spec, 1)].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x + 0.1 * random.normal()) }]));
  const targets = { shape: [B, 5], data: Float32Array.from({ length: B * 5 }, (_, i) => Number(i % 6 === 0)) };
  const noise = Object.fromEntries(noiseSpecs(spec, B).map((mask) => [mask.name, drawMask(mask, 1, 2)]));
  return { spec, params, images: draw([B, 12, 16, 3]), targets, noise };
}

const networks: readonly (readonly [string, object])[] = [
  ['with dropout and drop path', { drop_rate: 0.1, drop_path_rate: 0.2 }],
  ['with an average of its tokens and a convolution', { global_pool: 'avg', projection: 'conv' }],
  ['with ReLU and sinusoids', { act_layer: 'relu', pos_embed: 'sincos2d' }],
  ['without positions, with one head and a deep MLP', { pos_embed: 'none', num_heads: 1, mlp_ratio: 4, depth: 3 }],
];

const fed = ({ shape, data }: FloatTensor): Given => ({ dtype: 'float32', shape, data: [...data], constant: false });
const eager = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);
const each = <T>(tensors: Iterable<readonly [string, FloatTensor]>, make: (tensor: FloatTensor) => T, prefix = ''): Record<string, T> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [`${prefix}${name}`, make(tensor)]));

/** With no gradient so far and a share of 1, the part `add` of a step gives the gradient as it is. */
function compiledGradients({ spec, params, images, targets, noise }: Network, change: (graph: Graph) => Graph = (graph) => graph, options: EmitOptions = {}): TensorMap {
  const packed = pack(spec, params);
  const zeros = [...packed].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }] as const);
  const graph = change(optimise(traceStep(spec, recipe, { batch: B, part: 'add' }), 'tensorflow'));
  // Not a state, which would stay in its variable: an output like any other.
  const outputs = graph.outputs.map(({ name, value }) => ({ name: name.replace('.next', '.sum'), value }));
  const given = { ...each(packed, fed, 'p.'), ...each(zeros, fed, 'g.'), ...each(Object.entries(noise), fed, 'noise.') };
  const results = runTensorFlow({ ...graph, outputs }, { images: fed(images), targets: fed(targets), share: fed({ shape: [], data: Float32Array.of(1) }), ...given }, options);
  return unpack(spec, new Map([...packed].map(([name, { shape }]) => [name, { shape, data: Float32Array.from(results[`g.${name}.sum`]!.data) }])));
}

function constantsOf(spec: ViTSpec): Record<string, tf.Tensor> {
  const table = fixedPositions(spec);
  return table ? { pos_embed: eager(table) } : {};
}

function eagerGradients({ spec, params, images, targets, noise }: Network): TensorMap {
  const input = { images: eager(images) as tf.Tensor4D, targets: eager(targets) as tf.Tensor2D, noise: each(Object.entries(noise), eager) };
  const { grads } = gradients(spec, each(toKernels(params), eager), constantsOf(spec), input);
  return fromKernels(new Map(Object.entries(grads).map(([name, grad]) => [name, { shape: grad.shape, data: grad.dataSync() as Float32Array }])));
}

/** max|Δ| / max|g| of the worst parameter; of those whose gradient is not zero but for rounding (key biases). */
function worst(found: TensorMap, expected: TensorMap): number {
  const size = ({ data }: FloatTensor): number => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const largest = Math.max(...[...expected.values()].map(size));
  const told = [...expected].filter(([, gradient]) => size(gradient) > largest * 1e-6);
  return Math.max(...told.map(([name, { data }]) => relativeError(found.get(name)!.data, data)));
}

withTensorFlow('a network in TensorFlow', () => {
  test.each(networks)('%s has the gradients of eager TensorFlow.js', (name, model) => {
    const one = network(model);
    const gap = worst(compiledGradients(one), eagerGradients(one));
    measured(`TensorFlow graph, gradients of a network ${name}`, gap, GRADIENT);
    expect(gap).toBeLessThan(GRADIENT);
  });

  test('with a weight that is off by 1 % has others', () => {
    const one = network({});
    const off = new Map([...one.params].map(([name, { shape, data }]) => [name, { shape, data: data.map((x, i) => (i === 7 && name === 'blocks.0.mlp.fc1.weight' ? x * 1.01 : x)) }]));
    expect(worst(compiledGradients({ ...one, params: off }), eagerGradients(one))).toBeGreaterThan(GRADIENT);
  });

  test.each(networks)('%s gives the logits, attention and tokens of eager TensorFlow.js', (name, model) => {
    const { spec, params, images } = network(model);
    const taps = { attention: true, tokens: true };
    const results = runTensorFlow(optimise(traceForward(spec, { batch: B, taps, packed: false }), 'tensorflow'), { images: fed(images), ...each(toKernels(params), fed) });
    const expected = forward(spec, { ...each(toKernels(params), eager), ...constantsOf(spec) }, eager(images) as tf.Tensor4D, taps);
    const named: Record<string, tf.Tensor> = { logits: expected.logits, ...expected.taps };
    expect(Object.keys(results).sort()).toEqual(Object.keys(named).sort());
    const gap = Math.max(...Object.entries(named).map(([output, tensor]) => relativeError(results[output]!.data, tensor.dataSync())));
    measured(`TensorFlow graph, logits, attention and tokens of a network ${name}`, gap, GRADIENT);
    expect(gap).toBeLessThan(GRADIENT);
  });

  test('whose elementwise operations are fused computes the same', () => {
    const random = randomAt(1, 'fused');
    const feed = (): Given => fed({ shape: [64, 64], data: Float32Array.from({ length: 4096 }, () => random.normal() / 8) });
    fc.assert(
      fc.property(graphs, (graph) => {
        const feeds = { x: feed(), y: feed() };
        const [plain, fused] = [runTensorFlow(graph, feeds), runTensorFlow(graph, feeds, { fused: true })];
        for (const [name, { data }] of Object.entries(plain)) expect(data.every((element, i) => Object.is(element, fused[name]!.data[i]) || Math.abs(element - fused[name]!.data[i]!) <= 1e-5 * Math.max(1, Math.abs(element))), name).toBe(true);
      }),
      { numRuns: 15 },
    );
    const one = network({ embed_dim: 192, depth: 1 });
    const [plain, fused] = [compiledGradients(one, (graph) => bf16MatMul.run(graph)), compiledGradients(one, (graph) => bf16MatMul.run(graph), { fused: true })];
    const gap = worst(fused, plain);
    measured('TensorFlow graph, gradients with bfloat16, fused against not', gap, 1e-2);
    expect(gap).toBeLessThan(1e-2);
  });

  // bfloat16 keeps 8 bits of a factor, so a product is off by up to 2^-8, and the gradient by some of that.
  test('with products in bfloat16 has gradients that are near, and not the same', () => {
    const one = network({ embed_dim: 192, depth: 1 });
    const gap = worst(compiledGradients(one, (graph) => bf16MatMul.run(graph)), eagerGradients(one));
    measured('TensorFlow graph, gradients with bfloat16', gap, 5e-2);
    expect(gap).toBeLessThan(5e-2);
    expect(gap).toBeGreaterThan(1e-3);
  });
});
