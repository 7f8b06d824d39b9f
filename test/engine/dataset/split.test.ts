import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdOut, limitEvenly } from '../../../src/engine/dataset/split';
import { naturalOrder, sortPaths } from '../../../src/engine/pictures/walk';

const labelled = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 200 });

function counts(labels: readonly number[], indices: readonly number[]): number[] {
  const found = [0, 0, 0, 0, 0];
  for (const i of indices) found[labels[i]!]!++;
  return found;
}

test('a hold-out is disjoint, complete, in order, stratified to one image, and leaves every class one', () => {
  fc.assert(
    fc.property(labelled, fc.double({ min: 0, max: 0.9, noNaN: true }), fc.nat(), (labels, share, seed) => {
      const { held, kept } = holdOut(labels, 5, share, seed, 'val');
      expect([...held, ...kept].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
      expect(held).toEqual(held.toSorted((a, b) => a - b));
      const [all, out] = [counts(labels, labels.map((_, i) => i)), counts(labels, held)];
      all.forEach((n, label) => {
        if (n > 0) expect(out[label]).toBeLessThan(n);
        // What small classes cannot give comes from the others, so only the lower bound is strict.
        expect(out[label]!).toBeGreaterThanOrEqual(Math.min(Math.floor(n * share) - 1, n - 1));
      });
      expect(holdOut(labels, 5, share, seed, 'val')).toEqual({ held, kept });
    }),
  );
});

test('a limit takes exactly so many, none of a class twice as often as it must', () => {
  fc.assert(
    fc.property(labelled, fc.integer({ min: 1, max: 220 }), fc.nat(), (labels, limit, seed) => {
      const taken = limitEvenly(labels, 5, limit, seed, 'x');
      expect(taken.length).toBe(Math.min(limit, labels.length));
      expect(new Set(taken).size).toBe(taken.length);
      const [all, some] = [counts(labels, labels.map((_, i) => i)), counts(labels, taken)];
      const short = some.filter((n, label) => n < all[label]!);
      // Classes that still have images differ by one at most, and none that is used up has more than they.
      if (short.length > 0) expect(Math.max(...some) - Math.min(...short)).toBeLessThanOrEqual(1);
    }),
  );
});

test('natural order counts, and is a total order', () => {
  expect(['b', 'img10', 'a', 'img9', 'img09', 'B', 'é', 'img'].sort(naturalOrder)).toEqual(['B', 'a', 'b', 'img', 'img09', 'img9', 'img10', 'é']);
  expect(sortPaths(['a b/1', 'a/10', 'a/9', 'a'])).toEqual(['a', 'a/9', 'a/10', 'a b/1']);
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '0', '1', '9', '_'), maxLength: 6 });
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) + 0);
      if (naturalOrder(a, b) <= 0 && naturalOrder(b, c) <= 0) expect(naturalOrder(a, c)).toBeLessThanOrEqual(0);
      expect(naturalOrder(a, b) === 0).toBe(a === b);
    }),
  );
});
