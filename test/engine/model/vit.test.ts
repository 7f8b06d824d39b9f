import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { Executor } from '../../../src/engine/compile/executor';
import { fromKernels, toKernels } from '../../../src/engine/compile/layout';
import { gradients } from '../../../src/engine/compile/step';
import type { ViTSpec } from '../../../src/engine/model/spec';
import type { TensorMap } from '../../../src/engine/tensors';
import { readGolden, relativeError, unpack, unpackAll, type Packed } from '../../fixtures/golden';

interface Golden {
  readonly spec: ViTSpec;
  readonly images: Packed;
  readonly targets: Packed;
  readonly params: Readonly<Record<string, Packed>>;
  readonly logits: Packed;
  readonly attention: readonly Packed[];
  readonly loss: number;
  readonly grads: Readonly<Record<string, Packed>>;
}

// Two float32 implementations that sum in another order differ by some ulp (6e-8) per sum; through two blocks and their
// gradients that grew to 2e-6 of the largest value at most. A single weight that is off by 1 % shows above it (last test).
const TOLERANCE = 1e-5;

function upload(params: TensorMap): Record<string, tf.Tensor> {
  return Object.fromEntries([...toKernels(params)].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
}

// Op by op on each: the compiled graphs of a native backend are held to the same values by test/parity. It is an optional
// package, checked where VITLAB_TFJS_NODE says that there is one.
const backends = ['wasm', 'cpu', ...(process.env['VITLAB_TFJS_NODE'] ? ['tfjs-node' as const] : [])] as const;

const open = (backend: (typeof backends)[number]): Promise<Executor> => openExecutor(backend, { execution: 'eager' });

describe.each(backends)('on %s', (backend) => {
  beforeAll(async () => {
    await open(backend);
    expect(tf.getBackend()).toBe(backend === 'tfjs-node' ? 'tensorflow' : backend);
  });

  describe.each(['vit-token', 'vit-avg'])('%s equals timm', (name) => {
    const golden = readGolden<Golden>(name);
    const params = unpackAll(golden.params);

    test.each(['linear', 'conv'] as const)('logits and attention, %s projection', async (projection) => {
      const executor = await open(backend);
      const session = await executor.infer({ ...golden.spec, projection }, params);
      const { logits, taps } = await session.forward(unpack(golden.images), { attention: true, tokens: true });
      session.dispose();
      expect(logits.shape).toEqual([3, 5]);
      expect(relativeError(logits.data, unpack(golden.logits).data)).toBeLessThan(TOLERANCE);
      golden.attention.forEach((attention, i) => {
        expect(taps.get(`attention.${String(i)}`)!.shape).toEqual(attention.shape);
        expect(relativeError(taps.get(`attention.${String(i)}`)!.data, unpack(attention).data)).toBeLessThan(TOLERANCE);
      });
      expect([...taps.keys()].filter((key) => key.startsWith('tokens.'))).toEqual(['tokens.0', 'tokens.1', 'tokens.2']);
    });

    test.each(['linear', 'conv'] as const)('loss and every gradient, %s projection', (projection) => {
      const errors = tf.tidy(() => {
        const images = tf.tensor4d(unpack(golden.images).data, unpack(golden.images).shape as [number, number, number, number]);
        const targets = tf.tensor2d(unpack(golden.targets).data, [3, 5]);
        const out = gradients({ ...golden.spec, projection }, upload(params), {}, { images, targets, noise: {} });
        expect(Math.abs(out.loss.dataSync()[0]! / golden.loss - 1)).toBeLessThan(TOLERANCE);
        const grads = fromKernels(new Map(Object.entries(out.grads).map(([key, g]) => [key, { shape: g.shape, data: g.dataSync<'float32'>() }])));
        tf.dispose(out.logits);
        return Object.entries(golden.grads).map(([key, want]) => [key, relativeError(grads.get(key)!.data, unpack(want).data)] as const) as never;
      }) as unknown as readonly (readonly [string, number])[];
      expect(errors).toHaveLength(Object.keys(golden.params).length);
      expect(errors.filter(([, error]) => !(error < TOLERANCE))).toEqual([]);
    });
  });

  test('the tolerance sees one weight that is off by a hundredth', async () => {
    const golden = readGolden<Golden>('vit-token');
    const params = unpackAll(golden.params);
    params.get('blocks.0.attn.qkv.weight')!.data[40]! *= 1 + 1e-2;
    const session = await (await open(backend)).infer(golden.spec, params);
    const { logits } = await session.forward(unpack(golden.images));
    session.dispose();
    expect(relativeError(logits.data, unpack(golden.logits).data)).toBeGreaterThan(TOLERANCE);
  });
});
