import { expect, test } from 'vitest';
import { answersOf, recording } from '../../src/recording';

test('answers are remembered under what was asked; those about something else can be forgotten', async () => {
  const { client, answers, keepOnly } = recording({ double: (q: { readonly file: string; readonly by: number }) => Promise.resolve(2 * q.by) });
  await client.double({ file: 'a', by: 1 });
  await client.double({ by: 2, file: 'b' });
  await client.double({ file: 'a', by: 1 });
  expect(answers().map(({ value }) => value)).toEqual([4, 2]);
  keepOnly((params) => (params as { file: string }).file === 'a');
  expect(answersOf(answers(), (value) => value)).toEqual([['double {"by":1,"file":"a"}', 2]]);
});

test('large attention goes to a page in half precision, other numbers as they are', () => {
  const weights = new Float32Array(2 ** 20 + 1).fill(0.25);
  const [[, stack], [, other]] = answersOf([{ method: 'attentionStack', params: {}, value: { layers: 1, weights } }, { method: 'x', params: {}, value: weights }], (value) => value) as [[string, { weights: Uint16Array }], [string, Float32Array]];
  expect(stack.weights).toBeInstanceOf(Uint16Array);
  expect(stack.weights[7]).toBe(0x3400);
  expect(other).toBe(weights);
});
