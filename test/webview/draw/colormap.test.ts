import { expect, test } from 'vitest';
import { colourAt, table, type Rgb } from '../../../webview/draw/colormap';
import { extent, heatPixels, positionOn } from '../../../webview/draw/heatmap';
import { patchBox } from '../../../webview/draw/overlay';

/** Relative luminance, WCAG 2.2. */
function luminance([r, g, b]: Rgb): number {
  const linear = (value: number): number => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

test.each(['viridis', 'cividis', 'grey'] as const)('%s only gets lighter: it is read without colour', (colours) => {
  const steps = Array.from({ length: 33 }, (_, i) => luminance(colourAt(colours, i / 32)));
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(new Set(steps).size).toBe(33);
});

test('the scale is matplotlib’s viridis, at its own stops and between them', () => {
  // matplotlib.colormaps['viridis'](x, bytes=True); stops are a tenth apart, so values between differ by up to 3.
  const reference: [number, Rgb][] = [[0, [68, 1, 84]], [0.25, [59, 82, 139]], [0.5, [33, 145, 140]], [0.75, [94, 201, 98]], [1, [253, 231, 37]]];
  for (const [t, colour] of reference)
    for (const [i, value] of colourAt('viridis', t).entries()) expect(Math.abs(value - (colour[i] ?? 0))).toBeLessThanOrEqual(3);
});

test('the diverging scale has a light middle and equal ends', () => {
  const middle = luminance(colourAt('diverging', 0.5));
  expect(middle).toBeGreaterThan(0.85);
  for (const t of [0, 1]) expect(luminance(colourAt('diverging', t))).toBeLessThan(0.06);
});

test('outside the scale are its ends, and NaN is the low one', () => {
  expect(colourAt('viridis', -1)).toEqual(colourAt('viridis', 0));
  expect(colourAt('viridis', 7)).toEqual(colourAt('viridis', 1));
  expect(colourAt('viridis', Number.NaN)).toEqual(colourAt('viridis', 0));
  expect(table('grey')).toHaveLength(768);
});

test('values find their place on a scale', () => {
  expect(extent(Float32Array.of(3, -1, 2))).toEqual({ low: -1, high: 3 });
  expect(extent(new Float32Array())).toEqual({ low: 0, high: 0 });
  expect(positionOn({ low: -1, high: 3 }, 1)).toBe(0.5);
  expect(positionOn({ low: 2, high: 2 }, 2)).toBe(0);
});

test('a map becomes one opaque pixel a patch, in reading order', () => {
  const pixels = heatPixels({ rows: 1, columns: 3, values: Float32Array.of(0, 0.5, 1), scale: { low: 0, high: 1 }, colours: 'grey' }).rgba;
  expect([...pixels]).toEqual([0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255]);
});

test('the boxes of the patches touch and fill the picture, also when it does not divide evenly', () => {
  const size = { width: 101, height: 67 };
  const grid = { rows: 4, columns: 6 };
  const boxes = Array.from({ length: 24 }, (_, patch) => patchBox(size, grid, patch));
  expect(boxes.reduce((area, box) => area + box.width * box.height, 0)).toBe(101 * 67);
  expect(boxes[8]).toMatchObject({ x: (boxes[7]?.x ?? 0) + (boxes[7]?.width ?? 0), y: boxes[7]?.y });
});
