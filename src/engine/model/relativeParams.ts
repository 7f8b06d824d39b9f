import { gridOf, prefixCount, type ViTSpec } from './spec';

/** timm's name of the biases of a block. */
export function relativeTable(block: string): string {
  return `${block}.attn.rel_pos.relative_position_bias_table`;
}

/** Rows of that table: one for each pair of distances, and three for a class token (Bao et al. 2022, BEiT). */
export function relativeDistances(spec: ViTSpec): number {
  const [rows, columns] = gridOf(spec);
  return (2 * rows - 1) * (2 * columns - 1) + 3 * prefixCount(spec);
}
