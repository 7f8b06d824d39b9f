import { expect, test } from 'vitest';
import { print } from '../../../../src/engine/compile/graph';
import { shareCommon } from '../../../../src/engine/compile/passes/shareCommon';
import { Build } from './build';
import { expectSame } from './randomGraph';

test('random graphs compute the same', async () => {
  await expectSame(shareCommon);
});

test('the same operation on the same values is done once, and so is what follows from it', () => {
  const build = new Build();
  const x = build.input('x', [2, 3]);
  const softmax = (): ReturnType<Build['add']> => build.add('Neg', [build.add('Softmax', [x], [2, 3], { axis: 1 })]);
  expect(print(shareCommon.run(build.graph(softmax(), softmax())))).toBe('%1 float32[2,3] = Softmax(%x) {axis=1}\n%2 float32[2,3] = Neg(%1)\ny0 ← %2\ny1 ← %2');
});

test.each([
  ['another attribute', { axis: 0 }, [2, 3]],
  ['another shape', { axis: 1 }, [3, 2]],
] as const)('%s is another operation', (_, attrs, shape) => {
  const build = new Build();
  const x = build.input('x', [2, 3]);
  expect(shareCommon.run(build.graph(build.add('Any', [x], [2, 3], { axis: 1 }), build.add('Any', [x], shape, attrs))).nodes).toHaveLength(2);
});

test('the order of operands matters', () => {
  const build = new Build();
  const [x, y] = [build.input('x', [3]), build.input('y', [3])];
  expect(shareCommon.run(build.graph(build.add('Sub', [x, y]), build.add('Sub', [y, x]))).nodes).toHaveLength(2);
});

test('equal constants are one, where type, shape and every element are equal', () => {
  const build = new Build();
  const constants = [build.splat(2, [3]), build.splat(2, [3]), build.splat(2, [1, 3]), build.splat(2, [3], 'int32'), build.splat(0), build.splat(-0)];
  const data = [[1, 0], [1, 0], [1, -0]].map((list) => build.constant({ data: Float32Array.from(list) }, [2]));
  const graph = shareCommon.run(build.graph(...constants, ...data));
  expect(graph.constants.size).toBe(5 + 2);
  expect(graph.outputs[1]!.value).toBe(graph.outputs[0]!.value);
  expect(graph.outputs[7]!.value).toBe(graph.outputs[6]!.value);
});
