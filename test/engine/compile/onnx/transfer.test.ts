import { expect, test } from 'vitest';
import { buffersOf, weightsIn } from '../../../../src/engine/compile/onnx/transfer';

const tensor = (data: Float32Array): object => ({ shape: [data.length], data });

test('the memory of a forward pass is handed over once, and what is part of more memory is not', () => {
  const [own, tap] = [new Float32Array(4), new Float32Array(8)];
  const value = { logits: tensor(own), taps: new Map([['attention.0', tensor(tap)], ['again', tensor(tap)], ['part', tensor(new Float32Array(8).subarray(2))]]) };
  expect(buffersOf({ rpc: 'ok', id: 1, value })).toEqual([own.buffer, tap.buffer]);
});

test('the gradients of blocks are handed over', () => {
  const [one, two] = [new Float32Array(4), new Float32Array(8)];
  const done = { rows: 4, loss: 1, logits: tensor(new Float32Array(2)) };
  const value = [[0, { given: { 0: tensor(one) }, done }], [2, { given: { 0: tensor(two) }, done }]];
  expect(buffersOf({ rpc: 'ok', id: 1, value })).toEqual([one.buffer, two.buffer]);
});

test('other answers are copied', () => {
  const data = new Float32Array(4);
  for (const value of [undefined, null, 3, [], [3], { id: 1 }, { loss: 1, logits: tensor(data), gradNorm: 1 }, { params: new Map([['w', tensor(data)]]) }]) expect(buffersOf({ rpc: 'ok', id: 1, value })).toEqual([]);
});

test('the weights of a question that opens a network are handed over, other questions are copied', () => {
  const [one, two] = [new Float32Array(4), new Float32Array(8)];
  const kernels = new Map([['a', tensor(one)], ['b', tensor(two)], ['tied', tensor(two)]]);
  expect(weightsIn({ rpc: 'call', id: 1, method: 'infer', params: { kernels } })).toEqual([one.buffer, two.buffer]);
  const shared = new Float32Array(new SharedArrayBuffer(16));
  expect(weightsIn({ rpc: 'call', id: 1, method: 'infer', params: { kernels: new Map([['a', tensor(one)], ['s', tensor(shared)]]) } })).toEqual([one.buffer]);
  for (const params of [undefined, {}, { images: tensor(one) }, { state: { params: kernels } }]) expect(weightsIn({ rpc: 'call', id: 1, method: 'x', params })).toEqual([]);
});
