import type { Config } from '../config/schema';
import type { Random } from '../random';
import type { Raster } from '../resample';
import { gaussianBlur } from './blur';
import { rotate, shearX, shearY, translate } from './geometry';
import { autoContrast, brightness, color, contrast, desaturate, equalize, invert, posterize, sharpness, solarize } from './operations';
import { subPolicies } from './subPolicies';

type AugmentConfig = Config['train']['augment'];

/** An operation of torchvision's policies, by its name there. */
export type Operation =
  | 'Identity' | 'ShearX' | 'ShearY' | 'TranslateX' | 'TranslateY' | 'Rotate' | 'Brightness' | 'Color' | 'Contrast' | 'Sharpness'
  | 'Posterize' | 'Solarize' | 'AutoContrast' | 'Equalize' | 'Invert';

/** torchvision's `_apply_op` with NEAREST and black, the defaults of its policies. Operations without a strength ignore it. */
export function applyOperation(image: Raster, operation: Operation, magnitude: number): Raster {
  switch (operation) {
    case 'Identity': return image;
    case 'ShearX': return shearX(image, magnitude);
    case 'ShearY': return shearY(image, magnitude);
    case 'TranslateX': return translate(image, magnitude, 0);
    case 'TranslateY': return translate(image, 0, magnitude);
    case 'Rotate': return rotate(image, magnitude);
    case 'Brightness': return brightness(image, 1 + magnitude);
    case 'Color': return color(image, 1 + magnitude);
    case 'Contrast': return contrast(image, 1 + magnitude);
    case 'Sharpness': return sharpness(image, 1 + magnitude);
    case 'Posterize': return posterize(image, Math.trunc(magnitude));
    case 'Solarize': return solarize(image, magnitude);
    case 'AutoContrast': return autoContrast(image);
    case 'Equalize': return equalize(image);
    case 'Invert': return invert(image);
  }
}

/** How strong an operation is in each bin, and whether its direction is drawn, too; nothing where it has no strength. */
export interface Strength {
  readonly magnitudes: Float32Array;
  readonly signed: boolean;
}

/** The largest magnitudes of a policy: slopes, pixels, degrees, factors beside 1, bits taken away. */
interface Limits {
  readonly shear: number;
  readonly translate: readonly [right: number, down: number];
  readonly rotate: number;
  readonly enhance: number;
  readonly posterize: number;
}

/** The bins of RandAugment and TrivialAugment in torchvision, and those of AutoAugment. */
export const BINS = 31;
const AUTO_BINS = 10;

/** In torchvision's order, which is what a drawn number means. */
const OPERATIONS: readonly Operation[] = [
  'Identity', 'ShearX', 'ShearY', 'TranslateX', 'TranslateY', 'Rotate', 'Brightness', 'Color', 'Contrast', 'Sharpness',
  'Posterize', 'Solarize', 'AutoContrast', 'Equalize',
];

/** The limits of RandAugment and AutoAugment: 150 of 331 pixels are those of the paper's ImageNet crops. */
function narrow({ width, height }: Raster): Limits {
  return { shear: 0.3, translate: [(150 / 331) * width, (150 / 331) * height], rotate: 30, enhance: 0.9, posterize: 4 };
}

/** The limits of TrivialAugmentWide. */
const WIDE: Limits = { shear: 0.99, translate: [32, 32], rotate: 135, enhance: 0.99, posterize: 6 };

/** torchvision's `_augmentation_space` for one operation. */
function strengthOf(operation: Operation, bins: number, limits: Limits): Strength | undefined {
  const signed = (most: number): Strength => ({ magnitudes: linspace(0, most, bins), signed: true });
  switch (operation) {
    case 'ShearX':
    case 'ShearY': return signed(limits.shear);
    case 'TranslateX': return signed(limits.translate[0]);
    case 'TranslateY': return signed(limits.translate[1]);
    case 'Rotate': return signed(limits.rotate);
    case 'Brightness':
    case 'Color':
    case 'Contrast':
    case 'Sharpness': return signed(limits.enhance);
    case 'Posterize': return { magnitudes: Float32Array.from({ length: bins }, (_, i) => 8 - Math.round(i / ((bins - 1) / limits.posterize))), signed: false };
    case 'Solarize': return { magnitudes: linspace(255, 0, bins), signed: false };
    case 'Identity':
    case 'AutoContrast':
    case 'Equalize':
    case 'Invert': return undefined;
  }
}

/**
 * `torch.linspace` in float32: from both ends to the middle, each value one fused multiplication and addition, as
 * PyTorch computes it on processors with AVX. A translation is cut to whole pixels, so the last digit shows.
 */
export function linspace(from: number, to: number, count: number): Float32Array {
  const [first, last] = [Math.fround(from), Math.fround(to)];
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) => (i < Math.floor(count / 2) ? first + step * i : last - step * (count - 1 - i)));
}

/** torchvision's `RandAugment`: `num_ops` operations, each drawn anew, all at the bin `magnitude` of 0…30. */
export function randAugment(image: Raster, { num_ops: count, magnitude }: NonNullable<AugmentConfig['rand_augment']>, random: Random): Raster {
  let out = image;
  for (let i = 0; i < count; i++) {
    const operation = OPERATIONS[random.int(OPERATIONS.length)]!;
    const strength = strengthOf(operation, BINS, narrow(image));
    out = applyOperation(out, operation, strength ? directed(strength, magnitude, random) : 0);
  }
  return out;
}

/** torchvision's `TrivialAugmentWide`: one operation, at a bin drawn from all. */
export function trivialAugment(image: Raster, random: Random): Raster {
  const operation = OPERATIONS[random.int(OPERATIONS.length)]!;
  const strength = strengthOf(operation, BINS, WIDE);
  return applyOperation(image, operation, strength ? directed(strength, random.int(BINS), random) : 0);
}

function directed({ magnitudes, signed }: Strength, bin: number, random: Random): number {
  const backwards = signed && random.int(2) === 1;
  return backwards ? -magnitudes[bin]! : magnitudes[bin]!;
}

/** torchvision's `AutoAugment`: one of 25 pairs of operations, each applied by its own chance. */
export function autoAugment(image: Raster, policy: NonNullable<AugmentConfig['auto_augment']>, random: Random): Raster {
  const pairs = subPolicies[policy];
  const pair = pairs[random.int(pairs.length)]!;
  const chances = pair.map(() => random.next());
  const signs = pair.map(() => random.int(2));
  return pair.reduce((out, [operation, probability, bin], i) => {
    // torch.rand has single precision, and so has the comparison.
    if (chances[i]! > Math.fround(probability)) return out;
    const strength = strengthOf(operation, AUTO_BINS, narrow(image));
    const magnitude = strength && bin !== undefined ? strength.magnitudes[bin]! : 0;
    return applyOperation(out, operation, strength?.signed && signs[i] === 0 ? -magnitude : magnitude);
  }, image);
}

/** ThreeAugment of DeiT III (Touvron et al. 2022, section 3.2), timm's `3a`: solarized, grey, or blurred with σ 0.1…2. */
export function threeAugment(image: Raster, random: Random): Raster {
  switch (random.int(3)) {
    case 0: return solarize(image, 128);
    case 1: return desaturate(image);
    default: return gaussianBlur(image, 0.1 + (2 - 0.1) * random.next());
  }
}
