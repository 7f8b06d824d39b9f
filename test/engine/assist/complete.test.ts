import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Suggestion, Suggestions } from '../../../src/protocol';
import { completeConfig } from '../../../src/engine/assist/complete';
import { cursorAt } from '../../../src/engine/assist/cursor';
import { READY } from '../../../src/engine/assist/usual';
import { allKeys, fieldsAt } from '../../../src/engine/config/keys';
import { parseConfig } from '../../../src/engine/config/load';
import { presetNames } from '../../../src/engine/model/presets';
import { temporaryFolder } from '../runFixture';

/** Completes where the text has a bar. */
async function at(marked: string, file = '/nowhere/c.vit.yaml'): Promise<Suggestions | null> {
  const offset = marked.indexOf('|');
  const before = marked.slice(0, offset);
  const text = before + marked.slice(offset + 1);
  return completeConfig({ file, text, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') });
}

const labels = async (marked: string, file?: string): Promise<string[]> => [...new Set((await at(marked, file))?.items.map(({ label }) => label) ?? [])];
const item = async (marked: string, label: string): Promise<Suggestion> => (await at(marked))!.items.find((one) => one.label === label && one.kind !== 'snippet')!;

/** The text after the suggestion was taken, its places filled with what they propose. */
async function taken(marked: string, label: string, kind?: Suggestion['kind']): Promise<string> {
  const found = (await at(marked))!;
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const lines = text.split('\n');
  const line = lines[found.line - 1]!;
  const indent = /^ */.exec(line)![0];
  const insert = found.items.find((one) => one.label === label && (kind === undefined || one.kind === kind))!.insert;
  const plain = insert.replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1').replace(/\$\{\d+:([^}]*)\}/g, '$1').replaceAll('$0', '').replaceAll('\n', `\n${indent}`);
  lines[found.line - 1] = line.slice(0, found.column - 1) + plain + line.slice(found.endColumn - 1);
  return lines.join('\n');
}

describe('keys', () => {
  const top = Object.keys(fieldsAt([])!).filter((key) => key !== '$schema');

  test.each([
    ['an empty file', '|', top],
    ['the left margin, between sections', 'model:\n  depth: 6\n|\ntrain:\n  lr: 1\n', top.filter((key) => key !== 'model' && key !== 'train')],
    ['a begun word', 'mod|', top],
    ['a section by its indent, without what is there', 'model:\n  depth: 6\n  |\n', Object.keys(fieldsAt(['model'])!).filter((key) => key !== 'depth')],
    ['the key that is being written stays offered', 'model:\n  dep|\n', Object.keys(fieldsAt(['model'])!)],
    ['a section below a section', 'train:\n  augment:\n    |', Object.keys(fieldsAt(['train', 'augment'])!)],
    ['back in the outer section', 'train:\n  augment:\n    hflip: true\n  |', Object.keys(fieldsAt(['train'])!).filter((key) => key !== 'augment')],
    ['within braces', 'model: {depth: 6, |}', Object.keys(fieldsAt(['model'])!).filter((key) => key !== 'depth')],
    ['within braces that are not closed, with more below', 'model: {depth: 6, |\ntrain:\n  lr: 1\n', Object.keys(fieldsAt(['model'])!).filter((key) => key !== 'depth')],
    ['braces over several lines', 'train: {\n  augment: {hflip: true, |},\n}\n', Object.keys(fieldsAt(['train', 'augment'])!).filter((key) => key !== 'hflip')],
    ['with a tab-less, wider indent', 'model:\n      |', Object.keys(fieldsAt(['model'])!)],
    ['in a text that is broken above', 'dataset: {path: "x\nmodel:\n  |', Object.keys(fieldsAt(['model'])!)],
    ['in a text that is broken on the line above', 'model:\n  depth: [1, \n  |', Object.keys(fieldsAt(['model'])!)],
    ['behind the colon of a section', 'image: |', Object.keys(fieldsAt(['image'])!)],
    ['with the line ends of Windows', 'image:\r\n  size: 8\r\n  |\r\n', Object.keys(fieldsAt(['image'])!).filter((key) => key !== 'size')],
  ])('%s', async (name, marked, expected) => {
    // A list that is left open takes the next line for its own: there is no key to be had in it.
    if (name.includes('on the line above')) expect(await labels(marked)).not.toContain('patch_size');
    else expect(await labels(marked)).toEqual(expected);
  });

  test.each(['# mod|', 'model: # |', 'model:\n  depth: 6\n    |', 'zzz:\n  |', 'model:\n  depth: 6 # six|'])('nothing in %j', async (marked) => expect(await at(marked)).toBeNull());

  test('what is replaced is the word under the cursor, and a colon that is there stays', async () => {
    expect(await at('model:\n  de|pt: 6\n')).toMatchObject({ line: 2, column: 3, endColumn: 7 });
    expect(await taken('model:\n  de|pt: 6\n', 'depth')).toBe('model:\n  depth: 6\n');
    expect(await taken('model:\n  de|', 'depth')).toBe('model:\n  depth: ');
    expect(await taken('{"model": {"de|"}}', 'depth')).toContain('depth');
    expect(await taken('image: |', 'size')).toBe('image: \n  size: ');
    expect(await taken('model: {|}', 'depth')).toBe('model: {depth: }');
    expect(await taken('train: {|}', 'augment')).toBe('train: {augment: {}}');
  });

  test('each is told with range, default and meaning', async () => {
    const depth = await item('model:\n  |', 'depth');
    expect(depth.words).toContain('≥ 1, ≤ 64');
    expect(depth.words).toContain('default: `6`');
    expect(depth.words).toContain('Number of blocks L.');
  });

  test.each(Object.keys(READY))('the section %s, ready to fill in, is sound', async (key) => {
    const [name, ...above] = key.split('.').reverse();
    const indent = above.reverse().map((part, depth) => `${'  '.repeat(depth)}${part}:\n`).join('');
    const text = await taken(`${indent}${'  '.repeat(above.length)}|`, name!, 'snippet');
    const value = parse(text) as Record<string, unknown>;
    // Files that are only examples, and data, are not there.
    const { problems } = parseConfig(JSON.stringify({ ...value, dataset: { format: 'shapes', ...(value['dataset'] as object | undefined) } }), '/nowhere/c.json');
    expect(problems.filter(({ severity, key: of }) => severity === 'error' && of !== 'finetune.from')).toEqual([]);
  });
});

describe('a sweep', () => {
  const varied = allKeys().filter((key) => !/^(sweep|\$schema|name$)/.test(key) && fieldsAt(key.split('.')) === undefined);

  test('varies dotted keys, in lists and in variants', async () => {
    expect(await labels('sweep:\n  parameters:\n    |')).toEqual(varied);
    expect(await labels('sweep:\n  parameters:\n    model.depth: [1]\n    model.pa|')).toEqual(varied.filter((key) => key !== 'model.depth'));
    expect(await labels('sweep: {parameters: {|}}')).toEqual(varied);
    expect(await labels('sweep:\n  variants:\n    cnn: {|}')).toEqual(varied);
    expect(await labels('sweep:\n  variants:\n    |')).toEqual([]);
    expect(await at('sweep:\n  parameters:\n    model.pa|tch')).toMatchObject({ column: 5, endColumn: 16 });
  });

  test('completes their values, and the keys of a range', async () => {
    expect(await labels('sweep:\n  parameters:\n    model.pos_embed: [learned, |]')).toEqual(['learned', 'sincos1d', 'sincos2d', 'none', 'rope', 'relative']);
    expect(await labels('sweep:\n  parameters:\n    train.lr: {min: 1, |}')).toEqual(['max', 'scale', 'integer']);
    expect(await labels('sweep:\n  parameters:\n    train.lr: {scale: |}')).toEqual(['linear', 'log']);
    expect(await labels('sweep:\n  variants:\n    cnn: {model.preset: |}')).toEqual([...presetNames]);
    expect(await labels('sweep:\n  method: |')).toEqual(['grid', 'random', 'halving']);
    expect(await taken('sweep:\n  parameters:\n    |', 'model.patch_size')).toBe('sweep:\n  parameters:\n    model.patch_size: [2, 4, 7]');
  });
});

describe('values', () => {
  test.each([
    ['words', 'model:\n  global_pool: |', ['token', 'avg', 'seq', 'map', 'token_avg']],
    ['without a space behind the colon', 'model:\n  norm_layer:|', ['layernorm', 'rmsnorm']],
    ['yes and no', 'train:\n  nesterov: |', ['true', 'false']],
    ['words beside numbers', 'finetune:\n  unfreeze: |', ['all', 'head', '1', '2', '4']],
    ['numbers', 'image:\n  channels: |', ['1', '3']],
    ['in braces', 'model: {act_layer: g|, depth: 3}', ['gelu', 'gelu_tanh', 'quick_gelu', 'relu', 'silu']],
    ['usual numbers, with the default', 'model:\n  embed_dim: 1|', ['64', '96', '128', '192', '256', '384', '768']],
    ['of a key that there is not', 'model:\n  dept: |', []],
  ])('%s', async (_, marked, expected) => expect(await labels(marked)).toEqual(expected));

  test('a space is written where there is none yet, and the default is marked', async () => {
    expect(await taken('model:\n  norm_layer:|', 'rmsnorm')).toBe('model:\n  norm_layer: rmsnorm');
    expect((await item('model:\n  norm_layer: |', 'layernorm')).detail).toBe('default');
  });

  test('presets come with their size', async () => {
    expect(await labels('model:\n  preset: vit|')).toEqual([...presetNames]);
    expect((await item('model:\n  preset: |', 'vit_tiny_patch16_224')).detail).toBe('5.72 M parameters, 1.25 G MACs at 224 px');
  });

  test('files and folders: those of the kind that is wanted, relative to the configuration', async () => {
    const folder = temporaryFolder();
    for (const name of ['data', 'runs', '.hidden']) mkdirSync(path.join(folder, name));
    for (const name of ['data/cats.zip', 'data/a.png', 'data/notes.txt', 'w.safetensors', 'x: y.png']) writeFileSync(path.join(folder, name), '');
    const file = path.join(folder, 'c.vit.yaml');
    expect(await labels('dataset:\n  path: |', file)).toEqual(['data/', 'runs/', '../']);
    expect(await labels('dataset:\n  path: data/|', file)).toEqual(['data/cats.zip']);
    expect(await labels('finetune: {from: |}', file)).toEqual(['data/', 'runs/', 'w.safetensors', '../']);
    expect(await labels('probe:\n  image:\n    - data/|', file)).toEqual(['data/a.png']);
    expect(await labels('probe: {image: [data/a.png, |]}', file)).toEqual(['data/', 'runs/', 'x: y.png', '../']);
    expect((await at('probe:\n  image: |', file))!.items.find(({ label }) => label === 'x: y.png')!.insert).toBe('"x: y.png"');
    expect(await labels('dataset:\n  path: nowhere/|', file)).toEqual([]);
    expect(await at('dataset:\n  path: data/ca|', file)).toMatchObject({ column: 9, endColumn: 16 });
  });
});

test('no place of any text, cut anywhere, is an error', async () => {
  const text = '# c\nmodel: {patch_size: [4, 8], "depth": 3\ntrain:\n  augment:\n    rand_augment: {}\n- x\n  - y: {\n"a: b\nsweep: {parameters: {model.depth: [1,2]}}\r\n\tz: 1\n';
  for (let cut = 0; cut <= text.length; cut++) {
    for (const [line, content] of text.slice(0, cut).split('\n').entries()) await completeConfig({ file: '/nowhere/c.yaml', text: text.slice(0, cut), line: line + 1, column: content.length + 1 });
    expect(() => cursorAt(text, cut)).not.toThrow();
  }
});
