import type { Tensor } from 'onnxruntime-node';
import type { TrainConfig } from '../../config/schema';
import { updatedOnly } from '../../model/params';
import { forImages, type ViTSpec } from '../../model/spec';
import { optimizerScalars, averageDecay } from '../../schedule';
import type { FloatTensor, TensorMap } from '../../tensors';
import type { StepInput, StepResult, TrainState } from '../executor';
import { groupsFor, groupsOf, pack, unpack } from '../groups';
import { joined, partAt, partsOf, rowsOfParts, type PartResult } from '../parts';
import type { StepOptions } from '../programs';
import type { Training } from '../sessions';
import type { RuntimeOptions } from './api';
import { blockCount } from './blocks';
import { openBlockSteps, type Stepped } from './blockSteps';
import { openForward, openStep } from './programs';
import { feedsOf, fromTensor, resultOf, scalarOf, toTensor, type Feeds, type Runnable } from './runtime';

/** Weights, both moments, and the average of the weights. */
type Kind = 'p' | 'm' | 'v' | 'a';

/**
 * Weights and moments live as flat vectors that a step takes and gives back, so a step that is not finite is undone by
 * keeping the old ones. A graph is compiled for every size of batch, in practice for two: all batches and the last.
 */
export async function openTraining(spec: ViTSpec, from: TrainState, recipe: TrainConfig, runtime: RuntimeOptions): Promise<Training> {
  const graphs = new Map<string, Promise<Runnable>>();
  const graph = (key: string, open: () => Promise<Runnable>): Promise<Runnable> => {
    const found = graphs.get(key) ?? open();
    graphs.set(key, found);
    found.catch(() => graphs.delete(key));
    return found;
  };
  const step = (of: ViTSpec, options: StepOptions): Promise<Runnable> => graph(JSON.stringify([of.imageSize, options]), () => openStep(of, recipe, options, runtime));
  const blockSteps = openBlockSteps(recipe, runtime);
  const average = recipe.model_ema_decay > 0 ? updatedOnly(spec, from.average ?? from.params) : undefined;
  let state = await upload(spec, { p: from.params, m: from.m, v: from.v, ...(average && { a: average }) });
  let steps = from.step;
  // What a device cannot compute has to show now, while another engine can still take over.
  if (runtime.provider !== 'cpu') await step(spec, firstStep(recipe));

  /** The parts one after the other, each by all cores. */
  const inParts = async (of: ViTSpec, input: StepInput, scalars: Feeds): Promise<Stepped> => {
    const done: PartResult[] = [];
    let out: Feeds = {};
    const parts = partsOf(of, input, recipe.grad_accum_steps);
    let sums = parts.length > 1 ? await zeroGradients(spec) : {};
    for (const { part, rows, tensors, share } of parts) {
      const given = await feedsOf({ ...Object.fromEntries(tensors), ...(share !== undefined && { share: scalar(share) }) });
      const read = part === 'add' ? only(state, ['p']) : { ...state, ...scalars };
      out = await (await step(of, { part, batch: rows })).run({ ...given, ...read, ...sums });
      if (part === 'add') sums = nextOf(out);
      done.push({ rows, loss: scalarOf(out['loss']!), logits: fromTensor(out['logits']!) });
    }
    return { out, done };
  };
  return {
    async step(input) {
      const decay = average ? { decay: scalar(averageDecay(steps + 1, recipe.model_ema_decay)) } : {};
      const rates = Object.entries(optimizerScalars(input.lr, steps + 1, recipe.betas)).map(([name, value]) => [name, scalar(value)] as const);
      const scalars = await feedsOf({ ...Object.fromEntries(rates), ...decay });
      const [batch, height, width] = input.images.shape as [number, number, number];
      const of = forImages(spec, [height, width]);
      const count = blockCount(of, batch, recipe, runtime);
      const { out, done } = await (count > 1 ? blockSteps.step(of, input, count, scalars, state) : inParts(of, input, scalars));
      const result: StepResult = { ...joined(done), gradNorm: scalarOf(out['norm']!) };
      if (Number.isFinite(result.loss) && Number.isFinite(result.gradNorm)) [state, steps] = [{ ...state, ...nextOf(out) }, steps + 1];
      return result;
    },
    async forward(images, taps, cotangent, heads) {
      const batch = images.shape[0]!;
      const forward = await graph(`forward ${batch} ${JSON.stringify(taps)}`, () => openForward(spec, { batch, taps }, runtime));
      return resultOf(await forward.run({ images: await toTensor(images), ...(await feedsOf({ ...(cotangent && { cotangent }), ...(heads && { heads }) })), ...weights(state) }));
    },
    state: () => {
      const params = download(spec, state, 'p');
      // What is frozen is its own average.
      return { params, m: download(spec, state, 'm'), v: download(spec, state, 'v'), ...(average && { average: new Map([...params, ...download(spec, state, 'a')]) }), step: steps };
    },
    async release() {
      await Promise.all([blockSteps.release(), ...[...graphs.values()].map(async (opened) => (await opened).release())]);
      graphs.clear();
    },
  };
}

/** The graph that a training on a device runs first. */
function firstStep({ batch_size: size, grad_accum_steps: count }: TrainConfig): StepOptions {
  const rows = rowsOfParts(size, count);
  return { part: partAt(0, rows.length), batch: rows[0]! };
}

/** The state as vectors `p.0` … */
async function upload(spec: ViTSpec, state: Readonly<Partial<Record<Kind, TensorMap>>>): Promise<Feeds> {
  const vectors = Object.entries(state).flatMap(([kind, tensors]) => [...pack(spec, tensors)].map(([name, vector]) => [`${kind}.${name}`, vector] as const));
  return feedsOf(Object.fromEntries(vectors));
}

function download(spec: ViTSpec, state: Feeds, kind: Kind): TensorMap {
  return unpack(spec, new Map(groupsOf(spec).flatMap(({ name }) => {
    const vector = state[`${kind}.${name}`];
    return vector ? [[name, fromTensor(vector)]] : [];
  })));
}

function zeroGradients(spec: ViTSpec): Promise<Feeds> {
  return feedsOf(Object.fromEntries(groupsFor(spec, 'g').map(({ name, size }) => [`g.${name}`, { shape: [size], data: new Float32Array(size) }])));
}

function scalar(value: number): FloatTensor {
  return { shape: [], data: Float32Array.of(value) };
}

/** The state after a step: its outputs `x.next`, as `x`. */
function nextOf(outputs: Feeds): Feeds {
  return Object.fromEntries(Object.entries(outputs).flatMap(([name, tensor]): [string, Tensor][] => (name.endsWith('.next') ? [[name.slice(0, -5), tensor]] : [])));
}

/** The weights that a forward pass uses, as its inputs `p.i`: the average where there is one; what is frozen has none. */
function weights(state: Feeds): Feeds {
  const average = Object.entries(only(state, ['a'])).map(([name, tensor]) => [name.replace(/^a/, 'p'), tensor] as const);
  return { ...only(state, ['p']), ...Object.fromEntries(average) };
}

function only(state: Feeds, kinds: readonly Kind[]): Feeds {
  return Object.fromEntries(Object.entries(state).filter(([name]) => kinds.some((kind) => name.startsWith(`${kind}.`))));
}
