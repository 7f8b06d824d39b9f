import type { Metrics } from '../../protocol';
import { isBuffer } from '../model/params';
import { layersOf } from '../model/tuning';
import type { TensorMap } from '../tensors';

/**
 * `layers/weight_norm/…` and, where the weights of before are known, `layers/update_norm/…`: the Euclidean norms of the
 * weights of each layer and of their change. Layers are counted as in layer-wise decay: `embed`, `block1` …, `head`.
 * Running statistics are no weights. Both are of what a checkpoint holds, which is the average where one is kept, so
 * they cost the training step nothing; an update is that of the whole epoch.
 */
export function layerNorms(params: TensorMap, before: TensorMap | null): Metrics {
  const names = [...params.keys()].filter((name) => !isBuffer(name));
  const layers = layersOf(names);
  const last = Math.max(...layers.values());
  const [weights, updates] = [new Float64Array(last + 1), new Float64Array(last + 1)];
  for (const name of names) {
    const { data } = params.get(name)!;
    const old = before?.get(name)?.data;
    const layer = layers.get(name)!;
    for (let i = 0; i < data.length; i++) {
      weights[layer]! += data[i]! ** 2;
      if (old) updates[layer]! += (data[i]! - old[i]!) ** 2;
    }
  }
  const layerName = (layer: number): string => (layer === 0 ? 'embed' : layer === last ? 'head' : `block${layer}`);
  const rows = Array.from(weights, (sum, layer): [string, number][] => [
    [`layers/weight_norm/${layerName(layer)}`, Math.sqrt(sum)],
    ...(before ? [[`layers/update_norm/${layerName(layer)}`, Math.sqrt(updates[layer]!)] as [string, number]] : []),
  ]);
  return Object.fromEntries(rows.flat());
}
