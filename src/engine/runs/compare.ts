import * as path from 'node:path';
import type { ComparedRun, Comparison, MetricRow, RunSummary } from '../../protocol';
import type { Config } from '../config/schema';
import { flatten } from './flat';
import { readRun } from './listing';
import { readMetrics, readRunConfig } from './read';

/** Sets runs side by side: curves, final and best metrics, and only those keys of the configurations that differ. */
export async function compareRuns(runs: readonly string[]): Promise<Comparison> {
  const folders = runs.map((run) => path.resolve(run));
  const compared = await Promise.all(folders.map(compareOne));
  const configs = await Promise.all(folders.map((run) => configOf(run)));
  return { runs: compared, differences: differences(configs.map((config) => (config === null ? new Map() : flatten(config)))) };
}

async function compareOne(run: string): Promise<ComparedRun> {
  const summary: RunSummary = await readRun(run);
  const { path: place, name, state, created, latest, best } = summary;
  return { path: place, name, state, created, curves: curvesOf(await readMetrics(run)), final: latest, best: best ?? {} };
}

/** What may change between two parts of one training: where the data and the weights of its start lie, what computes, how the run is called, and what it is watched with. */
const FREE = new Set(['dataset.path', 'finetune.from', 'engine.backend', 'name', 'probe.image', 'probe.every', 'probe.budget']);

/** The keys that shape a training and differ between two configurations, with both values. */
export function configChanges(before: Config, after: Config): { readonly key: string; readonly values: readonly [string, string] }[] {
  const [old, now] = [flatten(before), flatten(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => !FREE.has(key));
  return keys.flatMap((key) => (old.get(key) === now.get(key) ? [] : [{ key, values: [old.get(key) ?? '', now.get(key) ?? ''] as const }]));
}

/** A run that cannot be read is compared by nothing, as its summary already tells why. */
async function configOf(run: string): Promise<Config | null> {
  return await readRunConfig(run).catch(() => null);
}

function curvesOf(rows: readonly MetricRow[]): ComparedRun['curves'] {
  const curves = new Map<string, { steps: number[]; epochs: number[]; values: number[] }>();
  for (const { step, epoch, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      const curve = curves.get(name) ?? { steps: [], epochs: [], values: [] };
      curve.steps.push(step);
      curve.epochs.push(epoch);
      curve.values.push(value);
      curves.set(name, curve);
    }
  }
  return Object.fromEntries(curves);
}

function differences(flat: readonly ReadonlyMap<string, string>[]): Comparison['differences'] {
  const keys = [...new Set(flat.flatMap((config) => [...config.keys()]))];
  const rows = keys.map((key) => ({ key, values: flat.map((config) => config.get(key) ?? '') }));
  return rows.filter(({ values }) => new Set(values).size > 1);
}
