import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../../src/engine/engine';
import { change, speak } from '../../../src/engine/language';
import type { RunEvent, WrittenReport } from '../../../src/protocol';
import type { Call } from '../../../src/rpc';
import { root } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

let folder: string;
let engine: Engine;
let hear: (event: RunEvent) => void = () => undefined;
/** Two seeds of a ViT, and a ResNet. */
let runs: string[];

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

async function train(config: string, set: string[]): Promise<string> {
  const ended = new Promise<void>((resolve) => (hear = (event) => event.type === 'ended' && resolve()));
  const { run } = await engine.api.startTraining({ config, runs: path.join(folder, 'runs'), set }, quiet);
  await ended;
  return run;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  engine = createEngine({ emit: (name, value) => name === 'run' && hear(value as RunEvent), media: folder });
  const config = await tinyConfig(folder);
  runs = [await train(config, ['seed=0', 'name=Tiny']), await train(config, ['seed=1', 'name=Tiny']), await train(config, ['model.architecture=resnet', 'model.layers=[1, 1]', 'model.embed_dim=8', 'name=<b>Res|net</b>'])];
}, 120_000);

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

let count = 0;

async function report(of: readonly string[], more: object = {}): Promise<WrittenReport & { readonly page: string; readonly text: string }> {
  const done = await engine.api.writeReport({ runs: of, out: path.join(folder, `report-${count++}`), ...more }, quiet);
  return { ...done, page: await readFile(done.html, 'utf8'), text: await readFile(done.markdown, 'utf8') };
}

test('a report of three runs: every number is that of its run, seeds are one configuration, pictures and tests are there', async () => {
  const { page, text, files, notes, folder: out } = await report(runs, { title: 'My title', author: 'Me' });
  expect(files).toEqual(expect.arrayContaining(['report.html', 'report.md', 'references.bib', 'figures/curves.svg', 'figures/confusion-a.svg', 'figures/attention-a.svg', 'figures/examples.svg', 'figures/accuracies.svg', 'figures/calibration-b.svg']));
  expect(files.filter((file) => file.startsWith('figures/')).map((file) => path.basename(file)).sort()).toEqual((await readdir(path.join(out, 'figures'))).sort());
  // Markdown names every figure and no other.
  expect([...text.matchAll(/\]\((figures\/[^)]+)\)/g)].map(([, file]) => file).sort()).toEqual(files.filter((file) => file.startsWith('figures/')).sort());
  expect(text).toContain('# My title');
  for (const run of runs) {
    const { metrics } = JSON.parse(await readFile(path.join(run, 'evaluation.json'), 'utf8')) as { metrics: { top1: number; loss: number } };
    expect(text).toContain(`${(100 * metrics.top1).toFixed(1)}\u00a0% (`);
    expect(text).toContain(metrics.loss.toFixed(3));
  }
  expect(text).toContain('| A · Tiny | 2 |');
  expect(text).toContain('Tiny, seed 1');
  // How the losses ended is told of one run: of two seeds it is named.
  expect(text).toMatch(/- Tiny, seed 0: the validation loss was least/);
  // Configurations are held against one another, and no two seeds of the same one.
  expect(text).toContain('### Against Tiny, seed 0');
  expect(text).not.toMatch(/^\| Tiny, seed 1 \| \d+ \| \d+ \| [+−]?\d/m);
  expect(text).toMatch(/These images do not tell|is better than|is worse than|very same images/);
  // On the engine that trained them nothing has changed since.
  expect(text).not.toContain('and now it is');
  expect(text).toContain('has no attention, so that there are no maps of it');
  // What was given on the command line is in no file of its author, and all the same in the report.
  expect(text.slice(text.indexOf('Configuration of B'))).toMatch(/architecture: resnet\n\s+layers:\n\s+- 1\n\s+- 1\n/);
  expect(page).not.toContain('<b>Res');
  expect(page).not.toMatch(/https?:\/\/(?!arxiv|doi|www\.w3\.org|jmlr|proceedings|www\.jstor|onnxruntime|www\.tensorflow|www\.cs)/);
  expect(notes).toEqual(['Places for the author’s words: 12.']);
});

test('only what was recorded: no dataset is opened, and what that costs is said', async () => {
  const { text, files } = await report([runs[0]!, runs[2]!], { recorded: true });
  expect(files).not.toContain('figures/examples.svg');
  expect(text).toContain('no paired test is possible');
  expect(text).toContain('only what the runs recorded was asked for');
  expect(text).toContain('figures/confusion-a.svg');
});

