import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { lowerings } from '../../../../src/engine/compile/tensorflow/lower';
import { cases, type Case } from '../onnx/cases';
import { difference, feedsOf, oneNode, type Result } from '../onnx/run';
import { runTensorFlow, withTensorFlow } from './run';

// As for ONNX: data are eighths, so what is left is the rounding of functions.
const TOLERANCE = 1e-6;

beforeAll(async () => {
  await openExecutor('cpu');
});

function run(op: string, { attrs, given }: Case, expected: readonly Result[]): readonly Result[] {
  const results = runTensorFlow(oneNode(op, attrs, given, expected), feedsOf(given));
  return expected.map((_, i) => results[`y${i}`]!);
}

test('every operation that is emitted has a case, and no other', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(lowerings).sort());
});

withTensorFlow('in TensorFlow as by its definition', () => {
  test.each(Object.entries(cases))('%s', (op, drawn) => {
    fc.assert(
      fc.property(drawn, (one) => {
        const expected = one.expected();
        run(op, one, expected).forEach((result, i) => expect(difference(result, expected[i]!)).toBeLessThanOrEqual(TOLERANCE));
      }),
      { numRuns: 40 },
    );
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
      return run(wrong, one, expected).every((result, i) => difference(result, expected[i]!) <= TOLERANCE);
    });
    expect(fc.check(property).failed).toBe(true);
  });
});
