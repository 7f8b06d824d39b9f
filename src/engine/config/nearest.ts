/** The candidate that a misspelt word most likely meant, or nothing when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(wanted, candidate.toLowerCase());
    if (distance <= limitOf(candidate) && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

function limitOf(candidate: string): number {
  return Math.max(1, Math.floor(candidate.length * 0.4));
}

/** Edit distance; a word that is a whole part of the other (`heads` in `num_heads`) counts as near. */
function distanceOf(a: string, b: string): number {
  if (a !== b && (b.split('_').includes(a) || a.split('_').includes(b))) return 1;
  return levenshtein(a.slice(0, 80), b);
}

/** Insertions, deletions and replacements between two words (Levenshtein 1966), row by row. */
export function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
