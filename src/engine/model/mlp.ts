import * as tf from '@tensorflow/tfjs';
import { activations, silu } from './activations';
import { linear } from './layers';
import type { Source } from './norms';
import type { Dense } from './read';
import type { ViTSpec } from './spec';

/** What a block's MLP is made of, and what happens to its hidden units: dropout. */
export interface MlpParts {
  readonly fc1: Dense;
  readonly fc2: Dense;
  readonly drop?: (hidden: tf.Tensor2D) => tf.Tensor2D;
  /** Is told how to make the hidden units [R, M], for those who look at them. */
  readonly seen?: (hidden: () => tf.Tensor2D) => void;
}

/** Two linear layers with the activation between, or with a gate: rows [R, D] → [R, D]. */
export function feedForward({ mlp, activation }: Pick<ViTSpec, 'mlp' | 'activation'>, source: Source, parts: MlpParts): tf.Tensor2D {
  return mlp === 'swiglu' ? gatedLayers(source, parts) : layers(activation, source, parts);
}

function layers(name: ViTSpec['activation'], source: Source, { fc1, fc2, drop = same, seen }: MlpParts): tf.Tensor2D {
  const { before, after, apply } = activations[name];
  const first = source.fold(fc1);
  const inner = linear(source.rows(), times(first.kernel, before), first.bias && times(first.bias, before)); // [R, M]
  const hidden = drop(apply(inner)); // [R, M]
  seen?.(() => times(hidden, after));
  return linear(hidden, times(fc2.kernel, after), fc2.bias); // [R, D]
}

/** SwiGLU (Shazeer 2020): the first half of the first layer, through SiLU, opens and closes the second. */
function gatedLayers(source: Source, { fc1, fc2, drop = same, seen }: MlpParts): tf.Tensor2D {
  const x = source.rows(); // [R, D]
  const half = (i: number): tf.Tensor2D => {
    const { kernel, bias } = source.fold(columns(fc1, i));
    return linear(x, kernel, bias); // [R, M/2]
  };
  const hidden = drop(tf.mul(silu(half(0)), half(1))); // [R, M/2]
  seen?.(() => hidden);
  return linear(hidden, fc2.kernel, fc2.bias); // [R, D]
}

/** One half of a layer's outputs. */
function columns({ kernel, bias }: Dense, i: number): Dense {
  const [D, M] = kernel.shape;
  return { kernel: tf.slice(kernel, [0, (i * M) / 2], [D, M / 2]), bias: bias && tf.slice(bias, [(i * M) / 2], [M / 2]) };
}

function times<T extends tf.Tensor>(x: T, factor: number): T {
  return factor === 1 ? x : tf.mul<T>(x, factor);
}

function same(x: tf.Tensor2D): tf.Tensor2D {
  return x;
}
