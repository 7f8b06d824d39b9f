import fc from 'fast-check';
import { expect } from 'vitest';
import type { Graph, Value } from '../../../../src/engine/compile/graph';
import type { Pass } from '../../../../src/engine/compile/passes/pass';
import { difference, runOnnx, type Given } from '../onnx/run';
import { Build } from './build';

const steps = fc.array(fc.record({ op: fc.nat(100), a: fc.nat(1000), b: fc.nat(1000) }), { minLength: 1, maxLength: 14 });
const ops = ['Add', 'Sub', 'Multiply', 'Neg', 'Maximum', 'RealDiv', 'Square', 'Expand', 'Sum', 'Transpose', 'Reshape', 'Greater', 'Relu'] as const;

/**
 * A graph of random operations on eighths. Numbers in it are powers of two, so that products may be taken in any order
 * without a rounding: a pass that is right leaves every result exactly as it was.
 */
export const randomGraphs: fc.Arbitrary<{ graph: Graph; feeds: Record<string, Given> }> = fc
  .tuple(steps, fc.array(fc.integer({ min: -16, max: 16 }), { minLength: 9, maxLength: 9 }))
  .map(([drawn, eighths]) => {
    const build = new Build();
    const shapes: Record<string, number[]> = { x: [2, 3], v: [3] };
    const numbers = [1, 0, -1, 2, 0.5, -4].flatMap((splat) => [build.splat(splat), build.splat(splat, [2, 3]), build.splat(splat, [1, 3])]);
    const divisors = [1, -1, -2, 0.25].map((splat) => build.splat(splat));
    const data = build.constant({ data: Float32Array.of(1, -2, 0.5) }, [3]);
    const values: Value[] = [...Object.entries(shapes).map(([name, shape]) => build.input(name, shape)), data];
    const pick = (index: number): Value => [...values, ...numbers, ...values.slice(3)].at(index % (2 * values.length + numbers.length - 3))!;
    for (const { op, a, b } of drawn) values.push(step(build, ops[op % ops.length]!, pick(a), pick(b), divisors[b % divisors.length]!));
    const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape], i): [string, Given] => [name, { dtype: 'float32', shape, data: eighths.slice(i * 6, i === 0 ? 6 : 9).map((n) => n / 8), constant: false }]));
    return { graph: build.graph(values.at(-1)!, values.at(Math.floor(values.length / 2))!), feeds };
  });

function step(build: Build, op: (typeof ops)[number], a: Value, b: Value, divisor: Value): Value {
  const rank = Math.max(a.shape.length, b.shape.length);
  const side = (of: Value, axis: number): number => of.shape[axis - rank + of.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(side(a, axis), side(b, axis)));
  const fits = shape.every((whole, axis) => [a, b].every((of) => [1, whole].includes(side(of, axis))));
  if (op === 'RealDiv') return build.add(op, [a, divisor]);
  if (op === 'Neg' || op === 'Square' || op === 'Relu') return build.add(op, [a]);
  if (op === 'Sum') return build.add(op, [a], a.shape.map(() => 1), { axes: [...a.shape.keys()], keepDims: true });
  if (op === 'Transpose') return build.add(op, [a], a.shape.toReversed(), { perm: [...a.shape.keys()].reverse() });
  if (op === 'Reshape') return build.add(op, [a], [...a.shape, 1]);
  if (op === 'Expand' || !fits) return build.add('Expand', [a], [2, ...a.shape]);
  if (op === 'Greater') return build.add('Cast', [build.add(op, [a, b], shape, {}, 'bool')], shape);
  return build.add(op, [a, b], shape);
}

/** Runs random graphs before and after a pass; all numbers must be the same. */
export async function expectSame(pass: Pass, numRuns = 300): Promise<void> {
  await fc.assert(
    fc.asyncProperty(randomGraphs, async ({ graph, feeds }) => {
      const [before, after] = [await runOnnx(graph, feeds), await runOnnx(pass.run(graph), feeds)];
      Object.keys(before).forEach((name) => expect(difference(after[name]!, before[name]!)).toBe(0));
    }),
    { numRuns },
  );
}
