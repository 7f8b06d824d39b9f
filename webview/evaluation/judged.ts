import type { Judged, Verdicts } from '../../src/protocol';
import type { ImageKind, Side } from './rows';

/** Which images of a test are shown, in which order. */

/** Places in the split. Of a cell the surest first, whichever of the two runs it is of. */
export function imagesOf({ first, second }: Judged, kind: ImageKind, cell: readonly [is: number, as: number] | null, side: Side): readonly number[] {
  if (!first) return [];
  const all = [...first.labels.keys()];
  const surest = (of: Verdicts) => (a: number, b: number) => of.confidence[b]! - of.confidence[a]! || a - b;
  switch (kind) {
    case 'sure':
      return all.filter((i) => !isRight(first, i)).sort(surest(first));
    case 'worst':
      return all.filter((i) => !isRight(first, i)).sort((a, b) => first.own[a]! - first.own[b]! || a - b);
    case 'unsure':
      return all.sort((a, b) => first.confidence[a]! - first.confidence[b]! || a - b);
    case 'cell': {
      const of = side === 'second' && second ? second : first;
      return cell ? all.filter((i) => of.labels[i] === cell[0] && of.guesses[i] === cell[1]).sort(surest(of)) : [];
    }
    case 'fixed':
      return second ? all.filter((i) => !isRight(first, i) && isRight(second, i)).sort(surest(first)) : [];
    case 'broken':
      return second ? all.filter((i) => isRight(first, i) && !isRight(second, i)).sort(surest(second)) : [];
    case 'wrong':
      return second ? all.filter((i) => !isRight(first, i) && !isRight(second, i)).sort(surest(first)) : [];
  }
}

export function isRight({ labels, guesses }: Verdicts, image: number): boolean {
  return labels[image] === guesses[image];
}

/** Rows are true classes, columns predicted ones. */
export function matrixOf({ classes, labels, guesses }: Verdicts): readonly (readonly number[])[] {
  const counts = classes.map(() => new Array<number>(classes.length).fill(0));
  labels.forEach((label, i) => counts[label]![guesses[i]!]!++);
  return counts;
}
