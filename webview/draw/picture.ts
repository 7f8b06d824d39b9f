import type { Pixels } from '../../src/protocol';

/** The pixels on a canvas of their own size. */
export function pictureCanvas(pixels: Pixels): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  const data = new ImageData(new Uint8ClampedArray(pixels.rgba), pixels.width, pixels.height);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
  return canvas;
}

/** Shows one patch of a picture as an element's background: one image serves all patches. */
export interface Sprite {
  readonly url: string;
  readonly rows: number;
  readonly columns: number;
}

export function makeSprite(picture: HTMLCanvasElement, grid: { rows: number; columns: number }): Sprite {
  return { url: picture.toDataURL(), ...grid };
}

export function showPatch(element: HTMLElement, sprite: Sprite, patch: number): void {
  const row = Math.floor(patch / sprite.columns);
  const column = patch % sprite.columns;
  const style = element.style;
  style.backgroundImage = `url("${sprite.url}")`;
  style.backgroundSize = `${String(sprite.columns * 100)}% ${String(sprite.rows * 100)}%`;
  style.backgroundPosition = `${share(column, sprite.columns)} ${share(row, sprite.rows)}`;
}

function share(index: number, count: number): string {
  return `${String(count > 1 ? (index / (count - 1)) * 100 : 0)}%`;
}
