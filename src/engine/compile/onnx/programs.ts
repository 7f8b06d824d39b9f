import * as l10n from '@vscode/l10n';
import { version } from 'onnxruntime-node/package.json';
import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { TensorMap } from '../../tensors';
import { UserError } from '../../userError';
import type { Precision, TapWish } from '../executor';
import type { Graph } from '../graph';
import { openCached } from '../graphCache';
import type { Target } from '../passes/pipeline';
import { readParts, turnWeights, withParts } from '../passes/turnWeights';
import type { StepOptions } from '../programs';
import { graphRecipe } from '../recipe';
import type { RuntimeOptions } from './api';
import { openSession, type Runnable } from './runtime';

/** A training step, or a part of one, ready to run; its inputs and outputs are those of `traceStep`. */
export function openStep(spec: ViTSpec, recipe: TrainConfig, options: StepOptions, runtime: RuntimeOptions): Promise<Runnable> {
  const traced = async (): Promise<Graph> => {
    const { traceStep } = await import('../programs');
    return traceStep(spec, recipe, options);
  };
  return openCompiled(runtime, { program: 'step', spec, recipe: graphRecipe(recipe), ...options }, { target: 'onnx', traced }, (model) => openSession(model, runtime));
}

/** The graphs of a step whose batch is shared in blocks, see `divide`. */
export interface BlockModels {
  readonly prepare: Uint8Array;
  readonly block: Uint8Array;
  /** Sums the blocks up and steps: its inputs are `d0.…`, `d1.…` … of the blocks, and those of an `update` but for the gradients. */
  readonly update: Uint8Array;
}

/**
 * Opens them together, as far as `open` does; of those that are in the cache, the one that does not open is made again.
 *
 * @param blocks how many, of how many images
 */
export function openBlocks<T>(spec: ViTSpec, recipe: TrainConfig, blocks: { readonly count: number; readonly rows: number }, runtime: RuntimeOptions, open: (models: BlockModels) => Promise<T>): Promise<T> {
  let all: Promise<Record<keyof BlockModels, Graph>> | undefined;
  const piece = (name: keyof BlockModels, target: Target, opening: Opening<T>): Promise<T> => {
    const traced = async (): Promise<Graph> => (await (all ??= tracedBlocks(spec, recipe, blocks)))[name];
    return openCompiled(runtime, { program: `blocks ${name}`, spec, recipe: graphRecipe(recipe), ...blocks }, { target, traced }, opening);
  };
  return piece('prepare', 'block', (prepare) => piece('block', 'block', (block) => piece('update', 'onnx', (update) => open({ prepare, block, update }))));
}

async function tracedBlocks(spec: ViTSpec, recipe: TrainConfig, { count, rows }: { readonly count: number; readonly rows: number }): Promise<Record<keyof BlockModels, Graph>> {
  const [{ traceStep }, { divide, finishThen }, { simplify }] = await Promise.all([import('../programs'), import('../divide'), import('../passes/pipeline')]);
  const whole = simplify(traceStep(spec, recipe, { part: 'block', batch: rows }));
  const { prepare, part, finish } = divide(whole, (name) => name.startsWith('p.'), (name) => name.startsWith('g.'));
  const update = traceStep(spec, recipe, { part: 'update', batch: 0 });
  return { prepare, block: part, update: finishThen(finish, count, update, (gradient) => gradient.replace(/\.next$/, '')) };
}

/** What is done with a model; it rejects when that does not open. */
export type Opening<T> = (model: Uint8Array) => Promise<T>;

/** How a forward pass gets its weights: to be prepared once, as `toRows` gives them (in a lower precision as `toKernels` does), or fed as the packed state of a training. */
export interface ForwardOptions {
  readonly batch: number;
  readonly taps: TapWish;
  readonly weights?: TensorMap;
  /** Needs weights. */
  readonly precision?: Precision;
}

/** A forward pass, ready to run; its inputs and outputs are those of `traceForward`. */
export async function openForward(spec: ViTSpec, options: ForwardOptions, runtime: RuntimeOptions): Promise<Runnable> {
  const { batch, taps, weights, precision } = options;
  const what = { batch, taps, packed: !weights };
  const traced = async (network = spec): Promise<Graph> => {
    const { traceForward } = await import('../programs');
    return traceForward(network, what);
  };
  if (weights && precision !== undefined && precision !== 'fp32') return openLower(await traced(), weights, precision, runtime);
  if (!weights) return openCompiled(runtime, { program: 'forward', spec, ...what }, { target: 'onnx', traced }, (graph) => openSession(graph, runtime));
  const plain: ViTSpec = { ...spec, plainWeights: true };
  const given = withParts(weights);
  const program: Program = { target: 'inference', traced: () => traced(plain), weights: new Set(given.keys()) };
  return openCompiled(runtime, { program: 'forward', spec: plain, ...what }, program, (graph) => openSession(graph, runtime, given));
}

/**
 * In a lower precision. Its weights are other ones for every network, so nothing of it is kept.
 *
 * @throws UserError for half precision on a CPU
 */
async function openLower(graph: Graph, weights: TensorMap, precision: Precision, runtime: RuntimeOptions): Promise<Runnable> {
  if (precision === 'fp16' && runtime.provider === 'cpu')
    throw new UserError(l10n.t('The CPU has no products in half precision (fp16): ONNX Runtime would convert to float32 and back. Use int8, or a provider for a GPU.'));
  const [{ optimise }, { foldWeights }, { inPrecision }, { emitOnnx }] = await Promise.all([
    import('../passes/pipeline'),
    import('../passes/foldWeights'),
    import('../passes/inPrecision'),
    import('./emit'),
  ]);
  const folded = foldWeights(optimise(graph, 'inference'), (name) => weights.has(name));
  const model = inPrecision[precision](folded.graph, folded.compute(weights));
  // Only CPUs have products of 8 bits with such scales.
  const provider = precision === 'int8' ? 'cpu' : runtime.provider;
  return openSession(emitOnnx(model.graph, { external: new Set(model.weights.keys()) }), { ...runtime, provider }, model.weights);
}

/** How a graph becomes a model. */
interface Program {
  readonly target: Target;
  readonly traced: () => Promise<Graph>;
  /** Names of inputs that do not change from run to run. */
  readonly weights?: ReadonlySet<string>;
}

/** Only a graph that is not in the cache is traced, and only then TensorFlow.js is loaded. */
function openCompiled<T>({ cache }: RuntimeOptions, key: object, { target, traced, weights }: Program, open: Opening<T>): Promise<T> {
  const make = async (): Promise<Uint8Array> => {
    const [graph, { optimise }, { emitOnnx }] = await Promise.all([traced(), import('../passes/pipeline'), import('./emit')]);
    if (!weights) return emitOnnx(optimise(graph, target));
    const ready = readParts(optimise(turnWeights(graph, (name) => weights.has(name)), target), (name) => weights.has(name));
    return emitOnnx(ready, { external: new Set(ready.inputs.flatMap(({ name }) => (weights.has(name) ? [name] : []))) });
  };
  return openCached(cache, { onnxruntime: version, ...key }, make, open);
}
