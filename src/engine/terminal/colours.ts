import type { Colour } from './canvas';

/** Eleven stops of viridis (van der Walt and Smith, Matplotlib, CC0); between them colours are mixed. */
const VIRIDIS = ['440154', '482475', '414487', '355f8d', '2a788e', '21918c', '22a884', '44bf70', '7ad151', 'bddf26', 'fde725'].map(
  (hex): Colour => [part(hex, 0), part(hex, 2), part(hex, 4)],
);

/** Colour of a share from 0 to 1: dark violet, green, yellow; even steps look even, also without colour vision. */
export function viridis(share: number): Colour {
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (VIRIDIS.length - 1);
  const [low, high] = [VIRIDIS[Math.floor(at)]!, VIRIDIS[Math.ceil(at)]!];
  const mix = (a: number, b: number): number => Math.round(a + (b - a) * (at - Math.floor(at)));
  return [mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2])];
}

function part(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 2), 16);
}
