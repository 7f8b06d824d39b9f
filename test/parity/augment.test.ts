import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage, type DecodedImage } from '../../src/engine/image';
import { randomAt } from '../../src/engine/random';
import { resample, type Raster } from '../../src/engine/resample';
import { answerOf, pack, unequal, type Question } from '../fixtures/augment';
import { measured, photos, withPhotos } from './reference';

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);
const random = randomAt(seed, 'augment parity');
const between = (low: number, high: number): number => low + (high - low) * random.next();
/** Enough for four rectangles that fit nowhere, the most that is tried. */
const draws = (): number[] => Array.from({ length: 100 }, () => random.next());

function libraries(questions: readonly Question[]): (string | number[])[] {
  const input = JSON.stringify(questions.map((question) => ('image' in question ? { ...question, image: pack(question.image) } : question)));
  const { status, stdout, stderr } = spawnSync(process.env['VITLAB_PYTHON']!, [path.join(import.meta.dirname, 'augment.py')], { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as (string | number[])[];
}

/** An image of random size and kind: noise, few values, a narrow range, or smooth. */
function image(channels = random.int(2) === 0 ? 1 : 3): Raster {
  const [width, height] = [1 + random.int(48), 1 + random.int(48)];
  const kind = random.int(4);
  const [low, span, pitch] = [random.int(100), 1 + random.int(150), between(0.05, 1)];
  const levels = Array.from({ length: 1 + random.int(5) }, () => random.int(256));
  const value = (i: number): number => [random.int(256), levels[random.int(levels.length)]!, low + random.int(span), 127 + 127 * Math.sin(i * pitch)][kind]!;
  return { width, height, channels, data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)) };
}

/** The magnitude of each operation, drawn from more than the policies use. */
const magnitudes: Readonly<Record<string, () => number>> = {
  Identity: () => 0, AutoContrast: () => 0, Equalize: () => 0, Invert: () => 0,
  Posterize: () => 1 + random.int(8), Solarize: () => between(-1, 257), SolarizeAdd: () => random.int(256),
  Color: () => between(-1, 2), Contrast: () => between(-1, 2), Brightness: () => between(-1, 2), Sharpness: () => between(-1, 2),
  ShearX: () => between(-1, 1), ShearY: () => between(-1, 1), TranslateX: () => between(-60, 60), TranslateY: () => between(-60, 60),
  Rotate: () => (random.int(4) === 0 ? 90 * (random.int(9) - 4) : between(-360, 360)), Hue: () => between(-0.5, 0.5), GaussianBlur: () => between(0.05, 6),
};

/** Settings of everything that draws. */
const drawn: Readonly<Record<string, () => unknown>> = {
  rand_augment: () => ({ num_ops: 1 + random.int(4), magnitude: random.int(31) }),
  trivial_augment: () => undefined,
  auto_augment: () => ['cifar10', 'imagenet', 'svhn'][random.int(3)],
  three_augment: () => undefined,
  color_jitter: () => ({ brightness: between(0.1, 1), contrast: between(0.1, 1), saturation: between(0.1, 1), hue: between(0.01, 0.5) }),
  random_resized_crop: () => ({ scale: [between(0.05, 0.5), between(0.5, 1)], ratio: [between(0.3, 1), between(1, 3)] }),
  random_erasing: () => ({ prob: between(0.5, 1), mode: ['pixel', 'rand', 'const'][random.int(3)], count: 1 + random.int(4) }),
};

const operation = (name: string, of: Raster): Question => ({ do: 'operation', operation: name, magnitude: magnitudes[name]!(), image: of });
const policy = (name: string, of: Raster): Question => ({ do: name, settings: drawn[name]!(), draws: draws(), image: of }) as Question;

/** Asks all at once, for the libraries take seconds to load; says of each kind in how many answers a byte differs, and in which. */
function compare(kinds: Readonly<Record<string, readonly Question[]>>): void {
  const answers = libraries(Object.values(kinds).flat());
  for (const [kind, questions] of Object.entries(kinds)) {
    const wrong = questions.flatMap((question) => {
      const values = unequal(answerOf(question), answers.shift()!);
      return values === 0 ? [] : [JSON.stringify({ ...question, image: 'image' in question ? [question.image.width, question.image.height, question.image.channels] : [], values })];
    });
    measured(`augment: ${kind}: answers of ${questions.length} that differ`, wrong.length, 0);
    expect(wrong.slice(0, 5), kind).toEqual([]);
  }
}

const many = (names: readonly string[], count: number, ask: (name: string) => Question): Record<string, Question[]> =>
  Object.fromEntries(names.map((name) => [name, Array.from({ length: count }, () => ask(name))]));

test('every operation on random images of any size equals that of Pillow, torchvision or timm', () => {
  console.log(`parity: augment: VITLAB_SEED=${seed}`);
  compare(many(Object.keys(magnitudes), 300, (name) => operation(name, image())));
}, 120_000);

test('everything that draws equals that of torchvision or timm for the same draws', () => {
  compare(many(Object.keys(drawn), 500, (name) => policy(name, image())));
}, 120_000);

test('the bins of magnitudes equal those of torch.linspace', () => {
  const spans = Array.from({ length: 500 }, () => [random.int(2) === 0 ? 0 : between(0, 300), between(0, 300), 2 + random.int(40)] as const);
  compare({ linspace: spans.map((settings) => ({ do: 'linspace', settings })) });
}, 120_000);

test('a byte that differs is seen', () => {
  const question = operation('Invert', image());
  const ours = answerOf(question);
  const [theirs] = libraries([question]);
  expect(unequal(ours, theirs!)).toBe(0);
  ours[0]! ^= 1;
  expect(unequal(ours, theirs!)).toBe(1);
});

/** What a decoder gives, in three channels. */
function inColour({ width, height, channels, data }: DecodedImage): Raster {
  return channels === 3 ? { width, height, channels, data } : { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => data[Math.floor(i / 3)]!) };
}

withPhotos('on photos', () => {
  test('every operation and policy equals those of the libraries', async () => {
    const files = readdirSync(photos).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort().slice(0, 12);
    expect(files.length).toBeGreaterThan(0);
    const rasters: Raster[] = [];
    for (const name of files) rasters.push(resample(inColour(await decodeImage(path.join(photos, name))), 96, 80, 'bicubic'));
    compare({ photos: rasters.flatMap((raster) => [...Object.keys(magnitudes).map((name) => operation(name, raster)), ...Object.keys(drawn).map((name) => policy(name, raster))]) });
  }, 120_000);
});
