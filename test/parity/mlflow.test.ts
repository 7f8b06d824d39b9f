/** Runs sent to a real MLflow server, read back by its own Python client. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { createEngine, type Engine } from '../../src/engine/engine';
import { files } from '../../src/engine/runs/files';
import { readMetrics } from '../../src/engine/runStore';
import { openHttp } from '../../src/engine/tracking/http';
import { mlflowOver } from '../../src/engine/tracking/mlflow';
import type { Call } from '../../src/rpc';
import { bundle } from '../engine/bundle';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { relativeError } from '../fixtures/golden';
import { asked, parityPython } from './python';
import { measured } from './reference';

interface ServerRun {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly start: number;
  readonly end: number | null;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly history: Readonly<Record<string, readonly (readonly [step: number, value: number | string, timestamp: number])[]>>;
  readonly files: Readonly<Record<string, number>>;
  readonly datasets: readonly { readonly name: string; readonly digest: string; readonly profile: object; readonly schema: object; readonly context: object }[];
  readonly models: readonly { readonly id: string; readonly step: number }[];
}

// Both sides compute in float32 and sum in other orders: max|Δ| over max|reference|.
const TOLERANCE = 1e-5;

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

let folder: string;
let uri: string;
let server: ChildProcess | undefined;
let engine: Engine;
let ended = (): void => undefined;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function startServer(port: number): Promise<ChildProcess> {
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--backend-store-uri', `sqlite:///${path.join(folder, 'mlflow.db')}`, '--artifacts-destination', path.join(folder, 'artifacts'), '--serve-artifacts'];
  const child = spawn(parityPython(), args, { stdio: 'ignore', cwd: folder, detached: true, env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' } });
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error('mlflow server ended');
    if (await fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false)) return child;
    await sleep(250);
  }
  throw new Error('mlflow server does not answer');
}

async function stopServer(): Promise<void> {
  const child = server;
  server = undefined;
  if (!child?.pid || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // It and the workers that it has started.
  process.kill(-child.pid, 'SIGTERM');
  await Promise.race([gone, sleep(10_000)]);
}

async function runsOf(experiment: string): Promise<readonly ServerRun[]> {
  return (await asked<{ runs: readonly ServerRun[] }>('read_mlflow.py', [], { uri, experiment })).runs;
}

async function train(parts: Record<string, object>): Promise<string> {
  const done = new Promise<void>((resolve) => (ended = resolve));
  const { run } = await engine.api.startTraining({ config: await tinyConfig(folder, parts), runs: path.join(folder, 'runs') }, quiet);
  await done;
  await engine.api.settleTracking({ run }, quiet);
  return run;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const port = await freePort();
  uri = `http://127.0.0.1:${port}`;
  server = await startServer(port);
  engine = createEngine({ emit: (name, value) => void (name === 'run' && 'type' in value && value.type === 'ended' && ended()), media: folder, engineFile: await bundle('main') });
}, 200_000);

afterAll(async () => {
  await engine.close();
  await stopServer();
}, 60_000);

test('a run that was sent while it trained is whole, number for number, and its model predicts what the network here does', async () => {
  const run = await train({ tracking: { mlflow: { uri, experiment: 'live', tags: { team: 'ñ' } }, system: 0.01 } });
  const [there, ...others] = await runsOf('live');
  expect(others).toEqual([]);
  const rows = await readMetrics(run);
  const record = JSON.parse(await readFile(files.record(run), 'utf8')) as { created: string; ended: string; params: number };
  const written: Record<string, [number, number, number][]> = {};
  for (const { step, time, values } of rows) for (const [name, value] of Object.entries(values)) (written[name] ??= []).push([step, value, Math.round(Date.parse(record.created) + 1000 * time)]);
  expect(there!.history).toEqual(written);
  expect(Object.keys(there!.history)).toEqual(expect.arrayContaining(['train/batch_loss', 'val/top1', 'test/top1', 'system/cpu_utilization_percentage', 'heads/entropy/1.1']));
  expect(there).toMatchObject({ status: 'FINISHED', start: Date.parse(record.created), end: Date.parse(record.ended) });
  expect(there!.params).toMatchObject({ 'model.depth': '2', 'train.lr': '0.001', 'image.mean': '[0.5]', seed: '0', parameters: String(record.params) });
  expect(there!.tags).toMatchObject({ team: 'ñ', 'mlflow.source.name': 'vit-lab', 'vitlab.run': path.basename(run) });
  expect(there!.datasets).toMatchObject([{ name: 'shapes', context: { 'mlflow.data.context': 'training' }, profile: { classes: 6 }, schema: { mlflow_tensorspec: {} } }]);
  const best = (await readFile(files.index(run), 'utf8')).match(/"best": "(.+)"/)![1]!;
  for (const [name, file] of [['config/config.yaml', files.config(run)], ['metrics/metrics.jsonl', files.metrics(run)], ['log/log.jsonl', files.log(run)], [`checkpoints/${best}.safetensors`, files.weights(run, best)], ['evaluation/evaluation.json', files.evaluation(run)]] as const)
    expect(there!.files[name]).toBe((await stat(file)).size);
  expect(Object.keys(there!.files)).toEqual(expect.arrayContaining(['figures/confusion-matrix.png', 'figures/confusion-matrix.svg', 'evaluation/classes.csv']));
  const { file } = await asked<{ file: string }>('read_mlflow.py', [], { uri, run: there!.id, download: `checkpoints/${best}.safetensors`, to: folder });
  expect(await readFile(file)).toEqual(await readFile(files.weights(run, best)));
  await comparePredictions(run, there!, best);
}, 300_000);

/** The same images through MLflow's pyfunc in Python and through the engine here. */
async function comparePredictions(run: string, there: ServerRun, best: string): Promise<void> {
  const images = Float32Array.from({ length: 3 * 16 * 16 * 3 }, (_, i) => Math.sin(i));
  await writeFile(path.join(folder, 'images.npy'), npy(images, [3, 16, 16, 3]));
  expect(there.models).toMatchObject([{ step: expect.any(Number) as number }]);
  const answer = await asked<{ signature: { inputs: string; outputs: string }; pyfunc: number[][]; onnx: string[] }>('read_mlflow.py', [], { uri, model: `runs:/${there.id}/model`, images: path.join(folder, 'images.npy') });
  expect(JSON.parse(answer.signature.inputs)).toEqual([{ name: 'images', type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 16, 16, 3] } }]);
  expect(JSON.parse(answer.signature.outputs)).toEqual([{ name: 'logits', type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 6] } }]);
  expect(answer.onnx).toEqual(['logits']);
  const { spec, params } = await loadCheckpoint(files.weights(run, best));
  const session = await (await engine.executor()).infer(spec, params);
  const { logits } = await session.forward({ shape: [3, 16, 16, 3], data: images }, {});
  session.dispose();
  const error = relativeError(Float32Array.from(answer.pyfunc.flat()), logits.data);
  measured('model of MLflow, pyfunc', error, TOLERANCE);
  expect(error).toBeLessThan(TOLERANCE);
}

