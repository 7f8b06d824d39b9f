import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigFix, ConfigProblem } from '../../../src/protocol';
import { checkConfig } from '../../../src/engine/assist/check';
import { rememberingSurvey } from '../../../src/engine/assist/survey';
import { memoryVerdict } from '../../../src/engine/compile/memory';
import { parseConfig } from '../../../src/engine/config/load';
import { vitSpec } from '../../../src/engine/model/spec';
import { temporaryFolder } from '../runFixture';

const shapes = 'dataset:\n  format: shapes\n';
const check = (text: string, file = '/nowhere/c.vit.yaml'): Promise<readonly ConfigProblem[]> => checkConfig({ file, text }, rememberingSurvey());

/** The text with a fix applied, as an editor does it. */
function fixed(text: string, { line, column, endLine, endColumn, text: put }: ConfigFix): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const at = (l: number, c: number): number => starts[l - 1]! + c - 1;
  return text.slice(0, at(line, column)) + put + text.slice(at(endLine, endColumn));
}

describe('rules that join fields have exact values, and a fix that leaves nothing of them', () => {
  test.each([
    ['heads', `${shapes}model: {embed_dim: 30, num_heads: 4}\n`, 'model.num_heads', /Heads that divide 30: 1, 2, 3, 5, 6, 10, 15, 30\./, ['Set model.num_heads to 3', 'Set model.embed_dim to 32']],
    ['heads that are not written', `${shapes}model:\n  embed_dim: 30\n`, 'model.num_heads', /Heads that divide/, ['Set model.num_heads to 3', 'Set model.embed_dim to 32']],
    ['the image', `${shapes}image:\n  size: 30\nmodel:\n  patch_size: 8\n`, 'model.patch_size', /resized to 32 × 32/, ['Set image.size to 32', 'Set model.patch_size to 6']],
    ['an image that is not written', `${shapes}model:\n  patch_size: 5\n`, 'model.patch_size', /resized to 30 × 30/, ['Set image.size to 30', 'Set model.patch_size to 4']],
    ['a patch that is too large', `${shapes}model:\n  patch_size: 64\n`, 'model.patch_size', /larger than the image/, ['Set model.patch_size to 16', 'Set image.size to 512']],
    ['sines', `${shapes}model: {pos_embed: sincos2d, embed_dim: 66, num_heads: 6}\n`, 'model.embed_dim', /multiple of 4/, ['Set model.embed_dim to 72']],
    ['warm-up', `${shapes}train:\n  epochs: 5\n  warmup_epochs: 7\n`, 'train.warmup_epochs', /\(7\) is not less than train\.epochs \(5\)/, ['Set train.warmup_epochs to 4']],
    ['warm-up to the last step', `${shapes}train:\n  epochs: 1\n`, 'train.warmup_epochs', /\(1\) is not less than train\.epochs \(1\)/, ['Set train.warmup_epochs to 0']],
    ['a learning rate', `${shapes}train: {lr: 0.001, min_lr: 0.01}\n`, 'train.min_lr', /above train\.lr/, ['Set train.min_lr to 0.00001']],
    ['mirror images in the test alone', `${shapes}train:\n  tta: flip\n`, 'train.tta', /which the training never shows/, ['Set train.augment.hflip to true', 'Set train.tta to none']],
    ['colours from 0 to 255', `${shapes}image: {mean: [127.5], std: [127.5]}\n`, 'image.mean', /from 0 to 1/, ['Set image.mean to [0.5]']],
  ])('%s', async (_, text, key, message, titles) => {
    const found = (await check(text)).find((problem) => problem.key === key)!;
    expect(found.message).toMatch(message);
    expect(found.schema).toBeUndefined();
    expect(found.fixes!.map(({ title }) => title)).toEqual(titles);
    for (const fix of found.fixes!) {
      const after = await check(fixed(text, fix));
      expect(after.filter((problem) => problem.key === key && problem.message === found.message), `${fix.title}\n${fixed(text, fix)}`).toEqual([]);
    }
  });

  test('a fix is written where the section is: in its braces, below its key, or as a new section', async () => {
    const first = async (text: string, title: RegExp): Promise<string> => {
      const fix = (await check(text)).flatMap(({ fixes = [] }) => fixes).find((one) => title.test(one.title))!;
      return fixed(text, fix);
    };
    expect(await first(`${shapes}model: {embed_dim: 30}\n`, /num_heads/)).toBe(`${shapes}model: {num_heads: 3, embed_dim: 30}\n`);
    expect(await first(`${shapes}model:\n    embed_dim: 30 # wide\n`, /num_heads/)).toBe(`${shapes}model:\n    num_heads: 3\n    embed_dim: 30 # wide\n`);
    expect(await first(`${shapes}model:\n  patch_size: 5\n`, /image\.size/)).toBe(`${shapes}model:\n  patch_size: 5\nimage:\n  size: 30\n`);
  });
});

