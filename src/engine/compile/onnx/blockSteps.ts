import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { StepInput } from '../executor';
import type { PartResult } from '../parts';
import type { RuntimeOptions } from './api';
import { blockKey, blocksOf, sharedPlaces, type BlockResult, type Place, type Vectors } from './blocks';
import { openLanes } from './lanes';
import { openBlocks } from './programs';
import { feedsOf, fromTensor, openSession, type Feeds, type Runnable } from './runtime';

/** What the graphs of one step gave: the outputs of the one that steps, and loss and logits of each part of the batch. */
export interface Stepped {
  readonly out: Feeds;
  readonly done: readonly PartResult[];
}

/** Steps whose batch threads share in blocks. */
export interface BlockSteps {
  /**
   * @param spec the network for these images, which may be of another size than those before
   * @param scalars the inputs of the optimizer
   * @param state vectors `p.0` …
   */
  step(spec: ViTSpec, input: StepInput, count: number, scalars: Feeds, state: Feeds): Promise<Stepped>;
  release(): Promise<void>;
}

/** Nothing is opened and no thread started before the first step. */
export function openBlockSteps(recipe: TrainConfig, runtime: RuntimeOptions): BlockSteps {
  const lanes = openLanes(runtime);
  const updates = new Map<string, Promise<Runnable>>();
  const place = sharedPlaces();
  /**
   * The graph that steps after so many blocks; those of the blocks are opened with it. Its threads do not spin: they would
   * take a core from the next batch's blocks, a fifth of the processor's time of a small network.
   */
  const open = (spec: ViTSpec, blocks: { readonly count: number; readonly rows: number }): Promise<Runnable> =>
    openBlocks(spec, recipe, blocks, runtime, async (models) => {
      const [update] = await Promise.all([openSession(models.update, { ...runtime, spins: false }), lanes.open(blockKey(blocks.rows, spec.imageSize), models)]);
      return update;
    });
  return {
    async step(spec, input, count, scalars, state) {
      const batch = input.images.shape[0]!;
      const key = `${count} ${blockKey(batch, spec.imageSize)}`;
      const opened = updates.get(key) ?? open(spec, { count, rows: batch / count });
      updates.set(key, opened);
      opened.catch(() => updates.delete(key));
      const update = await opened;
      const results = await lanes.compute(blocksOf(spec, input, count, place), weightsOf(state, place));
      return { out: await update.run({ ...state, ...scalars, ...(await feedsOf(givenBy(results))) }), done: results.map(({ done }) => done) };
    },
    async release() {
      await Promise.all([lanes.close(), ...[...updates.values()].map(async (opened) => (await opened).release())]);
      updates.clear();
    },
  };
}

function weightsOf(state: Feeds, place: Place): Vectors {
  return Object.fromEntries(Object.entries(state).flatMap(([name, tensor]) => (name.startsWith('p.') ? [[name, place(fromTensor(tensor), name)] as const] : [])));
}

/** What the blocks gave, `d.i`, as `d0.i`, `d1.i` … */
function givenBy(results: readonly BlockResult[]): Vectors {
  return Object.fromEntries(results.flatMap(({ given }, block) => Object.entries(given).map(([name, vector]) => [name.replace(/^d/, `d${block}`), vector] as const)));
}