test('a sweep is a run with its trainings below it', async () => {
  const config = await tinyConfig(folder, { train: { epochs: 1 }, tracking: { mlflow: { uri, experiment: 'sweep', model: false } }, sweep: { parameters: { 'model.patch_size': [4, 8] } } }, 'sweep.yaml');
  const { path: place } = await engine.api.createSweep({ config, runs: path.join(folder, 'runs') }, quiet);
  expect(await engine.api.leadSweep({ folder: place, parallel: 2 }, quiet)).toEqual({ done: true });
  await engine.tracking.sweepEnded(place);
  const runs = await runsOf('sweep');
  const [parent, ...more] = runs.filter(({ tags }) => tags['mlflow.parentRunId'] === undefined);
  expect(more).toEqual([]);
  expect(parent).toMatchObject({ status: 'FINISHED', params: { 'sweep.model.patch_size': '[4,8]', 'sweep.trainings': '2' } });
  expect(Object.keys(parent!.files).sort()).toEqual(['results.csv', 'results.png', 'results.svg', 'sweep.json']);
  const children = runs.filter(({ tags }) => tags['mlflow.parentRunId'] === parent!.id);
  expect(children.map(({ status, params }) => [status, params['model.patch_size']]).sort()).toEqual([['FINISHED', '4'], ['FINISHED', '8']]);
}, 300_000);

