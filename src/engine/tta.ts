import type { InferenceSession } from './compile/executor';
import type { TrainConfig } from './config/schema';
import type { FloatTensor } from './tensors';

export type Tta = TrainConfig['tta'];

/**
 * Logits [B, K] of images [B, H, W, C]; with `flip`, the logarithm of the mean of the probabilities of each image and its
 * mirror image, whose softmax is that mean.
 */
export async function lookAgain(session: Pick<InferenceSession, 'forward'>, images: FloatTensor, tta: Tta): Promise<FloatTensor> {
  const { logits } = await session.forward(images);
  if (tta === 'none') return logits;
  const other = (await session.forward(mirrored(images))).logits;
  const [B, K] = logits.shape as [number, number];
  const data = new Float32Array(B * K);
  for (let row = 0; row < B; row++) {
    const [a, b] = [logits, other].map((of) => logSoftmax(of.data.subarray(row * K, (row + 1) * K)));
    // log((eᵃ + eᵇ) / 2), so that no probability becomes 0.
    for (let k = 0; k < K; k++) {
      const most = Math.max(a![k]!, b![k]!);
      data[row * K + k] = most + Math.log((Math.exp(a![k]! - most) + Math.exp(b![k]! - most)) / 2);
    }
  }
  return { shape: logits.shape, data };
}

function logSoftmax(row: Float32Array): Float64Array {
  const most = row.reduce((a, x) => Math.max(a, x), -Infinity);
  const sum = row.reduce((a, x) => a + Math.exp(x - most), 0);
  return Float64Array.from(row, (x) => x - most - Math.log(sum));
}

/** Left to right, [B, H, W, C]. */
export function mirrored({ shape, data }: FloatTensor): FloatTensor {
  const [, , W, C] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += W * C) for (let x = 0; x < W; x++) out.set(data.subarray(row + x * C, row + (x + 1) * C), row + (W - 1 - x) * C);
  return { shape, data: out };
}
