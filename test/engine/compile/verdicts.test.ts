/** Tests of engines in processes of their own, whatever these do; and what is remembered of them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { forgetVerdict, knownVerdict, renewedVerdict } from '../../../src/engine/compile/verdicts';
import { fakeTests } from './fakes';

// Whether this machine has a graphics card is no matter of these tests.
const machine = vi.hoisted(() => ({ obstacle: undefined as string | undefined, facts: 'this machine' }));
vi.mock('../../../src/engine/compile/machine', () => ({ obstacle: () => machine.obstacle, machineFacts: () => machine.facts, nativeParts: () => ['1.2.3'] }));

afterEach(() => {
  vi.unstubAllEnvs();
  Object.assign(machine, { obstacle: undefined, facts: 'this machine' });
});

const webgpu = { backend: 'onnx', provider: 'webgpu' } as const;

describe('a test of an engine', () => {
  test('that passes gives its times', async () => {
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    expect(await renewedVerdict(webgpu)).toEqual({ works: true, label: 'onnx (WEBGPU), ONNX Runtime 1.0.0', stepMs: 1, referenceMs: 10, difference: 0 });
  });

  test('that crashes harms nobody and is on record', async () => {
    await fakeTests({ 'onnx webgpu': 'crash' });
    expect(await renewedVerdict(webgpu)).toEqual({ works: false, reason: expect.stringMatching(/^its test crashed \((SIGABRT|134|3)\)$/) });
    expect(await knownVerdict(webgpu)).toMatchObject({ works: false });
  });

  test('that hangs ends after its time', async () => {
    await fakeTests({ 'onnx webgpu': 'hang' });
    expect(await renewedVerdict(webgpu, { patienceMs: 200 })).toEqual({ works: false, reason: 'its test did not end within 0.2 seconds' });
  });

  test('that hangs ends when it is aborted, and nothing is on record', async () => {
    const { asked } = await fakeTests({ 'onnx webgpu': 'hang' });
    const stop = new AbortController();
    const verdict = renewedVerdict(webgpu, { signal: stop.signal, background: true });
    await vi.waitFor(async () => expect(await asked()).toEqual(['onnx webgpu']), 30_000);
    stop.abort();
    await expect(verdict).rejects.toMatchObject({ name: 'AbortError' });
    expect(await knownVerdict(webgpu)).toBeUndefined();
    await expect(renewedVerdict(webgpu, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('that cannot be started says what is missing', async () => {
    await fakeTests();
    vi.stubEnv('VITLAB_ENGINE', '/nowhere/engine.js');
    expect(await renewedVerdict(webgpu)).toEqual({ works: false, reason: '/nowhere/engine.js is missing' });
  });
});

describe('a verdict', () => {
  test('is on record for its engine, provider and precision until it is forgotten', async () => {
    await fakeTests({ 'onnx webgpu': 'works 1 10', 'tfjs-node cpu bf16': 'fails' });
    await renewedVerdict(webgpu);
    await renewedVerdict({ backend: 'tfjs-node', precision: 'bf16' });
    expect(await knownVerdict(webgpu)).toMatchObject({ works: true });
    expect(await knownVerdict({ backend: 'tfjs-node', precision: 'bf16' })).toMatchObject({ works: false });
    expect(await knownVerdict({ backend: 'tfjs-node' })).toBeUndefined();
    expect(await knownVerdict({ ...webgpu, provider: 'cuda' })).toBeUndefined();
    await forgetVerdict(webgpu);
    expect(await knownVerdict(webgpu)).toBeUndefined();
    expect(await knownVerdict({ backend: 'tfjs-node', precision: 'bf16' })).toMatchObject({ works: false });
  });

  test('holds on machines like this one only', async () => {
    await fakeTests({ 'onnx webgpu': 'works 1 10' });
    await renewedVerdict(webgpu);
    machine.facts = 'another graphics card';
    expect(await knownVerdict(webgpu)).toBeUndefined();
    machine.facts = 'this machine';
    expect(await knownVerdict(webgpu)).toMatchObject({ works: true });
  });

  test('is not kept where a look at the machine shows what is missing: that may be installed', async () => {
    await fakeTests({ 'onnx webgpu': 'fails' });
    machine.obstacle = 'no graphics card';
    expect(await renewedVerdict(webgpu)).toMatchObject({ works: false });
    expect(await knownVerdict(webgpu)).toBeUndefined();
  });

  test('is remembered by the process where nothing can be written, and forgotten by it, too', async () => {
    const { cache } = await fakeTests({ 'onnx webgpu': 'works 1 10' });
    // A file stands where the folder should be: that stops even the superuser.
    await writeFile(cache, '');
    await renewedVerdict(webgpu);
    expect(await knownVerdict(webgpu)).toMatchObject({ works: true });
    await forgetVerdict(webgpu);
    expect(await knownVerdict(webgpu)).toBeUndefined();
  });

  test.each(['null', '[]', '7', '{', '{"a": null, "b": {"works": "yes"}}'])('in a file that is damaged (%s) is tested again and written', async (damaged) => {
    const { cache } = await fakeTests({ 'onnx webgpu': 'works 1 10' });
    await mkdir(cache);
    await writeFile(path.join(cache, 'engines.json'), damaged);
    expect(await knownVerdict(webgpu)).toBeUndefined();
    await renewedVerdict(webgpu);
    expect(await knownVerdict(webgpu)).toMatchObject({ works: true });
    expect(Object.keys(JSON.parse(await readFile(path.join(cache, 'engines.json'), 'utf8')) as object)).toHaveLength(1);
  });
});
