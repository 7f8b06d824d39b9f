import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/engine/assist/check';
import { rememberingSurvey } from '../../src/engine/assist/survey';
import { leftToOthers } from '../../src/host/language/yamlExtension';
import type { ConfigProblem } from '../../src/protocol';
import { root } from '../engine/bundle';

/**
 * Red Hat's YAML extension beside ours, by its engine from npm (`yaml-language-server`, MIT) with the schema that our manifest
 * gives it. With it nothing is said twice; what is left to it, it says; without it all is said by us.
 */

const VERSION = '2.0.0';
const home = path.join(root, `.cache/yaml-language-server-${VERSION}`);

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number }; readonly end: { readonly line: number; readonly character: number } };
}

interface Service {
  configure(settings: object): void;
  doValidation(document: object, kubernetes: boolean): Promise<readonly Diagnostic[]>;
}

let service: Service;
let textDocument: (uri: string, language: string, version: number, text: string) => object;

beforeAll(async () => {
  if (!existsSync(path.join(home, 'node_modules/yaml-language-server'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, 'package.json'), '{"private":true}\n');
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', `yaml-language-server@${VERSION}`], { cwd: home });
  }
  const inside = createRequire(path.join(home, 'package.json'));
  const load = async (name: string): Promise<Record<string, unknown>> => (await import(pathToFileURL(inside.resolve(name)).href)) as Record<string, unknown>;
  const { getLanguageService } = await load('yaml-language-server');
  const { TextDocument } = await load('vscode-languageserver-textdocument');
  const create = getLanguageService as (context: object) => Service;
  const nothing = (): undefined => undefined;
  service = create({ schemaRequestService: () => Promise.reject(new Error('no network')), workspaceContext: { resolveRelativePath: nothing }, telemetry: { send: nothing, sendError: nothing, sendTrack: nothing } });
  const schema = JSON.parse(readFileSync(path.join(root, 'configs/vit-lab.schema.json'), 'utf8')) as object;
  service.configure({ validate: true, completion: true, hover: true, schemas: [{ uri: pathToFileURL(path.join(root, 'configs/vit-lab.schema.json')).href, fileMatch: ['*.vit.yaml'], schema }] });
  textDocument = (TextDocument as { create: typeof textDocument }).create;
}, 120_000);

const name = '/nowhere/c.vit.yaml';
const there = { yaml: { problems: true, completion: true, hover: true }, json: undefined };
const ours = (text: string): Promise<readonly ConfigProblem[]> => checkConfig({ file: name, text }, rememberingSurvey());
/** It keeps what it has parsed by address and version. */
let version = 0;
const theirs = (text: string): Promise<readonly Diagnostic[]> => service.doValidation(textDocument(`file://${name}`, 'yaml', ++version, text), false);

/** Whether both mark a common place. */
function meet({ line, column, endLine, endColumn }: ConfigProblem, { range: { start, end } }: Diagnostic): boolean {
  const before = (a: readonly [number, number], b: readonly [number, number]): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] <= b[1]);
  return before([line - 1, column - 1], [end.line, end.character]) && before([start.line, start.character], [endLine - 1, endColumn - 1]);
}

const hostile: readonly (readonly [string, string])[] = [
  ['nothing wrong', 'dataset: {format: shapes}\n'],
  ['an unknown key', 'dataset: {format: shapes}\nmodel:\n  depht: 6\n'],
  ['an unknown section', 'dataset: {format: shapes}\nmodle: {depth: 6}\n'],
  ['a number that is a word', 'dataset: {format: shapes}\nmodel: {depth: six}\n'],
  ['a number below its range', 'dataset: {format: shapes}\ntrain:\n  batch_size: 0\n'],
  ['a number above its range', 'dataset: {format: shapes}\nmodel:\n  drop_rate: 1.5\n'],
  ['a part of a whole number', 'dataset: {format: shapes}\nmodel: {depth: 2.5}\n'],
  ['a value that is none of the list', 'dataset: {format: shapes}\nmodel: {pos_embed: spiral}\n'],
  ['a list where a value belongs', 'dataset: {format: shapes}\ntrain: {lr: [0.1]}\n'],
  ['a value where a section belongs', 'dataset: shapes\n'],
  ['several at once', 'dataset: {format: shapes}\nmodel:\n  depth: 0\n  widht: 3\ntrain:\n  epochs: many\n  opt: adagrad\n'],
  ['a key twice', 'dataset: {format: shapes}\nmodel:\n  depth: 2\n  depth: 3\n'],
  ['no YAML', 'dataset: {format: shapes\nmodel:\n  depth: 2\n'],
  ['a tab', 'dataset:\n\tformat: shapes\n'],
  ['heads that do not divide', 'dataset: {format: shapes}\nmodel: {embed_dim: 30, num_heads: 4}\n'],
  ['an image that patches do not fill', 'dataset: {format: shapes}\nimage: {size: 30}\nmodel: {patch_size: 8}\n'],
  ['a warm-up that is too long', 'dataset: {format: shapes}\ntrain: {epochs: 5, warmup_epochs: 7}\n'],
  ['a teacher that is not there', 'dataset: {format: shapes}\ntrain:\n  distillation: {teacher: nowhere.safetensors}\n'],
  ['a rule and a range', 'dataset: {format: shapes}\nmodel: {embed_dim: 30, num_heads: 4, drop_rate: 2}\n'],
  ['an empty file', ''],
  ['a list', '- a\n- b\n'],
  ['markup', 'name: "<img src=x onerror=alert(1)>"\ndataset: {format: shapes}\n"</script>": 1\n'],
  ['an anchor that refers to nothing', 'dataset: {format: shapes}\nmodel: *none\n'],
  ['an anchor and what refers to it', 'dataset: {format: shapes}\nmodel: &m {depth: 2}\ntrain: {epochs: 3}\nname: *m\n'],
  ['a tag', 'dataset: {format: shapes}\nname: !!str shapes\n'],
  ['another version of the schema', '$schema: 3\ndataset: {format: shapes}\n'],
  ['a preset that is none', 'dataset: {format: shapes}\nmodel: {preset: vit_nothing}\n'],
  ['a sweep over an unknown key', 'dataset: {format: shapes}\nsweep: {parameters: {model.dept: [1, 2]}}\n'],
  ['two documents', 'dataset: {format: shapes}\n---\nmodel: {depth: 2}\n'],
  ['a number that is too large', 'dataset: {format: shapes}\nmodel: {depth: 1e999}\n'],
];

describe('beside Red Hat’s YAML', () => {
  test.each(hostile)('%s', async (_, text) => {
    const { problems: left } = leftToOthers({ language: 'yaml', name, text }, there);
    expect(left).toBe(true);
    const [own, other] = [await ours(text), await theirs(text)];
    const kept = own.filter((problem) => problem.schema !== true);
    const given = own.filter((problem) => problem.schema === true);
    // What is left to it, it says, at the same place.
    for (const problem of given) expect(other.filter((one) => meet(problem, one)).map(({ message }) => message), problem.message).not.toEqual([]);
    // What we go on saying, it does not.
    for (const problem of kept) expect(other.filter((one) => meet(problem, one)).map(({ message }) => message), problem.message).toEqual([]);
    // Without it nothing that it would say is lost. Of a text that is no YAML, or refers to itself, we name the fault, and not what follows from it.
    const whole = !own.some(({ message }) => /^(This is not valid YAML|References )/.test(message));
    expect(own.length > 0 || other.length === 0).toBe(true);
    for (const one of whole ? other : []) expect(own.some((problem) => meet(problem, one)), one.message).toBe(true);
  });
});
