import type { TrainConfig } from '../config/schema';
import type { Random } from '../random';
import type { FloatTensor } from '../tensors';

export type MixConfig = Pick<TrainConfig, 'mixup' | 'cutmix' | 'mixup_prob' | 'mixup_switch_prob' | 'mixup_off_epoch'>;

/** How the images of a batch are mixed, each with its counterpart from the other end. */
export interface Mix {
  /** Share of the image itself, of its pixels and of its target. */
  readonly lam: number;
  /** Rows and columns that come from the counterpart (CutMix); without it every pixel is mixed (mixup). */
  readonly box?: Box;
}

/** The ends are not in it. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Draws what is done to a batch: mixup (Zhang et al. 2018), CutMix (Yun et al. 2019) or nothing, as timm's `Mixup` in
 * mode `batch`; null for nothing, and from `mixup_off_epoch` on.
 *
 * @param epoch the first is 0
 */
export function drawMix(config: MixConfig, [height, width]: readonly [number, number], epoch: number, random: Random): Mix | null {
  const { mixup, cutmix, mixup_prob: probability, mixup_switch_prob: switching, mixup_off_epoch: off } = config;
  if ((mixup === 0 && cutmix === 0) || (off > 0 && epoch >= off) || random.next() >= probability) return null;
  const cuts = cutmix > 0 && (mixup === 0 || random.next() < switching);
  const lam = symmetricBeta(cuts ? cutmix : mixup, random);
  if (!cuts) return { lam };
  const box = boxAround(lam, [height, width], random.int(height), random.int(width));
  // What lies outside of the image is not cut.
  return { lam: 1 - ((box.bottom - box.top) * (box.right - box.left)) / (height * width), box };
}

/** A box of 1 − λ of the area around a pixel, cut at the edges (timm's `rand_bbox`). */
export function boxAround(lam: number, [height, width]: readonly [number, number], row: number, column: number): Box {
  const ratio = Math.sqrt(1 - lam);
  const span = (side: number, at: number): readonly [number, number] => {
    const length = Math.floor(side * ratio);
    return [Math.max(0, at - Math.floor(length / 2)), Math.min(side, at + Math.floor((length + 1) / 2))];
  };
  const [[top, bottom], [left, right]] = [span(height, row), span(width, column)];
  return { top, bottom, left, right };
}

/**
 * Mixes images [B, H, W, C] and targets [B, K] with those from the other end of the batch: the first with the last, and so
 * on; one in the middle keeps itself.
 */
export function mixBatch({ images, targets }: Mixed, { lam, box }: Mix): Mixed {
  return { images: box ? pasted(images, box) : blended(images, lam), targets: blended(targets, lam) };
}

interface Mixed {
  readonly images: FloatTensor;
  readonly targets: FloatTensor;
}

function blended({ shape, data }: FloatTensor, lam: number): FloatTensor {
  const B = shape[0]!;
  const size = data.length / B;
  const out = new Float32Array(data.length);
  for (let b = 0; b < B; b++) {
    const [own, other] = [b * size, (B - 1 - b) * size];
    for (let i = 0; i < size; i++) out[own + i] = lam * data[own + i]! + (1 - lam) * data[other + i]!;
  }
  return { shape, data: out };
}

function pasted({ shape, data }: FloatTensor, { top, bottom, left, right }: Box): FloatTensor {
  const [B, H, W, C] = shape as readonly [number, number, number, number];
  const out = data.slice();
  for (let b = 0; b < B; b++)
    for (let y = top; y < bottom; y++) {
      const from = (((B - 1 - b) * H + y) * W + left) * C;
      out.set(data.subarray(from, from + (right - left) * C), ((b * H + y) * W + left) * C);
    }
  return { shape, data: out };
}

/** Beta(α, α), from two gamma variates. */
export function symmetricBeta(alpha: number, random: Random): number {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
  // With a tiny α both may be nothing in double precision; either end is then as likely.
  return a + b > 0 ? a / (a + b) : random.int(2);
}

/** Gamma(shape, 1) by Marsaglia & Tsang 2000, "A simple method for generating gamma variables"; below 1 by their power of a uniform. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
