import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';
import type { TensorMap } from '../../src/engine/tensors';

/** A network that learns nothing worth knowing, in milliseconds a step. */
export const TINY = {
  dataset: { format: 'shapes', shapes: { images: 60, size: 16 } },
  image: { size: 16 },
  model: { patch_size: 8, depth: 2, num_heads: 2, embed_dim: 8 },
  train: { epochs: 2, batch_size: 16 },
} as const;

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'vit-lab-test-'));
}

/** Writes a configuration: `TINY` with parts replaced. */
export async function tinyConfig(folder: string, parts: Record<string, object> = {}, name = 'tiny.yaml'): Promise<string> {
  const file = path.join(folder, name);
  const config = Object.fromEntries([...Object.entries(TINY), ...Object.entries(parts)].map(([key, value]) => [key, { ...(TINY as Record<string, object>)[key], ...value }]));
  await writeFile(file, stringify(config));
  return file;
}

/** sha256 over names, shapes and bits of all tensors. */
export function weightsHash(params: TensorMap): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of [...params].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${shape.join('x')}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
