import { expect, test } from 'vitest';
import { looksLikeConfig } from '../src/host/configFiles';

test.each(['shapes.vit.yaml', '/a/b/mnist.vit.yml', 'C:\\x\\vit.yaml', 'a.vit.json', 'vit.yml'])('%s is a configuration by its name', (name) => {
  expect(looksLikeConfig(name, '')).toBe(true);
});

test.each([
  ['model:\n  depth: 4\ntrain:\n  epochs: 1\n', true],
  ['dataset: {path: x}\ntrain: {epochs: 1}\n', true],
  ['train:\n  epochs: 1\n', false],
  ['on: push\njobs:\n  train:\n    runs-on: x\n  model:\n    runs-on: x\n', false],
  ['', false],
])('a YAML file of another name is one by its keys: %j', (text, expected) => {
  expect(looksLikeConfig('any.yaml', text)).toBe(expected);
});

test('other files are never ours', () => {
  expect(looksLikeConfig('a.md', 'model:\ntrain:\n')).toBe(false);
  expect(looksLikeConfig('invite.yaml', 'a: 1')).toBe(false);
});
