import * as l10n from '@vscode/l10n';
import type { PositionView } from '../../protocol';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor } from '../tensors';
import type { PatchGrid } from './patches';

/**
 * Cosine similarity between the position embeddings of all pairs of patches (Dosovitskiy et al. 2021, Fig. 7 centre);
 * the class token's is left out.
 *
 * @param table the position embeddings [1, N, D] or [N, D], prefix included; null when the model has none
 */
export function positionView(grid: PatchGrid, kind: ViTSpec['posEmbed'], table: FloatTensor | null): PositionView {
  const shape = { rows: grid.rows, columns: grid.columns };
  if (!table) return { grid: shape, similarity: null, note: positionNote(kind) };
  const width = table.shape.at(-1) ?? 1;
  const skip = table.data.length / width - grid.rows * grid.columns;
  return { grid: shape, similarity: cosineSimilarity(table.data.subarray(skip * width), width), note: positionNote(kind) };
}

/** Cosine similarity of all pairs of rows of [n, width], as [n, n]. A row of zeros is like nothing, not even itself. */
export function cosineSimilarity(rows: Float32Array, width: number): Float32Array {
  const n = rows.length / width;
  const unit = Float64Array.from(rows);
  for (let i = 0; i < n; i++) {
    const row = unit.subarray(i * width, (i + 1) * width);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (norm > 0) for (let d = 0; d < width; d++) row[d]! /= norm;
  }
  const similarity = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      let dot = 0;
      for (let d = 0; d < width; d++) dot += unit[i * width + d]! * unit[j * width + d]!;
      similarity[i * n + j] = dot;
      similarity[j * n + i] = dot;
    }
  return similarity;
}

/** Which kind it is, or why there is none. */
export function positionNote(kind: ViTSpec['posEmbed']): string {
  return kind === 'rope' || kind === 'relative' || kind === 'none' ? noTable(kind) : kindNote(kind);
}

function noTable(kind: ViTSpec['posEmbed']): string {
  if (kind === 'rope') return l10n.t('Rotary positions turn queries and keys (pos_embed: rope); no table is added to the tokens.');
  if (kind === 'relative') return l10n.t('Positions are biases of the attention for each distance (pos_embed: relative); no table is added to the tokens.');
  return l10n.t('This model has no position embedding (pos_embed: none).');
}

function kindNote(kind: ViTSpec['posEmbed']): string {
  if (kind === 'sincos1d') return l10n.t('Fixed sinusoids over the patch index (sincos1d).');
  if (kind === 'sincos2d') return l10n.t('Fixed sinusoids over row and column (sincos2d).');
  return l10n.t('Learned position embedding.');
}
