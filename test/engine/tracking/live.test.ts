import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import type { Looker } from '../../../src/engine/looking';
import { trackingOf } from '../../../src/engine/runs/tracking';
import { waitingRuns } from '../../../src/engine/tracking/live';
import { createTracking, type Tracking } from '../../../src/engine/tracking/tracking';
import type { Call } from '../../../src/rpc';
import { FakeMlflow, refuse } from '../../fixtures/mlflowServer';
import { temporaryFolder } from '../runFixture';
import { madeRun, rowAt, type Made } from './trackedRun';

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };
const quick = { every: 20, first: 20, longest: 80, lastTries: 2 };

let server: FakeMlflow;
let told: string[];
beforeEach(async () => {
  server = await FakeMlflow.start();
  told = [];
});
afterEach(() => server.down());

function tracking(env: NodeJS.ProcessEnv = {}): Tracking {
  return createTracking({ looker: {} as Looker, log: (_, message) => told.push(message), env, patience: quick });
}

function tracked(uri = server.uri): Parameters<typeof madeRun>[1] {
  return { tracking: configSchema.parse({ tracking: { mlflow: { uri, experiment: 'e', model: false } } }).tracking };
}

const configOf = ({ tracking: own }: NonNullable<ReturnType<typeof tracked>>) => ({ ...configSchema.parse({}), tracking: own! });
const begin = (all: Tracking, { writer }: Made, more = tracked()): (() => void) => all.begin({ config: configOf(more!), writer });

test('metrics are there while the training goes on, and the rest when it has ended', async () => {
  const all = tracking();
  const made = await madeRun(2, tracked());
  const end = begin(all, made);
  await vi.waitFor(() => expect(server.runs[0]?.metrics).toHaveLength(4));
  await made.writer.event(rowAt(3));
  await vi.waitFor(() => expect(server.runs[0]!.metrics).toHaveLength(6));
  expect(server.runs[0]!.status).toBe('RUNNING');
  await made.writer.finish('finished', 'done', {});
  end();
  await all.api.settleTracking({ run: made.run }, quiet);
  expect(server.runs[0]!.status).toBe('FINISHED');
  expect(told.at(-1)).toMatch(/all of the run is on the server: http.*\/runs\/run1/);
  await all.close();
});

test('a server that is down is told of once; when it answers again it gets all that it missed', async () => {
  const all = tracking();
  await server.down();
  const made = await madeRun(2, tracked());
  const end = begin(all, made);
  await vi.waitFor(() => expect(told.join()).toMatch(/does not answer \(ECONNREFUSED\)\. The training goes on/));
  for (let step = 3; step <= 5; step++) await made.writer.event(rowAt(step));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(told).toHaveLength(1);
  await server.up();
  await vi.waitFor(() => expect(server.runs[0]?.metrics).toHaveLength(10));
  // It restarts in the middle.
  await server.down();
  await made.writer.event(rowAt(6));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.up();
  await made.writer.finish('finished', 'done', {});
  end();
  await all.close();
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0]!.metrics).toHaveLength(12);
  expect(server.runs[0]!.status).toBe('FINISHED');
});

test('what a server that stays down did not get is kept, and sent by the next training or by whoever asks', async () => {
  const runs = temporaryFolder();
  const all = tracking();
  const first = await madeRun(2, tracked(), runs);
  const firstEnd = begin(all, first);
  await vi.waitFor(() => expect(server.runs[0]?.metrics).toHaveLength(4));
  await server.down();
  await first.writer.event(rowAt(3));
  await first.writer.finish('finished', 'done', {});
  firstEnd();
  await all.api.settleTracking({ run: first.run }, quiet);
  expect(told.at(-1)).toMatch(/kept in the folder of the run: the next training sends it, or: vit-lab track/);
  expect(await trackingOf(first.run, false)).toMatchObject({ state: 'waiting', problem: expect.stringMatching(/does not answer/) as unknown });
  expect(await waitingRuns(runs, server.uri)).toEqual([first.run]);
  await server.up();
  const second = await madeRun(1, tracked(), runs);
  const secondEnd = begin(all, second);
  await second.writer.finish('finished', 'done', {});
  secondEnd();
  await all.close();
  expect(server.runs.map(({ status, metrics }) => [status, metrics.length])).toEqual([['FINISHED', 6], ['FINISHED', 2]]);
  expect(told.join('\n')).toMatch(`what was missing of ${path.basename(first.run)} was sent`);
  expect(await waitingRuns(runs, server.uri)).toEqual([]);
});

