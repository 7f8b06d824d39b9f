import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { openExecutor } from '../../src/engine/compile/backends';
import { createLooker } from '../../src/engine/looking';
import { layersOf } from '../../src/engine/model/tuning';
import { compareWithRecord, prepareRerun } from '../../src/engine/rerun';
import { readProbe } from '../../src/engine/runs/probe';
import { listCheckpoints, readMetrics, readRun, readRunConfig } from '../../src/engine/runStore';
import { prepareNew, prepareResume, runTraining, type Prepared, type TrainingTools } from '../../src/engine/training';
import { createPace } from '../../src/engine/watch/pace';
import type { MetricRow, Metrics, RunEvent } from '../../src/protocol';
import { temporaryFolder, tinyConfig, weightsHash } from './tiny';

let folder: string;
let tools: TrainingTools;

beforeEach(async () => {
  folder = await temporaryFolder();
  tools = { executor: () => openExecutor('onnx'), emit: () => undefined, signal: new AbortController().signal };
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3080c0' } }).png().toFile(path.join(folder, 'sky.png'));
});

/** Everything that draws random numbers or keeps a state of its own. */
const WHOLE_STACK = {
  model: { drop_rate: 0.1, drop_path_rate: 0.2 },
  train: {
    epochs: 3, mixup: 0.4, cutmix: 1, model_ema_decay: 0.9, grad_accum_steps: 2, label_smoothing: 0.1, warmup_epochs: 1,
    augment: { hflip: true, crop_padding: 2, color_jitter: { brightness: 0.4, hue: 0.1 }, random_erasing: { prob: 0.5 } },
  },
};

async function prepared(parts: Record<string, object> = {}, set: readonly string[] = []): Promise<Prepared> {
  return prepareNew({ config: await tinyConfig(folder, parts), runs: path.join(folder, 'runs'), set }, tools);
}

async function trained(plan: Prepared, onEvent: (event: RunEvent, stop: AbortController) => void = () => undefined): Promise<string> {
  const stop = new AbortController();
  const ended = await runTraining(plan, stop, (event) => onEvent(event, stop));
  expect(ended.message).not.toMatch(/Error/);
  expect(['completed', 'stopped']).toContain(ended.reason);
  return ended.run;
}

async function finalWeights(run: string): Promise<string> {
  const last = (await listCheckpoints(run)).find((info) => info.last)!;
  return weightsHash((await loadCheckpoint(last.path)).params);
}

