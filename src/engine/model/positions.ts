import type { FloatTensor, TensorMap } from '../tensors';
import { gridOf, positionCount, prefixCount, type ViTSpec } from './spec';

/** The position table [1, T, D] that a network adds to its tokens, learned or fixed; null when it has none. */
export function positionTable(spec: ViTSpec, params: TensorMap): FloatTensor | null {
  return spec.posEmbed === 'learned' ? (params.get('pos_embed') ?? null) : fixedPositions(spec);
}

/** What a network reads of positions like parameters, though it is never trained, by name. */
export function fixedTables(spec: ViTSpec): TensorMap {
  const table = fixedPositions(spec);
  if (table) return new Map([['pos_embed', table]]);
  if (spec.posEmbed !== 'rope') return new Map();
  const { cos, sin } = ropeTables(spec);
  return new Map([['rope.cos', cos], ['rope.sin', sin]]);
}

/** The fixed position table of a sinusoidal network [1, T, D] (class token and registers first, at zero), or null. */
export function fixedPositions(spec: ViTSpec): FloatTensor | null {
  if (spec.posEmbed !== 'sincos1d' && spec.posEmbed !== 'sincos2d') return null;
  const [rows, columns] = gridOf(spec);
  const D = spec.width;
  const table = spec.posEmbed === 'sincos1d' ? sincos1d(rows * columns, D) : sincos2d(rows, columns, D);
  const data = new Float32Array(positionCount(spec) * D);
  data.set(table, data.length - table.length);
  return { shape: [1, positionCount(spec), D], data };
}

/**
 * PE(pos, 2i) = sin(pos / n^(2i/D)), PE(pos, 2i+1) = cos(pos / n^(2i/D)), as [N, D]
 * (Vaswani et al. 2017, section 3.5, where n is 10000).
 */
export function sincos1d(N: number, D: number, n = 10_000): Float32Array {
  return Float32Array.from({ length: N * D }, (_, at) => {
    const i = at % D;
    const angle = Math.floor(at / D) / n ** ((i - (i % 2)) / D);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/**
 * [sin(xω), cos(xω), sin(yω), cos(yω)] with ω_k = 10000^(−k/(D/4−1)), as [rows · columns, D]
 * (MoCo v3 and big_vision's `posemb_sincos_2d`). D must be a multiple of 4; at D = 4 there is one frequency, 1.
 */
export function sincos2d(rows: number, columns: number, D: number): Float32Array {
  const quarter = D / 4;
  return Float32Array.from({ length: rows * columns * D }, (_, at) => {
    const position = Math.floor(at / D);
    const [part, k] = [Math.floor((at % D) / quarter), (at % D) % quarter];
    const coordinate = part < 2 ? position % columns : Math.floor(position / columns);
    const angle = coordinate * 10_000 ** (-k / Math.max(1, quarter - 1));
    return part % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

const TEMPERATURE = 10_000;

/**
 * Cosines and sines [T, d] by which rotary positions turn each head's queries and keys, as timm's `RotaryEmbeddingCat`: of
 * the d/2 pairs of channels the first half turns with the row, the second with the column, pair k of each by 10000^(−4k/d)
 * a patch (Su et al. 2021; axial as in Heo et al. 2024). Tokens before the patches do not turn. The sines have the sign
 * with which `rotated` adds them.
 */
function ropeTables(spec: ViTSpec): { readonly cos: FloatTensor; readonly sin: FloatTensor } {
  const [rows, columns] = gridOf(spec);
  const d = spec.width / spec.heads;
  const prefix = prefixCount(spec);
  const shape = [prefix + rows * columns, d];
  const angle = (at: number): number => {
    const patch = Math.floor(at / d) - prefix;
    if (patch < 0) return 0;
    const pair = Math.floor((at % d) / 2);
    const place = pair < d / 4 ? Math.floor(patch / columns) : patch % columns;
    return place * TEMPERATURE ** (-(pair % (d / 4)) / (d / 4));
  };
  const fill = (value: (at: number) => number): FloatTensor => ({ shape, data: Float32Array.from({ length: shape[0]! * d }, (_, at) => value(at)) });
  return { cos: fill((at) => Math.cos(angle(at))), sin: fill((at) => (at % 2 === 0 ? -1 : 1) * Math.sin(angle(at))) };
}
