import type { ComparedRun, RunCurve } from '../../src/protocol';
import { sharedName } from '../../src/sharedName';

/** Runs of one recipe, which differ in nothing but their seed, taken together. */

/** A run, or the mean of several with what lies a deviation below and above. */
export interface Drawn extends ComparedRun {
  /** How many it is the mean of. */
  readonly members?: number;
  readonly spread?: Readonly<Record<string, { readonly low: readonly number[]; readonly high: readonly number[] }>>;
}

/** Whether there is anything that a mean would be of. */
export function hasRepetitions(runs: readonly ComparedRun[]): boolean {
  return repetitions(runs).some((group) => group.length > 1);
}

/** One that broke off is no repetition of those that did not: its last values are of another epoch. */
function recipeOf({ recipe, state }: ComparedRun): string | null {
  return state === 'finished' || state === 'running' ? recipe : null;
}

/**
 * Groups of runs of one recipe, in the order of their first; a run without others is a group of its own. The same seed a
 * second time is the same training: it would count twice, and make a deviation of nothing. It stands by itself.
 */
export function repetitions(runs: readonly ComparedRun[]): readonly (readonly ComparedRun[])[] {
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const key = recipeOf(run) ?? run.path;
    const group = groups.get(key) ?? [];
    const twin = run.seed === null ? -1 : group.findIndex(({ seed }) => seed === run.seed);
    if (twin < 0) groups.set(key, [...group, run]);
    // One that is done counts before one that still trains.
    else if (group[twin]!.state === 'running' && run.state === 'finished') groups.set(key, group.with(twin, run)).set(group[twin]!.path, [group[twin]!]);
    else groups.set(run.path, [run]);
  }
  return [...groups.values()];
}

/** Each group as one: it keeps the path, and with it the stroke, of its first run. */
export function taken(runs: readonly ComparedRun[], name: (shared: string, count: number) => string): readonly Drawn[] {
  return repetitions(runs).map((group): Drawn => {
    const [first] = group;
    if (!first || group.length < 2) return group[0]!;
    const means = Object.keys(first.curves).flatMap((metric) => {
      const mean = meanOf(group, metric);
      return mean ? [[metric, mean] as const] : [];
    });
    return {
      ...first,
      name: name(sharedName(group.map((run) => run.name)), group.length),
      members: group.length,
      curves: Object.fromEntries(means.map(([metric, { curve }]) => [metric, curve])),
      spread: Object.fromEntries(means.map(([metric, { low, high }]) => [metric, { low, high }])),
    };
  });
}

/** At the steps that all of them have; a value that is no number leaves its step out. */
function meanOf(group: readonly ComparedRun[], metric: string): { readonly curve: RunCurve; readonly low: readonly number[]; readonly high: readonly number[] } | null {
  const curves = group.map((run) => run.curves[metric]);
  const [first] = curves;
  if (!first || curves.some((curve) => curve === undefined)) return null;
  const places = curves.map((curve) => new Map(curve!.steps.map((step, i) => [step, i])));
  const steps = first.steps.filter((step) => places.every((at, k) => Number.isFinite(curves[k]!.values[at.get(step) ?? -1])));
  if (steps.length === 0) return null;
  const at = (step: number, of: 'values' | 'times'): number[] => curves.map((curve, k) => curve![of][places[k]!.get(step)!]!);
  const moments = steps.map((step) => meanAndDeviation(at(step, 'values')));
  const values = moments.map(({ mean }) => mean);
  const curve = { steps, epochs: steps.map((step) => first.epochs[places[0]!.get(step)!]!), times: steps.map((step) => meanAndDeviation(at(step, 'times')).mean), values };
  return { curve, low: moments.map(({ mean, sd }) => mean - sd), high: moments.map(({ mean, sd }) => mean + sd) };
}

/** The deviation of a sample, over n − 1; 0 of one value. */
export function meanAndDeviation(values: readonly number[]): { readonly mean: number; readonly sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
