import { permutation, randomAt } from '../random';

/** Indices of the samples of each class, in order. */
export function byClass(labels: readonly number[], classes: number): number[][] {
  const groups: number[][] = Array.from({ length: classes }, () => []);
  labels.forEach((label, i) => groups[label]?.push(i));
  return groups;
}

/** `total` shared out in proportion to `sizes`, whole numbers, by largest remainder; never more than `caps`. */
function quotas(sizes: readonly number[], total: number, caps: readonly number[]): number[] {
  const all = sizes.reduce((sum, n) => sum + n, 0);
  const exact = sizes.map((n) => (all === 0 ? 0 : (n * total) / all));
  const given = exact.map((n, i) => Math.min(Math.floor(n), caps[i]!));
  const order = exact.map((n, i) => ({ i, rest: n - Math.floor(n) })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = Math.round(total) - given.reduce((sum, n) => sum + n, 0);
  for (let progress = true; left > 0 && progress; ) {
    progress = false;
    for (const { i } of order)
      if (left > 0 && given[i]! < caps[i]!) {
        given[i]!++;
        left--;
        progress = true;
      }
  }
  return given;
}

/**
 * Takes a share of the samples out, the same share of every class as near as whole images allow, and leaves every class
 * at least one. Deterministic by (seed, purpose, class); the order of the samples is kept on both sides.
 */
export function holdOut(
  labels: readonly number[],
  classes: number,
  share: number,
  seed: number,
  purpose: string,
): { readonly held: number[]; readonly kept: number[] } {
  const groups = byClass(labels, classes);
  const sizes = groups.map((group) => group.length);
  const total = share === 0 ? 0 : Math.max(1, Math.round(labels.length * share));
  const take = quotas(sizes, total, sizes.map((n) => Math.max(0, n - 1)));
  const chosen = new Set<number>();
  groups.forEach((group, label) => {
    const order = permutation(group.length, randomAt(seed, purpose, label));
    for (const at of order.subarray(0, take[label])) chosen.add(group[at]!);
  });
  const all = labels.map((_, i) => i);
  return { held: all.filter((i) => chosen.has(i)), kept: all.filter((i) => !chosen.has(i)) };
}

/**
 * A part of the samples: the same share of every class, or so many of each, and always at least one. Drawn by seed and
 * nested: what is in a smaller part is in every larger one, so that a curve over the amount of data is one of more data,
 * not of other data. The order is kept.
 */
export function subsetOf(labels: readonly number[], classes: number, wish: { readonly fraction: number; readonly per_class?: number | undefined }, seed: number): number[] {
  const all = labels.map((_, i) => i);
  if (wish.fraction === 1 && wish.per_class === undefined) return all;
  const chosen = new Set<number>();
  byClass(labels, classes).forEach((group, label) => {
    const order = permutation(group.length, randomAt(seed, 'subset', label));
    const count = wish.per_class ?? Math.max(1, Math.round(wish.fraction * group.length));
    for (const at of order.subarray(0, count)) chosen.add(group[at]!);
  });
  return all.filter((i) => chosen.has(i));
}

/** At most `limit` samples, as many of each class as there are, drawn by seed; their order is kept. */
export function limitEvenly(labels: readonly number[], classes: number, limit: number, seed: number, purpose: string): number[] {
  const all = labels.map((_, i) => i);
  if (labels.length <= limit) return all;
  const groups = byClass(labels, classes);
  const sizes = groups.map((group) => group.length);
  const take = evenQuotas(sizes, limit);
  const chosen = new Set<number>();
  groups.forEach((group, label) => {
    const order = permutation(group.length, randomAt(seed, purpose, label));
    for (const at of order.subarray(0, take[label])) chosen.add(group[at]!);
  });
  return all.filter((i) => chosen.has(i));
}

/** One to each class in turn until `limit` are given; classes that have no more are passed over. */
function evenQuotas(sizes: readonly number[], limit: number): number[] {
  const given = sizes.map(() => 0);
  let left = limit;
  while (left > 0) {
    const open = sizes.flatMap((size, i) => (given[i]! < size ? [i] : []));
    if (open.length === 0) break;
    const each = Math.max(1, Math.floor(left / open.length));
    for (const i of open) {
      const more = Math.min(each, sizes[i]! - given[i]!, left);
      given[i]! += more;
      left -= more;
    }
  }
  return given;
}
