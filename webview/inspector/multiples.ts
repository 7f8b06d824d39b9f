import { el } from '../dom';
import { heatPixels, type HeatMap } from '../draw/heatmap';

/** A small map's place, in pixels of the style sheet, within the grid. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What is outlined in every map: a patch, by an unbroken line or a broken one. */
export interface Mark {
  readonly patch: number;
  readonly dashed: boolean;
}

export interface Multiples {
  readonly element: HTMLCanvasElement;
  /** Reads where the cells lie; before that, and when they have moved. */
  measure(cells: readonly HTMLElement[]): void;
  /** Paints all maps, in the order of the cells. `key` says what they show: of the same, only the marks are drawn anew. */
  paint(key: string, maps: () => readonly (HeatMap | null)[], marks: readonly Mark[], smooth: boolean): void;
}

/**
 * All small maps on one canvas that lies behind their cells: 12 × 12 canvases would each be a layer that the browser has to put
 * together at every hover. The maps are kept side by side, a pixel a patch, and enlarged into their places.
 */
export function createMultiples(): Multiples {
  const element = el('canvas', { class: 'multiples-canvas', width: 1, height: 1, 'aria-hidden': 'true' });
  const atlas = document.createElement('canvas');
  const lines = document.createElement('canvas');
  let places: readonly Place[] = [];
  let shown: readonly (HeatMap | null)[] = [];
  let painted = '';

  const store = (maps: readonly (HeatMap | null)[]): void => {
    const first = maps.find((map) => map !== null);
    if (!first) return;
    const [width, height] = [first.columns, first.rows];
    if (atlas.width !== width) atlas.width = width;
    if (atlas.height !== height * maps.length) atlas.height = height * maps.length;
    const all = new ImageData(width, height * maps.length);
    for (const [i, map] of maps.entries()) if (map) all.data.set(heatPixels({ ...map, smooth: false }).rgba, i * width * height * 4);
    atlas.getContext('2d')?.putImageData(all, 0, 0);
  };
  return {
    element,
    measure(cells) {
      const grid = element.parentElement;
      if (!grid) return;
      places = cells.map((cell) => ({ x: cell.offsetLeft, y: cell.offsetTop, width: cell.offsetWidth, height: cell.offsetHeight }));
      const ratio = window.devicePixelRatio || 1;
      const width = Math.max(0, ...places.map((one) => one.x + one.width)) + 4;
      const height = Math.max(0, ...places.map((one) => one.y + one.height)) + 4;
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.width = `${String(width)}px`;
      element.style.height = `${String(height)}px`;
      painted = '';
    },
    paint(key, maps, marks, smooth) {
      const context = element.getContext('2d');
      if (!context || places.length === 0 || (places[0]?.width ?? 0) === 0) return;
      if (painted !== key) {
        shown = maps();
        store(shown);
        painted = key;
      }
      const first = shown.find((map) => map !== null);
      context.clearRect(0, 0, element.width, element.height);
      if (!first) return;
      const ratio = window.devicePixelRatio || 1;
      context.imageSmoothingEnabled = smooth;
      for (const [i, place] of places.entries()) {
        const box = boxOf(place, ratio);
        context.fillStyle = 'rgb(128 128 128 / 0.12)';
        context.fillRect(box.x, box.y, box.width, box.height);
        if (shown[i]) context.drawImage(atlas, 0, i * first.rows, first.columns, first.rows, box.x, box.y, box.width, box.height);
      }
      outline(context, places, first, marks, ratio, lines);
    },
  };
}

function boxOf(place: Place, ratio: number): Place {
  const [x, y] = [Math.round(place.x * ratio), Math.round(place.y * ratio)];
  return { x, y, width: Math.round((place.x + place.width) * ratio) - x, height: Math.round((place.y + place.height) * ratio) - y };
}

/** White within black, as on the large image; drawn once for a map and put into all of them. */
function outline(context: CanvasRenderingContext2D, places: readonly Place[], { rows, columns }: HeatMap, marks: readonly Mark[], ratio: number, lines: HTMLCanvasElement): void {
  const [place] = places;
  if (marks.length === 0 || !place) return;
  const border = Math.ceil(2 * ratio);
  const box = boxOf(place, ratio);
  lines.width = box.width + 2 * border;
  lines.height = box.height + 2 * border;
  const pen = lines.getContext('2d');
  if (!pen) return;
  const unit = Math.max(1, Math.round(ratio));
  for (const { patch, dashed } of marks) {
    const [row, column] = [Math.floor(patch / columns), patch % columns];
    const [x, y] = [border + (column * box.width) / columns, border + (row * box.height) / rows];
    pen.setLineDash([]);
    pen.lineWidth = 3 * unit;
    pen.strokeStyle = '#000';
    pen.strokeRect(x, y, box.width / columns, box.height / rows);
    pen.lineWidth = unit;
    pen.strokeStyle = '#fff';
    if (dashed) pen.setLineDash([2 * unit, 2 * unit]);
    pen.strokeRect(x, y, box.width / columns, box.height / rows);
  }
  for (const one of places) {
    const at = boxOf(one, ratio);
    context.drawImage(lines, at.x - border, at.y - border);
  }
}
