import * as tf from '@tensorflow/tfjs';
import { replaceKernel, type Kernel } from './replaceKernel';

/**
 * tfjs-node 4.22 refuses convolutions and pools with a border of so many pixels, which PyTorch's networks have, and so
 * ours: it only knows `valid` and `same`. Here the border becomes a part of the image.
 */
export function allowBorders(): void {
  for (const [name, kernel] of Object.entries(kernels)) replaceKernel('tensorflow', name, (args, original) => (border(args.attrs) > 0 ? kernel(args, original) : original(args)));
}

/** Pixels on every side. */
function border({ pad }: tf.NamedAttrMap): number {
  return typeof pad === 'number' ? pad : 0;
}

const frame = (x: tf.TensorInfo | undefined, pixels: number, value: number): tf.Tensor4D => tf.pad4d(x as tf.Tensor4D, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]], value);

/** What lies within the border. */
const inner = (x: tf.TensorInfo | tf.TensorInfo[], pixels: number, shape: readonly number[]): tf.Tensor4D => tf.slice4d(x as tf.Tensor4D, [0, pixels, pixels, 0], [...shape] as [number, number, number, number]);

const kernels: Readonly<Record<string, Kernel>> = {
  Conv2D: ({ inputs, attrs, backend }, original) =>
    tf.tidy(() => original({ inputs: { ...inputs, x: frame(inputs['x'], border(attrs), 0) }, attrs: { ...attrs, pad: 'valid' }, backend }) as tf.Tensor),
  Conv2DBackpropInput: ({ inputs, attrs, backend }, original) =>
    tf.tidy(() => {
      const [pixels, shape] = [border(attrs), attrs['inputShape'] as number[]];
      const framed = shape.map((side, axis) => (axis === 1 || axis === 2 ? side + 2 * pixels : side));
      return inner(original({ inputs, attrs: { ...attrs, pad: 'valid', inputShape: framed }, backend }), pixels, shape);
    }),
  // A border that never wins.
  MaxPool: ({ inputs, attrs, backend }, original) =>
    tf.tidy(() => original({ inputs: { x: frame(inputs['x'], border(attrs), -Infinity) }, attrs: { ...attrs, pad: 'valid' }, backend }) as tf.Tensor),
  MaxPoolGrad: ({ inputs, attrs, backend }, original) =>
    tf.tidy(() => {
      const input = frame(inputs['input'], border(attrs), -Infinity);
      return inner(original({ inputs: { ...inputs, input }, attrs: { ...attrs, pad: 'valid' }, backend }), border(attrs), inputs['input']!.shape);
    }),
};
