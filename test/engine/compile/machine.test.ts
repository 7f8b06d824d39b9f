/** What a look at files tells of a machine's engines. */
import { afterEach, expect, test, vi } from 'vitest';
import { addonOf, machineFacts, nativeParts, obstacle, providersHere } from '../../../src/engine/compile/machine';
import { importRuntime } from '../../../src/engine/compile/onnx/home';
import { reasonOf } from '../../../src/engine/compile/reason';
import { temporaryFolder, writeTree } from '../../fixtures/data';

afterEach(() => {
  vi.unstubAllEnvs();
});

const webgpu = { backend: 'onnx', provider: 'webgpu' } as const;
const cuda = { backend: 'onnx', provider: 'cuda' } as const;
const linux = (root: string): { platform: 'linux'; root: string } => ({ platform: 'linux', root });

test('on Linux there is no WebGPU without a graphics card, and no CUDA without one of NVIDIA; elsewhere only a test tells', async () => {
  const root = await temporaryFolder();
  expect(obstacle(webgpu, linux(root))).toBe('there is no graphics card: neither /dev/dri nor /dev/nvidia0');
  expect(obstacle(cuda, linux(root))).toBe('there is no NVIDIA GPU with its driver: no /dev/nvidia0');
  for (const platform of ['win32', 'darwin'] as const) expect(obstacle(webgpu, { platform, root })).toBeUndefined();
  await writeTree(root, { 'dev/dri/renderD128': '' });
  expect(obstacle(webgpu, linux(root))).toBeUndefined();
  expect(obstacle(cuda, linux(root))).toMatch(/NVIDIA/);
  await writeTree(root, { 'dev/nvidia0': '' });
  vi.stubEnv('VITLAB_ONNXRUNTIME', '');
  expect(obstacle(cuda, linux(root))).toMatch(/^ONNX Runtime's libraries for CUDA are not installed: `ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node@\d+\.\d+\.\d+` in a folder that VITLAB_ONNXRUNTIME names$/);
});

test.each([
  ['linux', ['cpu', 'cuda', 'webgpu']],
  ['win32', ['cpu', 'dml', 'webgpu']],
  ['darwin', ['cpu', 'coreml', 'webgpu']],
] as const)('ONNX Runtime on %s may have %j', (platform, providers) => {
  expect(providersHere({ platform, root: '/' })).toEqual(providers);
});

test('libraries for CUDA are found in the folder that VITLAB_ONNXRUNTIME names', async () => {
  const root = await temporaryFolder();
  await writeTree(root, {
    'dev/nvidia0': '',
    'node_modules/onnxruntime-node/package.json': '{ "version": "1.0.0" }',
    [`node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`]: '',
  });
  vi.stubEnv('VITLAB_ONNXRUNTIME', root);
  expect(obstacle(cuda, linux(root))).toBeUndefined();
  await expect(importRuntime()).rejects.toThrow(/vitLab\.engine\.onnxRuntimeFolder\), .*, has onnxruntime-node 1\.0\.0; (\d+\.\d+\.\d+) is needed\. Run there: npm install onnxruntime-node@\1$/);
  vi.stubEnv('VITLAB_ONNXRUNTIME', await temporaryFolder());
  await expect(importRuntime()).rejects.toThrow(/has no onnxruntime-node; /);
});

test('native TensorFlow is not installed, or installed without its binding, or neither', async () => {
  const root = await temporaryFolder();
  vi.stubEnv('VITLAB_TFJS_NODE', root);
  expect(obstacle({ backend: 'tfjs-node' })).toBe('not installed; vit-lab build-tensorflow builds it');
  expect(obstacle({ backend: 'tfjs-node-gpu' })).toBe('not installed; vit-lab build-tensorflow --gpu builds it');
  await writeTree(root, { 'node_modules/@tensorflow/tfjs-node/package.json': '{}' });
  expect(obstacle({ backend: 'tfjs-node' })).toMatch(/^installed, but has no native binding for Node v\S+ on \w+; vit-lab build-tensorflow builds one$/);
  await writeTree(root, { 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node': '' });
  expect(obstacle({ backend: 'tfjs-node' })).toBeUndefined();
  // A verdict holds for this file as it is.
  expect(nativeParts({ backend: 'tfjs-node' })).toEqual([addonOf('tfjs-node'), expect.stringMatching(/^\d{4}-/)]);
});

test('the facts of a machine change with its graphics cards and their driver, not with its name', async () => {
  const root = await temporaryFolder();
  const bare = machineFacts(linux(root));
  await writeTree(root, { 'dev/dri/renderD128': '', 'sys/class/drm/renderD128/device/vendor': '0x8086\n', 'sys/class/drm/renderD128/device/device': '0x9a49\n' });
  const intel = machineFacts(linux(root));
  await writeTree(root, { 'proc/driver/nvidia/version': 'NVRM version: 535.104.05\nGCC version: 12\n' });
  expect(intel).toBe(`${bare}, 0x8086:0x9a49`);
  expect(machineFacts(linux(root))).toBe(`${bare}, NVRM version: 535.104.05, 0x8086:0x9a49`);
});

test.each([
  ['/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::<lambda()> adapter_result.status == wgpu::Success was false. Failed to get a WebGPU adapter: No supported adapters\n', 'Failed to get a WebGPU adapter: No supported adapters'],
  ['Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 std::conditional_t<> onnxruntime::CudaCall() CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=x ; expr=cudaSetDevice', 'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version'],
  ['Exception during initialization: /onnxruntime_src/onnxruntime/core/session/x.cc:7 Out of memory', 'Out of memory'],
])('what ONNX Runtime says is told without the places in its source', (raw, told) => {
  expect(reasonOf(new Error(raw))).toBe(told);
});
