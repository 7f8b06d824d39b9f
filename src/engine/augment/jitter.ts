import type { Config } from '../config/schema';
import { permutation, type Random } from '../random';
import type { Raster } from '../resample';
import { adjustHue } from './hue';
import { brightness, color, contrast } from './operations';

type ColorJitter = Config['train']['augment']['color_jitter'];

/** Whether anything is to be changed. */
export function jitters(jitter: ColorJitter): boolean {
  return Object.values(jitter).some((most) => most > 0);
}

/**
 * torchvision's `ColorJitter` of a PIL image: brightness, contrast and saturation each times a factor from
 * max(0, 1 − most) to 1 + most, the hue turned by up to `hue` of the circle, in a random order.
 */
export function colorJitter(image: Raster, most: ColorJitter, random: Random): Raster {
  const order = permutation(4, random);
  // All four are drawn whatever is switched on, so that switching one leaves the others alone.
  const factors = [most.brightness, most.contrast, most.saturation].map((limit) => uniform(Math.max(0, 1 - limit), 1 + limit, random));
  const turn = uniform(-most.hue, most.hue, random);
  const changes: readonly ((given: Raster) => Raster)[] = [
    (given) => (most.brightness > 0 ? brightness(given, factors[0]!) : given),
    (given) => (most.contrast > 0 ? contrast(given, factors[1]!) : given),
    (given) => (most.saturation > 0 ? color(given, factors[2]!) : given),
    (given) => (most.hue > 0 ? adjustHue(given, turn) : given),
  ];
  return order.reduce((given, which) => changes[which]!(given), image);
}

function uniform(from: number, to: number, random: Random): number {
  return from + (to - from) * random.next();
}
