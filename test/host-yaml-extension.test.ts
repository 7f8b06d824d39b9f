import { describe, expect, test } from 'vitest';
import { looksLikeConfig, namesOurSchema } from '../src/host/configFiles';
import { leftToOthers, type Helpers } from '../src/host/language/yamlExtension';

const ALL = { problems: true, completion: true, hover: true };
const NONE = { problems: false, completion: false, hover: false };
const both: Helpers = { yaml: ALL, json: ALL };
const modeline = '# yaml-language-server: $schema=../configs/vit-lab.schema.json\nmodel: {}\n';

describe('what is left to other extensions', () => {
  test.each([
    ['the name that our manifest gives the schema to', { language: 'yaml', name: '/a/shapes.vit.yaml', text: '' }, both, ALL],
    ['another name with it', { language: 'yaml', name: 'C:\\x\\vit.yml', text: '' }, both, ALL],
    ['a line that names our schema', { language: 'yaml', name: '/a/any.yaml', text: modeline }, both, ALL],
    ['a line that names another', { language: 'yaml', name: '/a/any.yaml', text: modeline.replace('vit-lab', 'other') }, both, NONE],
    ['a configuration that nobody gave a schema', { language: 'yaml', name: '/a/any.yaml', text: 'model: {}\ntrain: {}\n' }, both, NONE],
    ['without the extension', { language: 'yaml', name: '/a/shapes.vit.yaml', text: '' }, { yaml: undefined, json: ALL }, NONE],
    ['where its checks are switched off', { language: 'yaml', name: '/a/shapes.vit.yaml', text: '' }, { yaml: { ...ALL, problems: false }, json: ALL }, { ...ALL, problems: false }],
    ['JSON', { language: 'json', name: '/a/x.vit.json', text: '{}' }, both, ALL],
    ['JSON that names our schema', { language: 'jsonc', name: '/a/x.json', text: '{\n  "$schema": "./configs/vit-lab.schema.json"\n}' }, both, ALL],
    ['a language that no schema is for', { language: 'plaintext', name: '/a/shapes.vit.yaml', text: modeline }, both, NONE],
  ] as const)('%s', (_, edited, helpers, expected) => expect(leftToOthers(edited, helpers)).toEqual(expected));
});

test('a file is ours by the schema that it names, whatever else it holds', () => {
  expect(looksLikeConfig('any.yaml', modeline)).toBe(true);
  expect(looksLikeConfig('any.json', '{"$schema": "vit-lab.schema.json"}')).toBe(true);
  expect(looksLikeConfig('any.json', '{"$schema": "other.json"}')).toBe(false);
  expect(looksLikeConfig('notes.md', modeline)).toBe(false);
  expect(namesOurSchema('a: "# yaml-language-server: $schema=vit-lab.schema.json"')).toBe(false);
});
