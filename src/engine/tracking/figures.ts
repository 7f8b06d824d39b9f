import * as path from 'node:path';
import type { Canvas } from '../terminal/canvas';
import { confusionPicture } from '../confusionPicture';
import { hasClassToken } from '../inspect/patches';
import type { Looker } from '../looking';
import { rasterised } from '../pictures/rasterise';
import { readConfusion, readProbe } from '../runStore';
import { drawAttention, drawStrip } from '../terminal/pictures';

/** A picture of a run, with its size where whoever keeps it has to know. */
export interface Figure {
  /** Without an ending, e.g. `confusion-matrix`. */
  readonly name: string;
  /** Of the epoch that it shows. */
  readonly epoch: number;
  png(): Promise<Uint8Array>;
  readonly svg?: string;
}

/** So many epochs stand side by side. */
const SHOWN = 8;

/** The pictures that a run has something for: what was confused, and how its probe images were seen. Drawn when they are asked for. */
export async function figuresOf(run: string, looker: Looker | undefined): Promise<readonly Figure[]> {
  const confusion = await readConfusion(run);
  const probe = looker ? await readProbe(run) : null;
  const matrix: Figure[] = [];
  if (confusion) {
    const svg = confusionPicture(confusion);
    matrix.push({ name: 'confusion-matrix', epoch: confusion.epoch ?? 0, svg, png: async () => (await rasterised(svg)).png });
  }
  const seen = (probe?.images ?? []).flatMap(({ source, frames }, i): Figure[] => {
    const last = frames.at(-1);
    if (!looker || !last) return [];
    const name = `probe-${i + 1}`;
    return [
      { name: `${name}-epochs`, epoch: last.epoch, png: () => stripOf(looker, source, evenly(frames, SHOWN)) },
      { name: `${name}-attention`, epoch: last.epoch, png: () => attentionOf(looker, source, last) },
    ];
  });
  return [...matrix, ...seen];
}

interface Frame {
  readonly path: string;
  readonly epoch: number;
}

async function stripOf(looker: Looker, file: string, frames: readonly Frame[]): Promise<Uint8Array> {
  const epochs = [];
  for (const { path: checkpoint, epoch } of frames) {
    const view = await looker.viewImage({ checkpoint, file });
    const rollout = view.model.architecture === 'vit' ? await looker.viewRollout({ checkpoint, file, fusion: 'mean', discard: 0 }) : null;
    epochs.push({ view, rollout, epoch });
  }
  return pngOf(drawStrip(epochs));
}

async function attentionOf(looker: Looker, file: string, { path: checkpoint, epoch }: Frame): Promise<Uint8Array> {
  const view = await looker.viewImage({ checkpoint, file });
  if (view.model.architecture !== 'vit') return pngOf(drawStrip([{ view, rollout: null, epoch }]));
  const query = hasClassToken(view) ? 0 : view.prefix.length + Math.floor(((view.grid.rows + 1) * view.grid.columns) / 2);
  return pngOf(drawAttention({ ...view, file: path.basename(file) }, await looker.viewAttention({ checkpoint, file, query })));
}

async function pngOf(canvas: Canvas): Promise<Uint8Array> {
  return (await canvas.png()).png;
}

/** So many of a list, the first and the last among them. */
function evenly<T>(list: readonly T[], most: number): readonly T[] {
  const count = Math.min(most, list.length);
  const chosen = new Set(Array.from({ length: count }, (_, i) => Math.round((i * (list.length - 1)) / Math.max(1, count - 1))));
  return list.filter((_, i) => chosen.has(i));
}
