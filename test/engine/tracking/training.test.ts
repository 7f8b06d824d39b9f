/** A training is the same, and as soon over, whoever is told of it. */
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { createEngine, type Engine } from '../../../src/engine/engine';
import { listCheckpoints, readRun } from '../../../src/engine/runStore';
import type { RunEvent } from '../../../src/protocol';
import type { Call } from '../../../src/rpc';
import { FakeMlflow } from '../../fixtures/mlflowServer';
import { temporaryFolder, tinyConfig, weightsHash } from '../tiny';

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

let server: FakeMlflow;
let folder: string;
let engine: Engine;
let hear: (event: RunEvent) => void = () => undefined;

beforeAll(async () => {
  [server, folder] = [await FakeMlflow.start(), await temporaryFolder()];
  engine = createEngine({ emit: (name, value) => name === 'run' && hear(value as RunEvent), media: folder });
});
afterAll(async () => {
  await engine.close();
  await server.down();
});

async function trained(tracking: object): Promise<string> {
  const ended = new Promise<void>((resolve) => (hear = ({ type }) => type === 'ended' && resolve()));
  const config = await tinyConfig(folder, { tracking });
  const { run } = await engine.api.startTraining({ config, runs: path.join(folder, 'runs') }, quiet);
  await ended;
  return run;
}

async function weights(run: string): Promise<string> {
  return weightsHash((await loadCheckpoint((await listCheckpoints(run))[0]!.path)).params);
}

test('to a server that never answers, and into event files, it is the same training', async () => {
  const alone = await trained({});
  server.rule(/./, () => undefined);
  // The end is told while the server is still silent: nothing has waited for it.
  const told = await trained({ mlflow: { uri: server.uri, experiment: 'e', model: false }, tensorboard: true, system: 0.01 });
  expect(server.asked.length).toBeGreaterThan(0);
  expect(await weights(told)).toBe(await weights(alone));
  await engine.api.settleTracking({ run: told }, { ...quiet, signal: AbortSignal.timeout(50) });
  expect((await readRun(told)).state).toBe('finished');
});
