import * as tf from '@tensorflow/tfjs';

export interface KernelArgs {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: tf.KernelBackend;
}

/** A kernel in terms of the one that it takes the place of. */
export type Kernel = (args: KernelArgs, original: tf.KernelFunc) => tf.TensorInfo | tf.TensorInfo[];

const replaced = new Set<string>();

/** Puts a kernel in the place of one that a backend of TensorFlow.js has, once. */
export function replaceKernel(backend: string, name: string, kernel: Kernel): void {
  const config = tf.getKernel(name, backend);
  const key = `${backend} ${name}`;
  if (!config || replaced.has(key)) return;
  replaced.add(key);
  tf.unregisterKernel(name, backend);
  tf.registerKernel({ ...config, kernelFunc: (args) => kernel(args as unknown as KernelArgs, config.kernelFunc) });
}
