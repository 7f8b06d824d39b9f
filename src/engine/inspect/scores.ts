import type { ScoresView } from '../../protocol';
import type { FloatTensor } from '../tensors';

/** Scores that are QKᵀ/√d up to what float32 rounds; more is something that the network adds. */
const TOLERANCE = 1e-3;

/**
 * What a layer compares before its softmax. Scores are QKᵀ/√d of the queries and keys, so that those alone tell every row of
 * them; where a network adds something (relative positions, the mask and temperature of locality attention), all scores come too.
 *
 * @param queries, keys [1, H, N, d]
 * @param scores what the softmax reads, [1, H, N, N]
 */
export function scoresView(layer: number, queries: FloatTensor, keys: FloatTensor, scores: FloatTensor): ScoresView {
  const [, heads = 0, tokens = 0, size = 0] = queries.shape;
  return { layer, heads, tokens, size, queries: queries.data, keys: keys.data, scores: isPlain(queries, keys, scores) ? null : scores.data };
}

/** Whether the first row of every head says that nothing is added; what is added is added to all rows. */
function isPlain({ shape, data: q }: FloatTensor, { data: k }: FloatTensor, { data: s }: FloatTensor): boolean {
  const [, heads = 0, tokens = 0, size = 0] = shape;
  for (let head = 0; head < heads; head++)
    for (const i of [0, tokens - 1])
      for (let j = 0; j < tokens; j++) {
        let product = 0;
        for (let d = 0; d < size; d++) product += q[(head * tokens + i) * size + d]! * k[(head * tokens + j) * size + d]!;
        const scaled = product / Math.sqrt(size);
        if (Math.abs(s[(head * tokens + i) * tokens + j]! - scaled) > TOLERANCE * Math.max(1, Math.abs(scaled))) return false;
      }
  return true;
}
