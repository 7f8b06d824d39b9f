/** What `auto` takes, and how it finds out in the background. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { Candidate, Executor, TrainSession } from '../../../src/engine/compile/executor';
import { searchFaster } from '../../../src/engine/compile/search';
import { knownVerdict, renewedVerdict } from '../../../src/engine/compile/verdicts';
import { configSchema } from '../../../src/engine/config/schema';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { fakeGpu, fakeTests } from './fakes';

const missing = vi.hoisted(() => new Set<string>());
vi.mock('../../../src/engine/compile/machine', async (original) => ({
  ...(await original<object>()),
  providersHere: () => ['cpu', 'webgpu'],
  obstacle: ({ backend, provider }: Candidate) => (missing.has(provider ?? backend) ? `no ${provider ?? backend}` : undefined),
}));

afterEach(() => {
  vi.unstubAllEnvs();
  missing.clear();
});

const webgpu = { backend: 'onnx', provider: 'webgpu' } as const;
const [cpu, gpu] = ['onnx (CPU), ONNX Runtime 1.0.0', 'onnx (WEBGPU), ONNX Runtime 1.0.0'];

async function searched(signal = new AbortController().signal): Promise<readonly string[]> {
  const told: string[] = [];
  await searchFaster({ signal, tell: (message) => told.push(message) });
  return told;
}

function train(executor: Executor): Promise<TrainSession> {
  const { image, model, train: recipe } = configSchema.parse({ image: { size: 8 }, model: { embed_dim: 8, num_heads: 2, depth: 1 } });
  const spec = vitSpec(image, model, 2);
  const params = initParams(spec, 1);
  return executor.train(spec, { params, m: params, v: params, step: 0 }, recipe);
}

describe('auto', () => {
  test('starts on the cpu and tests nothing where there is no verdict', async () => {
    fakeGpu('weak');
    const { asked } = await fakeTests({ 'onnx webgpu': 'works 1 10' });
    expect((await openExecutor('auto')).info).toEqual({ name: 'onnx', label: cpu, rejected: [] });
    expect(await asked()).toEqual([]);
  });

  test('takes what is on record as faster, and nothing that is slower', async () => {
    fakeGpu('weak');
    const { set } = await fakeTests({ 'onnx webgpu': 'works 10 9' });
    await renewedVerdict(webgpu);
    expect((await openExecutor('auto')).info.label).toBe(cpu);
    set({ 'onnx webgpu': 'works 9 10' });
    await renewedVerdict(webgpu);
    expect((await openExecutor('auto')).info.label).toBe(gpu);
  });

  test('falls back when a provider is gone that once passed: the verdict is dropped, and it is told once, without the source of ONNX Runtime', async () => {
    fakeGpu('gone');
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    await renewedVerdict(webgpu);
    expect((await openExecutor('auto')).info).toEqual({ name: 'onnx', label: cpu, rejected: [{ name: 'onnx (WEBGPU)', reason: 'No supported adapters' }] });
    expect(await knownVerdict(webgpu)).toBeUndefined();
    expect((await openExecutor('auto')).info).toEqual({ name: 'onnx', label: cpu, rejected: [] });
  });

  test('falls back without loading a driver when a look shows that the device is gone', async () => {
    fakeGpu('weak');
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    await renewedVerdict(webgpu);
    missing.add('webgpu');
    expect((await openExecutor('auto')).info.rejected).toEqual([{ name: 'onnx (WEBGPU)', reason: 'no webgpu' }]);
  });

  test('falls back when the device refuses a network, and says so once', async () => {
    fakeGpu('weak');
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    await renewedVerdict(webgpu);
    const log = vi.fn();
    const executor = await openExecutor('auto', { log });
    expect(executor.info.label).toBe(gpu);
    await train(executor);
    await train(executor);
    expect(executor.info).toEqual({ name: 'onnx', label: cpu, rejected: [{ name: gpu, reason: 'Conv is not supported' }] });
    expect(log.mock.calls).toEqual([[`${gpu} is not used: Conv is not supported`]]);
    expect(await knownVerdict(webgpu)).toBeUndefined();
  });

  test('does not take native TensorFlow that no longer loads, and drops its verdict', async () => {
    fakeGpu('weak');
    await fakeTests({ 'tfjs-node cpu': 'works 1 10' });
    await renewedVerdict({ backend: 'tfjs-node' });
    missing.add('tfjs-node');
    expect((await openExecutor('auto')).info).toEqual({ name: 'onnx', label: cpu, rejected: [{ name: 'tfjs-node', reason: 'no tfjs-node' }] });
    expect((await openExecutor('auto')).info.rejected).toEqual([]);
  });
});

describe('a forced provider', () => {
  test('that passes its test is taken; it is not tested twice', async () => {
    fakeGpu('weak');
    const { asked } = await fakeTests({ 'onnx webgpu': 'works 10 1' });
    for (let i = 0; i < 2; i++) expect((await openExecutor('auto', { provider: 'webgpu' })).info.label).toBe(gpu);
    expect(await asked()).toEqual(['onnx webgpu']);
  });

  test('that stopped working is an error that names what asks for it', async () => {
    fakeGpu('gone');
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    const asks = { backend: '?', provider: 'the environment variable VITLAB_PROVIDER' };
    await expect(openExecutor('auto', { provider: 'webgpu', asks })).rejects.toThrow(
      'The provider webgpu, which the environment variable VITLAB_PROVIDER asks for, does not work here: No supported adapters. auto takes what works.',
    );
    await expect(openExecutor('auto', { provider: 'dml' })).rejects.toThrow(/^ONNX Runtime has no provider dml, which engine\.provider asks for, on this system \(it has cpu, webgpu\)/);
  });

  test('whose test hangs does not hold up a stop', async () => {
    fakeGpu('weak');
    const { asked } = await fakeTests({ 'onnx webgpu': 'hang' });
    const stop = new AbortController();
    const opening = openExecutor('auto', { provider: 'webgpu', signal: stop.signal });
    await vi.waitFor(async () => expect(await asked()).toEqual(['onnx webgpu']), 30_000);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the search in the background', () => {
  test('tests what may exist and has no verdict, once, and says what it found', async () => {
    fakeGpu('weak');
    missing.add('tfjs-node-gpu');
    const { asked } = await fakeTests({ 'onnx webgpu': 'works 1 10', 'tfjs-node cpu': 'crash' });
    expect(await searched()).toEqual([
      'Testing in the background whether another engine is faster here: onnx (WEBGPU), tfjs-node',
      expect.stringMatching(/^tfjs-node is not used: its test crashed/),
      'A faster engine was found: onnx (WEBGPU), ONNX Runtime 1.0.0, 1.0 ms a step of the test instead of 10.0 ms. The next training uses it.',
    ]);
    expect((await openExecutor('auto')).info.label).toBe(gpu);
    expect(await searched()).toEqual([]);
    expect(await asked()).toEqual(['onnx webgpu', 'tfjs-node cpu']);
  });

  test('is one line where nothing is faster, and none where nothing can be', async () => {
    fakeGpu('weak');
    for (const name of ['tfjs-node', 'tfjs-node-gpu']) missing.add(name);
    await fakeTests({ 'onnx webgpu': 'works 10 9' });
    expect(await searched()).toEqual([expect.stringContaining('onnx (WEBGPU)'), 'onnx (WEBGPU) is not used: slower than the CPU: 10.0 ms a step, not 9.0']);
    missing.add('webgpu');
    expect(await searched()).toEqual([]);
  });

  test('ends quietly when the engine is closed', async () => {
    fakeGpu('weak');
    for (const name of ['tfjs-node', 'tfjs-node-gpu']) missing.add(name);
    const { asked } = await fakeTests({ 'onnx webgpu': 'hang' });
    const stop = new AbortController();
    const told = searched(stop.signal);
    await vi.waitFor(async () => expect(await asked()).toEqual(['onnx webgpu']), 30_000);
    stop.abort();
    expect(await told).toHaveLength(1);
  });
});
