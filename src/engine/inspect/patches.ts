import { CLASS_TOKEN, prefixTokens, type ViTSpec } from '../model/spec';

/** How the network cuts its input: patches in rows and columns, and the tokens that stand before them. */
export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
  /** Height and width of a patch in pixels of the network's input. */
  readonly patch: readonly [number, number];
  /** Names of the prefix tokens, in order. */
  readonly prefix: readonly string[];
  /** All tokens, prefix included: N. */
  readonly tokens: number;
}

/** A rectangle in pixels of the network's input. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function patchGrid(spec: Pick<ViTSpec, 'imageSize' | 'patchSize' | 'classToken' | 'distilled' | 'regTokens'>): PatchGrid {
  const rows = spec.imageSize[0] / spec.patchSize[0];
  const columns = spec.imageSize[1] / spec.patchSize[1];
  const prefix = prefixTokens(spec);
  return { rows, columns, patch: spec.patchSize, prefix, tokens: prefix.length + rows * columns };
}

/** Whether the first token is a class token: registers may stand first, too. */
export function hasClassToken({ prefix }: Pick<PatchGrid, 'prefix'>): boolean {
  return prefix[0] === CLASS_TOKEN;
}

/** Row and column of a token's patch; null for a prefix token. */
export function patchOf(grid: PatchGrid, token: number): readonly [row: number, column: number] | null {
  const patch = token - grid.prefix.length;
  return patch < 0 ? null : [Math.floor(patch / grid.columns), patch % grid.columns];
}

/** The token of the patch in a row and column. */
export function tokenAt(grid: PatchGrid, row: number, column: number): number {
  return grid.prefix.length + row * grid.columns + column;
}

/** Where a token's patch lies in the input; null for a prefix token. */
export function patchBox(grid: PatchGrid, token: number): Box | null {
  const at = patchOf(grid, token);
  if (!at) return null;
  const [height, width] = grid.patch;
  return { left: at[1] * width, top: at[0] * height, width, height };
}
