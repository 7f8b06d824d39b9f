import type { Config } from '../config/schema';
import { roundHalfEven } from '../pictures/place';
import type { Random } from '../random';
import { cut, resample, type Raster, type Window } from '../resample';

type ResizedCrop = NonNullable<Config['train']['augment']['random_resized_crop']>;

/** Places that are tried before the middle is taken. */
const ATTEMPTS = 10;

/** torchvision's `RandomResizedCrop` of a PIL image: a random part of it, brought back to its size with `bicubic`. */
export function randomResizedCrop(image: Raster, how: ResizedCrop, random: Random): Raster {
  return resample(cut(image, cropWindow(image, how, random)), image.width, image.height, 'bicubic');
}

/** torchvision's `RandomResizedCrop.get_params`: area and aspect (width over height, evenly in its logarithm) are drawn. */
export function cropWindow({ width, height }: Raster, { scale, ratio }: ResizedCrop, random: Random): Window {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * (scale[0] + (scale[1] - scale[0]) * random.next());
    const [narrow, wide] = [Math.log(ratio[0]), Math.log(ratio[1])];
    const aspect = Math.exp(narrow + (wide - narrow) * random.next());
    const w = roundHalfEven(Math.sqrt(area * aspect));
    const h = roundHalfEven(Math.sqrt(area / aspect));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const y = random.int(height - h + 1);
    return { x: random.int(width - w + 1), y, width: w, height: h };
  }
  const aspect = width / height;
  const w = aspect > ratio[1] ? roundHalfEven(height * ratio[1]) : width;
  const h = aspect < ratio[0] ? roundHalfEven(width / ratio[0]) : height;
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), width: w, height: h };
}
