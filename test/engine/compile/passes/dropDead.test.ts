import { expect, test } from 'vitest';
import { value } from '../../../../src/engine/compile/graph';
import { dropDead } from '../../../../src/engine/compile/passes/dropDead';
import { Build } from './build';
import { expectSame } from './randomGraph';

test('random graphs compute the same', async () => {
  await expectSame(dropDead);
});

test('what nobody reads goes, with the constants that only it read; inputs stay', () => {
  const build = new Build();
  const [x, unread] = [build.input('x', [3]), build.input('unread', [3])];
  const two = build.splat(2);
  const y = build.add('Add', [x, two]);
  build.add('Neg', [build.add('Multiply', [unread, build.splat(3)])]);
  const graph = dropDead.run(build.graph(y));
  expect(graph.nodes.map((node) => node.op)).toEqual(['Add']);
  expect([...graph.constants.keys()]).toEqual([two]);
  expect(graph.inputs).toHaveLength(2);
});

test('a node stays as long as one of its outputs is read', () => {
  const build = new Build();
  const x = build.input('x', [4]);
  const [, second] = build.addMany('Split', [x], [value('float32', [1]), value('float32', [3])], { axis: 0, sizes: [1, 3] });
  expect(dropDead.run(build.graph(second!)).nodes).toHaveLength(1);
});
