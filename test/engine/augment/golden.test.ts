import { expect, test } from 'vitest';
import { answerOf, unequal, unpackImage, type PackedImage, type Question } from '../../fixtures/augment';
import { readGolden } from '../../fixtures/golden';

/** What test/parity/make_augment.py wrote with torchvision, timm and Pillow. */
interface Golden {
  readonly images: Readonly<Record<string, PackedImage>>;
  readonly cases: readonly Case[];
}

interface Case {
  readonly do: string;
  readonly operation?: string;
  readonly magnitude?: number;
  readonly settings?: unknown;
  readonly image?: string;
  readonly answer: string | readonly number[];
}

const golden = readGolden<Golden>('augment/cases');

function questionOf(one: Case): Question {
  return (one.image === undefined ? one : { ...one, image: unpackImage(golden.images[one.image]!) }) as unknown as Question;
}

const kinds = new Map<string, Case[]>();
for (const one of golden.cases) {
  const kind = one.operation ?? one.do;
  kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
}

test.each([...kinds])('%s equals that of the libraries to the byte', (_, cases) => {
  for (const one of cases) expect(unequal(answerOf(questionOf(one)), one.answer), `${one.image} ${one.magnitude ?? JSON.stringify(one.settings)}`).toBe(0);
});

test('every operation and policy is among the cases, and does something', () => {
  expect([...kinds.keys()].sort()).toEqual([
    'AutoContrast', 'Brightness', 'Color', 'Contrast', 'Equalize', 'GaussianBlur', 'Hue', 'Identity', 'Invert', 'Posterize', 'Rotate', 'Sharpness',
    'ShearX', 'ShearY', 'Solarize', 'SolarizeAdd', 'TranslateX', 'TranslateY', 'auto_augment', 'color_jitter', 'linspace', 'rand_augment',
    'random_erasing', 'random_resized_crop', 'three_augment', 'trivial_augment',
  ]);
  for (const [kind, cases] of kinds) {
    const changed = cases.filter(({ image, answer }) => image === undefined || answer !== golden.images[image]!.data);
    expect(changed.length > 0, kind).toBe(kind !== 'Identity');
  }
});

test('a slightly different strength, and one draw that differs, are seen', () => {
  for (const kind of ['Color', 'Contrast', 'Brightness', 'Sharpness', 'ShearX', 'Rotate', 'Solarize', 'GaussianBlur']) {
    const seen = kinds.get(kind)!.filter((one) => unequal(answerOf(questionOf({ ...one, magnitude: one.magnitude! + 0.04 * (kind === 'Rotate' ? 90 : kind === 'Solarize' ? -90 : 1) })), one.answer) > 0);
    expect(seen.length, kind).toBeGreaterThan(0);
  }
  for (const kind of ['rand_augment', 'auto_augment', 'color_jitter', 'random_resized_crop', 'random_erasing', 'trivial_augment', 'three_augment']) {
    const seen = kinds.get(kind)!.filter((one) => {
      const question = questionOf(one) as Extract<Question, { draws: readonly number[] }>;
      return unequal(answerOf({ ...question, draws: [1 - question.draws[0]!, ...question.draws.slice(1)] }), one.answer) > 0;
    });
    expect(seen.length, kind).toBeGreaterThan(0);
  }
});
