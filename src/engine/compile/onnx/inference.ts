import { createCache } from '../../cache';
import type { ViTSpec } from '../../model/spec';
import type { FloatTensor, TensorMap } from '../../tensors';
import { isOutputWished, ofAllLayers } from '../allLayers';
import type { ForwardResult, Precision, TapWish } from '../executor';
import type { Inference } from '../sessions';
import type { RuntimeOptions } from './api';
import { imagesAtOnce, inParts, type Beside } from './imageParts';
import { openForward } from './programs';
import { feedsOf, resultOf, toTensor, type Runnable } from './runtime';

/** Bytes that the prepared copies of one network's weights may take; one is kept however large it is. */
const LIMIT = 2 ** 30;

/** A graph is compiled for every batch size and kind of taps, with the weights inside; those used last are kept. */
export function openInference(spec: ViTSpec, weights: TensorMap, runtime: RuntimeOptions, precision: Precision): Inference {
  const bytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const capacity = Math.max(1, Math.min(8, Math.floor(LIMIT / bytes)));
  const graphs = createCache<Runnable>({ limit: capacity, weigh: () => 1, drop: (graph) => void graph.release() });
  // A processor has caches to stay in; other devices want all that they can get.
  const most = runtime.provider === 'cpu' ? imagesAtOnce(spec) : Infinity;
  const open = (batch: number, compiled: TapWish): Promise<Runnable> => graphs.get(`${batch} ${JSON.stringify(compiled)}`, () => openForward(spec, { batch, taps: compiled, weights, precision }, runtime));
  const run = async (taps: TapWish, images: FloatTensor, beside: Beside): Promise<ForwardResult> => {
    const compiled = ofAllLayers(taps, spec.depth);
    const graph = await open(images.shape[0]!, compiled);
    const feeds = { images: await toTensor(images), ...(await feedsOf(beside)) };
    return resultOf(await (compiled === taps ? graph.run(feeds) : graph.run(feeds, (name) => isOutputWished(taps, name))));
  };
  return {
    prepare: async (batch, taps) => void (await open(Math.min(batch, most), ofAllLayers(taps, spec.depth))),
    forward: (images, taps, cotangent, heads) => inParts(images, { ...(cotangent && { cotangent }), ...(heads && { heads }) }, most, (part, own) => run(taps, part, own)),
    release: () => graphs.clear(),
  };
}
