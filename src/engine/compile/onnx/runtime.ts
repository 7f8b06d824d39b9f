import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { FloatTensor } from '../../tensors';
import type { ForwardResult } from '../executor';
import type { MixedWeights } from '../passes/quantise';
import { explainShortage } from '../memory';
import type { RuntimeOptions } from './api';
import { importRuntime } from './home';

type Runtime = typeof import('onnxruntime-node');

let loaded: Promise<Runtime> | undefined;

/** ONNX Runtime, loaded when it is first needed. */
export function loadRuntime(): Promise<Runtime> {
  return (loaded ??= importRuntime());
}

/** The version of the runtime and the providers that this build of it knows; whether they work is another question. */
export async function about(): Promise<{ version: string; providers: readonly string[] }> {
  const { env, listSupportedBackends } = await loadRuntime();
  return { version: env.versions.node ?? env.versions.common, providers: listSupportedBackends().map(({ name }) => name) };
}

/** Tensors of the runtime by the names of a graph's inputs or outputs. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A compiled graph on a provider. */
export interface Runnable {
  readonly inputs: readonly string[];
  /** @param outputs names of those that are fetched; all unless they are given */
  run(feeds: Feeds, outputs?: (name: string) => boolean): Promise<Feeds>;
  release(): Promise<void>;
}

/**
 * Opens a session.
 *
 * @param weights data of the graph's external initializers, by name
 */
export async function openSession(graph: Uint8Array, { provider, threads, spins = true }: RuntimeOptions, weights: MixedWeights = new Map()): Promise<Runnable> {
  const { InferenceSession } = await loadRuntime();
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    graphOptimizationLevel: 'all',
    // Half the memory at the same speed: a pattern is planned for all sizes at once, the arena reuses what is free.
    enableMemPattern: false,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(threads > 0 && { intraOpNumThreads: threads }),
    ...(weights.size > 0 && { externalData: [...weights].map(([path, { data }]) => ({ path, data: bytesOf(data) })) }),
    // Numbers below 1e-38, which moments of unused weights reach, would be computed a hundred times slower.
    extra: { session: { set_denormal_as_zero: '1', ...(!spins && { intra_op: { allow_spinning: '0' } }) } },
  };
  const session = await InferenceSession.create(graph, options);
  return {
    inputs: session.inputNames,
    async run(feeds, outputs) {
      try {
        return await (outputs ? session.run(feeds, session.outputNames.filter(outputs)) : session.run(feeds));
      } catch (error) {
        throw explainShortage(error);
      }
    },
    release: () => session.release(),
  };
}

export async function toTensor({ data, shape }: FloatTensor): Promise<Tensor> {
  const { Tensor: Made } = await loadRuntime();
  return new Made('float32', data, shape);
}

export async function feedsOf(tensors: Readonly<Record<string, FloatTensor>>): Promise<Feeds> {
  await loadRuntime();
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, tensor]) => [name, await toTensor(tensor)] as const)));
}

export function fromTensor({ data, dims }: Tensor): FloatTensor {
  return { shape: dims, data: data as Float32Array };
}

export function scalarOf({ data }: Tensor): number {
  return (data as Float32Array)[0]!;
}

/** The outputs of a forward pass: `logits`, and everything else as a tap. */
export function resultOf({ logits, ...taps }: Feeds): ForwardResult {
  return { logits: fromTensor(logits!), taps: new Map(Object.entries(taps).map(([name, tensor]) => [name, fromTensor(tensor)])) };
}

function bytesOf(data: Float32Array | Int8Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
