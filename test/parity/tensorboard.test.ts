/** Event files of a real training, read by TensorBoard's own reader. */
import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { createEngine } from '../../src/engine/engine';
import { writeShapes } from '../../src/engine/dataset/shapes';
import { listCheckpoints, readMetrics } from '../../src/engine/runStore';
import type { Call } from '../../src/rpc';
import { temporaryFolder, tinyConfig } from '../engine/tiny';
import { asked } from './python';

interface Read {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, value: number | string, wall: number])[]>>;
  readonly images: Readonly<Record<string, readonly (readonly [step: number, width: number, height: number, bytes: number])[]>>;
  readonly histograms: Readonly<Record<string, readonly { readonly step: number; readonly min: number; readonly max: number; readonly num: number; readonly sum: number; readonly squares: number; readonly counts: readonly number[] }[]>>;
  readonly hparams: Readonly<Record<string, unknown>>;
  readonly group: string;
  readonly end: number | null;
}

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

test('TensorBoard reads every scalar, picture, histogram and hyperparameter of a run, written live and afterwards', async () => {
  const folder = await temporaryFolder();
  let ended = (): void => undefined;
  const done = new Promise<void>((resolve) => (ended = resolve));
  const engine = createEngine({ emit: (name, value) => void (name === 'run' && 'type' in value && value.type === 'ended' && ended()), media: folder });
  await writeShapes(path.join(folder, 'images'), { images: 120, size: 16, seed: 1 });
  const [probe] = await readdir(path.join(folder, 'images/test/circle'));
  const config = await tinyConfig(folder, { tracking: { tensorboard: true, system: 0.01 }, probe: { image: path.join(folder, 'images/test/circle', probe!) } });
  const { run } = await engine.api.startTraining({ config, runs: path.join(folder, 'runs') }, quiet);
  await done;
  await engine.api.settleTracking({ run }, quiet);
  await engine.api.writeRun({ run, folder: path.join(folder, 'after'), as: 'tensorboard' }, quiet);
  const [live, after] = await Promise.all([path.join(run, 'tensorboard'), path.join(folder, 'after', path.basename(run))].map((place) => asked<Read>('read_tensorboard.py', [place])));
  const rows = await readMetrics(run);
  for (const read of [live!, after!]) {
    const written: Record<string, [number, number][]> = {};
    for (const { step, values } of rows) for (const [name, value] of Object.entries(values)) (written[name] ??= []).push([step, Math.fround(value)]);
    expect(Object.fromEntries(Object.entries(read.scalars).map(([tag, all]) => [tag, all.map(([step, value]) => [step, value])]))).toEqual(written);
    expect(Object.keys(read.scalars)).toContain('system/process_memory_usage_megabytes');
    expect(Object.keys(read.images).sort()).toEqual(['figures/confusion-matrix', 'figures/probe-1-attention', 'figures/probe-1-epochs']);
    for (const [[, width, height, bytes]] of Object.values(read.images) as [[number, number, number, number]][]) {
      expect(Math.min(width, height)).toBeGreaterThan(200);
      expect(bytes).toBeGreaterThan(1000);
    }
    expect(read.hparams).toMatchObject({ 'model.depth': 2, 'train.lr': 0.001, 'model.global_pool': 'token', 'train.augment.hflip': false });
    expect(read.group).toBe(path.basename(run));
    // STATUS_SUCCESS of plugin_data.proto
    expect(read.end).toBe(1);
  }
  const checkpoints = [...(await listCheckpoints(run))].reverse();
  const { params } = await loadCheckpoint(checkpoints[1]!.path);
  expect(Object.keys(after!.histograms).sort()).toEqual([...params.keys()].map((name) => `weights/${name}`).sort());
  for (const [name, { data }] of params) {
    const [, second] = after!.histograms[`weights/${name}`]!;
    expect(second).toMatchObject({ step: checkpoints[1]!.step, num: data.length, min: Math.min(...data), max: Math.max(...data) });
    // Sums of float32 numbers in float64, in the same order.
    expect(second!.sum).toBe(data.reduce((a, b) => a + b, 0));
    expect(second!.counts.reduce((a, b) => a + b)).toBe(data.length);
  }
  expect(Object.keys(live!.histograms).sort()).toEqual(Object.keys(after!.histograms).sort());
  await engine.close();
});
