import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, configTable } from '../../../src/engine/config/jsonSchema';
import { allKeys, nearestKey } from '../../../src/engine/config/keys';
import { parseConfig } from '../../../src/engine/config/load';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

test('the JSON schema and the table are current; else run node scripts/make-schema.mjs', () => {
  expect(read('configs/vit-lab.schema.json')).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  expect(read('docs/configuration.md').endsWith(`${configTable().trimEnd()}\n`)).toBe(true);
});

test('every key has words of its own', () => {
  const undescribed = (node: unknown, at: string): string[] => {
    const { properties = {} } = node as { properties?: Record<string, { description?: string }> };
    return Object.entries(properties).flatMap(([key, inner]) => [...(inner.description === undefined ? [`${at}${key}`] : []), ...undescribed(inner, `${at}${key}.`)]);
  };
  expect(undescribed(configJsonSchema(), '')).toEqual([]);
  for (const key of allKeys().filter((name) => name.split('.').length > 1 && nearestKey(name.split('.')) === name)) expect(configTable()).toContain(key);
});

test('the nearest key is found in its section, elsewhere, and by a part of its name', () => {
  expect(['model.dept', 'model.heads', 'lr', 'model.epochs', 'train.hflip', 'trian', 'zzzzzz'].map((key) => nearestKey(key.split('.')))).toEqual([
    'model.depth', 'model.num_heads', 'train.lr', 'train.epochs', 'train.augment.hflip', 'train', undefined,
  ]);
});

test('every configuration that comes with ViT Lab is sound and has the schema', () => {
  const names = readdirSync(path.join(root, 'configs')).filter((name) => name.endsWith('.yaml'));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const file = path.join(root, 'configs', name);
    const { problems } = parseConfig(read(`configs/${name}`), file);
    // The data of an example need not be on this machine.
    expect(problems.filter(({ severity }) => severity === 'error'), name).toEqual([]);
    expect(parse(read(`configs/${name}`)), name).toBeTypeOf('object');
    expect(read(`configs/${name}`)).toMatch(/^# yaml-language-server: \$schema=/m);
  }
});
