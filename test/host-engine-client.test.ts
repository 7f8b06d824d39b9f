/** The engine process may die in any way; the host lives on, every request ends, and the next one starts it again. */
import path from 'node:path';
import type * as vscode from 'vscode';
import { afterEach, expect, test, vi } from 'vitest';
import { EngineClient } from '../src/host/engineClient';

vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
}));

const file = path.resolve(import.meta.dirname, 'fixtures/fakeEngine.mjs');
const open: EngineClient[] = [];
afterEach(() => {
  for (const engine of open.splice(0)) engine.dispose();
});

interface Watched {
  readonly engine: EngineClient;
  readonly deaths: string[];
  readonly givenUp: string[];
  readonly lines: string[];
}

function watched(nodePath?: string, environment: Readonly<Record<string, string>> = {}): Watched {
  const deaths: string[] = [];
  const givenUp: string[] = [];
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = { debug: write, info: write, warn: write, error: write } as unknown as vscode.LogOutputChannel;
  const engine = new EngineClient({
    role: 'looker',
    file,
    log,
    l10n: undefined,
    nodePath: () => nodePath,
    environment: () => environment,
    onDeath: (reason) => void deaths.push(reason),
    onGivenUp: (reason) => void givenUp.push(reason),
  });
  open.push(engine);
  return { engine, deaths, givenUp, lines };
}

async function die(engine: EngineClient, how: string): Promise<string> {
  const client = await engine.client();
  return client.describe({ path: how }).then(
    () => 'it answered',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

test('starts with the first request only, and both streams end up in the log', async () => {
  const { engine, lines } = watched();
  expect(engine.pid).toBeUndefined();
  expect((await (await engine.client()).about({})).label).toBe(`pid ${engine.pid}`);
  await expect.poll(() => lines.join('\n')).toMatch(/garbage on standard output[\s\S]*standard error|standard error[\s\S]*garbage/);
});

test('typed arrays arrive as typed arrays', async () => {
  const { similarity } = await (await watched().engine.client()).viewPositions({ checkpoint: 'x' });
  expect(similarity).toBeInstanceOf(Float32Array);
  expect([...(similarity ?? [])]).toEqual([1, 0.5, 0.5, 1]);
});

test('an error of the engine keeps its place', async () => {
  const client = await watched().engine.client();
  await expect(client.describe({ path: 'throw' })).rejects.toMatchObject({ name: 'UserError', message: 'bad file', place: { file: '/x.yaml', line: 3 } });
});

test.each([
  ['exit', /Disconnected: .*inspection.*code 1/],
  ['uncaught', /Disconnected: .*inspection.*code 1/],
  ['abort', /Disconnected: .*inspection.*SIGABRT/],
  ['segv', /Disconnected: .*inspection.*SIGSEGV/],
])('death by %s ends pending requests with what died and where the log is, and the next request starts it again', async (how, said) => {
  const { engine, deaths } = watched();
  const client = await engine.client();
  const pending = client.describe({ path: 'never answered' }).catch((error: Error) => error.message);
  const before = engine.pid;
  expect(await die(engine, how)).toMatch(said);
  expect(await pending).toMatch(/Output › ViT Lab/);
  expect(deaths).toHaveLength(1);
  expect((await (await engine.client()).about({})).label).toBe(`pid ${engine.pid}`);
  expect(engine.pid).not.toBe(before);
});

test('kill -9 from outside is survived too', async () => {
  const { engine } = watched();
  const client = await engine.client();
  await client.about({});
  const pending = client.describe({ path: 'never answered' });
  process.kill(engine.pid ?? 0, 'SIGKILL');
  await expect(pending).rejects.toThrow(/SIGKILL/);
});

test('after three restarts it is given up for a while, and that is told once', async () => {
  const { engine, givenUp } = watched();
  for (let i = 0; i < 4; i++) await die(engine, 'exit');
  await expect(engine.client()).rejects.toThrow(/4 times within five minutes/);
  await expect(engine.client()).rejects.toThrow(/4 times within five minutes/);
  expect(givenUp).toHaveLength(1);
  engine.end();
  expect((await (await engine.client()).about({})).name).toBe('cpu');
});

test('a Node that is not there is named together with its setting', async () => {
  const { engine } = watched('/nowhere/node');
  expect(await die(engine, 'x')).toMatch(/could not be started: .*nowhere.*vitLab\.engine\.nodePath/);
});

test('an end that was asked for is no death', async () => {
  const { engine, deaths } = watched();
  await (await engine.client()).about({});
  engine.end();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(deaths).toEqual([]);
});

test('what the settings say reaches the process, and nothing is made up', async () => {
  const named = await (await watched(undefined, { VITLAB_TFJS_NODE: '/opt/tensorflow' }).engine.client()).describe({ path: 'tensorflow' });
  expect(named).toBe('/opt/tensorflow');
  const none = await (await watched().engine.client()).describe({ path: 'tensorflow' });
  expect(none).toBe(process.env['VITLAB_TFJS_NODE']);
});