test('credentials that are not accepted are told once with what to do, and asked for no more', async () => {
  server.rule(/./, (_, response) => refuse(response, 401, 'UNAUTHENTICATED', 'You are not authenticated'));
  const all = tracking();
  const made = await madeRun(1, tracked());
  const end = begin(all, made);
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told[0]).toMatch(/wants credentials \(401\).*Set MLflow Credentials.*The training goes on/);
  const asked = server.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(server.asked).toHaveLength(asked);
  await made.writer.finish('finished', 'done', {});
  end();
  await all.close();
  server.forgive();
  const reports = await tracking().api.trackRun({ run: made.run }, quiet);
  expect(reports).toMatchObject([{ metrics: 2, uri: server.uri, experiment: 'e' }]);
  expect(server.runs[0]!.status).toBe('FINISHED');
});

test('a wish for no server, or for none that is one, is told, and trained is all the same', async () => {
  const all = tracking({ MLFLOW_TRACKING_URI: 'sqlite:///x.db' });
  const made = await madeRun(0);
  begin(all, made, { tracking: configSchema.parse({ tracking: { mlflow: {} } }).tracking })();
  begin(tracking(), made, { tracking: configSchema.parse({ tracking: { mlflow: {} } }).tracking })();
  begin(tracking({ MLFLOW_TRACKING_URI: server.uri }), made, { tracking: configSchema.parse({}).tracking })();
  await made.writer.finish('finished', '', {});
  await all.close();
  expect(told).toEqual([expect.stringMatching(/"sqlite:\/\/\/x\.db" is no address/), expect.stringMatching(/no server is named/)]);
  expect(server.asked).toEqual([]);
});

test('the settings may send every training, with the credentials of the key store', async () => {
  const all = tracking();
  await all.api.useTracking({ uri: server.uri, experiment: 'class', always: true, credentials: { [new URL(server.uri).origin]: { token: 'kept' } } }, quiet);
  const made = await madeRun(1, {});
  const end = begin(all, made, { tracking: configSchema.parse({}).tracking });
  await vi.waitFor(() => expect(server.runs[0]?.metrics).toHaveLength(2));
  expect([...server.experiments.keys()]).toEqual(['class']);
  expect(server.asked.every(({ headers }) => headers.authorization === 'Bearer kept')).toBe(true);
  await made.writer.finish('stopped', '', {});
  end();
  await all.close();
});

test('a dry run asks nobody and writes nothing', async () => {
  const made = await madeRun(3, tracked());
  await made.writer.finish('finished', '', {});
  const [report] = await tracking().api.trackRun({ run: made.run, dryRun: true }, quiet);
  expect(report).toMatchObject({ metrics: 6, experiment: 'e', uri: server.uri });
  expect(report!.params).toBeGreaterThan(50);
  expect(report!.artifacts.map((one) => one.path)).toEqual(expect.arrayContaining(['config/config.yaml', 'metrics/metrics.jsonl']));
  expect(server.asked).toEqual([]);
  expect(await trackingOf(made.run, false)).toBeUndefined();
});

test('who does not want to wait for a server that does not answer need not: the rest is kept', async () => {
  const all = tracking();
  const made = await madeRun(2, tracked());
  const end = begin(all, made);
  await vi.waitFor(() => expect(server.runs[0]?.metrics).toHaveLength(4));
  server.rule(/./, () => undefined);
  await made.writer.event(rowAt(3));
  await made.writer.finish('finished', '', {});
  end();
  const leave = new AbortController();
  setTimeout(() => leave.abort(), 100);
  await all.api.settleTracking({ run: made.run }, { ...quiet, signal: leave.signal });
  expect(told.at(-1)).toMatch(/not all of the run was sent.*vit-lab track/);
  server.forgive();
  await tracking().api.trackRun({ run: made.run }, quiet);
  expect(server.runs[0]).toMatchObject({ status: 'FINISHED' });
  expect(server.runs[0]!.metrics).toHaveLength(6);
});
