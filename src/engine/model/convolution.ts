import * as tf from '@tensorflow/tfjs';

/** How the windows of a convolution lie. Of its result, the sides are ⌈side/stride⌉. */
export interface Windows {
  readonly stride: 1 | 2;
  /** Zeros around the image: as many on each side (PyTorch), or no more than it takes, of an odd number one more behind (TensorFlow). At stride 1 that is one thing. */
  readonly border: 'symmetric' | 'same';
}

/**
 * Convolution of images [B, H, W, C] with a kernel [k, k, C, D], k odd → [B, H′, W′, D]. The gradient of the kernel is one
 * matrix product for each of its places, which every backend has and which is faster than the operation made for it; that
 * of the image is, at stride 1, a convolution with the kernel turned round.
 */
export function convolve(images: tf.Tensor4D, kernel: tf.Tensor4D, windows: Windows): tf.Tensor4D {
  if (kernel.shape[0] === 1) return pointwise(images, kernel, windows.stride);
  const convolution = tf.customGrad((...inputs) => {
    const [x, w, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, w]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [image, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return [imageGradient(image, filter, dy as tf.Tensor4D, windows), kernelGradient(image, filter, dy as tf.Tensor4D, windows)];
    };
    return { value: convolved(x, w, windows), gradFunc };
  });
  return convolution(images, kernel);
}

/** With a kernel of 3 × 3, at every place. */
export function conv3x3(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  return convolve(images, kernel, { stride: 1, border: 'same' });
}

/** Maximum over 3 × 3 places, every second one, with a border that never wins: [B, H, W, C] → [B, ⌈H/2⌉, ⌈W/2⌉, C]. */
export function maxPool3x3(images: tf.Tensor4D, border: Windows['border'] = 'symmetric'): tf.Tensor4D {
  return border === 'same' ? tf.maxPool(images, 3, 2, 'same') : tf.maxPool(images, 3, 2, 1, 'floor');
}

/** A kernel of 1 × 1 is a linear layer on every position, or on every second one. */
function pointwise(images: tf.Tensor4D, kernel: tf.Tensor4D, stride: 1 | 2): tf.Tensor4D {
  const [, , C, D] = kernel.shape;
  const seen = stride === 1 ? images : everySecond(images, 0, 0)(0, 0);
  const [B, H, W] = seen.shape;
  return tf.reshape(tf.matMul(tf.reshape(seen, [B * H * W, C]), tf.reshape(kernel, [C, D])), [B, H, W, D]);
}

function convolved(images: tf.Tensor4D, kernel: tf.Tensor4D, { stride, border }: Windows): tf.Tensor4D {
  if (stride === 1 || border === 'same') return tf.conv2d(images, kernel, stride, 'same');
  return tf.conv2d(images, kernel, stride, (kernel.shape[0] - 1) / 2, 'NHWC', 1, 'floor');
}

function imageGradient(image: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D, { stride, border }: Windows): tf.Tensor {
  if (stride === 1) {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]); // [k, k, D, C]
    return tf.conv2d(dy, turned, 1, 'same');
  }
  if (border === 'same') return tf.conv2dTranspose(dy, filter, image.shape, stride, 'same');
  return tf.conv2dTranspose(dy, filter, image.shape, stride, (filter.shape[0] - 1) / 2, 'floor');
}

/** Σ over images and positions of what a place of the kernel saw, times what came of it: [k, k, C, D]. */
function kernelGradient(image: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D, { stride, border }: Windows): tf.Tensor {
  const [k, , C, D] = filter.shape;
  const [B, h, w] = dy.shape;
  const halves = (side: number): number => (border === 'same' ? Math.floor((k - 2 + (side % 2)) / 2) : (k - 1) / 2);
  const seenAt = stride === 1 ? everyOne(image, k) : everySecond(image, halves(image.shape[1]), halves(image.shape[2]), k);
  const places = Array.from({ length: k * k }, (_, i) => seenAt(Math.floor(i / k), i % k));
  // With few channels the products would be too thin: their columns stand side by side in one.
  const columns = C < 16 ? [tf.concat(places, 3)] : places;
  const rows = tf.reshape(dy, [B * h * w, D]);
  const products = columns.map((seen) => tf.matMul(tf.reshape(seen, [B * h * w, -1]), rows, true, false)); // [k²C, D] or k² × [C, D]
  return tf.reshape(tf.concat(products, 0), [k, k, C, D]);
}

/** The image as a place of the kernel sees it, by its row and column. */
type Seen = (row: number, column: number) => tf.Tensor4D;

/** All windows: [B, H′, W′, C]. */
function everyOne(image: tf.Tensor4D, k: number): Seen {
  const [B, H, W, C] = image.shape;
  const frame: [number, number] = [(k - 1) / 2, (k - 1) / 2];
  const framed = tf.pad4d(image, [[0, 0], frame, frame, [0, 0]]);
  return (row, column) => tf.slice(framed, [0, row, column, 0], [B, H, W, C]);
}

/** Every second window, with zeros above and to the left of the image, and as many behind it as it takes: [B, ⌈H/2⌉, ⌈W/2⌉, C]. */
function everySecond(image: tf.Tensor4D, top: number, left: number, k = 1): Seen {
  const [B, H, W, C] = image.shape;
  const [h, w] = [Math.ceil(H / 2), Math.ceil(W / 2)];
  const [high, wide] = [h, w].map((count) => count + Math.floor((k - 1) / 2)) as [number, number]; // pairs of rows and of columns
  const framed = tf.pad4d(image, [[0, 0], [top, 2 * high - H - top], [left, 2 * wide - W - left], [0, 0]]);
  const pairs = tf.reshape(framed, [B, high, 2, wide, 2 * C]);
  return (row, column) => {
    const begin = [0, Math.floor(row / 2), row % 2, Math.floor(column / 2), (column % 2) * C];
    return tf.reshape(tf.slice(pairs, begin, [B, h, 1, w, C]), [B, h, w, C]);
  };
}
