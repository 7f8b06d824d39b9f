import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TrainSession } from '../../src/engine/compile/executor';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema } from '../../src/engine/config/schema';
import type { ViTSpec } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';

export type Backend = 'onnx' | 'wasm' | 'tfjs-node';

/** Plain gradient descent of one step with this rate: what it takes from the weights is the gradient, times the rate. */
const RATE = 1;
const descent = { opt: 'sgd', momentum: 0, nesterov: false, weight_decay: 0, clip_grad: 0, lr: RATE };

export interface OneStep {
  readonly loss: number;
  readonly logits: FloatTensor;
  readonly grads: TensorMap;
}

/** Loss, logits and gradients of a single step, by what a training runs. */
export async function oneStep(backend: Backend, spec: ViTSpec, params: TensorMap, input: Omit<Parameters<TrainSession['step']>[0], 'lr'>, recipe: object = {}): Promise<OneStep> {
  const { train } = configSchema.parse({ train: { batch_size: input.images.shape[0], ...descent, ...recipe } });
  const zeros: TensorMap = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  const session = await (await openExecutor(backend)).train(spec, { params, m: zeros, v: new Map(), step: 0 }, train);
  const { loss, logits } = await session.step({ ...input, lr: RATE });
  const after = (await session.state()).params;
  session.dispose();
  const grads = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: data.map((before, i) => (before - after.get(name)!.data[i]!) / RATE) }]));
  return { loss, logits, grads };
}

/** Normal noise. */
export function noise(shape: readonly number[], ...place: readonly (string | number)[]): FloatTensor {
  const random = randomAt(3, ...place);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) };
}

/** Random distributions over K classes. */
export function distributions(B: number, K: number, ...place: readonly (string | number)[]): FloatTensor {
  const { data } = noise([B, K], ...place);
  for (let b = 0; b < B; b++) {
    const row = data.subarray(b * K, (b + 1) * K).map((x) => Math.exp(x));
    const sum = row.reduce((a, x) => a + x, 0);
    data.set(row.map((x) => x / sum), b * K);
  }
  return { shape: [B, K], data };
}

/** Weights that are nowhere zero, so that every gradient tells something. */
export function shaken(params: TensorMap): TensorMap {
  return new Map([...params].map(([name, { shape, data }]) => {
    const by = noise(shape, 'shaken', name).data;
    return [name, { shape, data: data.map((x, i) => x + 0.05 * by[i]!) }];
  }));
}

export async function writeTensors(folder: string, name: string, tensors: TensorMap): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, serialiseSafetensors(tensors, {}));
  return file;
}
