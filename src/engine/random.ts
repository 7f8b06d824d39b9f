import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A deterministic stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
}

/**
 * Opens the stream that belongs to a place in the run, e.g. `randomAt(seed, 'augment', epoch, index)`.
 *
 * Every random number of ViT Lab is addressed like this, by seed and place, and never drawn from one long
 * stream: a resumed run then needs no generator state to go on bit for bit where it stopped, and sample 17
 * is augmented alike whatever was read before it.
 */
export function randomAt(seed: number, ...place: readonly (string | number)[]): Random {
  const rng = xoroshiro128plus(hash32([seed, ...place].join('\u0000')));
  const next = (): number => uniformFloat64(rng);
  return {
    next,
    int: (n) => uniformInt(rng, 0, n - 1),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** Indices 0…n−1 in random order (Fisher and Yates). */
export function permutation(n: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/** FNV-1a over UTF-16 units, with MurmurHash3's finaliser so that neighbouring places share no prefix of bits. */
function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
