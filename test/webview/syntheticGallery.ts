import { randomAt } from '../../src/engine/random';
import type { GalleryCard, GalleryList, GalleryMethod, Pixels } from '../../src/protocol';
import type { Scene } from './fakeHost';
import { pictureUrl } from './syntheticEvaluation';

const classes = ['jaguar', 'leopard', 'snow leopard', 'cheetah', 'tiger'];

export function galleryList(images: number, scene: Scene): GalleryList {
  const many = images > 200;
  return {
    indices: Int32Array.from({ length: images }, (_, i) => i), order: scene.filter?.indices ? 'given' : scene.filter?.right === undefined ? (many ? 'drawn' : 'name') : 'surest', size: Math.max(images, 60),
    classes: scene.labels ?? classes, labelled: scene.folder !== true, grid: scene.layers === 0 ? null : { rows: scene.rows ?? 14, columns: scene.columns ?? 14 }, classToken: scene.compact !== true,
    imageSize: [scene.seen?.height ?? 224, scene.seen?.width ?? 224], model: 'vit_tiny_patch16_224',
  };
}

/** One in five is wrong, the eighth cannot be read. */
export function galleryCard(index: number, method: GalleryMethod, scene: Scene, picture: Pixels): GalleryCard {
  const random = randomAt(index, 'card');
  const name = `${scene.folder ? '/lab/photos/holidays in the mountains' : '/lab/images/test/jaguar'}/IMG_${String(4000 + index)} a long walk to the river.jpg`;
  const truth = scene.folder ? null : index % classes.length;
  if (index === 7) return { index, name, error: `Cannot read ${name}: the file is cut off after 1,204 of 88,120 bytes. Copy it again.`, truth, guess: null, confidence: null, entropy: null, map: null, spread: null, url: '' };
  const wrong = index % 5 === 3;
  const confidence = wrong ? 0.3 + 0.5 * random.next() : 0.5 + 0.4999 * random.next();
  const [rows, columns] = [scene.rows ?? 14, scene.columns ?? 14];
  const [y, x, width] = [rows * random.next(), columns * random.next(), 1 + 4 * random.next() + (method === 'chefer' ? 0 : 1)];
  const map = scene.layers === 0 ? null : Float32Array.from({ length: rows * columns }, (_, p) => 0.1 * random.next() + Math.exp(-((Math.floor(p / columns) - y) ** 2 + ((p % columns) - x) ** 2) / (2 * width ** 2)));
  const total = map?.reduce((a, b) => a + b, 0) ?? 1;
  const spread = map && map.reduce((sum, m) => sum - (m / total) * Math.log(m / total), 0);
  return { index, name, truth, guess: wrong ? (index + 1) % classes.length : index % classes.length, confidence, entropy: (1 - confidence) * 1.5, map, spread, url: urlOf(picture, index) };
}

/** The scene's picture, darker or lighter by the place; squares where there is none. */
function urlOf({ width, height, rgba }: Pixels, index: number): string {
  if (width <= 1) return pictureUrl(index);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d')!;
  context.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  context.fillStyle = `hsl(${String((index * 47) % 360)} 60% 50% / 0.25)`;
  context.fillRect(0, 0, width, height);
  const small = document.createElement('canvas');
  const scale = Math.min(1, 192 / Math.max(width, height));
  [small.width, small.height] = [Math.round(width * scale), Math.round(height * scale)];
  small.getContext('2d')?.drawImage(canvas, 0, 0, small.width, small.height);
  return small.toDataURL('image/jpeg', 0.8);
}
