import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { epochOrder } from '../../src/engine/dataset/sampling';
import { permutation, randomAt } from '../../src/engine/random';
import { reference } from './reference';

const SEED = 5;

test("repeated augmentation reads the images in the order of timm's RepeatAugSampler", async () => {
  const asked = [10, 100, 101].flatMap((images) => [1, 2, 3, 5].map((repeats) => ({ images, repeats })));
  const answers = await reference<number[][]>('repeats', asked);
  for (const [i, { images, repeats }] of asked.entries()) {
    const { sampling } = configSchema.parse({ dataset: { format: 'shapes', sampling: { repeats } } }).dataset;
    const { indices } = epochOrder(sampling, new Int32Array(images), 2, SEED, 0);
    // Its shuffle is another one: which image comes is compared by its place in the shuffled list.
    const place = new Map([...permutation(images, randomAt(SEED, 'order', 0))].map((index, at) => [index, at]));
    expect([...indices].map((index) => place.get(index)), `${images} images, ${repeats} times`).toEqual(answers[i]);
  }
});
