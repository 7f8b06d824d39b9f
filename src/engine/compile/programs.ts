import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import { noiseSpecs } from '../model/noise';
import { paramSpecs } from '../model/params';
import { fixedTables } from '../model/positions';
import { outputWidth, type ViTSpec } from '../model/spec';
import { averaged } from '../optim/average';
import { momentsOf } from '../optim/moments';
import { stepOptimizer } from '../optim/optimizer';
import type { OptimizerScalars, Tensors, Treatment } from '../optim/state';
import { wantsGradients, type TapWish } from './executor';
import { sizeOf, type Graph } from './graph';
import { groupsFor, groupsOf, kernelShape, type Group, type StepPart } from './groups';
import { gradients, look, type Gradients } from './step';
import { trace, type InputSpec } from './trace';

/**
 * A forward pass as a graph. Inputs: `images` [B, H, W, C], `cotangent` [B, K] where gradients are wished, `heads` [B, L, H] where their mask is, and the weights: by timm's names in kernel layout, or
 * `packed` in the vectors `p.0` … of `groupsOf`. Outputs: `logits` [B, K] and the wished taps by their names.
 */
export function traceForward(spec: ViTSpec, options: { readonly batch: number; readonly taps: TapWish; readonly packed: boolean }): Graph {
  const weights = options.packed ? stateInputs(spec, 'p') : paramSpecs(spec).map((param) => ({ name: param.name, shape: kernelShape(param) }));
  const cotangent = wantsGradients(options.taps) ? [{ name: 'cotangent', shape: [options.batch, outputWidth(spec)] }] : [];
  const heads = options.taps.headMask ? [{ name: 'heads', shape: [options.batch, spec.depth, spec.heads] }] : [];
  return trace([imagesInput(spec, options.batch), ...cotangent, ...heads, ...weights], (inputs) => {
    const params = options.packed ? unpack(spec, inputs, 'p') : inputs;
    const { logits, taps } = look(spec, { ...params, ...constantsOf(spec) }, inputs['images'] as tf.Tensor4D, options.taps, inputs);
    return { logits, ...taps };
  });
}

/** The scalars that differ from step to step. */
export const stepScalars = ['lr', 'correction1', 'correction2'] as const;

export interface StepOptions {
  /** Images; 0 for `update`. */
  readonly batch: number;
  readonly part: StepPart;
}

/**
 * A training step as a graph: forward, backward, clipping, optimizer.
 *
 * Inputs, where gradients are computed: `images`, `targets` [B, K], with distillation `teacher` [B, K], `noise.…` by the names of `noiseSpecs`, and `share` (of
 * these images in the batch; not for `whole`). Where the optimizer steps: the scalars of `stepScalars`, and `decay` (of the
 * average, where one is kept). And the state: weights `p.i`, moments `m.i`, `v.i` (as far as the optimizer keeps them), average `a.i`, gradient so far `g.i` (for
 * `add` and `last`; all of it for `update`).
 * Outputs: `loss` [], `logits` [B, K], `norm` [] of the gradient before clipping, and `x.next` for every state input x that
 * changes; a block's gradient is `g.i.next`.
 */
export function traceStep(spec: ViTSpec, recipe: TrainConfig, { batch, part }: StepOptions): Graph {
  const steps = part !== 'add' && part !== 'block';
  const before = part === 'whole' || part === 'block' ? [] : ['g'];
  const scalars = [...(steps ? stepScalars : []), ...(part === 'whole' || part === 'update' ? [] : ['share']), ...(steps && averages(recipe) ? ['decay'] : [])];
  const state = ['p', ...(steps ? momentsOf(recipe.opt) : []), ...(steps && averages(recipe) ? ['a'] : []), ...before];
  const inputs = [
    ...(part === 'update' ? [] : batchInputs(spec, recipe, batch)),
    ...scalars.map((name) => ({ name, shape: [] })),
    ...state.flatMap((kind) => stateInputs(spec, kind)),
  ];
  return trace(inputs, (given) => {
    if (part === 'update') return update(spec, recipe, given, eachTrained(spec, ({ name }) => given[`g.${name}`]!), {});
    const { loss, logits, grads, buffers } = packedGradients(spec, recipe, given, batch);
    const sums = before.length === 0 ? grads : eachTrained(spec, ({ name }) => tf.add(given[`g.${name}`]!, grads[name]!));
    if (!steps) return { loss, logits, ...named('g', sums), ...named('p', buffers) };
    return { loss, logits, ...update(spec, recipe, given, sums, buffers) };
  });
}

