import type { PositionStructure } from '../../protocol';

interface Sums {
  total: number;
  count: number;
}

/**
 * What the similarities of position embeddings say of the grid (Dosovitskiy et al. 2021, section 4.5 and appendix D.4): whether
 * what is near is alike, and what shares a row or a column. Means are over pairs of different patches.
 *
 * @param similarity [N, N]
 */
export function positionStructure(similarity: Float32Array, rows: number, columns: number): PositionStructure {
  const N = rows * columns;
  const reach = Math.hypot(rows - 1, columns - 1);
  const sums = { neighbours: none(), sameRow: none(), sameColumn: none(), far: none(), all: none() };
  const byDistance = new Map<number, Sums>();
  const moments = { n: 0, d: 0, s: 0, dd: 0, ss: 0, ds: 0 };
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      if (i === j) continue;
      const [down, across] = [Math.floor(i / columns) - Math.floor(j / columns), (i % columns) - (j % columns)];
      const [distance, s] = [Math.hypot(down, across), similarity[i * N + j]!];
      add(sums.all, s);
      if (down === 0) add(sums.sameRow, s);
      if (across === 0) add(sums.sameColumn, s);
      if (distance === 1) add(sums.neighbours, s);
      if (distance > reach / 2) add(sums.far, s);
      const bin = byDistance.get(Math.round(distance)) ?? none();
      byDistance.set(Math.round(distance), bin);
      add(bin, s);
      accumulate(moments, distance, s);
    }
  const distances = [...byDistance.keys()].sort((a, b) => a - b);
  return {
    ...Object.fromEntries(Object.entries(sums).map(([name, one]) => [name, mean(one)])) as Record<keyof typeof sums, number>,
    correlation: correlation(moments),
    distances: Float32Array.from(distances),
    byDistance: Float32Array.from(distances, (distance) => mean(byDistance.get(distance)!)),
  };
}

function none(): Sums {
  return { total: 0, count: 0 };
}

function add(sums: Sums, value: number): void {
  sums.total += value;
  sums.count++;
}

/** NaN where there is no such pair. */
function mean({ total, count }: Sums): number {
  return total / count;
}

interface Moments {
  n: number;
  d: number;
  s: number;
  dd: number;
  ss: number;
  ds: number;
}

function accumulate(moments: Moments, d: number, s: number): void {
  moments.n++;
  moments.d += d;
  moments.s += s;
  moments.dd += d * d;
  moments.ss += s * s;
  moments.ds += d * s;
}

/** Pearson's; NaN where one of the two does not vary. */
function correlation({ n, d, s, dd, ss, ds }: Moments): number {
  const [varies, other] = [dd - (d * d) / n, ss - (s * s) / n];
  return varies > 1e-12 && other > 1e-12 ? (ds - (d * s) / n) / Math.sqrt(varies * other) : Number.NaN;
}
