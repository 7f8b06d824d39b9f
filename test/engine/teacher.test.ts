import * as path from 'node:path';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema } from '../../src/engine/config/schema';
import { compareWithRecord } from '../../src/engine/rerun';
import { resolveCheckpoint } from '../../src/engine/runStore';
import { converter, openTeacher } from '../../src/engine/teacher';
import { prepareNew, prepareResume, runTraining, type TrainingTools } from '../../src/engine/training';
import { temporaryFolder, tinyConfig, weightsHash } from './tiny';

let folder: string;
let tools: TrainingTools;
/** The run of a trained teacher. */
let teacher: string;

async function run(config: string, stopAfter?: number): Promise<{ run: string; reason: string }> {
  const stop = new AbortController();
  const prepared = await prepareNew({ config, runs: path.join(folder, 'runs') }, tools);
  return followed(prepared, stop, stopAfter);
}

async function followed(prepared: Awaited<ReturnType<typeof prepareNew>>, stop = new AbortController(), stopAfter?: number): Promise<{ run: string; reason: string }> {
  let epochs = 0;
  const ended = await runTraining(prepared, stop, (event) => {
    if (event.type === 'epoch' && ++epochs === stopAfter) stop.abort();
  });
  return { run: ended.run, reason: ended.reason };
}

beforeAll(async () => {
  folder = await temporaryFolder();
  tools = { executor: () => openExecutor('onnx'), emit: () => undefined, signal: new AbortController().signal };
  teacher = (await run(await tinyConfig(folder, { image: { size: 16, mean: [0.4], std: [0.3] } }, 'teacher.yaml'))).run;
});

const weightsAt = async (of: string): Promise<string> => weightsHash((await loadCheckpoint(await resolveCheckpoint(of, 'last'))).params);

test.each(['soft', 'hard'] as const)('a run with a teacher (%s), stopped and resumed, ends with the bits of the one that was not; the teacher changes them', async (kind) => {
  const recipe = (more: object) => ({ model: { distilled: kind === 'hard' }, train: { epochs: 3, mixup: 0.8, progressive: { from: 8, until: 0.4 }, ...more } });
  const config = await tinyConfig(folder, recipe({ distillation: { teacher: path.relative(folder, teacher), kind, temperature: kind === 'soft' ? 2 : 1 } }), `${kind}.yaml`);
  const [whole, stopped] = [await run(config), await run(config, 1)];
  expect([whole.reason, stopped.reason]).toEqual(['completed', 'stopped']);
  const resumed = await followed(await prepareResume({ run: stopped.run }, tools));
  expect(resumed.reason).toBe('completed');
  expect(await weightsAt(resumed.run)).toBe(await weightsAt(whole.run));
  const alone = await run(await tinyConfig(folder, recipe({}), 'alone.yaml'));
  expect(await weightsAt(alone.run)).not.toBe(await weightsAt(whole.run));
  // The very checkpoint is kept, and where it lies seen from the run.
  const kept = (await loadCheckpoint(await resolveCheckpoint(whole.run, 'last'))).meta.config.train.distillation!.teacher!;
  expect(path.resolve(whole.run, kept)).toBe(await resolveCheckpoint(teacher));
  expect(await readFile(path.join(whole.run, 'log.jsonl'), 'utf8')).toMatch(/Learns from .*16 × 16 pixels/);
});

test('a teacher that has changed is told before a run is trained once more, and keeps it from going on', async () => {
  const own = (await run(await tinyConfig(folder, { image: { size: 16 } }, 'own-teacher.yaml'))).run;
  const config = await tinyConfig(folder, { train: { epochs: 3, distillation: { teacher: path.relative(folder, own) } } }, 'taught.yaml');
  const stopped = await run(config, 1);
  expect(await compareWithRecord({ run: stopped.run }, tools)).toEqual([]);
  const [best, other] = [await resolveCheckpoint(own), await resolveCheckpoint(teacher, 'last')];
  await copyFile(other, best);
  expect(await compareWithRecord({ run: stopped.run }, tools)).toEqual([expect.objectContaining({ what: 'teacher', missing: false })]);
  await expect(prepareResume({ run: stopped.run }, tools)).rejects.toThrow(/has changed since this run was started/);
  await rm(best);
  expect(await compareWithRecord({ run: stopped.run }, tools)).toEqual([expect.objectContaining({ what: 'teacher', missing: true })]);
});

