import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import { momentsOf } from '../../optim/moments';
import type { TapWish } from '../executor';
import { value, type Graph, type Named } from '../graph';
import { openCached } from '../graphCache';
import { groupsFor } from '../groups';
import { partAt, rowsOfParts } from '../parts';
import { graphRecipe } from '../recipe';
import type { Precision } from './api';
import type { EmittedModel } from './emit';
import { fromBytes, toBytes } from './stored';

/** What a training remembers, as vectors of `groupsOf`: weights, both moments, and the average of the weights. */
export type Kind = 'p' | 'm' | 'v' | 'a';

export function kindsOf(recipe: TrainConfig): readonly Kind[] {
  return ['p', ...momentsOf(recipe.opt), ...(recipe.model_ema_decay > 0 ? (['a'] as const) : [])];
}

export interface StepOptions {
  readonly precision: Precision;
  /** Fuses elementwise operations, see `EmitOptions`. */
  readonly fused: boolean;
}

/** Where compiled models are kept, and for which TensorFlow. */
export interface Shelf {
  /** Without a folder they are compiled anew. */
  readonly folder: string | undefined;
  readonly version: string;
}

/** Only a model that is not there is traced, and only then TensorFlow.js is loaded. */
function kept({ folder, version }: Shelf, key: object, make: () => Promise<EmittedModel>): Promise<EmittedModel> {
  return openCached(folder, { tensorflow: version, ...key }, async () => toBytes(await make()), (bytes) => Promise.resolve(fromBytes(bytes)));
}

/**
 * A training step for batches of one size, in as many parts as the recipe says. Programs: `whole`, or `zero` (forgets the
 * gradient), `add` and `last`, with the inputs and outputs of `traceStep` but for the state, which is variables; and for
 * each kind of state `write.p` and `read.p`, whose inputs and outputs are its vectors by their names.
 */
export function compileStep(spec: ViTSpec, recipe: TrainConfig, batch: number, options: StepOptions, shelf: Shelf): Promise<EmittedModel> {
  const key = { program: 'step', spec, recipe: graphRecipe(recipe), batch, parts: recipe.grad_accum_steps, ...options };
  return kept(shelf, key, () => emittedStep(spec, recipe, batch, options));
}

async function emittedStep(spec: ViTSpec, recipe: TrainConfig, batch: number, { precision, fused }: StepOptions): Promise<EmittedModel> {
  const [{ traceStep }, { optimise }, { bf16MatMul }, { emitTensorFlow }] = await Promise.all([
    import('../programs'),
    import('../passes/pipeline'),
    import('../passes/bf16MatMul'),
    import('./emit'),
  ]);
  const rows = rowsOfParts(batch, recipe.grad_accum_steps);
  // All parts but the last have the same size.
  const parts = new Map(rows.map((size, i) => [partAt(i, rows.length), size]));
  const steps = [...parts].map(([part, size]): [string, Graph] => {
    const graph = optimise(traceStep(spec, recipe, { batch: size, part }), 'tensorflow');
    return [part, precision === 'bf16' ? bf16MatMul.run(graph) : graph];
  });
  const moves = kindsOf(recipe).flatMap((kind): [string, Graph][] => [
    [`write.${kind}`, copy(spec, kind, '', `${kind}.`, '.next')],
    [`read.${kind}`, copy(spec, kind, `${kind}.`, '', '')],
  ]);
  const zero: [string, Graph][] = rows.length > 1 ? [['zero', zeroGradients(spec)]] : [];
  // A loss or gradient that is not finite must not reach the state.
  const guards = { whole: ['loss', 'norm'], last: ['loss', 'norm'] };
  return emitTensorFlow(Object.fromEntries([...steps, ...moves, ...zero]), { guards, fused });
}

/** A forward pass as the program `forward`; its inputs and outputs are those of `traceForward`. */
export function compileForward(spec: ViTSpec, options: { readonly batch: number; readonly taps: TapWish; readonly packed: boolean }, shelf: Shelf): Promise<EmittedModel> {
  return kept(shelf, { program: 'forward', spec, ...options }, async () => {
    const [{ traceForward }, { optimise }, { emitTensorFlow }] = await Promise.all([import('../programs'), import('../passes/pipeline'), import('./emit')]);
    return emitTensorFlow({ forward: optimise(traceForward(spec, options), 'tensorflow') });
  });
}

/** Gives every vector on under another name. */
function copy(spec: ViTSpec, kind: Kind, from: string, to: string, suffix: string): Graph {
  const vectors = groupsFor(spec, kind).map(({ name, size }) => ({ name, value: value('float32', [size]) }));
  const named = (before: string, after: string): Named[] => vectors.map((vector) => ({ name: `${before}${vector.name}${after}`, value: vector.value }));
  return { inputs: named(from, ''), outputs: named(to, suffix), constants: new Map(), nodes: [] };
}

function zeroGradients(spec: ViTSpec): Graph {
  const outputs = groupsFor(spec, 'g').map(({ name, size }) => ({ name: `g.${name}.next`, value: value('float32', [size]) }));
  return { inputs: [], outputs, constants: new Map(outputs.map((output) => [output.value, { splat: 0 }])), nodes: [] };
}
