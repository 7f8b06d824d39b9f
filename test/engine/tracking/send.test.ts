import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { reopenRun } from '../../../src/engine/runStore';
import { files } from '../../../src/engine/runs/files';
import { trackingFiles, trackingOf } from '../../../src/engine/runs/tracking';
import { Unavailable } from '../../../src/engine/tracking/failure';
import { configSchema } from '../../../src/engine/config/schema';
import { UserError } from '../../../src/engine/userError';
import { FakeMlflow, notFound, refuse } from '../../fixtures/mlflowServer';
import { pointAt } from '../runFixture';
import { madeRun, rowAt, senderTo } from './trackedRun';

let server: FakeMlflow;
beforeEach(async () => {
  server = await FakeMlflow.start();
});
afterEach(() => server.down());

/** Sends what there is, once. */
async function sent(run: string, options: Parameters<typeof senderTo>[2] = {}) {
  const sender = await senderTo(server.uri, run, options);
  const complete = await sender.pass().finally(() => sender.release());
  return { complete, report: sender.report() };
}

test('a run that trains has parameters, tags, its data and metrics with steps and times there; one that has ended, its files as well', async () => {
  const { writer, run } = await madeRun(3);
  expect(await sent(run, { tags: { own: 'yes' } })).toMatchObject({ complete: false });
  const [there] = server.runs;
  expect(there).toMatchObject({ name: writer.name, status: 'RUNNING' });
  expect(there!.params.get('model.embed_dim')).toBe('8');
  expect([...there!.params.keys()].filter((key) => key.startsWith('tracking'))).toEqual([]);
  expect(Object.fromEntries(there!.tags)).toMatchObject({ 'mlflow.source.git.commit': 'abc123', own: 'yes', 'vitlab.dataset.fingerprint': 'f00d', 'vitlab.engine': 'cpu' });
  expect(there!.datasets).toMatchObject([{ dataset: { name: 'shapes', digest: 'f00d' } }]);
  const { created } = JSON.parse(await readFile(files.record(run), 'utf8')) as { created: string };
  expect(there!.metrics.filter(({ key }) => key === 'train/batch_loss')).toEqual([1, 2, 3].map((step) => ({ key: 'train/batch_loss', value: 1 / step, step, timestamp: Date.parse(created) + 500 * step })));
  await writer.log('info', 'begun');
  await writer.savePoint(pointAt(1, true));
  await writer.saveConfusion({ labels: ['a', 'b'], counts: [[3, 1], [0, 4]] }, 1);
  await writer.finish('finished', 'done', { 'test/top1': 0.5 });
  expect(await sent(run)).toMatchObject({ complete: true, report: { metrics: 0, params: 0 } });
  expect(there).toMatchObject({ status: 'FINISHED' });
  expect(there!.end).toBeGreaterThan(Date.parse(created));
  const names = [...server.files.keys()].map((name) => name.replace('1/run1/artifacts/', ''));
  expect(names).toEqual(expect.arrayContaining(['config/config.yaml', 'config/config.source.yaml', 'log/log.jsonl', 'metrics/metrics.jsonl', 'evaluation/confusion.json', 'checkpoints/epoch-0001.safetensors', 'figures/confusion-matrix.svg', 'figures/confusion-matrix.png']));
  expect(server.files.get('1/run1/artifacts/checkpoints/epoch-0001.safetensors')).toEqual(await readFile(files.weights(run, 'epoch-0001')));
  expect(await trackingOf(run, false)).toMatchObject({ state: 'sent', uri: server.uri, experiment: 'e' });
});

/** Does what is asked, and breaks the connection in place of the answer. */
function muted(response: ServerResponse): void {
  response.end = (() => response.destroy()) as typeof response.end;
}

test('what is there is not sent again', async () => {
  const { writer, run } = await madeRun(3);
  await writer.savePoint(pointAt(1, true));
  await writer.finish('stopped', 'enough', {});
  await sent(run);
  const before = server.asked.length;
  expect((await sent(run)).report).toMatchObject({ metrics: 0, params: 0, artifacts: [] });
  expect(server.asked.slice(before).map(({ url }) => url.split('?')[0])).toEqual(['/api/2.0/mlflow/runs/get']);
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0]!.status).toBe('KILLED');
  await sent(run, { again: true });
  expect(server.runs).toHaveLength(2);
});

test('no request holds more than the limits, whatever there is', async () => {
  const { run, writer } = await madeRun(1300);
  await writer.finish('finished', 'done', {});
  await sent(run);
  const sizes = server.requests(/log-batch/).map(({ body }) => (JSON.parse(body.toString()) as { metrics?: unknown[] }).metrics?.length ?? 0);
  expect(sizes.filter((size) => size > 0)).toEqual([1000, 1000, 600]);
  expect(server.runs[0]!.metrics).toHaveLength(2600);
  expect(server.runs[0]!.params.size).toBeGreaterThan(100);
});

