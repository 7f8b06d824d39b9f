import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { configSchema } from '../src/engine/config/schema';
import { macs, omegaMsa } from '../src/engine/model/cost';
import { tokenCount, vitSpec } from '../src/engine/model/spec';
import { alternate } from './comparison';
import { scalingPicture } from './picture';
import type { Side } from './side';
import { openOurs, openPeer, type Places } from './sides';
import { scaling, type Shape } from './workloads';

/** Time of a training step for each image, over what it costs. */
export interface ScalingPoint {
  readonly by: 'tokens' | 'width';
  readonly tokens: number;
  readonly width: number;
  /** Multiply-adds of a forward pass of one image, and those of the attention of all its blocks (Ω(MSA)). */
  readonly macs: number;
  readonly omegaMsa: number;
  /** Milliseconds of a training step for each image. */
  readonly ours: number;
  readonly theirs: number;
}

/** Training steps over the number of tokens and over the width, ours and timm's. */
export async function runScaling(places: Places, engine: string, folder: string, pairs: number): Promise<void> {
  const points: ScalingPoint[] = [];
  for (const { by, shape } of scaling) {
    const workload = { name: 'scaling', kind: 'train', shape } as const;
    const sides: Side[] = [];
    try {
      sides.push(await openOurs(engine, workload, places));
      sides.push(await openPeer('timm', workload, places));
      const { ours, theirs, ratio } = await alternate(sides[0]!, sides[1]!, pairs);
      const point = { by, ...costs(shape), ours: ours / shape.batch, theirs: theirs / shape.batch };
      points.push(point);
      console.log(`scaling by ${by}: N ${point.tokens}, D ${point.width}: ${point.ours.toFixed(2)} against ${point.theirs.toFixed(2)} ms an image, ${ratio.toFixed(2)} ×`);
    } catch (error) {
      console.log(`scaling by ${by}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      for (const side of sides) side.end();
    }
  }
  if (points.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'scaling.json'), `${JSON.stringify(points, null, 2)}\n`);
  writeFileSync(path.join(folder, 'scaling.svg'), scalingPicture(points));
}

function costs({ size, patch, dim, depth, heads, mlp, classes }: Shape) {
  const { image, model } = configSchema.parse({ image: { size }, model: { patch_size: patch, embed_dim: dim, depth, num_heads: heads, mlp_ratio: mlp } });
  const spec = vitSpec(image, model, classes);
  return { tokens: tokenCount(spec), width: dim, macs: macs(spec), omegaMsa: spec.depth * omegaMsa(spec) };
}
