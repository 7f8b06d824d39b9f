import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { adamW, clipByNorm, globalNorm, type AdamWState, type Tensors } from '../../src/engine/optim';
import { adamWScalars } from '../../src/engine/schedule';
import { readGolden, relativeError, unpack, type Packed } from '../fixtures/golden';

interface Golden {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly clip: number;
  readonly params: Readonly<Record<string, Packed>>;
  readonly steps: readonly {
    readonly lr: number;
    readonly norm: number;
    readonly grads: Readonly<Record<string, Packed>>;
    readonly params: Readonly<Record<string, Packed>>;
  }[];
}

const golden = readGolden<Golden>('adamw');

function upload(packed: Readonly<Record<string, Packed>>): Tensors {
  return Object.fromEntries(Object.entries(packed).map(([name, p]) => [name, tf.tensor(unpack(p).data, [...p.shape])]));
}

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await openExecutor(backend);
  });

  test('five steps of AdamW with clipping are those of PyTorch', () => {
    tf.tidy(() => {
      const params = upload(golden.params);
      const zeros = (): Tensors => Object.fromEntries(Object.entries(params).map(([name, p]) => [name, tf.zerosLike(p)]));
      let state: AdamWState = { params, m: zeros(), v: zeros() };
      for (const [i, step] of golden.steps.entries()) {
        const grads = upload(step.grads);
        const norm = globalNorm(grads);
        expect(norm.dataSync()[0]! / step.norm).toBeCloseTo(1, 5);
        const { lr, correction1, correction2 } = adamWScalars(step.lr, i + 1, golden.betas);
        const scalars = { lr: tf.scalar(lr), correction1: tf.scalar(correction1), correction2: tf.scalar(correction2) };
        state = adamW(state, clipByNorm(grads, norm, golden.clip), scalars, golden, (name) => name === 'head.weight');
        // Both compute in float32 with a few roundings per step (6e-8 each); an update is about 1e-2 of a weight, so a
        // wrong constant would show at 1e-4 or more.
        for (const [name, want] of Object.entries(step.params)) {
          expect(relativeError(state.params[name]!.dataSync(), unpack(want).data), `${name} after step ${String(i + 1)}`).toBeLessThan(1e-6);
        }
      }
    });
  });

  test('clip 0 leaves the gradients alone, and a small norm is not scaled up', () => {
    tf.tidy(() => {
      const grads = { a: tf.tensor1d([3, 4]) };
      expect(globalNorm(grads).dataSync()[0]).toBeCloseTo(5, 6);
      expect(clipByNorm(grads, globalNorm(grads), 0)).toBe(grads);
      expect([...clipByNorm(grads, globalNorm(grads), 10)['a']!.dataSync()]).toEqual([3, 4]);
    });
  });
});