test('what a schema says is marked, so that it can be left to who says it already', async () => {
  const problems = await check(`${shapes}model: {dept: 3, depth: 99, projection: linaer, embed_dim: 30}\ntrain: {lr: 0.1, lr: 1}\n`);
  expect(problems.map(({ schema, message }) => [schema, message.slice(0, 42)])).toEqual([[true, expect.stringContaining('second time')]]);
  const others = await check(`${shapes}model: {dept: 3, projection: linaer, embed_dim: 30}\ntrain: {epochs: 0}\n`);
  expect(others.filter(({ schema }) => schema).map(({ key }) => key)).toEqual(['model.dept', 'model.projection', 'train.epochs']);
  expect(others.filter(({ schema }) => !schema).map(({ key }) => key)).toEqual(['model.num_heads']);
});

describe('what the disk says', () => {
  test('data that are not there, with the name that was meant', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'data/flowers/a'), { recursive: true });
    const text = 'dataset:\n  path: ./data/flower\n';
    const [problem] = await check(text, path.join(folder, 'c.vit.yaml'));
    expect(problem).toMatchObject({ key: 'dataset.path', line: 2, severity: 'warning' });
    expect(problem!.message).toContain(path.join(folder, 'data/flower'));
    expect(fixed(text, problem!.fixes![0]!)).toBe('dataset:\n  path: data/flowers\n');
  });

  test('weights, a teacher and a probe image that are not there', async () => {
    const keys = (await check(`${shapes}train:\n  distillation: {teacher: runs/x@last}\nprobe: {image: a.png}\n`)).map(({ key, severity }) => `${key} ${severity}`);
    expect(keys).toEqual(['train.distillation.teacher warning', 'probe.image warning']);
    expect((await check(`${shapes}finetune: {from: runs/x}\n`)).map(({ key, severity }) => `${key} ${severity}`)).toEqual(['finetune.from error']);
  });

  test('of two probe images the one that is not there is marked', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'a.png'), '');
    const found = (await check(`${shapes}probe: {image: [a.png, b.png]}\n`, path.join(folder, 'c.vit.yaml'))).filter(({ key }) => key === 'probe.image');
    expect(found).toMatchObject([{ line: 3, column: 24, endColumn: 29 }]);
  });

  test('numbers of classes: of weights, named, and told to the place', async () => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b', 'c']) mkdirSync(path.join(folder, 'data', name), { recursive: true });
    for (const name of ['a', 'b', 'c']) for (let i = 0; i < 4; i++) writeFileSync(path.join(folder, 'data', name, `${i}.png`), '');
    const text = 'dataset:\n  path: data\n  sampling: {order: weighted, weights: [1, 2]}\ntrain:\n  class_weights: [1, 2, 3, 4]\n';
    const problems = await check(text, path.join(folder, 'c.vit.yaml'));
    expect(problems.filter(({ severity }) => severity === 'error').map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '3: dataset.sampling.weights has 2 numbers, and the data have 3 classes: a, b, c.',
      '5: train.class_weights has 4 numbers, and the data have 3 classes: a, b, c.',
    ]);
  });

  test('an evaluation without images to evaluate', async () => {
    const keys = async (lines: string): Promise<string[]> => (await check(`dataset: {format: shapes, val_split: 0, test_split: 0}\ntrain:\n  augment: {hflip: true}\n${lines}`)).map(({ key, severity }) => `${key} ${severity}`);
    expect(await keys('  tta: flip\n')).toEqual(['dataset.val_split warning', 'train.tta warning']);
    expect(await keys('  schedule: plateau\n')).toEqual(['train.schedule error']);
    expect(await keys('  early_stop: {patience: 3}\n')).toEqual(['train.early_stop.patience warning']);
  });
});

