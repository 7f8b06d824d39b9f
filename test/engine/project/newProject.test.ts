import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/engine/config/load';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import { speak } from '../../../src/engine/language';
import { newProject } from '../../../src/engine/project/newProject';
import { loadPipeline } from '../../../src/engine/project/pipelineFile';
import { root } from '../bundle';
import { withFault } from '../faultyDisk';
import { temporaryFolder } from '../tiny';

/** The folders of the layout that the course asks for. */
const LAYOUT = ['data/external', 'data/interim', 'data/processed', 'data/raw', 'models', 'notebooks', 'references', 'reports/figures', 'src', 'tests'];

const quiet = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'my-project');
});

const make = (parts: object = {}): ReturnType<typeof newProject> => newProject({ folder, ...parts }, quiet, () => undefined);
const listed = async (place: string): Promise<string[]> => (existsSync(place) ? (await readdir(place, { recursive: true })).sort() : []);

test('the layout, a pipeline and configurations that are valid, and JSON that VS Code reads', async () => {
  const { files, pipeline, readme } = await make();
  for (const place of LAYOUT) expect(existsSync(path.join(folder, place)), place).toBe(true);
  expect(files.filter((name) => !existsSync(path.join(folder, name)))).toEqual([]);
  const plan = await loadPipeline(pipeline);
  expect(plan).toMatchObject({ name: 'my-project', configs: ['configs/vit.vit.yaml', 'configs/cnn.vit.yaml'], seeds: [0, 1, 2], models: 'models', report: { baseline: 'configs/cnn.vit.yaml' } });
  const [vit, cnn] = await Promise.all(plan.configs.map((config) => loadConfig(path.join(folder, config))));
  expect([vit!.model.architecture, cnn!.model.architecture]).toEqual(['vit', 'resnet']);
  // A comparison under the same recipe on the same images.
  expect([cnn!.train, cnn!.dataset, cnn!.image]).toEqual([vit!.train, vit!.dataset, vit!.image]);
  const tasks = JSON.parse(await readFile(path.join(folder, '.vscode/tasks.json'), 'utf8')) as { tasks: { type: string; command: string; args: string[] }[] };
  expect(tasks.tasks.filter(({ type }) => type === 'vit-lab').map(({ command, args }) => [command, ...args])).toEqual([['pipeline'], ['pipeline', '--dry-run'], ['pipeline', '--only', 'train'], ['pipeline', '--only', 'evaluate'], ['pipeline', '--only', 'report']]);
  expect(JSON.parse(await readFile(path.join(folder, '.vscode/settings.json'), 'utf8'))).toEqual({ 'vitLab.runsFolder': plan.models });
  const job = parse(await readFile(path.join(folder, '.github/workflows/pipeline.yml'), 'utf8')) as { jobs: { pipeline: { steps: { run?: string }[] } } };
  expect(job.jobs.pipeline.steps.map(({ run }) => run)).toEqual(expect.arrayContaining(['vit-lab pipeline', 'node --test tests/pipeline.test.mjs']));
  // Every step and folder is explained.
  const words = await readFile(readme, 'utf8');
  for (const name of [...LAYOUT.map((place) => place.replace('/figures', '')), 'pipeline.lock', 'logs', 'configs']) expect(words).toContain(`\`${name}\``);
  expect((await readdir(path.join(folder, 'data/raw/shapes/train'))).length).toBe(6);
});

test('data, models and logs are not versioned, all else is, as Git sees it', async () => {
  await make();
  await mkdir(path.join(folder, 'logs'));
  for (const name of ['data/processed/split.csv', 'models/run.json', 'logs/pipeline.log', 'reports/comparison.md', 'pipeline.lock']) await writeFile(path.join(folder, name), 'x');
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: folder, encoding: 'utf8' }).stdout;
  git('init', '-q');
  const untracked = git('ls-files', '--others', '--exclude-standard').trimEnd().split('\n');
  expect(untracked).toEqual(expect.arrayContaining(['reports/comparison.md', 'pipeline.lock', 'configs/vit.vit.yaml', ...LAYOUT.filter((place) => place !== 'tests').map((place) => `${place}/.gitkeep`)]));
  expect(untracked.filter((name) => /^(data|models|logs)\//.test(name) && !name.endsWith('.gitkeep'))).toEqual([]);
});

