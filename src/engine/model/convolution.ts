import * as tf from '@tensorflow/tfjs';

/**
 * Convolution with a 3 × 3 kernel, stride 1 and a border of zeros: images [B, H, W, C], kernel [3, 3, C, D] →
 * [B, H, W, D]. The gradient of the image is a convolution with the kernel turned round; that of the kernel is one matrix
 * product for each of its nine places, which every backend has and which is faster than the operation made for it.
 */
export function conv3x3(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  const convolve = tf.customGrad((...inputs) => {
    const [x, w, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, w]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [image, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]); // [3, 3, D, C]
      return [tf.conv2d(dy as tf.Tensor4D, turned, 1, 'same'), kernelGradient(image, dy as tf.Tensor4D)];
    };
    return { value: tf.conv2d(x, w, 1, 'same'), gradFunc };
  });
  return convolve(images, kernel);
}

/** Σ over images and positions of what a place of the kernel saw, times what came of it: [3, 3, C, D]. */
function kernelGradient(image: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor {
  const [B, H, W, C] = image.shape;
  const D = dy.shape[3];
  const rows = tf.reshape(dy, [B * H * W, D]);
  const framed = tf.pad4d(image, [[0, 0], [1, 1], [1, 1], [0, 0]]);
  const places = Array.from({ length: 9 }, (_, i) => tf.slice(framed, [0, Math.floor(i / 3), i % 3, 0], [B, H, W, C]));
  // With few channels nine products would be too thin: their columns stand side by side in one.
  const columns = C < 16 ? [tf.concat(places, 3)] : places;
  const products = columns.map((seen) => tf.matMul(tf.reshape(seen, [B * H * W, -1]), rows, true, false)); // [9C, D] or 9 × [C, D]
  return tf.reshape(tf.concat(products, 0), [3, 3, C, D]);
}

/** Maximum over 3 × 3 places, every second one, with a border that never wins: [B, H, W, C] → [B, ⌈H/2⌉, ⌈W/2⌉, C]. */
export function maxPool3x3(images: tf.Tensor4D): tf.Tensor4D {
  return tf.maxPool(images, 3, 2, 1, 'floor');
}
