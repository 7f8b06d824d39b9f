import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { randomAt } from '../../src/engine/random';
import { listCheckpoints, listRuns, readMetrics, readRun, resolveCheckpoint } from '../../src/engine/runStore';
import type { Metrics, RunEvent } from '../../src/protocol';
import { bundle, deferred, startEngine, type EngineProcess } from './bundle';
import { temporaryFolder, tinyConfig, weightsHash } from './tiny';

const KILLS = 20;
/**
 * A moment is drawn as a number of checkpoints to wait for and some milliseconds more, and not as a time alone: so it
 * falls into every part of a training on a fast machine and on a busy one.
 */
const CHECKPOINTS = 4;
const MILLISECONDS = 60;

let file: string;
let folder: string;
let living: EngineProcess | undefined;

beforeAll(async () => {
  file = await bundle('main');
  folder = await temporaryFolder();
});

afterAll(() => living?.child.kill('SIGKILL'));

/** Starts an engine that trains a run, new or resumed; `checkpoints` resolves when it has written so many as `wait`. */
async function train(how: { config: string; runs: string } | { run: string }, wait = 0): Promise<{ run: string; engine: EngineProcess; ended: Promise<RunEvent>; checkpoints: Promise<void> }> {
  const ended = deferred<RunEvent>();
  const enough = deferred<void>();
  let left = wait;
  const hear = (event: RunEvent): void => {
    if (event.type === 'ended') ended.resolve(event);
    if (event.type === 'checkpoint') left--;
    if (left <= 0) enough.resolve();
  };
  const engine = startEngine(file, (name, value) => name === 'run' && hear(value as RunEvent));
  living = engine;
  const { run } = 'run' in how ? await engine.api.resumeTraining(how) : await engine.api.startTraining(how);
  if (wait === 0) enough.resolve();
  return { run, engine, ended: ended.promise, checkpoints: enough.promise };
}

async function finalWeights(run: string): Promise<string> {
  return weightsHash((await loadCheckpoint(await resolveCheckpoint(run, 'last'))).params);
}

/** Rows of a run without their times, which differ from one training to the next. */
async function rows(run: string): Promise<unknown[]> {
  const timeless = (values: Metrics): Metrics => Object.fromEntries(Object.entries(values).filter(([name]) => !/^(time|system)\//.test(name)));
  return (await readMetrics(run)).map(({ step, epoch, values }) => ({ step, epoch, values: timeless(values) }));
}

test(`a training killed at ${KILLS} random moments ends with the weights of one that never was`, async () => {
  // Augmentation, dropout and drop path draw random numbers; a resumed run must draw the same.
  const parts = {
    model: { depth: 1, drop_rate: 0.1, drop_path_rate: 0.1 },
    train: { epochs: 100, batch_size: 8, mixup: 0.8, cutmix: 1, grad_accum_steps: 2, model_ema_decay: 0.9, augment: { crop_padding: 2, hflip: true }, keep_checkpoints: 3 },
  };
  const config = await tinyConfig(folder, parts);

  const whole = await train({ config, runs: path.join(folder, 'whole') });
  expect(await whole.ended).toMatchObject({ reason: 'completed' });
  whole.engine.child.kill('SIGKILL');

  const random = randomAt(7, 'kill');
  const runs = path.join(folder, 'killed');
  let run: string | undefined;
  let resumed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const training = await train(run === undefined ? { config, runs } : { run }, random.int(CHECKPOINTS));
    await training.checkpoints;
    await new Promise((resolve) => setTimeout(resolve, random.next() * MILLISECONDS));
    training.engine.child.kill('SIGKILL');
    await training.engine.gone;

    // The store opens, nothing in it is torn, and what it lists can be loaded.
    const summary = (await listRuns(runs)).find((one) => one.path === training.run)!;
    expect(summary.problem).toBeUndefined();
    expect(summary.state).toBe('interrupted');
    for (const checkpoint of await listCheckpoints(training.run)) await loadCheckpoint(checkpoint.path);
    JSON.parse(await readFile(path.join(training.run, 'run.json'), 'utf8'));
    // Before its first checkpoint a run has nothing to resume; it is then begun anew.
    run = summary.resumable ? training.run : undefined;
    if (summary.resumable) resumed++;
  }
  expect(resumed).toBeGreaterThan(KILLS / 2);

  const last = await train(run === undefined ? { config, runs } : { run });
  expect(await last.ended).toMatchObject({ reason: 'completed' });
  last.engine.child.kill('SIGKILL');
  expect((await readRun(last.run)).state).toBe('finished');
  expect(await finalWeights(last.run)).toBe(await finalWeights(whole.run));
  expect(await rows(last.run)).toEqual(await rows(whole.run));
}, 600_000);
