import type { ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';

/** The tokens [1, T, D] behind the network's last norm; null where it stands behind the pooling, so that tokens never see it. */
export function normedTokens(spec: ViTSpec, params: TensorMap, { shape, data }: FloatTensor): FloatTensor | null {
  const gamma = params.get('norm.weight')?.data;
  if (!gamma || spec.fcNorm) return null;
  const beta = params.get('norm.bias')?.data;
  const D = spec.width;
  const out = new Float32Array(data.length);
  for (let from = 0; from < data.length; from += D) {
    let [mean, square] = [0, 0];
    for (let d = 0; d < D; d++) mean += data[from + d]! / D;
    // RMSNorm (Zhang and Sennrich 2019) does not centre.
    if (spec.norm === 'rmsnorm') mean = 0;
    for (let d = 0; d < D; d++) square += (data[from + d]! - mean) ** 2 / D;
    const scale = 1 / Math.sqrt(square + spec.normEps);
    for (let d = 0; d < D; d++) out[from + d] = (data[from + d]! - mean) * scale * gamma[d]! + (beta?.[d] ?? 0);
  }
  return { shape, data: out };
}
