export type Colour = readonly [red: number, green: number, blue: number];

type Scale = (share: number) => Colour;

/** Colour of a share from 0 to 1: dark violet, green, yellow; even steps look even, also without colour vision (viridis: van der Walt and Smith, Matplotlib, CC0). */
export const viridis = scale('440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725');

/** Blue below the middle, red above it (ColorBrewer RdBu). */
export const diverging = scale('053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f');

/** Colours mixed between equally spaced stops. */
function scale(stops: string): Scale {
  const colours = stops.split(' ').map((hex): Colour => [part(hex, 0), part(hex, 2), part(hex, 4)]);
  return (share) => {
    const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (colours.length - 1);
    const [low, high] = [colours[Math.floor(at)]!, colours[Math.ceil(at)]!];
    const mix = (a: number, b: number): number => Math.round(a + (b - a) * (at - Math.floor(at)));
    return [mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2])];
  };
}

function part(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 2), 16);
}
