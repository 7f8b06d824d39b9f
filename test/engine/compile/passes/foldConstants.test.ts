import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { print, type Graph, type Value } from '../../../../src/engine/compile/graph';
import { dropDead } from '../../../../src/engine/compile/passes/dropDead';
import { foldConstants } from '../../../../src/engine/compile/passes/foldConstants';
import { rewrite, type Pass } from '../../../../src/engine/compile/passes/pass';
import { Build } from './build';
import { expectSame, randomGraphs } from './randomGraph';
import { difference, runOnnx } from '../onnx/run';

const folded = (graph: Graph): string => print(dropDead.run(foldConstants.run(graph)));

function afterwards(make: (build: Build, x: Value) => Value): string {
  const build = new Build();
  return folded(build.graph(make(build, build.input('x', [2, 3]))));
}

test('random graphs compute the same', async () => {
  await expectSame(foldConstants);
});

test('a rule that is wrong would be noticed', async () => {
  const wrong: Pass = { name: 'wrong', run: (graph) => rewrite(graph, (node, site) => (node.op === 'Sub' ? [site.add('Add', node.inputs, node.outputs[0]!.shape)] : undefined)) };
  const property = fc.asyncProperty(randomGraphs, async ({ graph, feeds }) => {
    const [before, after] = [await runOnnx(graph, feeds), await runOnnx(wrong.run(graph), feeds)];
    return Object.keys(before).every((name) => difference(after[name]!, before[name]!) === 0);
  });
  expect((await fc.check(property, { numRuns: 300 })).failed).toBe(true);
});

describe('what changes nothing goes', () => {
  test.each<[string, number]>([['Multiply', 1], ['Add', 0], ['Sub', 0], ['RealDiv', 1], ['Pow', 1]])('x %s %d', (op, number) => {
    expect(afterwards((b, x) => b.add(op, [x, b.splat(number, [2, 3])]))).toBe('y0 ← %x');
  });

  test('factors whose product is 1 in float32', () => {
    expect(afterwards((b, x) => b.add('Multiply', [b.add('Multiply', [x, b.splat(Math.SQRT1_2)]), b.splat(Math.SQRT2)]))).toBe('y0 ← %x');
  });

  test('ones that give the shape become an expansion', () => {
    expect(afterwards((b, x) => b.add('Multiply', [b.splat(1, [4, 2, 3]), x], [4, 2, 3]))).toBe('%1 float32[4,2,3] = Expand(%x)\ny0 ← %1');
  });

  test('x · 0 stays: it is not 0 where x is infinite or not a number', () => {
    expect(afterwards((b, x) => b.add('Multiply', [x, b.splat(0)]))).toContain('Multiply(%x, 0)');
  });
});

describe('numbers meet', () => {
  test.each<[string, (b: Build, x: Value) => Value, string]>([
    ['(x · 3) · 5', (b, x) => b.add('Multiply', [b.add('Multiply', [x, b.splat(3)]), b.splat(5)]), 'Multiply(%x, 15)'],
    ['(x · 3) / −3', (b, x) => b.add('RealDiv', [b.add('Multiply', [b.splat(3), x], [2, 3]), b.splat(-3)]), 'Neg(%x)'],
    ['−(x / 4)', (b, x) => b.add('Neg', [b.add('RealDiv', [x, b.splat(4)])]), 'Multiply(%x, -0.25)'],
    ['x + −x', (b, x) => b.add('Add', [x, b.add('Neg', [x])]), 'Sub(%x, %x)'],
    ['−x + x²', (b, x) => b.add('Add', [b.add('Neg', [x]), b.add('Exp', [x])]), 'Sub(%1, %x)'],
    ['x − −x', (b, x) => b.add('Sub', [x, b.add('Neg', [x])]), 'Add(%x, %x)'],
    ['0 − x', (b, x) => b.add('Sub', [b.splat(0), x], [2, 3]), 'Neg(%x)'],
    ['x · (2 − 4)', (b, x) => b.add('Multiply', [x, b.add('Sub', [b.splat(2), b.splat(4)])]), 'Multiply(%x, -2)'],
    ['x ** 1.5', (b, x) => b.add('Pow', [x, b.splat(1.5)]), '%1 float32[2,3] = Sqrt(%x)\n%2 float32[2,3] = Multiply(%x, %1)'],
  ])('%s', (_, make, expected) => {
    expect(afterwards(make)).toContain(expected);
  });

  test('not where their product leaves the range of float32', () => {
    expect(afterwards((b, x) => b.add('Multiply', [b.add('Multiply', [x, b.splat(1e-30)]), b.splat(1e-30)]))).toContain('Multiply(%1, 1e-30)');
  });

  test('−−x is x', () => {
    expect(afterwards((b, x) => b.add('Neg', [b.add('Neg', [x])]))).toBe('y0 ← %x');
  });
});

describe('constants', () => {
  const constant = (make: (build: Build) => Value): readonly [unknown, readonly number[]] => {
    const build = new Build();
    const graph = foldConstants.run(build.graph(make(build)));
    const [output] = graph.outputs;
    return [graph.constants.get(output!.value), output!.value.shape];
  };

  test('are moved', () => {
    const matrix = { data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(constant((b) => b.add('Transpose', [b.constant(matrix, [2, 3])], [3, 2], { perm: [1, 0] }))).toEqual([{ data: Float32Array.of(1, 4, 2, 5, 3, 6) }, [3, 2]]);
    expect(constant((b) => b.add('Reshape', [b.constant(matrix, [2, 3])], [6]))).toEqual([matrix, [6]]);
    expect(constant((b) => b.add('Concat', [b.splat(2, [2]), b.splat(2, [3])], [5], { axis: 0 }))).toEqual([{ splat: 2 }, [5]]);
    expect(constant((b) => b.add('Pad', [b.splat(2, [2])], [4], { before: [1], after: [1], value: 2 }))).toEqual([{ splat: 2 }, [4]]);
  });

  test('are summed and converted', () => {
    expect(constant((b) => b.add('Sum', [b.splat(0.5, [4, 6])], [4], { axes: [1], keepDims: false }))).toEqual([{ splat: 3 }, [4]]);
    expect(constant((b) => b.add('Cast', [b.splat(-2.75, [2])], [2], {}, 'int32'))).toEqual([{ splat: -2 }, [2]]);
    expect(constant((b) => b.add('Greater', [b.constant({ data: Float32Array.of(1, 3) }, [2]), b.splat(2)], [2], {}, 'bool'))).toEqual([{ data: Uint8Array.of(0, 1) }, [2]]);
  });

  test('broadcast', () => {
    const [column, row] = [{ data: Float32Array.of(10, 20) }, { data: Float32Array.of(1, 2, 3) }];
    expect(constant((b) => b.add('Add', [b.constant(column, [2, 1]), b.constant(row, [3])], [2, 3]))).toEqual([{ data: Float32Array.of(11, 12, 13, 21, 22, 23) }, [2, 3]]);
  });

  test('are rounded as the operation would round', () => {
    expect(constant((b) => b.add('Multiply', [b.splat(0.1), b.splat(0.1)]))[0]).toEqual({ splat: Math.fround(Math.fround(0.1) * Math.fround(0.1)) });
  });

  test('stay where they are big', () => {
    const build = new Build();
    const big = build.constant({ data: Float32Array.from({ length: 10_000 }, (_, i) => i) }, [10_000]);
    expect(foldConstants.run(build.graph(build.add('Neg', [big]))).nodes).toHaveLength(1);
  });
});
