import type { Tensor } from 'onnxruntime-node';
import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import { adamWScalars, averageDecay } from '../../schedule';
import type { FloatTensor, TensorMap } from '../../tensors';
import type { TrainState } from '../executor';
import { groupsOf, pack, unpack, type StepPart } from '../groups';
import { joined, partsOf, type PartResult } from '../parts';
import type { Training } from '../sessions';
import type { RuntimeOptions } from './api';
import { openForward, openStep } from './programs';
import { fromTensor, loadRuntime, resultOf, scalarOf, toTensor, type Feeds, type Runnable } from './runtime';

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
  const average = recipe.model_ema_decay > 0 ? (from.average ?? from.params) : undefined;
  const begin = { p: from.params, m: from.m, v: from.v, ...(average && { a: average }) };
  let state: Feeds = Object.assign({}, ...(await Promise.all(Object.entries(begin).map(([kind, tensors]) => upload(spec, kind as Kind, tensors))))) as Feeds;
  let steps = from.step;
  const kind = (name: Kind): TensorMap => unpack(spec, new Map(groupsOf(spec).flatMap((group) => {
    const vector = state[`${name}.${group.name}`];
    return vector ? [[group.name, fromTensor(vector)]] : [];
  })));

  const runPart = async (part: StepPart, feeds: Feeds, rows: number): Promise<Feeds> => {
    const step = await graph(`${part} ${rows}`, () => openStep(spec, recipe, { batch: rows, part }, runtime));
    return step.run(feeds);
  };
  return {
    async step(input) {
      const decay = average ? { decay: averageDecay(steps + 1, recipe.model_ema_decay) } : {};
      const scalars = await scalarFeeds({ ...adamWScalars(input.lr, steps + 1, recipe.betas), ...decay });
      const parts = partsOf(spec, input, recipe.grad_accum_steps);
      const done: PartResult[] = [];
      let out: Feeds = {};
      let sums = parts.length > 1 ? await zeroGradients(spec) : {};
      for (const { part, rows, tensors, share } of parts) {
        const feeds = { ...(await feedsOf(tensors)), ...(share === undefined ? {} : await scalarFeeds({ share })) };
        const read = part === 'add' ? only(state, ['p']) : state;
        out = await runPart(part, { ...feeds, ...(part === 'add' ? {} : scalars), ...read, ...sums }, rows);
        if (part === 'add') sums = nextOf(out);
        done.push({ rows, loss: scalarOf(out['loss']!), logits: fromTensor(out['logits']!) });
      }
      const result = { ...joined(done), gradNorm: scalarOf(out['norm']!) };
      if (Number.isFinite(result.loss) && Number.isFinite(result.gradNorm)) [state, steps] = [{ ...state, ...nextOf(out) }, steps + 1];
      return result;
    },
    async forward(images, taps, cotangent) {
      const batch = images.shape[0]!;
      const forward = await graph(`forward ${batch} ${JSON.stringify(taps)}`, () => openForward(spec, { batch, taps }, runtime));
      return resultOf(await forward.run({ images: await toTensor(images), ...(cotangent && { cotangent: await toTensor(cotangent) }), ...weights(state) }));
    },
    state: () => ({ params: kind('p'), m: kind('m'), v: kind('v'), ...(average && { average: kind('a') }), step: steps }),
    async release() {
      await Promise.all([...graphs.values()].map(async (opened) => (await opened).release()));
      graphs.clear();
    },
  };
}

async function upload(spec: ViTSpec, kind: Kind, tensors: TensorMap): Promise<Feeds> {
  return feedsOf([...pack(spec, tensors)].map(([name, tensor]) => [`${kind}.${name}`, tensor]));
}

function zeroGradients(spec: ViTSpec): Promise<Feeds> {
  return feedsOf(groupsOf(spec).filter(({ trained }) => trained).map(({ name, size }) => [`g.${name}`, { shape: [size], data: new Float32Array(size) }]));
}

function scalarFeeds(numbers: Readonly<Record<string, number>>): Promise<Feeds> {
  return feedsOf(Object.entries(numbers).map(([name, value]) => [name, { shape: [], data: Float32Array.of(value) }]));
}

async function feedsOf(tensors: readonly (readonly [string, FloatTensor])[]): Promise<Feeds> {
  await loadRuntime();
  return Object.fromEntries(await Promise.all(tensors.map(async ([name, tensor]) => [name, await toTensor(tensor)] as const)));
}

/** The state after a step: its outputs `x.next`, as `x`. */
function nextOf(outputs: Feeds): Feeds {
  return Object.fromEntries(Object.entries(outputs).flatMap(([name, tensor]): [string, Tensor][] => (name.endsWith('.next') ? [[name.slice(0, -5), tensor]] : [])));
}

/** The weights that a forward pass uses, as its inputs `p.i`: the average where there is one. */
function weights(state: Feeds): Feeds {
  const average = Object.entries(only(state, ['a'])).map(([name, tensor]) => [name.replace(/^a/, 'p'), tensor] as const);
  return average.length > 0 ? Object.fromEntries(average) : only(state, ['p']);
}

function only(state: Feeds, kinds: readonly Kind[]): Feeds {
  return Object.fromEntries(Object.entries(state).filter(([name]) => kinds.some((kind) => name.startsWith(`${kind}.`))));
}
