import { NOTHING_FOUND } from '../fixtures/fakeDataset';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { onTestFinished } from 'vitest';
import type { CheckpointMeta } from '../../src/engine/checkpoint';
import { type Config, configSchema } from '../../src/engine/config/schema';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import type { TensorMap } from '../../src/engine/tensors';
import type { NewRun, PointEvent } from '../../src/engine/runStore';

/** A model so small that a checkpoint is a few kilobytes. */
export const config: Config = configSchema.parse({
  dataset: { format: 'shapes' },
  image: { size: 8 },
  model: { embed_dim: 8, depth: 1, num_heads: 2, patch_size: 4 },
  train: { keep_checkpoints: 2 },
});
export const classes = ['circle', 'square', 'triangle'];
export const spec = vitSpec(config.image, config.model, classes.length);

export const meta: CheckpointMeta = {
  format: 'vit-lab/1',
  version: '0.1.0',
  config,
  classes,
  epoch: 3,
  step: 42,
  metrics: { 'val/top1': 0.5, 'val/loss': NaN },
  dataset: { name: 'shapes', fingerprint: 'f00d' },
  engine: 'test',
  created: '2026-01-01T00:00:00.000Z',
};

/** The point after `epoch` epochs of ten steps, `extra` steps into the next; weights differ from step to step. */
export function pointAt(epoch: number, improved = false, extra = 0): Omit<PointEvent, 'type'> {
  const step = epoch * 10 + extra;
  const params = initParams(spec, step);
  const scaled = (by: number): TensorMap => new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x * by) }]));
  return {
    improved,
    metrics: { 'val/top1': epoch / 100 },
    point: {
      state: { params, m: scaled(0.1), v: scaled(1e-30), step },
      epoch,
      stepInEpoch: extra,
      running: { loss: 0.1 + 0.2, correct: 7, seen: 31 },
      best: { value: epoch / 100, epoch },
      stale: 0,
    },
  };
}

/** In memory where the system has such a folder: these tests force thousands of small files to the disk. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(scratch, 'vit-lab-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function newRun(runs: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    runs,
    config,
    configText: '# mine\ndataset: {format: shapes}\n',
    dataset: { name: 'shapes', format: 'shapes', path: '', classes, sizes: { train: 80, val: 10, test: 10 }, fingerprint: 'f00d', broken: [], findings: NOTHING_FOUND },
    engine: { name: 'cpu', label: 'cpu', rejected: [{ name: 'wasm', reason: 'test' }] },
    params: 1234,
    git: null,
    ...changes,
  };
}
