import * as path from 'node:path';
import type { ComparedRun, Comparison, MetricIntervals, MetricRow, Metrics, RunCost, RunSummary } from '../../protocol';
import { reasonOf } from '../atomic';
import type { Config } from '../config/schema';
import { wilson } from '../metrics/interval';
import { macs } from '../model/cost';
import { vitSpec } from '../model/spec';
import { recipesOf } from './configs';
import { readRecord, type RunRecord } from './files';
import { flatten } from './flat';
import { describeImages } from './images';
import { readRun } from './listing';
import { readMetrics, readRunConfig } from './read';

/** Sets runs side by side: curves, final and best metrics, and only those keys of the configurations that differ. */
export async function compareRuns(runs: readonly string[]): Promise<Comparison> {
  const folders = runs.map((run) => path.resolve(run));
  const compared = await Promise.all(folders.map(compareOne));
  const configs = await Promise.all(folders.map((run) => configOf(run)));
  const records = await Promise.all(folders.map((run) => readRecord(run).catch(() => null)));
  return { runs: compared, differences: [...differences(configs), ...imageDifferences(records, configs)] };
}

async function compareOne(run: string): Promise<ComparedRun> {
  const summary: RunSummary = await readRun(run);
  const { path: place, name, state, created, latest, best = {} } = summary;
  const [record, config, [recipe = null]] = await Promise.all([readRecord(run).catch(() => null), configOf(run), recipesOf([run])]);
  const problems = summary.problem === undefined ? [] : [summary.problem];
  const rows = await readMetrics(run).catch((error: unknown): MetricRow[] => (problems.push(reasonOf(error)), []));
  const sizes = record?.dataset.sizes;
  return {
    path: place, name, state, created, curves: curvesOf(rows), final: latest, best, recipe, seed: config?.seed ?? null,
    intervals: { final: intervalsOf(latest, sizes), best: intervalsOf(best, sizes) },
    cost: costOf(record, config),
    ...(problems.length > 0 && { problem: problems.join(' ') }),
  };
}

/** Shares of images that a metric is; the others have no interval that a share and a count would give. */
const SHARE = /^(val|test)\/(top1|top5)$/;

function intervalsOf(metrics: Metrics, sizes: Readonly<Record<string, number>> | undefined): MetricIntervals {
  const entries = Object.entries(metrics).flatMap(([name, share]) => {
    const of = sizes?.[SHARE.exec(name)?.[1] ?? ''];
    const interval = of === undefined || !(share >= 0 && share <= 1) ? null : wilson(Math.round(share * of), of);
    return interval ? [[name, interval] as const] : [];
  });
  return Object.fromEntries(entries);
}

function costOf(record: RunRecord | null, config: Config | null): RunCost {
  const images = record?.dataset.sizes.train ?? null;
  const batch = config?.train.batch_size ?? null;
  return {
    params: record?.params ?? null,
    macs: config && record ? macsOf(config, record.dataset.classes.length) : null,
    seconds: record?.seconds ?? null,
    images,
    batch,
    stepsPerEpoch: record && record.epochs > 0 ? record.steps / record.epochs : null,
  };
}

function macsOf(config: Config, classes: number): number | null {
  try {
    return macs(vitSpec(config.image, config.model, classes));
  } catch {
    // A configuration of another version may be none that this one can build.
    return null;
  }
}

/** What may change between two parts of one training: where the data and the weights of its start lie and how many images memory holds, what computes, how the run is called, what it is watched with, and who is told of it. */
export const FREE = new Set(['dataset.path', 'dataset.memory', 'finetune.from', 'engine.backend', 'name', 'probe.image', 'probe.every', 'probe.budget']);
const FREE_SECTION = 'tracking.';

/** The keys that shape a training and differ between two configurations, with both values. */
export function configChanges(before: Config, after: Config): { readonly key: string; readonly values: readonly [string, string] }[] {
  const [old, now] = [flatten(before), flatten(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => !FREE.has(key) && !key.startsWith(FREE_SECTION));
  return keys.flatMap((key) => (old.get(key) === now.get(key) ? [] : [{ key, values: [old.get(key) ?? '', now.get(key) ?? ''] as const }]));
}

/** A run that cannot be read is compared by nothing, as its summary already tells why. */
async function configOf(run: string): Promise<Config | null> {
  return await readRunConfig(run).catch(() => null);
}

function curvesOf(rows: readonly MetricRow[]): ComparedRun['curves'] {
  const curves = new Map<string, { steps: number[]; epochs: number[]; times: number[]; values: number[] }>();
  for (const { step, epoch, time, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      const curve = curves.get(name) ?? { steps: [], epochs: [], times: [], values: [] };
      curve.steps.push(step);
      curve.epochs.push(epoch);
      curve.times.push(time);
      curve.values.push(value);
      curves.set(name, curve);
    }
  }
  return Object.fromEntries(curves);
}

/** Images that were added, changed or deleted between trainings that ask for the same: no key of the configuration tells of it. */
function imageDifferences(records: readonly (RunRecord | null)[], configs: readonly (Config | null)[]): Comparison['differences'] {
  // Of other folders the row of their paths tells already.
  const asked = configs.map((config) => config && JSON.stringify({ ...config.dataset, memory: null }));
  const unlike = records.some((one, i) => records.some((other, k) => one && other && asked[i] !== null && asked[i] === asked[k] && one.dataset.fingerprint !== other.dataset.fingerprint));
  return unlike ? [{ key: 'dataset.fingerprint', values: records.map((record) => (record ? describeImages(record.dataset) : '')) }] : [];
}

/** Of the trainings: not how they are called, which stands above, and not of which shapes are drawn unless all of them draw some. */
function differences(configs: readonly (Config | null)[]): Comparison['differences'] {
  const flat = configs.map((config) => (config === null ? new Map<string, string>() : flatten(config)));
  const drawn = configs.every((config) => config?.dataset.format === 'shapes');
  const keys = [...new Set(flat.flatMap((config) => [...config.keys()]))].filter((key) => key !== 'name' && (drawn || !key.startsWith('dataset.shapes.')));
  const rows = keys.map((key) => ({ key, values: flat.map((config) => config.get(key) ?? '') }));
  return rows.filter(({ values }) => new Set(values).size > 1);
}
