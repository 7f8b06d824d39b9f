/** Which engine a configuration gets on this machine, and what it is told of what cannot be had. */
import { availableParallelism } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import type { Candidate } from '../../src/engine/compile/executor';
import type { obstacle } from '../../src/engine/compile/machine';
import { configSchema, type EngineConfig } from '../../src/engine/config/schema';
import { parseConfig } from '../../src/engine/config/load';
import { createExecutors, engineWarnings } from '../../src/engine/executors';
import { fakeGpu, fakeTests } from './compile/fakes';

vi.mock('../../src/engine/compile/backends', async (original) => {
  const real = await original<{ openExecutor: typeof openExecutor }>();
  return { ...real, openExecutor: vi.fn(real.openExecutor) };
});

// A graphics card, whatever this machine has.
vi.mock('../../src/engine/compile/machine', async (original) => {
  const real = await original<{ obstacle: typeof obstacle }>();
  return { ...real, providersHere: () => ['cpu', 'webgpu'], obstacle: (candidate: Candidate) => (candidate.backend === 'onnx' ? undefined : real.obstacle(candidate)) };
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.mocked(openExecutor).mockClear();
});

const engine = (parts: Partial<EngineConfig>): EngineConfig => configSchema.shape.engine.parse(parts);
const open = (parts: Partial<EngineConfig> = {}): Promise<unknown> => createExecutors({ log: () => undefined }).open(engine(parts));

test('no more threads are used than there are cores, and a training says so', async () => {
  fakeGpu('weak');
  await fakeTests();
  const cores = availableParallelism();
  for (const [threads, used] of [[0, 0], [1, 1], [cores, cores], [500, cores]] as const) {
    await open({ threads });
    expect(vi.mocked(openExecutor).mock.lastCall?.[1]?.threads).toBe(used);
  }
  expect([...engineWarnings(engine({ threads: cores }))]).toEqual([]);
  expect([...engineWarnings(engine({ threads: 500 + cores }))]).toEqual([`engine.threads is ${500 + cores}, but there are ${cores} cores here: ${cores} threads are used.`]);
});

test('an engine is opened once, and again after the first try failed', async () => {
  fakeGpu('weak');
  await fakeTests();
  const executors = createExecutors({ log: () => undefined });
  vi.mocked(openExecutor).mockRejectedValueOnce(new Error('no memory'));
  await expect(executors.open()).rejects.toThrow('no memory');
  expect(await executors.open()).toBe(await executors.open());
  expect(openExecutor).toHaveBeenCalledTimes(2);
});

test('what was found beside a training is used by the next one of the same process', async () => {
  fakeGpu('weak');
  await fakeTests({ 'onnx webgpu': 'works 1 10' });
  const executors = createExecutors({ log: () => undefined });
  expect((await executors.open()).info.label).toBe('onnx (CPU), ONNX Runtime 1.0.0');
  await executors.search(engine({}), () => undefined);
  expect((await executors.open()).info.label).toBe('onnx (WEBGPU), ONNX Runtime 1.0.0');
});

test.each<Partial<EngineConfig>>([{ backend: 'onnx' }, { provider: 'cpu' }, { precision: 'bf16' }, { execution: 'eager' }])('a training that asks for %j looks for nothing faster', async (parts) => {
  fakeGpu('weak');
  const { asked } = await fakeTests({ 'onnx webgpu': 'works 1 10' });
  const told = vi.fn();
  await createExecutors({ log: () => undefined }).search(engine(parts), told);
  expect(told).not.toHaveBeenCalled();
  expect(await asked()).toEqual([]);
});

test('bfloat16 without native TensorFlow names what lacks and how to get it, and nothing that is set already', async () => {
  fakeGpu('weak');
  await fakeTests();
  const failed = open({ precision: 'bf16' });
  await expect(failed).rejects.toThrow(/^engine\.precision bf16 needs native TensorFlow \(tfjs-node-gpu: not installed; vit-lab build-tensorflow --gpu builds it; tfjs-node: not installed; vit-lab build-tensorflow builds it\)\. Build it /);
  await expect(failed).rejects.toThrow(/^((?!engine\.backend).)*$/);
});

test('a provider for an engine that has none is told', () => {
  const text = 'dataset:\n  format: shapes\nengine:\n  backend: wasm\n  provider: cuda\n  threads: 2\n';
  expect(parseConfig(text, '/a/x.yaml').problems.map(({ line, severity, message }) => [line, severity, message])).toEqual([
    [5, 'warning', 'engine.provider (cuda) is for ONNX Runtime only; engine.backend is wasm, which has no providers.'],
    [6, 'warning', 'engine.threads is for ONNX Runtime only; engine.backend is wasm.'],
  ]);
  expect(parseConfig(text.replace('wasm', 'onnx'), '/a/x.yaml').problems).toEqual([]);
});

test('fewer bits are computed by ONNX Runtime where nothing else is forced, and float32 by the fastest', () => {
  const executors = createExecutors({ log: () => undefined });
  expect([executors.wishFor('fp32'), executors.wishFor()]).toEqual([undefined, undefined]);
  expect(executors.wishFor('int8')).toMatchObject({ backend: 'onnx', provider: 'auto' });
  vi.stubEnv('VITLAB_BACKEND', 'wasm');
  expect(executors.wishFor('int8')).toBeUndefined();
});