describe('a sweep', () => {
  const errors = async (text: string): Promise<ConfigProblem[]> => (await check(`${shapes}${text}`)).filter(({ severity }) => severity === 'error');

  test('a misspelt key is marked itself, and changed to the one that was meant', async () => {
    const [problem] = await errors('sweep:\n  parameters:\n    model.dept: [2, 3]\n');
    expect(problem).toMatchObject({ line: 5, column: 5, endLine: 5, endColumn: 15, suggestion: 'model.depth' });
  });

  test.each([
    ['heads and width that do not go together', 'sweep:\n  parameters:\n    model.embed_dim: [48, 64]\n    model.num_heads: [4, 6]\n', 6, /^embed_dim 64, num_heads 6 cannot be trained: model\.embed_dim \(64\) must be a multiple/],
    ['a patch larger than the image, in many combinations', 'image: {size: 32}\nsweep:\n  parameters:\n    model.patch_size: [8, 64]\n    model.depth: [1, 2, 3, 4]\n', 6, /^patch_size 64, depth 1; patch_size 64, depth 2, and 2 more cannot be trained: /],
    ['a key of a variant', 'sweep:\n  variants:\n    plain: {}\n    odd: {model.num_heads: 5}\n', 6, /^odd cannot be trained: .*model\.num_heads \(5\)/],
    ['a key that the sweep does not vary, marked at the first that it does', 'model: {num_heads: 4}\nsweep:\n  parameters:\n    model.embed_dim: [64, 66]\n', 6, /^embed_dim 66 cannot be trained/],
    ['nothing to vary', 'sweep: {seeds: 2}\n', 3, /names nothing to vary/],
    ['a value twice', 'sweep:\n  parameters:\n    model.depth: [2, 2]\n', 5, /has 2 twice/],
    ['a seed', 'sweep:\n  parameters:\n    model.depth: [2, 3]\n    seed: [1, 2]\n', 6, /with the seeds of sweep\.seeds/],
    ['a range in a grid', 'sweep:\n  parameters:\n    train.lr: {min: 1.0e-4, max: 1.0e-3}\n', 5, /a grid needs values/],
  ])('what cannot be trained is told where it stands: %s', async (_, text, line, message) => {
    const found = await errors(text);
    expect(found.map((one) => [one.line, one.message])).toEqual([[line, expect.stringMatching(message)]]);
  });

  test('one that can be trained has nothing to tell', async () => {
    expect(await errors('sweep:\n  parameters:\n    model.embed_dim: [48, 64]\n    model.num_heads: [4, 8]\n    train.lr: [1.0e-3, 3.0e-3]\n')).toEqual([]);
  });
});

test('a batch that is too large for the memory: how much it takes, how much fits, and the parts that make it fit', async () => {
  const model = { preset: 'vit_huge_patch14_224' } as const;
  const text = `${shapes}model: {preset: ${model.preset}}\ntrain:\n  batch_size: 60000\n`;
  const found = (await check(text)).find(({ message }) => message.includes('of memory'))!;
  expect(found.message).toMatch(/A training step takes about [\d.]+ (TiB|GiB) of memory with 60000 images/);
  const { config } = parseConfig(text, 'c.yaml');
  const spec = vitSpec(config!.image, config!.model, 3);
  // By its own measure: a machine that the batch just fits, and one that it does not.
  const { training } = memoryVerdict(spec, 64);
  expect([memoryVerdict(spec, 64, training).says, memoryVerdict(spec, 64, training * 0.5).says, memoryVerdict(spec, 64, training * 0.2).says]).toEqual(['fits', 'tight', 'beyond']);
});

test('with a small network the fix makes it fit', async () => {
  const text = `${shapes}image: {size: 224}\nmodel: {patch_size: 4, embed_dim: 64, depth: 6, num_heads: 4}\ntrain: {batch_size: 60000}\n`;
  const found = (await check(text)).find(({ key, fixes }) => key === 'train.batch_size' && fixes)!;
  for (const fix of found.fixes!) expect((await check(fixed(text, fix))).filter(({ message }) => message.includes('memory')), fix.title).toEqual([]);
});