test('a teacher of other classes is refused with both lists; of the same in another order, its logits are put in order', async () => {
  const config = configSchema.parse({ image: { size: 16 }, train: { distillation: { teacher } } });
  const executor = await openExecutor('onnx');
  const { meta: { classes } } = await loadCheckpoint(await resolveCheckpoint(teacher));
  const others = ['cat', ...classes.slice(1)];
  await expect(openTeacher(config, folder, others, executor)).rejects.toThrow(`Teacher (${classes.length}): ${classes.join(', ')}. Dataset (${classes.length}): ${others.join(', ')}.`);
  await expect(openTeacher(config, folder, classes.slice(1), executor)).rejects.toThrow(/other classes/);
  const images = { shape: [2, 16, 16, 3], data: Float32Array.from({ length: 2 * 768 }, (_, i) => Math.sin(i)) };
  const [plain, turned] = [(await openTeacher(config, folder, classes, executor))!, (await openTeacher(config, folder, classes.toReversed(), executor))!];
  const [a, b] = [(await plain.teach(images)).data, (await turned.teach(images)).data];
  const K = classes.length;
  expect([...b]).toEqual([0, 1].flatMap((row) => [...a.subarray(row * K, (row + 1) * K)].reverse()));
  plain.dispose();
  turned.dispose();
});

test('a grey teacher is refused for images in colour', async () => {
  const grey = (await run(await tinyConfig(folder, { image: { size: 16, channels: 1 }, train: { epochs: 1 } }, 'grey.yaml'))).run;
  const config = configSchema.parse({ image: { size: 16 }, train: { distillation: { teacher: grey } } });
  const { meta } = await loadCheckpoint(await resolveCheckpoint(grey));
  await expect(openTeacher(config, folder, meta.classes, await openExecutor('onnx'))).rejects.toThrow(/takes grey images, and image.channels is 3/);
});

test('there is no teacher where none is asked for, and a missing one is told', async () => {
  const executor = await openExecutor('onnx');
  expect(await openTeacher(configSchema.parse({}), folder, [], executor)).toBeUndefined();
  await expect(openTeacher(configSchema.parse({ train: { distillation: { teacher: 'nowhere' } } }), folder, [], executor)).rejects.toThrow(/nowhere/);
});

test('images are brought to the colours, channels and size of the teacher', () => {
  const image = (parts: object) => configSchema.parse({ image: parts }).image;
  const same = { shape: [1, 2, 2, 3], data: new Float32Array(12).fill(0.5) };
  const student = image({ size: 2 });
  expect(converter(student, student, { imageSize: [2, 2], channels: 3 })(same)).toBe(same);
  // 0.5 at mean 0.5 and deviation 0.5 is a colour of 0.75.
  const recoloured = converter(student, image({ size: 2, mean: [0.25, 0.5, 0.75], std: [0.25, 0.5, 1] }), { imageSize: [2, 2], channels: 3 })(same);
  expect([...recoloured.data.subarray(0, 3)]).toEqual([2, 0.5, 0]);
  // Grey becomes colour: the same in every channel, each normalised by itself.
  const grey = { shape: [1, 1, 2, 1], data: Float32Array.of(1, -1) };
  const coloured = converter(image({ size: [1, 2], channels: 1 }), image({ size: [1, 2], mean: [0, 0.5, 1], std: [1] }), { imageSize: [1, 2], channels: 3 })(grey);
  expect([...coloured.data]).toEqual([1, 0.5, 0, 0, -0.5, -1]);
  // Half of the size: what is even stays, and a gradient keeps its mean.
  const ramp = { shape: [1, 4, 8, 1], data: Float32Array.from({ length: 32 }, (_, i) => i % 8) };
  const small = converter(image({ size: [4, 8], channels: 1 }), image({ size: [2, 4], channels: 1 }), { imageSize: [2, 4], channels: 1 })(ramp);
  expect(small.shape).toEqual([1, 2, 4, 1]);
  expect(small.data.reduce((a, b) => a + b) / 8).toBeCloseTo(3.5, 5);
  expect([...small.data.subarray(0, 4)]).toEqual([...small.data.subarray(4)]);
});