test('a number that is none goes by its name', async () => {
  const { run, writer } = await madeRun(0);
  await writer.event({ step: 1, epoch: 1, time: 1, values: { 'train/loss': NaN, 'classes/loss/a (b)': 1, 'classes/loss/a [b]': 2 } });
  await sent(run);
  expect(server.runs[0]!.metrics.map(({ key, value }) => [key, value])).toEqual([['train/loss', 'NaN'], ['classes/loss/a _b_', 1], ['classes/loss/a _b__2', 2]]);
});

test('an answer that is lost loses no metric, and none is there twice', async () => {
  const { run, writer } = await madeRun(600);
  // Taken, but nobody hears of it: twice, since the first time it is asked again at once.
  server.rule(/log-batch/, (asked, response, next) => {
    if (!asked.body.includes('batch_loss')) return next();
    muted(response);
    next();
  }, 6);
  await expect(sent(run)).rejects.toThrow(Unavailable);
  server.forgive();
  await sent(run);
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0]!.metrics.filter(({ key }) => key === 'lr').map(({ step }) => step)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  await writer.finish('stopped', '', {});
});

test('a run whose making nobody heard of, or of which nothing is written down any more, is found and not made twice', async () => {
  const { run, writer } = await madeRun(2);
  server.rule(/runs\/create/, (_, response, next) => {
    muted(response);
    next();
  }, 1);
  await expect(sent(run)).rejects.toThrow(Unavailable);
  expect(server.runs).toHaveLength(1);
  await sent(run);
  await writer.finish('finished', '', {});
  await rm(trackingFiles.folder(run), { recursive: true });
  await sent(run);
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0]!.metrics).toHaveLength(4);
  expect(server.runs[0]!.status).toBe('FINISHED');
});

test('a run that is resumed goes on in the same run there; what it trains again is there once', async () => {
  const { run, writer } = await madeRun(10);
  await writer.savePoint(pointAt(1, true));
  for (let step = 11; step <= 14; step++) await writer.event(rowAt(step));
  await sent(run);
  await writer.finish('failed', 'the disk is full', {});
  await sent(run);
  expect(server.runs[0]!.status).toBe('FAILED');
  const again = (await reopenRun(run)).writer;
  await sent(run);
  expect(server.runs[0]!.status).toBe('RUNNING');
  // It takes longer this time.
  for (let step = 11; step <= 20; step++) await again.event({ ...rowAt(step), time: step });
  await again.finish('finished', 'done', {});
  await sent(run);
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0]!.metrics.filter(({ key }) => key === 'lr').map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(server.runs[0]!.status).toBe('FINISHED');
});

