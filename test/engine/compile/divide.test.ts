import { expect, test } from 'vitest';
import { divide, finishThen } from '../../../src/engine/compile/divide';
import { value, type Graph } from '../../../src/engine/compile/graph';
import { simplify } from '../../../src/engine/compile/passes/pipeline';
import { traceStep } from '../../../src/engine/compile/programs';
import { configSchema } from '../../../src/engine/config/schema';
import { vitSpec } from '../../../src/engine/model/spec';
import { randomAt } from '../../../src/engine/random';
import { difference, runOnnx, type Given, type Result } from './onnx/run';
import { Build } from './passes/build';

const isWeight = (name: string): boolean => name === 'p';
const isGradient = (name: string): boolean => name === 'y0';
const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

function given(shape: readonly number[], salt: number): Given {
  const random = randomAt(salt, 'divide test');
  return { dtype: 'float32', shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(random.normal())), constant: false };
}

function fed({ dtype, shape, data }: Result): Given {
  return { dtype: dtype as 'float32', shape, data, constant: false };
}

/** x·(2p) and its gradient for p from rows of x, a sum over the columns behind it; the loss is only the sum of x·(2p). */
function linearLayer(rows: number): Graph {
  const build = new Build();
  const [p, x, two] = [build.input('p', [3, 2]), build.input('x', [rows, 3]), build.splat(2)];
  const kernel = build.add('Multiply', [p, two], [3, 2]);
  const y = build.add('MatMul', [x, kernel], [rows, 2], { transposeA: false, transposeB: false });
  const dKernel = build.add('MatMul', [x, y], [3, 2], { transposeA: true, transposeB: false });
  const gradient = build.add('Multiply', [build.add('Multiply', [dKernel, two], [3, 2]), p], [3, 2]);
  return build.graph(gradient, build.add('Sum', [y], [], { axes: [0, 1], keepDims: false }));
}

test('what depends on weights only comes first, what is linear in small numbers last, and all the rest stays', () => {
  const { prepare, part, finish } = divide(linearLayer(5), isWeight, isGradient);
  expect(ops(prepare)).toEqual(['Multiply']);
  expect(ops(part)).toEqual(['MatMul', 'MatMul', 'Sum']);
  expect(ops(finish)).toEqual(['Multiply', 'Multiply', 'Multiply']);
  expect(part.inputs.map(({ name }) => name)).toEqual(['p', 'x', 'w.0']);
  expect(part.outputs.map(({ name }) => name)).toEqual(['y1', 'd.0']);
  expect(finish.outputs.map(({ name }) => name)).toEqual(['y0']);
});

test('the parts of two halves, summed up, are the gradient of all', async () => {
  const [p, first, second] = [given([3, 2], 1), given([4, 3], 2), given([4, 3], 3)];
  const whole = await runOnnx(linearLayer(8), { p, x: { ...first, shape: [8, 3], data: [...first.data, ...second.data] } });
  const { prepare, part, finish } = divide(linearLayer(4), isWeight, isGradient);
  const prepared = await runOnnx(prepare, { p });
  const run = (x: Given): ReturnType<typeof runOnnx> => runOnnx(part, { p, x, 'w.0': fed(prepared['w.0']!) });
  const then = new Build();
  const step = then.graph(then.add('Sub', [then.input('p', [3, 2]), then.input('g', [3, 2])]));
  const update = finishThen(finish, 2, step, () => 'g');
  expect(update.inputs.map(({ name }) => name)).toEqual(['p', 'd0.0', 'd1.0']);
  const [one, two] = [await run(first), await run(second)];
  const stepped = await runOnnx(update, { p, 'd0.0': fed(one['d.0']!), 'd1.0': fed(two['d.0']!) });
  const expected: Result = { ...whole['y0']!, data: whole['y0']!.data.map((g, i) => p.data[i]! - g) };
  expect(difference(stepped['y0']!, expected)).toBeLessThan(1e-5);
  const halved = await runOnnx(update, { p, 'd0.0': fed(one['d.0']!), 'd1.0': fed(one['d.0']!) });
  expect(difference(halved['y0']!, expected)).toBeGreaterThan(1e-2);
});

