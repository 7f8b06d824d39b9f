import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { checkPipeline, loadPipeline, seedsOf, stemOf } from '../../../src/engine/project/pipelineFile';
import { temporaryFolder, tinyConfig } from '../tiny';

let file: string;

beforeAll(async () => {
  const folder = await temporaryFolder();
  await tinyConfig(folder, {}, 'a.vit.yaml');
  await tinyConfig(folder, {}, 'b.vit.yaml');
  await tinyConfig(folder, {}, 'a.yaml');
  file = path.join(folder, 'pipeline.yaml');
});

const told = (text: string): string[] => checkPipeline(text, file).problems.map(({ line, column, key, message, suggestion }) => `${line}:${column} ${key}: ${message}${suggestion === undefined ? '' : ` [${suggestion}]`}`.replaceAll(path.dirname(file), 'DIR'));

test('what is well said has its defaults', () => {
  const { plan, problems } = checkPipeline('configs: [a.vit.yaml]\n', file);
  expect(problems).toEqual([]);
  expect(plan).toMatchObject({ models: 'models', seeds: 1, check: { max_leakage: 0, min_per_class: 2 }, figures: { images: 3 }, log: { level: 'info', file: 'logs/pipeline.log' } });
  expect([seedsOf({ seeds: 3 }), seedsOf({ seeds: [7, 2] })]).toEqual([[0, 1, 2], [7, 2]]);
  expect(['configs/a.vit.yaml', 'b.yml', 'c.vit.json'].map(stemOf)).toEqual(['a', 'b', 'c']);
});

test.each([
  ['a misspelt key', 'configs: [a.vit.yaml]\nseed: 3\n', ['2:1 seed: There is no key seed. Did you mean seeds? [seeds]']],
  ['a misspelt key of a section', 'configs: [a.vit.yaml]\nreport:\n  autor: Me\n', ['3:3 report.autor: There is no key report.autor. Did you mean report.author? [author]']],
  ['a key that is nowhere', 'configs: [a.vit.yaml]\nlog: {zzz: 1}\n', ['2:7 log.zzz: There is no key log.zzz. Known here: level, file.']],
  ['no configuration', 'seeds: 1\n', ['1:1 : configs is missing: list the configurations to train, e.g. configs: [configs/vit.vit.yaml].']],
  ['one that is not there', 'configs:\n  - a.vit.yaml\n  - nope.yaml\n', ['3:5 configs[1]: There is no configuration DIR/nope.yaml.']],
  ['two of one name', 'configs: [a.vit.yaml, b.vit.yaml, a.yaml]\n', ['1:35 configs[2]: a.vit.yaml and a.yaml have the same name; results are told apart by it. Rename one of them.']],
  ['a seed twice', 'configs: [a.vit.yaml]\nseeds: [1, 1]\n', ['2:8 seeds: seeds names a seed twice; that would be the same training.']],
  ['a baseline beside them', 'configs: [a.vit.yaml]\nreport: {baseline: b.vit.yaml}\n', ['2:20 report.baseline: report.baseline is b.vit.yaml; it must be one of configs: a.vit.yaml.']],
  ['a wrong range', 'configs: [a.vit.yaml]\ncheck: {max_leakage: 2}\n', ['2:22 check.max_leakage: check.max_leakage is 2; it must be at most 1.']],
  ['an unknown level', 'configs: [a.vit.yaml]\nlog: {level: loud}\n', ['2:14 log.level: log.level is "loud"; it must be one of: debug, info, warning, error.']],
  ['writing outside of the project', 'configs: [a.vit.yaml]\nmodels: ../elsewhere\nlog: {file: /tmp/x.log}\nsample: {folder: ..}\n', ['2:9 models: models is ../elsewhere; it must lie inside the project, since it is written.', '3:13 log.file: log.file is /tmp/x.log; it must lie inside the project, since it is written.', '4:18 sample.folder: sample.folder is ..; it must lie inside the project, since it is written.']],
  ['no YAML', 'configs: [a', [expect.stringMatching(/^1:\d+ : This is not valid YAML/) as unknown as string]],
] as const)('%s is told with its place', (_, text, problems) => {
  expect(told(text)).toEqual(problems);
});

test('a file that is wrong is refused as compilers do it: file, line, column', async () => {
  await writeFile(file, 'configs: [a.vit.yaml]\nseed: 3\n');
  await expect(loadPipeline(file)).rejects.toThrow(`${file}:2:1: There is no key seed. Did you mean seeds?`);
  await expect(loadPipeline(path.join(path.dirname(file), 'nowhere'))).rejects.toThrow(/Cannot read .*nowhere\/pipeline\.yaml: there is no such file/);
});
