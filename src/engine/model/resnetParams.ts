import { randomAt } from '../random';
import type { FloatTensor } from '../tensors';
import type { ParamSpec } from './params';
import type { ViTSpec } from './spec';

/** One convolution of a residual block, by the number of its name: `conv1` with the norm `bn1` … */
export interface BlockConvolution {
  /** Side of its kernel. */
  readonly kernel: 1 | 3;
  readonly from: number;
  readonly to: number;
  /** 2 halves the image. */
  readonly stride: 1 | 2;
}

/** One residual block of a ResNet. */
export interface ResidualBlock {
  readonly name: string;
  readonly convolutions: readonly BlockConvolution[];
  /** 1 × 1, where the shortcut has a convolution of its own: where sides or channels change. */
  readonly shortcut?: BlockConvolution;
}

/** Times the channels of its middle that a bottleneck gives. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;

type Layout = Pick<ViTSpec, 'width' | 'block' | 'layers'>;

/**
 * The blocks of all stages; a stage has twice the channels of the one before, and half its sides. A bottleneck has its
 * stride at the 3 × 3 convolution, as torchvision's and timm's (He et al. 2016 have it at the first).
 */
export function residualBlocks({ width, block, layers }: Layout): readonly ResidualBlock[] {
  const expansion = EXPANSION[block];
  return layers.flatMap((count, stage) => {
    const middle = width * 2 ** stage;
    const to = middle * expansion;
    return Array.from({ length: count }, (_, i): ResidualBlock => {
      const from = i > 0 ? to : stage > 0 ? to / 2 : width;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const convolutions = block === 'basic' ? basic(from, to, stride) : bottleneck(from, middle, to, stride);
      return { name: `layer${stage + 1}.${i}`, convolutions, ...(stride === 2 || from !== to ? { shortcut: { kernel: 1, from, to, stride } } : {}) };
    });
  });
}

function basic(from: number, to: number, stride: 1 | 2): BlockConvolution[] {
  return [
    { kernel: 3, from, to, stride },
    { kernel: 3, from: to, to, stride: 1 },
  ];
}

export function bottleneck(from: number, middle: number, to: number, stride: 1 | 2): BlockConvolution[] {
  return [
    { kernel: 1, from, to: middle, stride: 1 },
    { kernel: 3, from: middle, to: middle, stride },
    { kernel: 1, from: middle, to, stride: 1 },
  ];
}

/** Channels that the head reads. */
export function resnetFeatures({ width, block, layers }: Layout): number {
  return width * EXPANSION[block] * 2 ** (layers.length - 1);
}

/** Parameters and running statistics in timm's order, by its names and torchvision's (`resnet.py`); kernels [out, in, k, k]. */
export function resnetParamSpecs(spec: ViTSpec): readonly ParamSpec[] {
  const K = spec.classes;
  const stem = spec.stemType === 'imagenet' ? 7 : 3;
  return [
    ...convAndNorm('conv1', 'bn1', [spec.width, spec.channels, stem, stem]),
    ...residualBlocks(spec).flatMap(({ name, convolutions, shortcut }) => [
      ...convolutions.flatMap(({ kernel, from, to }, i) => convAndNorm(`${name}.conv${i + 1}`, `${name}.bn${i + 1}`, [to, from, kernel, kernel])),
      ...(shortcut ? convAndNorm(`${name}.downsample.0`, `${name}.downsample.1`, [shortcut.to, shortcut.from, 1, 1]) : []),
    ]),
    { name: 'fc.weight', shape: [K, resnetFeatures(spec)], decay: true, trained: true },
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
export function initResnetParam(spec: ViTSpec, { name, shape }: ParamSpec, seed: number): FloatTensor {
  const random = randomAt(seed, 'init', name);
  const size = shape.reduce((product, side) => product * side, 1);
  const fill = (draw: () => number): FloatTensor => ({ shape, data: Float32Array.from({ length: size }, draw) });
  if (shape.length === 4) return fill(() => Math.sqrt(2 / (size / shape[1]!)) * random.normal());
  if (name === 'fc.weight') return fill(() => (2 * random.next() - 1) / Math.sqrt(shape[1]!));
  if (name === 'fc.bias') return fill(() => 0);
  const last = spec.block === 'basic' ? 'bn2' : 'bn3';
  const ones = name.endsWith('.running_var') || (name.endsWith('.weight') && !(name.startsWith('layer') && name.endsWith(`${last}.weight`)));
  return fill(() => (ones ? 1 : 0));
}