function averages(recipe: TrainConfig): boolean {
  return recipe.model_ema_decay > 0;
}

function packedGradients(spec: ViTSpec, recipe: TrainConfig, given: Tensors, batch: number): Gradients {
  const noise = Object.fromEntries(noiseSpecs(spec, batch).map(({ name }) => [name, given[`noise.${name}`]!]));
  const [images, targets, teacher] = [given['images'] as tf.Tensor4D, given['targets'] as tf.Tensor2D, given['teacher'] as tf.Tensor2D | undefined];
  const { loss, logits, grads, buffers } = gradients(spec, unpack(spec, given, 'p'), constantsOf(spec), { images, targets, teacher, noise }, { recipe, share: given['share'] as tf.Scalar | undefined });
  const flat = (of: Tensors) => ({ entries }: Group) => tf.concat1d(entries.map((entry) => tf.reshape(of[entry.name]!, [-1])));
  return { loss, logits, grads: eachTrained(spec, flat(grads)), buffers: each(groupsOf(spec).filter(({ trained, updated }) => updated && !trained), flat(buffers)) };
}

function update(spec: ViTSpec, recipe: TrainConfig, given: Tensors, grads: Tensors, buffers: Tensors): Tensors {
  const part = (kind: string): Tensors => each(groupsFor(spec, kind), ({ name }) => given[`${kind}.${name}`]!);
  const scalars = Object.fromEntries(stepScalars.map((name) => [name, given[name]])) as unknown as OptimizerScalars;
  const groups = new Map(groupsOf(spec).map(({ name, entries, ...group }): [string, Treatment] => [name, { ...group, parts: entries }]));
  const state = { params: part('p'), m: part('m'), v: momentsOf(recipe.opt).includes('v') ? part('v') : {} };
  const { norm, next } = stepOptimizer(state, grads, scalars, recipe, (name) => groups.get(name)!);
  const params = { ...next.params, ...buffers };
  const average = averages(recipe) ? averaged(part('a'), params, given['decay'] as tf.Scalar) : {};
  return { norm, ...named('p', params), ...named('m', next.m), ...named('v', next.v), ...named('a', average) };
}

function named(kind: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${kind}.${name}.next`, tensor]));
}

function each(groups: readonly Group[], make: (group: Group) => tf.Tensor): Tensors {
  return Object.fromEntries(groups.map((group) => [group.name, make(group)]));
}

function eachTrained(spec: ViTSpec, make: (group: Group) => tf.Tensor): Tensors {
  return each(groupsFor(spec, 'g'), make);
}

function batchInputs(spec: ViTSpec, recipe: TrainConfig, batch: number): InputSpec[] {
  const noise = noiseSpecs(spec, batch).map(({ name, shape }) => ({ name: `noise.${name}`, shape }));
  const labels = ['targets', ...(recipe.distillation ? ['teacher'] : [])].map((name) => ({ name, shape: [batch, spec.classes] }));
  return [imagesInput(spec, batch), ...labels, ...noise];
}

function imagesInput(spec: ViTSpec, batch: number): InputSpec {
  return { name: 'images', shape: [batch, ...spec.imageSize, spec.channels] };
}

function stateInputs(spec: ViTSpec, kind: string): InputSpec[] {
  return groupsFor(spec, kind).map(({ name, size }) => ({ name: `${kind}.${name}`, shape: [size] }));
}

function unpack(spec: ViTSpec, inputs: Tensors, kind: string): Tensors {
  const cut = ({ name, entries }: Group): [string, tf.Tensor][] => {
    const parts = tf.split(inputs[`${kind}.${name}`]!, entries.map(({ shape }) => sizeOf(shape)));
    return entries.map((entry, i) => [entry.name, tf.reshape(parts[i]!, [...entry.shape])]);
  };
  return Object.fromEntries(groupsOf(spec).flatMap(cut));
}

/** Position tables that are not trained are part of the graph. */
function constantsOf(spec: ViTSpec): Tensors {
  return Object.fromEntries([...fixedTables(spec)].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
}