test.each([
  ['is not linear', (build: Build, dy: ReturnType<Build['input']>) => build.add('Square', [dy]), ['Square']],
  ['adds a weight, which every part would add again', (build: Build, dy: ReturnType<Build['input']>, p: ReturnType<Build['input']>) => build.add('Add', [dy, p]), ['Add']],
  ['divides by it', (build: Build, dy: ReturnType<Build['input']>, p: ReturnType<Build['input']>) => build.add('RealDiv', [p, dy], [5, 3]), ['RealDiv']],
  ['multiplies two numbers that a part has made', (build: Build, dy: ReturnType<Build['input']>) => build.add('Multiply', [dy, dy]), ['Multiply']],
  ['pads with a number that every part would add again', (build: Build, dy: ReturnType<Build['input']>) => build.add('Pad', [dy], [7, 3], { before: [1, 0], after: [1, 0], value: 1 }), ['Pad']],
  ['sums many numbers up', (build: Build, dy: ReturnType<Build['input']>) => build.add('Sum', [dy], [3], { axes: [0], keepDims: false }), ['Sum']],
] as const)('a node before a gradient stays in the part when it %s', (_, make, stay) => {
  const build = new Build();
  const [p, x] = [build.input('p', [3]), build.input('x', [5, 3])];
  const { part, finish } = divide(build.graph(build.add('Neg', [make(build, build.add('Abs', [x]), p)])), isWeight, isGradient);
  expect(ops(part)).toEqual(['Abs', ...stay]);
  expect(ops(finish)).toEqual(['Neg']);
});

test('what reads an input of a part as it is stays in the part: only what a part has made is summed up', () => {
  const build = new Build();
  const [p, share] = [build.input('p', [3]), build.input('share', [])];
  const { part, finish } = divide(build.graph(build.add('Neg', [build.add('Multiply', [p, share], [3])])), isWeight, isGradient);
  expect(ops(part)).toEqual(['Multiply']);
  expect(ops(finish)).toEqual(['Neg']);
});

test('what a loss reads too stays in the part', () => {
  const build = new Build();
  const both = build.add('Neg', [build.add('Abs', [build.input('x', [3])])]);
  const { part } = divide(build.graph(build.add('Neg', [both]), build.add('Sum', [both], [], { axes: [0], keepDims: false })), isWeight, isGradient);
  expect(ops(part)).toEqual(['Abs', 'Neg', 'Sum']);
});

test('a gradient that a part gives as it is, is summed up as it is', () => {
  const build = new Build();
  const dy = build.input('dy', [3]);
  const { part, finish } = divide(build.graph(build.add('Square', [dy])), isWeight, isGradient);
  expect(ops(part)).toEqual(['Square']);
  const then = new Build();
  const graph = finishThen(finish, 3, then.graph(then.add('Neg', [then.input('g', [3])])), () => 'g');
  expect(ops(graph)).toEqual(['Add', 'Add', 'Neg']);
  expect(() => finishThen(finish, 3, { ...then.graph(), inputs: [{ name: 'other', value: value('float32', [3]) }] }, () => 'g')).toThrow('no input g');
});

test('of a network a part packs no gradients and cuts no weights', () => {
  const config = configSchema.parse({ image: { size: 32 }, model: { patch_size: 4, depth: 3, num_heads: 2, embed_dim: 32 } });
  const spec = vitSpec(config.image, config.model, 10);
  const graph = simplify(traceStep(spec, config.train, { part: 'block', batch: 16 }));
  const { part } = divide(graph, (name) => name.startsWith('p.'), (name) => name.startsWith('g.'));
  const moving = (of: Graph): string[] => ops(of).filter((op) => ['Split', 'Pad', 'Concat'].includes(op));
  expect(moving(graph).length).toBeGreaterThan(10);
  // The class token goes before the patches, its row is cut out at the end, and the way back from both.
  expect(moving(part)).toEqual(['Concat', 'Pad', 'Split']);
  expect(part.nodes.length).toBeLessThan(0.6 * graph.nodes.length);
});
