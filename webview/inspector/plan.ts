import type { ImageView, PlanSizes } from '../../src/protocol';
import type { Place } from './place';

/** The course's first practical varies these; heads and widths that do not divide are told, not hidden. */
export const widths = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024] as const;
export const headCounts = [1, 2, 3, 4, 6, 8, 12, 16] as const;
export const deepest = 24;
export const positionKinds = ['learned', 'sincos1d', 'sincos2d', 'rope', 'relative', 'none'] as const;

/** Sides of a patch that the image can be cut by without a rest. */
export function patchSides([height, width]: readonly [number, number]): readonly number[] {
  const sides = Array.from({ length: Math.min(height, width, 64) }, (_, i) => i + 1).filter((side) => height % side === 0 && width % side === 0);
  // A patch of one pixel makes more tokens than anyone would train on.
  return sides.length > 1 ? sides.filter((side) => side > 1) : sides;
}

/** What is planned: as the network that is looked at, but for what was moved. */
export function planOf({ plan }: Pick<Place, 'plan'>, { model }: ImageView): PlanSizes {
  const { imageSize, patchSize, width, depth, heads, posEmbed } = model;
  const own: PlanSizes = model.architecture === 'resnet' ? { patch: patchSides(imageSize)[0] ?? 1, width: 64, depth: 6, heads: 4, posEmbed: 'learned' } : { patch: patchSize[0], width, depth, heads, posEmbed };
  return { ...own, ...plan };
}

/** Reads what was kept. */
export function isPlan(kept: unknown): boolean {
  if (kept === null) return true;
  if (typeof kept !== 'object') return false;
  return Object.entries(kept).every(([key, value]) => (key === 'posEmbed' ? positionKinds.some((kind) => kind === value) : ['patch', 'width', 'depth', 'heads'].includes(key) && Number.isInteger(value) && (value as number) > 0));
}
