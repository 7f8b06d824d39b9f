/** The practicals of the course: what is written is sound, fits the images, and replaces nothing. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/engine/config/load';
import { surveyDataset } from '../../src/engine/dataset/open';
import { startFacts } from '../../src/engine/finetune/start';
import { writePractical } from '../../src/engine/practicals/write';
import type { PracticalQuestion } from '../../src/protocol';
import { temporaryFolder, writeTree } from '../fixtures/data';
import { classTree } from './dataset/pictures';

const media = path.join(import.meta.dirname, '../../media/sample');
const root = path.resolve(import.meta.dirname, '../..');
const write = (question: PracticalQuestion) => writePractical(question, media, { signal: new AbortController().signal, onProgress: () => undefined });

afterEach(() => l10n.config({ contents: {} }));

test.each([1, 2, 3, 4] as const)('practical %i with drawn images: its configurations are sound, and use what lies beside them', async (practical) => {
  const folder = path.join(await temporaryFolder(), `practical-${practical}`);
  const written = await write({ practical, folder });
  expect(written.kept).toEqual([]);
  expect(written.data.drawn).toBe(true);
  for (const file of written.configs) {
    const text = await readFile(file, 'utf8');
    expect(text, file).toMatch(/^# .+\n# time: about \d+ min on 2 cores without a GPU, by the processor time with these drawn images\n# Start it with/);
    const config = await loadConfig(file, [], undefined, startFacts);
    const { classes, sizes } = await surveyDataset(config.dataset, folder);
    expect(classes).toEqual(practical === 4 ? ['circle', 'square', 'triangle'] : ['circle', 'cross', 'ring', 'square', 'star', 'triangle']);
    expect(sizes.train).toBe({ 1: 1440, 2: 1440, 3: 240, 4: 600 }[practical]);
    expect(sizes.test).toBe(30 * classes.length);
  }
  const guide = await readFile(written.guide, 'utf8');
  for (const file of written.configs) expect(guide).toContain(path.basename(file));
  expect(guide.match(/\(your answer\)/g)!.length).toBeGreaterThanOrEqual(4);
});

test('what is there is kept: a second time nothing is written, drawn or copied anew', async () => {
  const folder = await temporaryFolder();
  const first = await write({ practical: 4, folder, mlflow: 'http://127.0.0.1:6000' });
  await writeFile(first.guide, 'my answers');
  await writeFile(first.configs[0]!, 'name: mine');
  const before = (await readdir(folder, { recursive: true })).sort();
  const second = await write({ practical: 4, folder });
  expect(second.kept).toEqual([first.configs[0], first.guide]);
  expect([await readFile(first.guide, 'utf8'), await readFile(first.configs[0]!, 'utf8')]).toEqual(['my answers', 'name: mine']);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(before);
});

test('with images of the user: a relative path, chosen classes, the server; and what cannot be', async () => {
  const home = await temporaryFolder();
  await writeTree(home, await classTree('photos/', ['ant', 'bee', 'cat', 'dog'], 6));
  const [dataset, folder] = [path.join(home, 'photos'), path.join(home, 'p4')];
  const written = await write({ practical: 4, folder, dataset, classes: ['dog', 'ant'], mlflow: 'https://mlflow.example/x' });
  expect(parse(await readFile(written.configs[0]!, 'utf8'))).toMatchObject({
    dataset: { path: '../photos', classes: ['dog', 'ant'] }, finetune: { from: 'weights/cifar10' }, tracking: { mlflow: { uri: 'https://mlflow.example/x' } },
  });
  // Of more than three classes three are taken.
  expect((await write({ practical: 4, folder: path.join(home, 'three'), dataset })).data.classes).toEqual(['ant', 'bee', 'cat']);
  await expect(write({ practical: 2, folder: path.join(home, 'x'), dataset, classes: ['ant', 'bees'] })).rejects.toThrow(/names bees, .* Did you mean bee\?/);
  await expect(write({ practical: 2, folder: path.join(home, 'x'), dataset: path.join(home, 'nowhere') })).rejects.toThrow(/Cannot open the dataset .*nowhere/);
  await expect(write({ practical: 4, folder: path.join(home, 'x'), mlflow: 'localhost' })).rejects.toThrow('localhost is no address of an MLflow server: http://HOST:PORT is needed.');
  await expect(write({ practical: 4, folder: path.join(home, 'x'), mlflow: 'http://me:secret@host' })).rejects.toThrow(/Leave user and password out/);
  // Nothing of what was refused is left behind.
  expect(await readdir(home)).not.toContain('x');
});

test('weights that know the classes already have nothing to learn in the third one', async () => {
  const home = await temporaryFolder();
  const cifar = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
  await writeTree(home, await classTree('cifar/', cifar, 3));
  await expect(write({ practical: 3, folder: path.join(home, 'p3'), dataset: path.join(home, 'cifar') })).rejects.toThrow(/have learned the classes of .*cifar already/);
  const { configs } = await write({ practical: 4, folder: path.join(home, 'p4'), dataset: path.join(home, 'cifar') });
  expect(parse(await readFile(configs[0]!, 'utf8'))).toMatchObject({ dataset: { classes: ['cat', 'dog', 'frog'] } });
});

test('comments and guide speak the language of the user', async () => {
  l10n.config({ contents: JSON.parse(await readFile(path.join(root, 'l10n/bundle.l10n.es.json'), 'utf8')) as Record<string, string> });
  const { guide, configs } = await write({ practical: 1, folder: await temporaryFolder() });
  expect(await readFile(guide, 'utf8')).toMatch(/^# Práctica 1: parches y posiciones\n[^]*## Qué responder[^]*\(su respuesta\)/);
  expect(await readFile(configs[0]!, 'utf8')).toMatch(/^# ¿Qué cambian el tamaño del parche y la anchura\?/);
});
