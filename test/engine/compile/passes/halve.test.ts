import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halfBits } from '../../../../src/engine/compile/passes/halve';

/** IEEE 754-2019, section 3.4: the number that 16 bits stand for. */
function numberOf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const half = (x: number): number => halfBits(Float32Array.of(x))[0]!;

test('every number of 16 bits comes back as it was', () => {
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => !Number.isNaN(numberOf(bits)));
  expect(halfBits(Float32Array.from(all, numberOf))).toEqual(all);
});

test('others become the nearest, the even one where two are as near', () => {
  // The halfway point beyond the largest number is where infinity begins.
  const reach = (bits: number): number => (Number.isFinite(numberOf(bits)) ? numberOf(bits) : 65536);
  fc.assert(
    fc.property(fc.oneof(fc.float({ min: Math.fround(-65519), max: Math.fround(65519), noNaN: true }), fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true })), (x) => {
      const bits = half(Math.abs(x));
      expect(half(x) & 0x7fff).toBe(bits);
      const off = Math.abs(numberOf(bits) - Math.abs(x));
      for (const other of [bits - 1, bits + 1].filter((neighbour) => neighbour >= 0)) {
        const distance = Math.abs(reach(other) - Math.abs(x));
        expect(off < distance || (off === distance && (bits & 1) === 0)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what is too large is infinite, and what is no number stays none', () => {
  expect([half(65519.9), half(65520), half(1e30), half(-1e30)].map(numberOf)).toEqual([65504, Infinity, Infinity, -Infinity]);
  expect(numberOf(half(NaN))).toBeNaN();
  expect([half(-0), half(2 ** -25), half(1.5 * 2 ** -25)]).toEqual([0x8000, 0, 1]);
});
