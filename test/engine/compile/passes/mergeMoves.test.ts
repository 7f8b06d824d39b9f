import { expect, test } from 'vitest';
import { print } from '../../../../src/engine/compile/graph';
import { dropDead } from '../../../../src/engine/compile/passes/dropDead';
import { mergeMoves } from '../../../../src/engine/compile/passes/mergeMoves';
import { Build } from './build';
import { expectSame } from './randomGraph';

test('random graphs compute the same', async () => {
  await expectSame(mergeMoves);
});

test('Reshapes in a row are one, or none', () => {
  const build = new Build();
  const x = build.input('x', [2, 3]);
  const [flat, wide] = [build.add('Reshape', [x], [6]), build.add('Reshape', [build.add('Reshape', [x], [6])], [3, 2])];
  expect(print(dropDead.run(mergeMoves.run(build.graph(build.add('Reshape', [flat], [2, 3]), wide))))).toBe('%1 float32[3,2] = Reshape(%x)\ny0 ← %x\ny1 ← %1');
});

test('Transposes in a row are one, or none', () => {
  const build = new Build();
  const x = build.input('x', [2, 3, 4]);
  const turned = build.add('Transpose', [x], [3, 4, 2], { perm: [1, 2, 0] });
  const [again, back] = [build.add('Transpose', [turned], [4, 2, 3], { perm: [1, 2, 0] }), build.add('Transpose', [turned], [2, 3, 4], { perm: [2, 0, 1] })];
  expect(print(dropDead.run(mergeMoves.run(build.graph(again, back))))).toBe('%1 float32[4,2,3] = Transpose(%x) {perm=[2,0,1]}\ny0 ← %1\ny1 ← %x');
});