test('without images of the dataset: maps alone, mistakes by name, nothing of a path, and that is said', async () => {
  const { page, text, files } = await report([runs[0]!, runs[2]!], { withoutImages: true });
  expect(files).not.toContain('figures/examples.svg');
  expect(files.filter((file) => /mistakes/.test(file))).toEqual([]);
  expect(text).toContain('written without the images of the dataset');
  expect(text).toContain('by the names of the images');
  expect(text).toContain('drawn alone, a square a patch');
  expect(page).not.toContain(folder);
  // Each picture that is left is a map of 2 × 2 patches, where an image of this dataset has 16 × 16 pixels.
  const pictures = [...page.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64'));
  expect(pictures.length).toBeGreaterThan(0);
  for (const picture of pictures) expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([2, 2]);
  expect(page).not.toContain('data:image/jpeg');
});

test('the baseline is whom the others are compared with', async () => {
  const { text } = await report([runs[0]!, runs[1]!], { baseline: runs[1]! });
  expect(text).toContain('### Against Tiny, seed 1');
  const { text: beside } = await report([runs[0]!], { baseline: runs[2]!, recorded: true });
  expect(beside).toContain('### Against \\<b>Res\\|net\\</b>');
});

test('a run that did not train to its end is told as such wherever it is named, and stands for no seed of the others', async () => {
  const copy = path.join(folder, 'unfinished');
  await cp(runs[1]!, copy, { recursive: true });
  const record = JSON.parse(await readFile(path.join(copy, 'run.json'), 'utf8')) as { steps: number; epochs: number };
  await writeFile(path.join(copy, 'run.json'), JSON.stringify({ ...record, state: 'stopped', step: record.steps - 1, epoch: record.epochs, reason: 'Somebody asked for it.' }));
  const { text } = await report([runs[0]!, copy], { recorded: true });
  expect(text).toContain('A · Tiny | 1 |');
  expect(text).toMatch(/\| B · Tiny \(stopped, 1 of 2 epochs\) \| 1 \|/);
  expect(text).toContain('Not trained to the end: Tiny (stopped, 1 of 2 epochs).');
});

test('an earlier report is not written over unless that is said, nor is anything else', async () => {
  const { folder: out } = await report([runs[0]!], { recorded: true });
  const again = { runs: [runs[0]!], out, recorded: true };
  await expect(engine.api.writeReport(again, quiet)).rejects.toThrow(/has an earlier report, and perhaps words of its author/);
  await expect(engine.api.writeReport({ ...again, force: true }, quiet)).resolves.toMatchObject({ folder: out });
  const strange = path.join(folder, 'strange');
  await mkdir(strange);
  await writeFile(path.join(strange, 'report.md'), 'mine');
  await expect(engine.api.writeReport({ ...again, out: strange, force: true }, quiet)).rejects.toThrow(/is not empty, and there is no earlier report in it/);
});

/** A copy of a run with something done to it. */
async function damaged(name: string, spoil: (run: string) => Promise<unknown>): Promise<string> {
  const copy = path.join(folder, 'damaged', name);
  await cp(runs[0]!, copy, { recursive: true });
  await spoil(copy);
  return copy;
}

test('a damaged run costs what is damaged, and never the report', async () => {
  const write = (name: string, content: string) => (run: string) => writeFile(path.join(run, name), content);
  const hurt = await Promise.all([
    damaged('record', write('run.json', '{"format": 1,')),
    damaged('newer', write('run.json', '{"format": 9}')),
    damaged('config', write('config.yaml', 'model: [')),
    damaged('metrics', async (run) => writeFile(path.join(run, 'metrics.jsonl'), `${(await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).slice(0, -40)}\n<b>no row</b>\n`)),
    damaged('evaluation', write('evaluation.json', '[]')),
    damaged('confusion', write('confusion.json', '{"labels": ["a"], "counts": []}')),
    damaged('weights', (run) => rm(path.join(run, 'checkpoints'), { recursive: true })),
    damaged('log', write('log.jsonl', '{"level": "warning", "message": "a <i>word</i>"}\nnothing\n')),
    damaged('empty', async (run) => {
      for (const name of await readdir(run)) if (name !== 'metrics.jsonl') await rm(path.join(run, name), { recursive: true });
    }),
  ]);
  for (const run of hurt) {
    const { page, text, notes } = await report([run]);
    expect(page).not.toMatch(/<b>no row|<i>word/);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    // What of it is missing is said, but for a log that has a line too many.
    if (!run.endsWith('log') && !run.endsWith('confusion') && !run.endsWith('evaluation')) expect(notes.length, run).toBeGreaterThan(1);
  }
  const { text } = await report(hurt);
  expect(text).toMatch(/run\.json is damaged/);
  expect(text).toMatch(/was made by a newer version of ViT Lab/);
  expect(text).toMatch(/2 lines of metrics\.jsonl are damaged/);
  expect(text).toMatch(/has no checkpoint yet/);
  expect(text).toContain('a \\<i>word\\</i>');
}, 60_000);

test('what is no run is refused with its name, and so is nothing', async () => {
  const nothing = path.join(folder, 'nothing');
  await mkdir(nothing);
  await expect(report([nothing])).rejects.toThrow(`${nothing} is no run`);
  await expect(report([path.join(folder, 'nowhere')])).rejects.toThrow('There is no run at');
  await expect(report([])).rejects.toThrow('A report is of one run or more.');
});

test('it stops when it is told to, and leaves nothing', async () => {
  const stop = new AbortController();
  const out = path.join(folder, 'stopped');
  const going = engine.api.writeReport({ runs, out }, { signal: stop.signal, progress: () => stop.abort() });
  await expect(going).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(folder)).not.toContain('stopped');
});

test('a report in another language is wholly in it, and the process speaks as before', async () => {
  speak({ VITLAB_LANG: 'en' }, path.join(root, 'l10n'));
  const { page, text } = await report([runs[0]!, runs[2]!], { language: 'es' });
  expect(page).toContain('<html lang="es">');
  for (const title of ['De un vistazo', 'Objetivo', 'Datos', 'Modelo y decisiones de diseño', 'Entrenamiento', 'Evaluación', 'Dónde mira la red', 'Fallos y límites', 'Coste', 'Reproducibilidad', 'Referencias']) expect(text).toContain(title);
  // Titles of papers and what the author of a configuration wrote are what they are.
  expect(text.slice(0, text.indexOf('## 11.')).replaceAll(/`[^`]*`/g, '')).not.toMatch(/\b(the|which|images|against)\b/);
  expect((await report([runs[0]!], { recorded: true })).text).toContain('At a glance');
  change('en');
});
