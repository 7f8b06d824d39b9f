import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { kernelShape } from '../../src/engine/compile/groups';
import { toKernels } from '../../src/engine/compile/layout';
import { configSchema, type TrainConfig } from '../../src/engine/config/schema';
import { clip, globalNorm } from '../../src/engine/optim/clip';
import { momentsOf } from '../../src/engine/optim/moments';
import { stepOptimizer } from '../../src/engine/optim/optimizer';
import type { OptimizerState, Part, Tensors, Treatment } from '../../src/engine/optim/state';
import { optimizerScalars } from '../../src/engine/schedule';
import { readGolden, relativeError, unpackAll, type Packed } from '../fixtures/golden';

type Packs = Readonly<Record<string, Packed>>;

/** Five steps of PyTorch's and timm's optimizers, by test/parity/make_optimizers.py. */
interface Golden {
  readonly decays: readonly string[];
  readonly cases: readonly {
    readonly recipe: Partial<TrainConfig>;
    readonly params: Packs;
    readonly steps: readonly { readonly lr: number; readonly norm: number; readonly grads: Packs; readonly params: Packs }[];
  }[];
}

const golden = readGolden<Golden>('optimizers');
const plain = configSchema.parse({}).train;

/** Parameters one by one, or all that are treated alike behind each other in one vector, as compiled steps have them. */
type Packing = 'each by itself' | 'in vectors';

function treatments(packs: Packs, packing: Packing): ReadonlyMap<string, Treatment> {
  const parts = Object.entries(packs).map(([name, { shape }]): Part => ({ name, shape: kernelShape({ name, shape } as Parameters<typeof kernelShape>[0]) }));
  const decays = ({ name }: Part): boolean => golden.decays.includes(name);
  if (packing === 'each by itself') return new Map(parts.map((part) => [part.name, { decay: decays(part), lrScale: 1, parts: [part] }]));
  return new Map([true, false].map((decay) => [String(decay), { decay, lrScale: 1, parts: parts.filter((part) => decays(part) === decay) }]));
}

function upload(packs: Packs, groups: ReadonlyMap<string, Treatment>): Tensors {
  const kernels = toKernels(unpackAll(packs));
  const one = ({ name, shape }: Part): tf.Tensor => tf.tensor(kernels.get(name)!.data, [...shape]);
  return Object.fromEntries([...groups].map(([name, { parts }]) => [name, parts.length === 1 ? one(parts[0]!) : tf.concat(parts.map((part) => tf.reshape(one(part), [-1])))]));
}

const cases = golden.cases.flatMap((one) => (['each by itself', 'in vectors'] as const).map((packing) => [JSON.stringify(one.recipe), packing, one] as const));

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await openExecutor(backend);
  });

  test.each(cases)('five steps are those of PyTorch and timm: %s, %s', (_name, packing, { recipe, params: start, steps }) => {
    tf.tidy(() => {
      const groups = treatments(start, packing);
      const full = { ...plain, ...recipe };
      const params = upload(start, groups);
      const zeros = (): Tensors => Object.fromEntries(Object.entries(params).map(([name, p]) => [name, tf.zerosLike(p)]));
      let state: OptimizerState = { params, m: zeros(), v: momentsOf(full.opt).includes('v') ? zeros() : {} };
      for (const [i, step] of steps.entries()) {
        const { lr, correction1, correction2 } = optimizerScalars(step.lr, i + 1, full.betas);
        const scalars = { lr: tf.scalar(lr), correction1: tf.scalar(correction1), correction2: tf.scalar(correction2) };
        const { norm, next } = stepOptimizer(state, upload(step.grads, groups), scalars, full, (name) => groups.get(name)!);
        expect(norm.dataSync()[0]! / step.norm).toBeCloseTo(1, 5);
        state = next;
        const expected = upload(step.params, groups);
        // Both compute in float32 with a few roundings per step (6e-8 each); an update is about 1e-2 of a weight, so a
        // wrong constant would show at 1e-4 or more.
        for (const [name, want] of Object.entries(expected)) {
          expect(relativeError(state.params[name]!.dataSync(), want.dataSync()), `${name} after step ${String(i + 1)}`).toBeLessThan(1e-6);
        }
      }
    });
  });

  test('clip 0 leaves the gradients alone, and a small norm is not scaled up', () => {
    tf.tidy(() => {
      const grads = { a: tf.tensor1d([3, 4]) };
      const clipped = (max: number): Tensors => clip(grads, globalNorm(grads), grads, { clip_grad: max, clip_mode: 'norm' }, () => ({ decay: true, lrScale: 1, parts: [{ name: 'a', shape: [2] }] }));
      expect(globalNorm(grads).dataSync()[0]).toBeCloseTo(5, 6);
      expect(clipped(0)).toBe(grads);
      expect([...clipped(10)['a']!.dataSync()]).toEqual([3, 4]);
    });
  });

  test('LAMB trusts a weight of zeros with the step as it is', () => {
    tf.tidy(() => {
      const zeros = { w: tf.zeros([2, 2]) };
      const scalars = { lr: tf.scalar(0.1), correction1: tf.scalar(10), correction2: tf.scalar(Math.sqrt(1000)) };
      const treatment = { decay: true, lrScale: 1, parts: [{ name: 'w', shape: [2, 2] }] };
      const { next } = stepOptimizer({ params: zeros, m: zeros, v: zeros }, { w: tf.ones([2, 2]) }, scalars, { ...plain, opt: 'lamb', clip_grad: 0 }, () => treatment);
      for (const weight of next.params['w']!.dataSync()) expect(weight).toBeCloseTo(-0.1, 5);
    });
  });
});
