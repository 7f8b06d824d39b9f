import { expect, test } from 'vitest';
import { imagesAtOnce, inParts, type Beside } from '../../../../src/engine/compile/onnx/imageParts';
import { configSchema } from '../../../../src/engine/config/schema';
import { vitSpec, type ViTSpec } from '../../../../src/engine/model/spec';
import type { FloatTensor } from '../../../../src/engine/tensors';

const numbers = (shape: readonly number[], from = 0): FloatTensor => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i) });

test.each([1, 2, 3, 7, 8, 100])('seven images by %i give what they give at once', async (size) => {
  const seen: number[] = [];
  const run = (images: FloatTensor, beside: Beside): Promise<{ logits: FloatTensor; taps: Map<string, FloatTensor> }> => {
    seen.push(images.shape[0]!);
    const doubled = { shape: [images.shape[0]!, 6], data: images.data.map((x) => 2 * x) };
    return Promise.resolve({ logits: { shape: beside['cotangent']!.shape, data: beside['cotangent']!.data.map((x) => -x) }, taps: new Map([['attention.0', doubled]]) });
  };
  const [images, cotangent] = [numbers([7, 2, 3]), numbers([7, 4], 100)];
  const { logits, taps } = await inParts(images, { cotangent }, size, run);
  expect(Math.max(...seen)).toBeLessThanOrEqual(size);
  expect(seen.reduce((a, b) => a + b)).toBe(7);
  expect(logits).toEqual({ shape: [7, 4], data: cotangent.data.map((x) => -x) });
  expect(taps.get('attention.0')).toEqual({ shape: [7, 6], data: images.data.map((x) => 2 * x) });
});

test('large networks go image by image, small ones in whole batches', () => {
  const spec = (size: number, patch: number, width: number): ViTSpec => {
    const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size }, model: { patch_size: patch, embed_dim: width, mlp_ratio: 4 } });
    return vitSpec(config.image, config.model, 10);
  };
  expect(imagesAtOnce(spec(224, 16, 1024))).toBe(1);
  expect(imagesAtOnce(spec(224, 16, 192))).toBe(8);
  expect(imagesAtOnce(spec(28, 4, 64))).toBeGreaterThan(64);
});
