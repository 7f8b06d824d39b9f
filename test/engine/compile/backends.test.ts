import { expect, test, vi } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { UserError } from '../../../src/engine/userError';

test('auto takes the best that loads, and says why no better one does; nothing is printed', async () => {
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
  const { info } = await openExecutor('auto');
  const order = ['onnx', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'];
  expect(info.rejected.map(({ name }) => name)).toEqual(order.slice(0, order.indexOf(info.name)));
  for (const { reason } of info.rejected) expect(reason).toMatch(/^[^\n]{5,120}$/);
  expect(info.label).toMatch(/^onnx \(CPU\), ONNX Runtime \d+\.\d+\.\d+$/);
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});

test('a wished backend is the only one tried', async () => {
  const { info } = await openExecutor('cpu');
  expect([info.name, info.rejected]).toEqual(['cpu', []]);
});

test('a wished backend that cannot be had is an error for the user that says why', async () => {
  const missing = openExecutor('wasm', { wasmFolder: '/nowhere' });
  await expect(missing).rejects.toThrow(UserError);
  await expect(missing).rejects.toThrow(/wasm: .*\/nowhere/);
});

test('without the thread of ONNX Runtime, auto says that it is missing and takes the next', async () => {
  vi.stubEnv('VITLAB_ONNX_WORKER', '/nowhere/onnxWorker.js');
  const { info } = await openExecutor('auto');
  vi.unstubAllEnvs();
  expect(info.name).not.toBe('onnx');
  expect(info.rejected[0]).toEqual({ name: 'onnx', reason: '/nowhere/onnxWorker.js is missing' });
  expect(info.rejected.map(({ name }) => name)).toEqual(['onnx', 'tfjs-node-gpu', 'tfjs-node']);
});
