/** What `vit-lab doctor` and Check Engines tell, above all where nothing computes as things are set. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Candidate } from '../../src/engine/compile/executor';
import { examine } from '../../src/engine/doctor';
import { createExecutors } from '../../src/engine/executors';
import type { EngineTrial, Examination } from '../../src/protocol';
import { fakeGpu, fakeTests } from './compile/fakes';

const obstacles = vi.hoisted(() => new Map<string, string>());
vi.mock('../../src/engine/compile/machine', async (original) => ({
  ...(await original<object>()),
  providersHere: () => ['cpu', 'webgpu'],
  obstacle: ({ backend, provider }: Candidate) => obstacles.get(provider ?? backend),
}));

afterEach(() => {
  vi.unstubAllEnvs();
  obstacles.clear();
});

async function examined(signal = new AbortController().signal): Promise<Examination> {
  for (const name of ['tfjs-node', 'tfjs-node-gpu']) obstacles.set(name, `${name} is not installed`);
  return examine(createExecutors({ log: () => undefined }), signal, () => undefined);
}

async function machine(webgpu: string): Promise<void> {
  fakeGpu('weak');
  await fakeTests({ 'onnx cpu': 'works 9 9', 'onnx webgpu': webgpu, 'wasm cpu': 'crash', 'cpu cpu': 'works 900 9', 'tfjs-node cpu': 'fails', 'tfjs-node-gpu cpu': 'fails' });
}

const row = ({ engines }: Examination, backend: string, provider: string | null = null): EngineTrial => engines.find((one) => one.backend === backend && one.provider === provider)!;

test('lists what was tried, what auto takes, and why the rest fails: in words of ours where we know better', async () => {
  await machine('fails');
  obstacles.set('webgpu', 'there is no graphics card');
  const found = await examined();
  expect(found.engines.map(({ backend, provider, works }) => [backend, provider, works])).toEqual([
    ['onnx', 'cpu', true],
    ['onnx', 'webgpu', false],
    ['tfjs-node-gpu', null, false],
    ['tfjs-node', null, false],
    ['wasm', null, false],
    ['cpu', null, true],
  ]);
  expect(found.problem).toBeNull();
  expect(row(found, 'onnx', 'webgpu')).toMatchObject({ reason: 'there is no graphics card', forcedBy: null });
  expect(row(found, 'tfjs-node').reason).toBe('tfjs-node is not installed');
  expect(row(found, 'wasm').reason).toMatch(/^its test crashed/);
});

test('marks what is used: the cpu, and from then on the faster one that just passed its test', async () => {
  await machine('works 10 9');
  const marked = ({ engines }: Examination): unknown[] => engines.filter(({ chosen }) => chosen).map(({ backend, provider }) => [backend, provider]);
  expect(marked(await examined())).toEqual([['onnx', 'cpu']]);
  await machine('works 1 10');
  expect(marked(await examined())).toEqual([['onnx', 'webgpu']]);
});

test.each([
  [{ VITLAB_PROVIDER: 'webgpu' }, 'onnx', 'webgpu', /^The provider webgpu, which the environment variable VITLAB_PROVIDER asks for, does not work here: No supported adapters\./],
  [{ VITLAB_BACKEND: 'tfjs-node' }, 'tfjs-node', null, /^What the environment variable VITLAB_BACKEND asks for cannot compute here \(tfjs-node: tfjs-node is not installed\)\./],
  [{ VITLAB_BACKEND: 'tfjs-node', VITLAB_ROLE: 'looker' }, 'tfjs-node', null, /^What the setting vitLab\.engine\.backend asks for /],
])('where what is forced does not work (%j) there is the whole table, no mark, and the reason', async (env, backend, provider, problem) => {
  await machine('fails');
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const found = await examined();
  expect(found.engines).toHaveLength(6);
  expect(found.engines.filter(({ chosen }) => chosen)).toEqual([]);
  expect(found.problem).toMatch(problem);
  expect(found.engines.filter(({ forcedBy }) => forcedBy !== null)).toEqual([row(found, backend, provider)]);
  expect(row(found, backend, provider).forcedBy).toMatch(/VITLAB_|vitLab\./);
});

test('a forced engine that there is not is told beside the table', async () => {
  await machine('fails');
  vi.stubEnv('VITLAB_BACKEND', 'torch');
  const found = await examined();
  expect(found.engines).toHaveLength(6);
  expect(found.problem).toBe('There is no torch, which the environment variable VITLAB_BACKEND asks for; it can be auto, onnx, tfjs-node-gpu, tfjs-node, wasm, cpu.');
});

test('native TensorFlow that is installed is tested in bfloat16, too', async () => {
  await machine('fails');
  await fakeTests({ 'onnx cpu': 'works 9 9', 'onnx webgpu': 'fails', 'wasm cpu': 'works 9 9', 'cpu cpu': 'works 9 9', 'tfjs-node cpu': 'works 8 9', 'tfjs-node cpu bf16': 'works 5 9', 'tfjs-node-gpu cpu': 'fails', 'tfjs-node-gpu cpu bf16': 'fails' });
  const found = await examine(createExecutors({ log: () => undefined }), new AbortController().signal, () => undefined);
  expect(found.engines.filter(({ backend }) => backend === 'tfjs-node').map(({ precision, stepMs }) => [precision, stepMs])).toEqual([['fp32', 8], ['bf16', 5]]);
});

test('ends when it is aborted, also within a test that hangs', async () => {
  fakeGpu('weak');
  const { asked } = await fakeTests({ 'onnx cpu': 'hang' });
  const stop = new AbortController();
  const found = examined(stop.signal);
  await vi.waitFor(async () => expect(await asked()).toEqual(['onnx cpu']), 30_000);
  stop.abort();
  await expect(found).rejects.toMatchObject({ name: 'AbortError' });
});
