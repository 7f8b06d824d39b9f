import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { version as onnxruntime } from 'onnxruntime-node/package.json';
import type { Provider } from '../config/schema';
import { findAddon, packageFolder } from './tensorflow/binding';
import { onnxRuntimeFolder } from './onnx/home';
import type { Candidate } from './executor';

export type TensorFlowName = 'tfjs-node' | 'tfjs-node-gpu';

/** Where to look; tests look elsewhere. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** The root of the file system. */
  readonly root: string;
}

const here: Machine = { platform: process.platform, root: '/' };

/**
 * What a verdict holds for, beside versions: processor, cores, system, graphics cards and their driver, as far as they
 * can be read without loading a driver. The machine's name would say less: it changes with every container, and two
 * machines that are alike may share what they found out.
 */
export function machineFacts(machine = here): string {
  return [cpus()[0]?.model.trim() ?? '?', availableParallelism(), release(), ...graphics(machine)].join(', ');
}

function graphics({ root }: Machine): readonly string[] {
  const nvidia = text(path.join(root, 'proc/driver/nvidia/version')).split('\n')[0]!.trim();
  const cards = renderers(root).map((name) => ['vendor', 'device'].map((file) => text(path.join(root, 'sys/class/drm', name, 'device', file)).trim()).join(':'));
  return [nvidia, ...cards].filter(Boolean);
}

/** Providers of ONNX Runtime beside the cpu; the others that it knows are no use to a training. */
export const DEVICES: readonly Provider[] = ['cuda', 'dml', 'coreml', 'webgpu'];

/** The providers that ONNX Runtime's package for npm may have here. It is not loaded to be asked: another engine may compute. */
export function providersHere({ platform } = here): readonly Provider[] {
  const own: Partial<Record<NodeJS.Platform, Provider>> = { linux: 'cuda', win32: 'dml', darwin: 'coreml' };
  return ['cpu', ...DEVICES.filter((name) => name === 'webgpu' || name === own[platform])];
}

/** Which native library an engine computes with: its version and place, or the file of a binding with its time. */
export function nativeParts({ backend }: Candidate): readonly string[] {
  if (backend === 'onnx') return [onnxruntime, process.env['VITLAB_ONNXRUNTIME'] ?? ''];
  const addon = backend === 'tfjs-node' || backend === 'tfjs-node-gpu' ? addonOf(backend) : undefined;
  return addon === undefined ? [] : [addon, statSync(addon).mtime.toISOString()];
}

/** The binding of an installed package: in the folder that VITLAB_TFJS_NODE names, else where Node looks from here. */
export function addonOf(backend: TensorFlowName): string | undefined {
  return findAddon(`@tensorflow/${backend}`, tensorFlowFolder());
}

function tensorFlowFolder(): string {
  return process.env['VITLAB_TFJS_NODE'] || __dirname;
}

/**
 * Why an engine cannot work here, as far as a look at files tells; nothing where only a test can tell. Looking costs no
 * time, and loads no driver that would print, hang or crash.
 */
export function obstacle({ backend, provider }: Candidate, machine = here): string | undefined {
  if (backend === 'tfjs-node' || backend === 'tfjs-node-gpu') return noAddon(backend);
  if (backend !== 'onnx' || machine.platform !== 'linux') return undefined;
  if (provider === 'webgpu' && !hasGpu(machine)) return l10n.t('there is no graphics card: neither /dev/dri nor /dev/nvidia0');
  if (provider !== 'cuda') return undefined;
  if (!hasNvidia(machine)) return l10n.t('there is no NVIDIA GPU with its driver: no /dev/nvidia0');
  return existsSync(cudaLibrary()) ? undefined : noCuda();
}

/** The part of ONNX Runtime for CUDA, which its package for npm leaves out. */
function cudaLibrary(): string {
  return path.join(onnxRuntimeFolder(), 'bin/napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
}

function noCuda(): string {
  const install = `ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node@${onnxruntime}`;
  return l10n.t("ONNX Runtime's libraries for CUDA are not installed: `{0}` in a folder that VITLAB_ONNXRUNTIME names", install);
}

function noAddon(backend: TensorFlowName): string | undefined {
  if (addonOf(backend) !== undefined) return undefined;
  const build = `vit-lab build-tensorflow${backend === 'tfjs-node' ? '' : ' --gpu'}`;
  if (packageFolder(`@tensorflow/${backend}`, tensorFlowFolder()) === undefined) return l10n.t('not installed; {0} builds it', build);
  return l10n.t('installed, but has no native binding for Node {0} on {1}; {2} builds one', process.version, process.platform, build);
}

function hasNvidia({ root }: Machine): boolean {
  // Windows' Linux has the GPU behind /dev/dxg.
  return ['dev/nvidia0', 'dev/dxg'].some((device) => existsSync(path.join(root, device)));
}

function hasGpu(machine: Machine): boolean {
  return hasNvidia(machine) || renderers(machine.root).length > 0;
}

/** Graphics cards that compute, e.g. `renderD128`. */
function renderers(root: string): readonly string[] {
  try {
    return readdirSync(path.join(root, 'dev/dri')).filter((name) => name.startsWith('render')).sort();
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
