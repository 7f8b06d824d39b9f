import { randomAt } from '../random';
import type { FloatTensor } from '../tensors';
import type { ParamSpec } from './params';
import type { ViTSpec } from './spec';

/** One of the eight basic blocks of a ResNet-18. */
export interface ResidualBlock {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** 2 halves the image; only then the shortcut has a convolution of its own. */
  readonly stride: 1 | 2;
}

/** Two blocks for each of four stages; a stage has twice the channels of the one before, and half its sides. */
export function residualBlocks({ width }: ViTSpec): readonly ResidualBlock[] {
  return [0, 1, 2, 3].flatMap((stage): ResidualBlock[] => {
    const to = width * 2 ** stage;
    const name = `layer${stage + 1}`;
    return [
      { name: `${name}.0`, from: stage === 0 ? to : to / 2, to, stride: stage === 0 ? 1 : 2 },
      { name: `${name}.1`, from: to, to, stride: 1 },
    ];
  });
}

/** Parameters and running statistics in timm's order, by its names (`resnet.py`); kernels [out, in, 3, 3]. */
export function resnetParamSpecs(spec: ViTSpec): readonly ParamSpec[] {
  const [D, K] = [spec.width, spec.classes];
  return [
    ...convAndNorm('conv1', 'bn1', [D, spec.channels, 3, 3]),
    ...residualBlocks(spec).flatMap(({ name, from, to, stride }) => [
      ...convAndNorm(`${name}.conv1`, `${name}.bn1`, [to, from, 3, 3]),
      ...convAndNorm(`${name}.conv2`, `${name}.bn2`, [to, to, 3, 3]),
      ...(stride === 2 ? convAndNorm(`${name}.downsample.0`, `${name}.downsample.1`, [to, from, 1, 1]) : []),
    ]),
    { name: 'fc.weight', shape: [K, 8 * D], decay: true, trained: true },
    { name: 'fc.bias', shape: [K], decay: false, trained: true },
  ];
}

function convAndNorm(conv: string, norm: string, shape: readonly [number, ...number[]]): ParamSpec[] {
  const channels = [shape[0]];
  return [
    { name: `${conv}.weight`, shape, decay: true, trained: true },
    ...['weight', 'bias'].map((part) => ({ name: `${norm}.${part}`, shape: channels, decay: false, trained: true })),
    ...['running_mean', 'running_var'].map((part) => ({ name: `${norm}.${part}`, shape: channels, decay: false, trained: false })),
  ];
}

/**
 * Fresh weights as timm draws them: convolutions from N(0, 2/fan_out) (He et al. 2015); the last norm of a block scales
 * by 0, so that every block begins as its shortcut (Goyal et al. 2017); the head uniform in ±1/√fan_in.
 */
export function initResnetParam({ name, shape }: ParamSpec, seed: number): FloatTensor {
  const random = randomAt(seed, 'init', name);
  const size = shape.reduce((product, side) => product * side, 1);
  const fill = (draw: () => number): FloatTensor => ({ shape, data: Float32Array.from({ length: size }, draw) });
  if (shape.length === 4) return fill(() => Math.sqrt(2 / (size / shape[1]!)) * random.normal());
  if (name === 'fc.weight') return fill(() => (2 * random.next() - 1) / Math.sqrt(shape[1]!));
  if (name === 'fc.bias') return fill(() => 0);
  const ones = name.endsWith('.running_var') || (name.endsWith('.weight') && !/layer.*bn2/.test(name));
  return fill(() => (ones ? 1 : 0));
}
