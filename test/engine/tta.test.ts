import { expect, test } from 'vitest';
import { lookAgain, mirrored } from '../../src/engine/tta';
import type { FloatTensor } from '../../src/engine/tensors';

test('mirrored turns columns around and keeps channels and rows', () => {
  const images = { shape: [2, 1, 3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) };
  expect([...mirrored(images).data]).toEqual([5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]);
  expect(mirrored(mirrored(images))).toEqual(images);
});

/** Logits are the two columns of an image. */
const session = { forward: ({ shape, data }: FloatTensor) => Promise.resolve({ logits: { shape: [shape[0]!, 2], data: data.slice() }, taps: new Map() }) };
const softmax = ([a, b]: readonly number[]): number[] => [1 / (1 + Math.exp(b! - a!)), 1 / (1 + Math.exp(a! - b!))];

test('flip: the softmax of what comes out is the mean of the probabilities of both looks', async () => {
  const images = { shape: [2, 1, 2, 1], data: Float32Array.of(2, -1, 0.5, 0.25) };
  const { shape, data } = await lookAgain(session, images, 'flip');
  expect(shape).toEqual([2, 2]);
  for (const row of [0, 1]) {
    const own = softmax([...images.data.subarray(2 * row, 2 * row + 2)]);
    const mean = own.map((p, k) => (p + own[1 - k]!) / 2);
    softmax([...data.subarray(2 * row, 2 * row + 2)]).forEach((p, k) => expect(p).toBeCloseTo(mean[k]!, 6));
  }
  expect((await lookAgain(session, images, 'none')).data).toEqual(images.data);
});

test('a probability that float32 cannot hold does not become an infinite loss', async () => {
  const { data } = await lookAgain({ forward: () => Promise.resolve({ logits: { shape: [1, 2], data: Float32Array.of(0, -200) }, taps: new Map() }) }, { shape: [1, 1, 1, 1], data: Float32Array.of(0) }, 'flip');
  expect(data[1]).toBeCloseTo(-200, 3);
});
