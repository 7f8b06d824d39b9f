import { cacheFolder } from '../cacheFolder';
import type { SharedImages, Wanted } from '../dataset/dataset';
import { decodingKey, openDecoded } from '../dataset/decoded';
import type { Target } from '../dataset/gather';
import { createDecoder, readImages } from '../dataset/read';
import type { Server } from '../../rpc';
import { makeBatch, type Batch, type BatchWish, type Recipe } from './batch';

/** What a thread is told once: how batches are made, and the memory that it shares with all others. */
export interface Setup {
  readonly recipe: Recipe;
  readonly target: Target;
  readonly images: SharedImages;
}

/** What a thread answers that makes batches. */
export interface BatchApi {
  open(q: Setup): void;
  /** `decoded`: by their place in the batch, the images that only the asker could read. */
  make(q: { readonly wish: BatchWish; readonly wanted: readonly Wanted[]; readonly decoded: ReadonlyMap<number, Uint8Array> }): Batch;
  /** Writes what was decoded to the disk. */
  settle(q: Record<string, never>): void;
}

export function batchServer(): Server<BatchApi> {
  let maker: ReturnType<typeof createMaker> | undefined;
  return {
    open: (setup) => {
      maker = createMaker(setup);
    },
    make: ({ wish, wanted, decoded }) => maker!.make(wish, wanted, decoded),
    settle: () => maker?.settle(),
  };
}

function createMaker({ recipe, target, images }: Setup) {
  const store = openDecoded(cacheFolder(), decodingKey(target), images.size);
  const decode = createDecoder(target);
  const [height, width] = target.fit.to;
  let epoch = -1;
  return {
    async make(wish: BatchWish, wanted: readonly Wanted[], decoded: ReadonlyMap<number, Uint8Array>): Promise<Batch> {
      // What other threads have decoded meanwhile need not be decoded here.
      if (wish.epoch !== epoch) store.refresh();
      epoch = wish.epoch;
      const data = await readImages(wanted, { target, images, store }, (one, i) => {
        const given = decoded.get(i);
        return given ? Promise.resolve(given) : decode(one);
      });
      return makeBatch({ count: wanted.length, height, width, channels: target.image.channels, data }, wish, recipe);
    },
    settle: () => store.settle(),
  };
}

/** The memory of a batch, which is handed over instead of copied. */
export function buffersOfBatch(message: unknown): ArrayBuffer[] {
  const { value } = message as { readonly value?: Partial<Batch> };
  return value?.images && value.targets ? [value.images.data.buffer as ArrayBuffer, value.targets.data.buffer as ArrayBuffer] : [];
}
