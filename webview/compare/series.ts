import type { ComparedRun, RunCurve } from '../../src/protocol';

/** Metrics that share a chart, in the order in which people look at them. */
export interface Group {
  readonly name: string;
  readonly metrics: readonly string[];
  /** One line for each class, layer or head. */
  readonly detail?: boolean;
}

const order = ['loss', 'top1', 'top5', 'accuracy', 'balanced_accuracy', 'f1', 'precision', 'recall', 'ece', 'lr'];

/** What there is one of for each class, layer or head, and what tells of the machine. */
const detail = /^(classes|layers|heads|system)\//;

/** One chart for each kind of them, e.g. `heads/entropy`. */
export function detailGroups(runs: readonly ComparedRun[]): readonly Group[] {
  const groups = new Map<string, Set<string>>();
  for (const name of runs.flatMap((run) => Object.keys(run.curves)).filter((one) => detail.test(one))) {
    const kind = name.split('/', 2).join('/');
    groups.set(kind, (groups.get(kind) ?? new Set()).add(name));
  }
  return [...groups].map(([name, metrics]) => ({ name, metrics: [...metrics], detail: true })).sort((a, b) => a.name.localeCompare(b.name));
}

/** One chart for each kind of metric: `train/loss` and `val/loss` share one. Test metrics are single values, not curves. */
export function groupMetrics(runs: readonly ComparedRun[]): readonly Group[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.curves).filter((name) => !name.startsWith('test/') && !detail.test(name))));
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const kind = name.split('/').pop() ?? name;
    groups.set(kind, [...(groups.get(kind) ?? []), name]);
  }
  return [...groups]
    .map(([name, metrics]) => ({ name, metrics: metrics.sort((a, b) => a.localeCompare(b)) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

function rank(kind: string): number {
  const at = order.indexOf(kind);
  return at < 0 ? order.length : at;
}

/** Metric names of the table: validation and test first, the losses of training last. */
export function tableMetrics(runs: readonly ComparedRun[]): readonly string[] {
  const names = new Set(runs.flatMap((run) => [...Object.keys(run.final), ...Object.keys(run.best)]));
  names.delete('lr');
  const place = (name: string): number => (name.startsWith('test/') ? 0 : name.startsWith('val/') ? 100 : 200) + rank(name.split('/').pop() ?? '');
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What the horizontal axis counts. */
export type Axis = 'epoch' | 'step' | 'time' | 'examples' | 'macs';

/** Forward, and about twice as much backward (Kaplan et al. 2020, section 2.1). */
const PASSES = 3;

/** A curve over an axis; null where the run does not tell what a step is worth on it. Epochs have fractions. */
export function curveOf(run: ComparedRun, metric: string, axis: Axis): Curve | null {
  const curve = run.curves[metric];
  if (!curve || curve.values.length === 0) return null;
  const x = placesOf(run, curve, axis);
  return x && { x, y: curve.values };
}

function placesOf(run: ComparedRun, curve: RunCurve, axis: Axis): readonly number[] | null {
  if (axis === 'step') return curve.steps;
  if (axis === 'time') return curve.times.length === curve.steps.length ? curve.times : null;
  if (axis === 'epoch') {
    const perEpoch = stepsPerEpoch(run);
    return perEpoch > 0 ? curve.steps.map((step) => step / perEpoch) : curve.epochs;
  }
  const { images, batch, stepsPerEpoch: steps, macs } = run.cost;
  if (images === null || batch === null || !steps || (axis === 'macs' && macs === null)) return null;
  const worth = axis === 'macs' ? PASSES * (macs ?? 0) : 1;
  return curve.steps.map((step) => worth * imagesAt(step, images, batch, steps));
}

/** The last step of an epoch has what is left of the images. */
function imagesAt(step: number, images: number, batch: number, steps: number): number {
  const epochs = Math.floor(step / steps);
  return epochs * images + Math.min(images, (step - epochs * steps) * batch);
}

/** The largest x of any curve; at least 1. */
export function endOf(runs: readonly ComparedRun[], axis: Axis): number {
  const ends = runs.flatMap((run) => Object.keys(run.curves).map((metric) => curveOf(run, metric, axis)?.x.at(-1) ?? 0));
  return Math.max(1, ...ends);
}

/** Steps of one epoch, from a row that was written at the end of one: the validation's; before the first of them, as many as were planned. 0 where nobody knows. */
function stepsPerEpoch(run: ComparedRun): number {
  for (const [name, curve] of Object.entries(run.curves)) {
    const step = curve.steps.at(-1);
    const epoch = curve.epochs.at(-1);
    if (name.startsWith('val/') && step && epoch) return step / epoch;
  }
  return run.cost.stepsPerEpoch ?? 0;
}

/**
 * Exponential moving average without the pull towards zero at the start (Kingma and Ba 2015, section 3, the correction
 * of Adam's moments). `weight` 0 leaves the values as they are; gaps stay gaps.
 */
export function smooth(values: readonly number[], weight: number): readonly number[] {
  if (weight <= 0) return values;
  let mean = 0;
  let total = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = weight * mean + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return mean / total;
  });
}

/** The point next to `x`, unless the curve has not begun or has ended before. */
export function pointAt(curve: Curve, x: number): { readonly x: number; readonly y: number } | null {
  const first = curve.x[0];
  const last = curve.x.at(-1);
  if (first === undefined || last === undefined) return null;
  const reach = (last - first) / Math.max(1, curve.x.length - 1);
  if (x < first - reach || x > last + reach) return null;
  let low = 0;
  let high = curve.x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((curve.x[middle] ?? 0) <= x) low = middle;
    else high = middle;
  }
  const nearer = Math.abs((curve.x[low] ?? 0) - x) <= Math.abs((curve.x[high] ?? 0) - x) ? low : high;
  return { x: curve.x[nearer]!, y: curve.y[nearer]! };
}

/** Every point of every curve, one a row. */
export function pointRows(runs: readonly ComparedRun[]): readonly (readonly (string | number)[])[] {
  const rows: (string | number)[][] = [['run', 'metric', 'step', 'epoch', 'seconds', 'value']];
  for (const run of runs)
    for (const [metric, curve] of Object.entries(run.curves))
      for (const [i, value] of curve.values.entries()) rows.push([run.name, metric, curve.steps[i] ?? '', curve.epochs[i] ?? '', curve.times[i] ?? '', value]);
  return rows;
}
