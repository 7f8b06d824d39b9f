import * as l10n from '@vscode/l10n';

/** A sentence about a word that is not known, followed by the one that was most likely meant where one is near. */
export function withNearest(sentence: string, word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? sentence : withMeant(sentence, meant);
}

/** The same where it is known already what was most likely meant. */
export function withMeant(sentence: string, meant: string): string {
  return `${/[.:?!]$/.test(sentence) ? sentence : `${sentence}.`} ${l10n.t('Did you mean {0}?', meant)}`;
}

/** The candidate that a misspelt word most likely meant, or nothing when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(wanted, candidate.toLowerCase());
    if (distance <= limitOf(wanted, candidate) && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Of the shorter word, so that enough of either is kept: `--depth` is not `--delete`. */
function limitOf(word: string, candidate: string): number {
  return Math.max(1, Math.floor(Math.min(word.length, candidate.length) * 0.4));
}

/** Edit distance; a word that is a whole part of the other (`heads` in `num_heads`) counts as near. */
function distanceOf(a: string, b: string): number {
  if (a !== b && (b.split('_').includes(a) || a.split('_').includes(b))) return 1;
  return editDistance(a.slice(0, 80), b);
}

/**
 * Insertions, deletions, replacements and swaps of neighbours between two words, row by row (Levenshtein 1966, with the
 * swaps of Damerau 1964, each letter changed once): what fingers do most.
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