test('sent afterwards to a server that knows nothing of it, and again, a run is there once', async () => {
  const run = await train({});
  const ask = () => engine.api.trackRun({ run, uri, experiment: 'after', tags: { a: 'b' } }, quiet);
  const [first] = await ask();
  expect(first!.metrics).toBe((await readMetrics(run)).reduce((sum, { values }) => sum + Object.keys(values).length, 0));
  expect(await ask()).toMatchObject([{ metrics: 0, params: 0, artifacts: [], runId: first!.runId }]);
  expect(await runsOf('after')).toMatchObject([{ id: first!.runId, status: 'FINISHED', tags: { a: 'b' } }]);
}, 300_000);

// The fake server of the unit tests does the same.
test('the server takes a metric that is sent twice once, and names what it refuses', async () => {
  const http = await openHttp({ server: { uri }, signal: quiet.signal });
  const api = mlflowOver(http);
  const experiment = await api.experiment('limits');
  const { info } = await api.create({ experiment, name: 'limits', start: 0, tags: [] });
  const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: 'm', value: step === 5 ? ('NaN' as const) : step, timestamp: step, step }));
  await api.log(info.run_id, { metrics, params: [{ key: 'p', value: '1' }], tags: [] }).catch((error: unknown) => expect(String(error)).toMatch(/at most 1000/));
  await api.log(info.run_id, { metrics, params: [], tags: [] });
  await api.log(info.run_id, { metrics: metrics.slice(0, 500), params: [], tags: [] });
  const [run] = await runsOf('limits');
  expect(run!.history['m']!.map(([step]) => step).sort((a, b) => a - b)).toEqual(metrics.map(({ step }) => step));
  expect(run!.history['m']!.find(([step]) => step === 5)![1]).toBe('nan');
  await expect(api.log(info.run_id, { metrics: [...metrics, metrics[0]!], params: [], tags: [] })).rejects.toMatchObject({ status: 400, code: 'INVALID_PARAMETER_VALUE' });
  await api.log(info.run_id, { metrics: [], params: [{ key: 'q', value: '1' }], tags: [] });
  await expect(api.log(info.run_id, { metrics: [], params: [{ key: 'q', value: '2' }], tags: [] })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  expect(await api.get('0123456789abcdef0123456789abcdef')).toBeNull();
  await expect(api.experiment('x'.repeat(501))).rejects.toMatchObject({ status: 400 });
  await api.close();
}, 120_000);

test('a server that goes and comes back loses nothing of a training', async () => {
  const port = Number(new URL(uri).port);
  await stopServer();
  const run = await train({ tracking: { mlflow: { uri, experiment: 'gone', model: false } } });
  expect((await engine.api.listRuns({ runs: path.join(folder, 'runs') }, quiet)).find((one) => one.path === run)?.tracking).toMatchObject({ state: 'waiting' });
  server = await startServer(port);
  await engine.api.trackRun({ run }, quiet);
  const [there] = await runsOf('gone');
  expect(there!.status).toBe('FINISHED');
  expect(there!.history['train/batch_loss']!.map(([step]) => step)).toEqual((await readMetrics(run)).filter(({ values }) => 'train/batch_loss' in values).map(({ step }) => step));
}, 300_000);

/** The format of `numpy.save`, version 1.0. */
function npy(data: Float32Array, shape: readonly number[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117) + '\n';
  const head = Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([1, 0, header.length & 255, header.length >> 8]), Buffer.from(header)]);
  return Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
