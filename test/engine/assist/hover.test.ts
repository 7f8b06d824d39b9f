import { describe, expect, test } from 'vitest';
import type { ConfigHover } from '../../../src/protocol';
import { hoverConfig } from '../../../src/engine/assist/hover';
import { saidOf } from '../../../src/engine/assist/paper';
import { rememberingSurvey } from '../../../src/engine/assist/survey';
import { allKeys } from '../../../src/engine/config/keys';
import { readConfig } from '../../../src/engine/config/load';
import { describeConfig } from '../../../src/engine/describe';
import { grouped, mebibytes, short } from '../../../src/engine/units';

const surveyOf = rememberingSurvey();
/** 1200 images of the drawn sample, a tenth each for validation and test. */
const CONFIG = 'dataset: {format: shapes}\nimage: {size: 32}\nmodel:\n  patch_size: 4\n  embed_dim: 64\n  num_heads: 4\n  depth: 6\ntrain:\n  epochs: 5\n  batch_size: 64\n  warmup_epochs: 1\n';

async function over(word: string, text = CONFIG): Promise<ConfigHover | null> {
  const offset = text.lastIndexOf(word);
  const before = text.slice(0, offset);
  return hoverConfig({ file: '/nowhere/c.vit.yaml', text, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') + 1 }, surveyOf);
}

/** Cells of the table, a row by its first cell, bold or not. */
function rowsOf({ effect = '' }: ConfigHover): Map<string, string[]> {
  const rows = effect.split('\n').filter((line) => line.startsWith('|')).slice(2);
  return new Map(rows.map((line) => line.split('|').slice(1, -1).map((cell) => cell.replaceAll('&nbsp;', '').replaceAll('*', '').trim())).map(([name, ...cells]) => [name!, cells]));
}

/** The same from what `vit-lab info` computes. */
async function cellsOf(text: string): Promise<string[]> {
  const facts = await describeConfig(await readConfig(text, '/nowhere/c.yaml', [], undefined, () => Promise.reject(new Error())), '/nowhere/c.yaml');
  return [String(facts.tokens), grouped(facts.params), short(facts.macs), short(facts.omegaMsa), mebibytes(facts.memory.training)];
}

test('meaning, the paper’s words, and the numbers of neighbours as `info` has them', async () => {
  const hover = (await over('patch_size'))!;
  expect(hover).toMatchObject({ key: 'model.patch_size', line: 4, column: 3, endLine: 4, endColumn: 13 });
  expect(hover.words).toContain('Side P of a patch');
  expect(hover.words).toContain('default: `4`');
  expect(hover.paper).toMatch(/N = HW\/P².*\n\n\*Dosovitskiy et al\. 2021.*§3\.1/s);
  const rows = rowsOf(hover);
  expect([...rows.keys()]).toEqual(['1', '2', '4', '8', '16']);
  for (const [patch, cells] of rows) expect(cells, patch).toEqual(await cellsOf(CONFIG.replace('patch_size: 4', `patch_size: ${patch}`)));
  // N = 64 patches and a class token; (32/2)² + 1.
  expect([rows.get('4')![0], rows.get('2')![0]]).toEqual(['65', '257']);
  expect(hover.effect).toContain('| **4** | &nbsp;&nbsp;&nbsp;**65** |');
});

test.each([
  ['embed_dim', ['32', '64', '128'], 'embed_dim: 64', 'embed_dim: '],
  ['depth', ['3', '6', '12'], 'depth: 6', 'depth: '],
  ['num_heads', ['2', '4', '8'], 'num_heads: 4', 'num_heads: '],
  ['size', ['16', '32', '64'], '{size: 32', '{size: '],
  ['batch_size', ['16', '32', '64', '128', '256'], 'batch_size: 64', 'batch_size: '],
])('%s', async (word, values, from, to) => {
  const rows = rowsOf((await over(word === 'size' ? 'size: 32' : word))!);
  expect([...rows.keys()]).toEqual(values);
  for (const [value, cells] of rows) expect(cells, value).toEqual(await cellsOf(CONFIG.replace(from, to + value)));
});

test('what would be refused is left out, and what is now is there', async () => {
  // 28 is no multiple of 8 or 16; a width of 96 with 3 heads.
  const text = CONFIG.replace('size: 32', 'size: 28').replace('embed_dim: 64', 'embed_dim: 6').replace('num_heads: 4', 'num_heads: 3');
  expect([...rowsOf((await over('patch_size', text))!).keys()]).toEqual(['1', '2', '4']);
  expect([...rowsOf((await over('num_heads', text))!).keys()]).toEqual(['3', '6']);
  expect([...rowsOf((await over('embed_dim', text))!).keys()]).toEqual(['3', '6', '12']);
});

describe('what keys of time mean', () => {
  test.each([
    // 960 of 1200 images, in batches of 64.
    ['epochs: 5', '960 training images in batches of 64: 15 steps an epoch, 75 steps in 5 epochs.'],
    ['warmup_epochs', 'Warm-up: 15 steps of 75, 20 % of the training.'],
    ['format', undefined],
  ])('%s', async (word, expected) => {
    const { effect } = (await over(word))!;
    if (expected === undefined) expect(effect).toBeUndefined();
    else expect(effect).toContain(expected);
  });

  test('a smoothed target, the decay of layers, an average, and what weight decay does alone', async () => {
    const of = async (lines: string, word: string): Promise<string> => (await over(word, `${CONFIG}${lines}`))!.effect!;
    const classes = (await surveyOf((await readConfig(CONFIG, 'c.yaml', [], undefined, () => Promise.reject(new Error()))).dataset, '/')).classes.length;
    expect(await of('  label_smoothing: 0.1\n', 'label_smoothing')).toContain(`${Number((0.9 + 0.1 / classes).toPrecision(3))} for the right one`);
    expect(await of('  model_ema_decay: 0.9\n', 'model_ema_decay')).toContain('about 10 steps (0.667 epochs)');
    // (1 − 0.001 · 0.05)ⁿ = ½.
    expect(await of('  weight_decay: 0.05\n', 'weight_decay')).toContain('0.005 %');
    expect(await of('  weight_decay: 0.05\n', 'weight_decay')).toContain('13 863 steps');
  });
});

test('a key of a sweep, written with dots, is that of the configuration', async () => {
  const hover = (await over('model.depth', `${CONFIG}sweep:\n  parameters:\n    model.depth: [2, 4]\n`))!;
  expect(hover.key).toBe('model.depth');
  expect(hover.words).toContain('Number of blocks L.');
});

test('a configuration with errors, or unfinished, still has words; numbers need a sound one', async () => {
  const hover = (await over('depth', 'model: {depth: 3, \ntrain:\n  lr: x\n'))!;
  expect(hover.words).toContain('Number of blocks L.');
  expect(hover.effect).toBeUndefined();
  expect(await over('zzz', 'zzz: 1\n')).toBeNull();
});

test('data that cannot be read: ten classes are assumed, and it is said', async () => {
  expect((await over('depth', CONFIG.replace('{format: shapes}', '{path: missing}')))!.effect).toContain('For 10 classes: the data cannot be read.');
});

test('papers speak of keys that there are, each with a year and a title', () => {
  const told = allKeys().filter((key) => saidOf(key));
  expect(told.length).toBeGreaterThanOrEqual(30);
  for (const key of told) expect(saidOf(key)!.source, key).toMatch(/et al\. \d{4}|& \w+ \d{4}/);
});
