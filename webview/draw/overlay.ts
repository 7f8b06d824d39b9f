import { colourAt } from './colormap';
import type { Pen } from './pen';
import { heatCanvas, positionOn, type HeatMap } from './heatmap';

/** `spotlight` darkens what the map does not reach, in place of colouring what it does. */
export type OverlayStyle = 'colour' | 'spotlight';

export interface OverlayOptions {
  readonly picture: HTMLCanvasElement;
  /** Whether the picture is enlarged pixel by pixel, as the model's own small input should be. */
  readonly pixelated: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly map: HeatMap | null;
  readonly style: OverlayStyle;
  /** 0 to 1. */
  readonly opacity: number;
  readonly grid: boolean;
  /** Text for each patch, where there is room. */
  readonly label: ((patch: number) => string) | null;
  /** Patches outlined by an unbroken line: the query. */
  readonly query: number | null;
  /** The patch under the pointer: a broken line. */
  readonly hot: number | null;
  /** Screen pixels per CSS pixel. */
  readonly ratio: number;
}

/** Draws the picture, the map over it, the grid, the values and the outlines; fills the whole canvas. */
export function drawOverlay(context: Pen, options: OverlayOptions): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = !options.pixelated;
  context.imageSmoothingQuality = 'high';
  context.drawImage(options.picture, 0, 0, width, height);
  if (options.map) drawMap(context, options, options.map);
  if (options.grid) drawGrid(context, options);
  if (options.label) drawLabels(context, options, options.label);
  if (options.hot !== null) outline(context, options, options.hot, true);
  if (options.query !== null) outline(context, options, options.query, false);
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Rectangle of a patch in canvas pixels, rounded so that neighbours touch. */
export function patchBox(size: { width: number; height: number }, grid: { rows: number; columns: number }, patch: number): Box {
  const row = Math.floor(patch / grid.columns);
  const column = patch % grid.columns;
  const x = Math.round((column * size.width) / grid.columns);
  const y = Math.round((row * size.height) / grid.rows);
  return {
    x,
    y,
    width: Math.round(((column + 1) * size.width) / grid.columns) - x,
    height: Math.round(((row + 1) * size.height) / grid.rows) - y,
  };
}

function drawMap(context: Pen, options: OverlayOptions, map: HeatMap): void {
  if (map.smooth) drawSmooth(context, options, map);
  else drawBlocks(context, options, map);
  if (map.mask) drawMask(context, options, map.mask);
}

function drawBlocks(context: Pen, options: OverlayOptions, map: HeatMap): void {
  for (let patch = 0; patch < map.rows * map.columns; patch++) {
    if (map.mask && map.mask[patch] !== 1) continue;
    const t = positionOn(map.scale, map.values[patch] ?? 0);
    const box = patchBox(context.canvas, options, patch);
    context.fillStyle =
      options.style === 'spotlight'
        ? `rgb(0 0 0 / ${String(options.opacity * (1 - t))})`
        : `rgb(${colourAt(map.colours, t).join(' ')} / ${String(map.opaque ? 1 : options.opacity * veil(map, t))})`;
    context.fillRect(box.x, box.y, box.width, box.height);
  }
}

/** Values are drawn out, not colours: a colour between two of a scale is that of the value between. */
function drawSmooth(context: Pen, options: OverlayOptions, map: HeatMap): void {
  const spotlight = options.style === 'spotlight';
  const picture = spotlight
    ? heatCanvas({ ...map, colours: 'black' }, (t) => options.opacity * (1 - t))
    : heatCanvas(map, (t) => options.opacity * veil(map, t));
  context.imageSmoothingEnabled = !map.mask;
  context.drawImage(picture, 0, 0, context.canvas.width, context.canvas.height);
}

/** What is left out lies in the dark, and a line goes around what is kept: told apart without colour. */
function drawMask(context: Pen, options: OverlayOptions, mask: Uint8Array): void {
  const { columns, rows, ratio } = options;
  const line = Math.max(1, Math.round(ratio));
  const kept = (row: number, column: number): boolean => row >= 0 && column >= 0 && row < rows && column < columns && mask[row * columns + column] === 1;
  context.fillStyle = 'rgb(0 0 0 / 0.5)';
  const edges: [number, number, number, number][] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const { x, y, width, height } = patchBox(context.canvas, options, row * columns + column);
      if (!kept(row, column)) context.fillRect(x, y, width, height);
      else {
        if (!kept(row - 1, column)) edges.push([x, y, width, line]);
        if (!kept(row + 1, column)) edges.push([x, y + height - line, width, line]);
        if (!kept(row, column - 1)) edges.push([x, y, line, height]);
        if (!kept(row, column + 1)) edges.push([x + width - line, y, line, height]);
      }
    }
  context.fillStyle = '#fff';
  for (const edge of edges) context.fillRect(...edge);
}

/** Small values cover less, so that the picture stays visible where nothing happens; around zero on a two-sided scale. */
export function veil(map: Pick<HeatMap, 'colours'>, t: number): number {
  return 0.45 + 0.55 * (map.colours === 'diverging' ? Math.abs(t - 0.5) * 2 : t);
}

/** Each line twice, dark beside light, so that it is seen on any picture. */
function drawGrid(context: Pen, options: OverlayOptions): void {
  const { width, height } = context.canvas;
  const line = Math.max(1, Math.round(options.ratio * 0.75));
  for (const [shift, colour] of [[0, 'rgb(0 0 0 / 0.45)'], [line, 'rgb(255 255 255 / 0.4)']] as const) {
    context.fillStyle = colour;
    for (let c = 1; c < options.columns; c++)
      context.fillRect(Math.round((c * width) / options.columns) - line + shift, 0, line, height);
    for (let r = 1; r < options.rows; r++)
      context.fillRect(0, Math.round((r * height) / options.rows) - line + shift, width, line);
  }
}

function drawLabels(context: Pen, options: OverlayOptions, label: (patch: number) => string): void {
  const cell = context.canvas.width / options.columns;
  const texts = Array.from({ length: options.rows * options.columns }, (_, patch) => label(patch));
  // A figure takes about 0.62 of its size; numbers of neighbours that ran into each other could not be read.
  const longest = Math.max(1, ...texts.map((text) => text.length));
  const size = Math.min(12 * options.ratio, cell / 2.7, (0.95 * cell) / (0.62 * longest));
  if (size < 7 * options.ratio) return;
  context.font = `600 ${String(size)}px sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = size / 4;
  context.strokeStyle = 'rgb(0 0 0 / 0.85)';
  context.fillStyle = '#fff';
  for (const [patch, text] of texts.entries()) {
    const box = patchBox(context.canvas, options, patch);
    context.strokeText(text, box.x + box.width / 2, box.y + box.height / 2);
    context.fillText(text, box.x + box.width / 2, box.y + box.height / 2);
  }
}

/** White within black: told apart from any picture, and from each other by the dashes. */
function outline(context: Pen, options: OverlayOptions, patch: number, dashed: boolean): void {
  const box = patchBox(context.canvas, options, patch);
  const unit = options.ratio;
  context.save();
  context.lineWidth = 4 * unit;
  context.strokeStyle = '#000';
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.lineWidth = 2 * unit;
  context.strokeStyle = '#fff';
  if (dashed) context.setLineDash([4 * unit, 3 * unit]);
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.restore();
}
