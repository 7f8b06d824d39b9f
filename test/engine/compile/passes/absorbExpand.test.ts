import { expect, test } from 'vitest';
import { print } from '../../../../src/engine/compile/graph';
import { absorbExpand } from '../../../../src/engine/compile/passes/absorbExpand';
import { dropDead } from '../../../../src/engine/compile/passes/dropDead';
import { Build } from './build';
import { expectSame } from './randomGraph';

test('random graphs compute the same', async () => {
  await expectSame(absorbExpand);
});

test('an operation that broadcasts reads what is small', () => {
  const build = new Build();
  const [x, v] = [build.input('x', [2, 3]), build.input('v', [1, 3])];
  const wide = build.add('Expand', [v], [2, 3]);
  const graph = dropDead.run(absorbExpand.run(build.graph(build.add('Sub', [wide, x]))));
  expect(print(graph)).toBe('%2 float32[2,3] = Sub(%v, %x)\ny0 ← %2');
});

test('what works element by element comes before the expansion', () => {
  const build = new Build();
  const wide = build.add('Expand', [build.input('v', [3])], [2, 3]);
  const graph = dropDead.run(absorbExpand.run(build.graph(build.add('Exp', [build.add('RealDiv', [build.splat(2, [2, 3]), wide])]))));
  expect(graph.nodes.map((node) => `${node.op} [${node.outputs[0]!.shape}]`)).toEqual(['RealDiv [3]', 'Exp [3]', 'Expand [2,3]']);
});

test('an expansion stays where it alone gives the shape', () => {
  const build = new Build();
  const [a, b] = [build.input('a', [3]), build.input('b', [3])].map((v) => build.add('Expand', [v], [2, 3]));
  const graph = dropDead.run(absorbExpand.run(build.graph(build.add('Add', [a!, b!]))));
  expect(graph.nodes.map((node) => node.op).sort()).toEqual(['Add', 'Expand']);
});