test('a dataset of their own: both configurations name it, nothing is drawn', async () => {
  const images = path.join(path.dirname(folder), 'photos');
  await writeShapes(images, { images: 60, size: 64, seed: 0 });
  const { files } = await make({ dataset: images, name: 'A: "name"' });
  const plan = await loadPipeline(folder);
  expect([plan.name, plan.sample, files.includes('data/raw/shapes')]).toEqual(['A: "name"', undefined, false]);
  const { dataset, image } = await loadConfig(path.join(folder, 'configs/vit.vit.yaml'));
  expect([dataset.path, image.size]).toEqual(['../../photos', 64]);
  expect(await readFile(path.join(folder, 'README.md'), 'utf8')).toContain('The images are read from `../photos`.');
  await expect(make({ folder: `${folder}-2`, dataset: path.join(images, 'nope') })).rejects.toThrow(/Cannot open the dataset/);
  expect(existsSync(`${folder}-2`)).toBe(false);
});

test('in Spanish, whatever the process speaks', async () => {
  speak({ VITLAB_LANG: 'en' }, path.join(root, 'l10n'));
  await make({ language: 'es' });
  expect(await readFile(path.join(folder, 'README.md'), 'utf8')).toContain('## Un solo comando');
  expect((await loadPipeline(folder)).report.language).toBe('es');
  await expect(make({ folder: `${folder}-2`, language: 'fr' })).rejects.toThrow('There is no translation into fr');
});

test('files that are there are named and kept, and nothing is written beside them', async () => {
  await mkdir(path.join(folder, 'configs'), { recursive: true });
  await writeFile(path.join(folder, 'README.md'), 'mine');
  await writeFile(path.join(folder, 'configs/vit.vit.yaml'), 'mine, too');
  await expect(make()).rejects.toThrow(/has files of these names already: README\.md, configs\/vit\.vit\.yaml\. Nothing was written\./);
  expect(await listed(folder)).toEqual(['README.md', 'configs', 'configs/vit.vit.yaml']);
  await expect(make({ folder: path.join(folder, 'README.md') })).rejects.toThrow('is a file. Choose another folder.');
});

test('what is there beside it does not disturb', async () => {
  await mkdir(path.join(folder, '.git'), { recursive: true });
  await writeFile(path.join(folder, 'thesis.tex'), 'mine');
  await make();
  expect(await readFile(path.join(folder, 'thesis.tex'), 'utf8')).toBe('mine');
});

test('all or nothing: whichever call of the disk fails, everything is taken back but what was there', async () => {
  const prepare = async (): Promise<void> => {
    folder = path.join(await temporaryFolder(), 'p');
    await mkdir(path.join(folder, 'data'), { recursive: true });
    await writeFile(path.join(folder, 'data/mine.txt'), 'mine');
  };
  const images = path.join(path.dirname(folder), 'photos');
  await writeShapes(images, { images: 30, size: 16, seed: 0 });
  await prepare();
  const { calls } = await withFault(null, async () => void (await make({ dataset: images })));
  expect(calls).toBeGreaterThan(100);
  for (let at = 0; at < calls; at += 7) {
    await prepare();
    const { error } = await withFault({ at, code: 'EIO', stays: false }, async () => void (await make({ dataset: images })));
    // A call whose failure does no harm, as of a probe for a file that is not there, may be passed over.
    if (error !== undefined) expect(await listed(folder), `call ${at}`).toEqual(['data', 'data/mine.txt']);
    else expect(existsSync(path.join(folder, 'README.md'))).toBe(true);
  }
});

test('stopped while the sample is drawn, nothing is left', async () => {
  const stop = new AbortController();
  await expect(newProject({ folder }, stop.signal, () => stop.abort())).rejects.toMatchObject({ name: 'AbortError' });
  expect(existsSync(folder)).toBe(false);
});