/** What a row says but for how long something took. */
function timeless({ time: _, values, ...row }: MetricRow): object & { values: Metrics } {
  return { ...row, values: Object.fromEntries(Object.entries(values).filter(([name]) => !/^(time|system)\//.test(name))) };
}

describe('with everything that is random switched on', () => {
  test('the same training twice has the same weights, with a probe image and without, and its measurements are the same', async () => {
    const runs = [await trained(await prepared(WHOLE_STACK)), await trained(await prepared(WHOLE_STACK)), await trained(await prepared({ ...WHOLE_STACK, probe: { image: 'sky.png' } }))];
    const hashes = await Promise.all(runs.map(finalWeights));
    expect(new Set(hashes).size).toBe(1);
    const rows = await Promise.all(runs.map(async (run) => (await readMetrics(run)).map(timeless)));
    expect(rows[1]).toEqual(rows[0]);
    // With a probe image heads are looked at after every epoch, else in so short ones now and then.
    const plain = (of: (typeof rows)[number]): object[] => of.map((row) => ({ ...row, values: Object.fromEntries(Object.entries(row.values).filter(([name]) => !name.startsWith('heads/'))) }));
    expect(plain(rows[2]!)).toEqual(plain(rows[0]!));
  });

  test.each([1, 4, 7])('stopped at step %i and gone on with, it has the same weights, measurements and looks', async (at) => {
    const parts = { ...WHOLE_STACK, probe: { image: 'sky.png' } };
    const whole = await trained(await prepared(parts));
    const run = await trained(stoppingAt(await prepared(parts), at));
    expect(await readRun(run)).toMatchObject({ state: 'stopped' });
    expect((await readRun(run)).step).toBeLessThan((await readRun(whole)).steps);
    // The copy in the run is enough.
    await rm(path.join(folder, 'sky.png'));
    await trained(await prepareResume({ run }, tools));
    expect(await finalWeights(run)).toBe(await finalWeights(whole));
    const measured = async (of: string): Promise<object[]> => (await readMetrics(of)).map(timeless);
    expect(await measured(run)).toEqual(await measured(whole));
    expect(await looksOf(run)).toEqual(await looksOf(whole));
  });
});

const looksOf = async (run: string): Promise<object> => {
  const [image] = (await readProbe(run))!.images;
  const hashes = await Promise.all(image!.frames.map(async ({ path: file }) => createHash('sha256').update(await readFile(file)).digest('hex')));
  return { epochs: image!.frames.map(({ epoch }) => epoch), hashes, curve: image!.curve };
};

/** Stops while the batch after so many steps is made. */
function stoppingAt(plan: Prepared, step: number): Prepared {
  let reads = 0;
  const { train } = plan.dataset.splits;
  const stop = { done: false };
  const told = { ...train, read: async (indices: Int32Array) => (++reads === step + 1 && (stop.done = true) && (await requestStop(plan)), train.read(indices)) };
  return { ...plan, dataset: { ...plan.dataset, splits: { ...plan.dataset.splits, train: told } } };
}

async function requestStop({ writer }: Prepared): Promise<void> {
  await writeFile(path.join(writer.path, 'stop'), '');
  // The folder is asked twice a second.
  await new Promise((resolve) => setTimeout(resolve, 700));
}

describe('a probe image', () => {
  test('is looked at untrained and after every epoch, and a frame says what the checkpoint of its epoch says', async () => {
    const run = await trained(await prepared({ probe: { image: 'sky.png' } }));
    const probe = (await readProbe(run))!;
    const [image] = probe.images;
    expect(image!.source).toBe(path.join(folder, 'sky.png'));
    expect(image!.frames.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(image!.curve.epochs).toEqual([0, 1, 2]);
    const looker = createLooker(() => openExecutor('onnx'));
    const checkpoint = (await listCheckpoints(run)).find(({ epoch }) => epoch === 2)!.path;
    const frame = { checkpoint: image!.frames[2]!.path, file: image!.source };
    const whole = { checkpoint, file: image!.source };
    const [kept, fresh] = [await looker.viewImage(frame), await looker.viewImage(whole)];
    expect(kept.predictions.map(({ label }) => label)).toEqual(fresh.predictions.map(({ label }) => label));
    kept.predictions.forEach(({ probability }, i) => expect(probability).toBeCloseTo(fresh.predictions[i]!.probability, 5));
    expect(kept.seen).toEqual(fresh.seen);
    expect(kept.model).toEqual(fresh.model);
    expect(image!.curve.classes[0]!.values[2]).toBeCloseTo(fresh.predictions[0]!.probability, 3);
    const [attention, exact] = [await looker.viewAttention({ ...frame, query: 0 }), await looker.viewAttention({ ...whole, query: 0 })];
    // 8 bits a weight, relative to the largest of the row, of rows that then sum to 1 again.
    attention.weights.forEach((weight, i) => expect(Math.abs(weight - exact.weights[i]!)).toBeLessThan(1 / 255));
    attention.entropy.forEach((entropy, i) => expect(entropy).toBeCloseTo(exact.entropy[i]!, 2));
    const rollouts = await Promise.all([frame, whole].map((q) => looker.viewRollout({ ...q, fusion: 'mean', discard: 0 })));
    rollouts[0]!.map.forEach((value, i) => expect(value).toBeCloseTo(rollouts[1]!.map[i]!, 2));
    const positions = await Promise.all([frame, whole].map((q) => looker.viewPositions(q.checkpoint)));
    positions[0]!.similarity!.forEach((value, i) => expect(Math.abs(value - positions[1]!.similarity![i]!)).toBeLessThanOrEqual(0.5 / 127 + 1e-6));
    expect(positions[0]!.note).toBe(positions[1]!.note);
    looker.close();
  });

  test('keeps to its budget by giving up epochs evenly, keeps the first and the newest, and every prediction', async () => {
    const size = async (run: string): Promise<number> => (await Promise.all((await framesIn(run)).map(async (file) => (await readFile(file)).byteLength))).reduce((a, b) => a + b, 0);
    const all = await trained(await prepared({ probe: { image: 'sky.png' }, train: { epochs: 6 } }));
    const budget = Math.floor((await size(all)) * 0.75);
    const run = await trained(await prepared({ probe: { image: 'sky.png', budget }, train: { epochs: 6 } }));
    const [image] = (await readProbe(run))!.images;
    expect(image!.frames.map(({ epoch }) => epoch)).toEqual([0, 2, 4, 6]);
    expect(image!.curve.epochs).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await size(run)).toBeLessThanOrEqual(budget);
    expect(await framesIn(run)).toHaveLength(4);
    expect(await finalWeights(run)).toBe(await finalWeights(all));
  });

  test('whose budget does not hold two looks is told once, keeps no more than fits, and every prediction', async () => {
    const events: RunEvent[] = [];
    const run = await trained(await prepared({ probe: { image: 'sky.png', budget: 10 } }), (event) => events.push(event));
    expect(events.filter((event) => event.type === 'warning')).toMatchObject([{ rule: 'probe-budget', epoch: 0 }]);
    expect(await framesIn(run)).toEqual([]);
    expect((await readProbe(run))!.images[0]!.curve.epochs).toEqual([0, 1, 2]);
    const one = await trained(await prepared({ probe: { image: 'sky.png' } }));
    const [first, ...others] = await Promise.all((await framesIn(one)).map(async (file) => (await readFile(file)).byteLength));
    const newest = await trained(await prepared({ probe: { image: 'sky.png', budget: Math.max(first!, ...others) } }));
    expect((await readProbe(newest))!.images[0]!.frames.map(({ epoch }) => epoch)).toEqual([2]);
  });

  test('that cannot be looked at any more is a warning, and the training goes on', async () => {
    const events: RunEvent[] = [];
    const plan = await prepared({ probe: { image: 'sky.png' } });
    await rm(path.join(folder, 'sky.png'));
    const run = await trained(plan, (event) => events.push(event));
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ rule: 'watch-failed', epoch: 0 });
    expect(await readRun(run)).toMatchObject({ state: 'finished', warnings: [{ rule: 'watch-failed' }] });
    expect(await finalWeights(run)).toBe(await finalWeights(await trained(await prepared())));
  });

  test('that is none is told before there is a run', async () => {
    await writeFile(path.join(folder, 'sky.png'), 'no image');
    await expect(prepared({ probe: { image: 'sky.png' } })).rejects.toThrow('sky.png');
    expect(await readdir(path.join(folder, 'runs')).catch(() => [])).toEqual([]);
  });
});

async function framesIn(run: string): Promise<string[]> {
  return (await readdir(path.join(run, 'probe'))).filter((name) => name.endsWith('.frame')).map((name) => path.join(run, 'probe', name));
}

test('the time left is what the steps so far took, times those to come', () => {
  let now = 1000;
  const left = createPace(10, () => now);
  now += 2000;
  expect(left(1)).toBeUndefined();
  now += 4000;
  expect(left(2)).toBe((6 / 2) * 8);
  now += 1000;
  expect(left(10)).toBe(0);
});

test('values of classes, layers and heads stand in the metrics, and not among the newest values', async () => {
  const run = await trained(await prepared());
  const rows = await readMetrics(run);
  const at = (epoch: number, name: string): number | undefined => rows.findLast((row) => row.epoch === epoch && name in row.values)?.values[name];
  const checkpoints = (await listCheckpoints(run)).toReversed();
  const [first, second] = await Promise.all(checkpoints.map(async ({ path: file }) => (await loadCheckpoint(file)).params));
  // By hand: the norm over the tensors of block 1, and of their change.
  const names = [...second!.keys()].filter((name) => layersOf([...second!.keys()]).get(name) === 1);
  expect(names.every((name) => name.startsWith('blocks.0.'))).toBe(true);
  const norm = (of: (name: string, i: number) => number): number => Math.sqrt(names.reduce((sum, name) => sum + second!.get(name)!.data.reduce((inner, _, i) => inner + of(name, i) ** 2, 0), 0));
  expect(at(2, 'layers/weight_norm/block1')).toBeCloseTo(norm((name, i) => second!.get(name)!.data[i]!), 6);
  expect(at(2, 'layers/update_norm/block1')).toBeCloseTo(norm((name, i) => second!.get(name)!.data[i]! - first!.get(name)!.data[i]!), 6);
  expect(at(0, 'layers/update_norm/block1')).toBeUndefined();
  // Four patches and a class token.
  expect(at(0, 'heads/entropy/2.1')).toBeGreaterThan(0.9 * Math.log(5));
  expect(at(0, 'heads/entropy/2.1')).toBeLessThanOrEqual(Math.log(5));
  expect(at(2, 'heads/distance/1.2')).toBeGreaterThan(0);
  // The classes' losses, weighted by how many images each has, are the loss of all.
  const { train: _, ...splits } = (await prepared()).dataset.splits;
  const counts = new Map<number, number>();
  for (const label of splits.val.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const { classes } = (await prepared()).dataset;
  const mean = [...counts].reduce((sum, [k, count]) => sum + (at(2, `classes/loss/${classes[k]!}`)! * count) / splits.val.size, 0);
  expect(mean).toBeCloseTo(at(2, 'val/loss')!, 5);
  expect(classes.reduce((sum, name) => sum + at(2, `classes/predicted/${name}`)!, 0)).toBeCloseTo(1, 9);
  expect(Object.keys((await readRun(run)).latest).filter((name) => /^(classes|layers|heads)\//.test(name))).toEqual([]);
});

describe('once more from its folder', () => {
  test('a run gives the same weights bit for bit, and nothing is told to differ', async () => {
    const run = await trained(await prepared({ ...WHOLE_STACK, probe: { image: 'sky.png' } }));
    await rm(path.join(folder, 'tiny.yaml'));
    await rm(path.join(folder, 'sky.png'));
    expect(await compareWithRecord({ run }, tools)).toEqual([]);
    const again = await trained(await prepareRerun({ run }, tools));
    expect(again).not.toBe(run);
    expect(await finalWeights(again)).toBe(await finalWeights(run));
    expect(await readFile(path.join(again, 'config.source.yaml'), 'utf8')).toBe(await readFile(path.join(run, 'config.source.yaml'), 'utf8'));
    expect(((await readProbe(again))!.images[0]!).frames).toHaveLength(4);
  });

  test('from data, a teacher and first weights that lie elsewhere now, named, it gives the same bits, and a resumed run keeps where they lie', async () => {
    for (const [kind, count] of [['train', 24], ['test', 4]] as const)
      for (const [name, background] of [['red', '#f00'], ['blue', '#00f']] as const) {
        await mkdir(path.join(folder, 'images', kind, name), { recursive: true });
        for (let i = 0; i < count; i++) await sharp({ create: { width: 16, height: 16, channels: 3, background } }).modulate({ brightness: 0.5 + i / 48 }).png().toFile(path.join(folder, 'images', kind, name, `${i}.png`));
      }
    const data = { dataset: { format: 'auto', path: 'images' } };
    const [teacher, start] = [await trained(await prepared(data)), await trained(await prepared(data, ['seed=1']))];
    const parts = { ...data, train: { epochs: 3, distillation: { teacher } }, finetune: { from: start } };
    const whole = await trained(await prepared(parts));
    const stopped = await trained(stoppingAt(await prepared(parts), 2));
    const places = { data: path.join(folder, 'elsewhere/images'), teacher: path.join(folder, 'elsewhere/teacher'), weights: path.join(folder, 'elsewhere/start') };
    await mkdir(path.join(folder, 'elsewhere'));
    for (const [from, to] of [[path.join(folder, 'images'), places.data], [teacher, places.teacher], [start, places.weights]] as const) await rename(from, to);
    const differences = await compareWithRecord({ run: whole }, tools);
    expect(differences.map(({ place, missing }) => [place, missing])).toEqual([['weights', true], ['teacher', true], ['data', true]]);
    await expect(prepareRerun({ run: whole }, tools)).rejects.toThrow(/\(dataset\.path\) is not at .*images/);
    await expect(prepareResume({ run: stopped }, tools)).rejects.toThrow(/\(dataset\.path\) is not at .*images/);
    expect(await compareWithRecord({ run: whole, ...places }, tools)).toEqual([]);
    // What the run never had, and a place where nothing is, are slips.
    await expect(compareWithRecord({ run: places.weights, data: places.data, teacher: places.teacher }, tools)).rejects.toThrow(/had no teacher/);
    await expect(prepareRerun({ run: places.weights, data: places.data, weights: places.weights }, tools)).rejects.toThrow(/started from no weights/);
    await expect(prepareResume({ run: stopped, data: path.join(folder, 'nowhere') }, tools)).rejects.toThrow(/nothing at .*nowhere, which --data names/);
    expect(await finalWeights(await trained(await prepareRerun({ run: whole, ...places }, tools)))).toBe(await finalWeights(whole));
    const { data: place, teacher: taught } = places;
    expect(await finalWeights(await trained(await prepareResume({ run: stopped, data: place, teacher: taught }, tools)))).toBe(await finalWeights(whole));
    // From here on nobody has to name them.
    expect((await readRunConfig(stopped)).dataset.path).toBe(place);
  });

  test('what differs is told first: versions, machine, configuration', async () => {
    const run = await trained(await prepared());
    const record = JSON.parse(await readFile(path.join(run, 'run.json'), 'utf8')) as Record<string, object>;
    const changed = { ...record, version: '0.0.1', node: 'v1.0.0', machine: { processor: 'Abacus', cores: 999 }, dataset: { ...record['dataset'], fingerprint: 'f'.repeat(64) } };
    await writeFile(path.join(run, 'run.json'), JSON.stringify(changed));
    const config = path.join(run, 'config.yaml');
    await writeFile(config, (await readFile(config, 'utf8')).replace('weight_decay: 0.05', 'weight_decay: 0.2'));
    const differences = await compareWithRecord({ run }, tools);
    expect(differences.map(({ what }) => what)).toEqual(['train.weight_decay', 'dataset', 'ViT Lab', 'Node.js', 'processor', 'cores']);
    expect(differences[0]).toEqual({ what: 'train.weight_decay', recorded: '0.05', now: '0.2', missing: false });
    expect(differences.every(({ missing }) => !missing)).toBe(true);
  });
});
