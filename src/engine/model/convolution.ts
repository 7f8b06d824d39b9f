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

/** Convolution with a 3 × 3 kernel, stride 2 and a border of one zero, as PyTorch's: [B, H, W, C] → [B, ⌈H/2⌉, ⌈W/2⌉, D]. */
export function conv3x3Stride2(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  const convolve = tf.customGrad((...inputs) => {
    const [x, w, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, w]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [image, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const dx = tf.conv2dTranspose(dy as tf.Tensor4D, filter, image.shape, 2, 1, 'floor');
      return [dx, stride2KernelGradient(image, dy as tf.Tensor4D)];
    };
    return { value: tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'floor'), gradFunc };
  });
  return convolve(images, kernel);
}

/** As `kernelGradient`: every second place of the framed image, [3, 3, C, D]. */
function stride2KernelGradient(image: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor {
  const C = image.shape[3];
  const [, , , D] = dy.shape;
  const rows = tf.reshape(dy, [-1, D]);
  const halves = everySecond(image, 1);
  const products = Array.from({ length: 9 }, (_, i) => tf.matMul(tf.reshape(halves(Math.floor(i / 3), i % 3), [-1, C]), rows, true, false)); // 9 × [C, D]
  return tf.reshape(tf.concat(products, 0), [3, 3, C, D]);
}

/** Convolution with a 1 × 1 kernel and stride 2: a linear layer on every second position. [B, H, W, C] → [B, ⌈H/2⌉, ⌈W/2⌉, D]. */
export function conv1x1Stride2(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  const [, , C, D] = kernel.shape;
  const seen = everySecond(images, 0)(0, 0);
  const [B, H, W] = seen.shape;
  return tf.reshape(tf.matMul(tf.reshape(seen, [B * H * W, C]), tf.reshape(kernel, [C, D])), [B, H, W, D]);
}

/** Every second row and column, from (row, column) of the image with a frame of zeros on: [B, ⌈H/2⌉, ⌈W/2⌉, C]. */
function everySecond(image: tf.Tensor4D, frame: 0 | 1): (row: number, column: number) => tf.Tensor4D {
  const [B, H, W, C] = image.shape;
  const [h, w] = [Math.ceil(H / 2), Math.ceil(W / 2)];
  const [bottom, right] = [2 * (h + frame) - H - frame, 2 * (w + frame) - W - frame];
  const framed = tf.pad4d(image, [[0, 0], [frame, bottom], [frame, right], [0, 0]]);
  const pairs = tf.reshape(framed, [B, h + frame, 2, w + frame, 2 * C]);
  return (row, column) => {
    const begin = [0, Math.floor(row / 2), row % 2, Math.floor(column / 2), (column % 2) * C];
    return tf.reshape(tf.slice(pairs, begin, [B, h, 1, w, C]), [B, h, w, C]);
  };
}