test.each([
  ['500', 500, undefined, Unavailable, /has trouble \(500\)/],
  ['429 with a time', 429, { 'retry-after': '7' }, Unavailable, /has trouble \(429\)/],
  ['401', 401, undefined, UserError, /does not accept the credentials \(401\)\..*MLFLOW_TRACKING_TOKEN/],
  ['403', 403, undefined, UserError, /does not allow this \(403\)/],
  ['a page to log in', 302, { location: 'https://login.example.org/' }, UserError, /is no MLflow server/],
] as const)('%s says what is wrong', async (_, status, headers, kind, words) => {
  const { run, writer } = await madeRun(1);
  server.rule(/./, (__, response) => response.writeHead(status, headers).end());
  const failure = await sent(run, { credentials: { token: 'wrong' } }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(kind);
  expect((failure as Error).message).toMatch(words);
  if (status === 429) expect((failure as Unavailable).after).toBe(7000);
  await writer.finish('stopped', '', {});
});

test('what is no MLflow server, does not speak TLS, is slow or not there, is told as such', async () => {
  const { run, writer } = await madeRun(1);
  const page = createServer((_, response) => response.end('<html>Hello</html>')).listen(0, '127.0.0.1');
  onTestFinished(() => void page.close());
  await new Promise((resolve) => page.once('listening', resolve));
  const { port } = page.address() as AddressInfo;
  const to = async (uri: string, timeout?: number): Promise<unknown> => {
    const sender = await senderTo(uri, run, { ...(timeout !== undefined && { timeout }) });
    return sender.pass().then(() => 'sent', (error: unknown) => error).finally(() => sender.release());
  };
  expect(await to(`http://127.0.0.1:${port}`)).toMatchObject({ message: expect.stringMatching(/is no MLflow server \(200\)/) as unknown });
  expect(await to(`https://127.0.0.1:${port}`)).toMatchObject({ message: expect.stringMatching(/does not speak TLS/) as unknown });
  expect(await to('http://127.0.0.1:1')).toBeInstanceOf(Unavailable);
  server.rule(/./, () => undefined);
  expect(await to(server.uri, 300)).toBeInstanceOf(Unavailable);
  server.forgive();
  server.rule(/./, (_, response) => notFound(response));
  expect(await to(server.uri)).toMatchObject({ message: expect.stringMatching(/is no MLflow server \(404\)/) as unknown });
  await writer.finish('stopped', '', {});
});

test('credentials go to the server, and into no file of the run', async () => {
  const { run, writer } = await madeRun(2);
  await sent(run, { credentials: { token: 's3cret-token' } });
  expect(server.asked.every(({ headers }) => headers.authorization === 'Bearer s3cret-token')).toBe(true);
  server.rule(/./, (_, response) => refuse(response, 401, 'UNAUTHENTICATED', 'no'));
  const sender = await senderTo(server.uri, run, { credentials: { user: 'me', password: 's3cret-password' } });
  await sender.pass().catch((error: unknown) => sender.fail(String(error)));
  await sender.release();
  expect(server.asked.at(-1)!.headers.authorization).toBe(`Basic ${Buffer.from('me:s3cret-password').toString('base64')}`);
  await writer.finish('stopped', '', {});
  const names = (await readdir(run, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const entry of names) expect(await readFile(path.join(entry.parentPath, entry.name), 'latin1')).not.toMatch(/s3cret|bWU6czNjcmV0/);
});

test('a server that keeps files elsewhere gets all but the files, and says so', async () => {
  server.artifacts = () => 's3://bucket/1/run1';
  const { run, writer } = await madeRun(2);
  await writer.finish('finished', '', {});
  const { report, complete } = await sent(run);
  expect(complete).toBe(true);
  expect(server.files.size).toBe(0);
  expect(server.runs[0]).toMatchObject({ status: 'FINISHED' });
  expect(report.notes.join()).toMatch(/keeps the files of its runs in s3:.*were not sent/);
});

test('servers of earlier versions take shorter parameters, and have no logged models', async () => {
  server.longestParam = 500;
  server.loggedModels = false;
  const tracking = configSchema.parse({ tracking: { mlflow: {} } }).tracking;
  const { run, writer } = await madeRun(1, { tracking, name: 'n'.repeat(80), train: { ...configSchema.parse({}).train, class_weights: Array.from({ length: 300 }, () => 0.25) } });
  await writer.savePoint(pointAt(1, true));
  await writer.finish('finished', '', {});
  const { report } = await sent(run);
  expect(server.runs[0]!.params.get('train.class_weights')).toHaveLength(500);
  expect(report.notes.join()).toMatch(/train\.class_weights has 1\d+ characters; MLflow keeps 500/);
  expect(server.runs[0]!.models).toMatchObject([{ flavors: { onnx: {}, python_function: { loader_module: 'mlflow.onnx' } } }]);
  expect([...server.files.keys()]).toEqual(expect.arrayContaining(['1/run1/artifacts/model/MLmodel', '1/run1/artifacts/model/model.onnx']));
});

test('a model that could not be sent whole is filled by the next try, and not made twice', async () => {
  const tracking = configSchema.parse({ tracking: { mlflow: {} } }).tracking;
  const { run, writer } = await madeRun(1, { tracking });
  await writer.savePoint(pointAt(1, true));
  await writer.finish('finished', '', {});
  server.rule(/model\.onnx/, (_, response) => response.writeHead(503).end(), 1);
  await expect(sent(run)).rejects.toThrow(Unavailable);
  expect(server.runs[0]!.status).toBe('RUNNING');
  await sent(run);
  expect(server.requests(/POST .*logged-models$/)).toHaveLength(1);
  expect(server.runs[0]).toMatchObject({ status: 'FINISHED', models: [{ step: 10 }] });
});

test('a run that was deleted there: for good, it begins anew; into its trash, it says so', async () => {
  const { run, writer } = await madeRun(2);
  await writer.finish('finished', '', {});
  await sent(run);
  server.runs[0]!.deleted = true;
  await expect(sent(run)).rejects.toThrow(/was deleted on .*--again/);
  server.runs.length = 0;
  await sent(run);
  expect(server.runs[0]).toMatchObject({ status: 'FINISHED' });
  expect(server.runs[0]!.metrics).toHaveLength(4);
});

test('two processes do not send one run at once', async () => {
  const { run, writer } = await madeRun(1);
  const first = await senderTo(server.uri, run);
  await expect(senderTo(server.uri, run)).rejects.toThrow(/Another process is sending/);
  await first.release();
  await (await senderTo(server.uri, run)).pass();
  await writer.finish('stopped', '', {});
});

test('what is damaged of what was written down names its file', async () => {
  const { run, writer } = await madeRun(1);
  await sent(run);
  await writeFile(trackingFiles.mlflow(run), '{');
  await expect(sent(run)).rejects.toThrow(`${trackingFiles.mlflow(run)} is damaged`);
  expect(await trackingOf(run, true)).toBeUndefined();
  await writer.finish('stopped', '', {});
});
