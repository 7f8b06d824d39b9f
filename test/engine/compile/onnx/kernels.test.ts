import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { lowerings } from '../../../../src/engine/compile/onnx/lower';
import { cases, type Case } from './cases';
import { difference, feedsOf, oneNode, runOnnx, type Result } from './run';

// Data are eighths, so sums and products are exact. What is left is the rounding of functions (an ulp is 6e-8 of the
// number; ours and the reference's may each be two or three off, and TensorFlow.js's erf is an approximation good to
// 1.5e-7) and of divisions that a multiplication by the reciprocal replaces.
const TOLERANCE = 1e-6;

beforeAll(async () => {
  await openExecutor('cpu');
});

async function onnx(op: string, { attrs, given }: Case, expected: readonly Result[], contrib = true): Promise<readonly Result[]> {
  const results = await runOnnx(oneNode(op, attrs, given, expected), feedsOf(given), { contrib });
  return expected.map((_, i) => results[`y${i}`]!);
}

test('every operation that is emitted has a case, and no other', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(lowerings).sort());
});

describe('in ONNX Runtime as by its definition', () => {
  test.each(Object.entries(cases))('%s', async (op, drawn) => {
    await fc.assert(
      fc.asyncProperty(drawn, async (one) => {
        const expected = one.expected();
        const results = await onnx(op, one, expected);
        results.forEach((result, i) => expect(difference(result, expected[i]!)).toBeLessThanOrEqual(TOLERANCE));
      }),
      { numRuns: 40 },
    );
  });

  test('MatMul without the operators of ONNX Runtime alone', async () => {
    await fc.assert(
      fc.asyncProperty(cases['MatMul']!, async (one) => {
        const expected = one.expected();
        const [result] = await onnx('MatMul', one, expected, false);
        expect(difference(result!, expected[0]!)).toBeLessThanOrEqual(TOLERANCE);
      }),
    );
  });
});

// The control: what is computed wrongly shows. Each case is run as another operation of the same form.
test.each([
  ['Sub', 'Add'],
  ['Exp', 'Sin'],
  ['Greater', 'GreaterEqual'],
  ['Sum', 'Mean'],
  ['MaxPool', 'AvgPool'],
  ['Softmax', 'LogSoftmax'],
])('%s computed as %s is noticed', async (op, wrong) => {
  const property = fc.asyncProperty(cases[op]!, async (one) => {
    const expected = one.expected();
    const results = await onnx(wrong, one, expected);
    return results.every((result, i) => difference(result, expected[i]!) <= TOLERANCE);
  });
  expect((await fc.check(property)).failed).toBe(true);
});
