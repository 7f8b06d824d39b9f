import * as l10n from '@vscode/l10n';
import { takesWhole } from '../config/keys';
import type { Config } from '../config/schema';
import type { SweepConfig, SweepValue } from '../config/sweepSchema';
import { randomAt, type Random } from '../random';
import { UserError } from '../userError';

/** One combination of a sweep. */
export interface Setting {
  /** By dotted key, in the order of the configuration; `variant` has the name of one. */
  readonly values: Readonly<Record<string, SweepValue>>;
  /** As `--set` takes them. */
  readonly set: readonly string[];
}

/** The axis of `sweep.variants`. */
export const VARIANT = 'variant';

/** What the sweep itself decides, or what makes no other training: as a thing to vary it would stand in the tables and mean nothing. */
const OWN: readonly string[] = ['seed', 'name', 'sweep', 'tracking'];

/** More than that are a mistake: a list too many. */
const MOST = 10_000;

/** A section `sweep` that nothing can be planned of; `at` is what is wrong with it. */
export class SweepError extends UserError {
  readonly at: readonly string[];
  constructor(message: string, ...at: readonly string[]) {
    super(message);
    this.at = ['sweep', ...at];
  }
}

/**
 * The combinations of a sweep: all of a grid, or as many as are drawn, each another one; what is drawn depends on `seed`.
 *
 * @throws SweepError when there is nothing to vary, too much, what the sweep decides, a value twice, or a range in a grid
 */
export function settingsOf(sweep: SweepConfig, seed: number): readonly Setting[] {
  refuseOwn(sweep);
  const axes = axesOf(sweep);
  if (axes.length === 0) throw new SweepError(l10n.t('sweep names nothing to vary: give sweep.parameters or sweep.variants.'));
  const all = axes.every(({ values }) => values !== undefined);
  const count = axes.reduce((product, { values }) => product * (values?.length ?? Infinity), 1);
  const range = axes.find(({ values }) => !values);
  if (sweep.method === 'grid' && range) throw new SweepError(l10n.t('sweep.parameters.{0} is a range, and a grid needs values. List them, or choose sweep.method: random.', range.key), 'parameters', range.key);
  const wanted = sweep.method === 'grid' ? count : sweep.trials;
  if (wanted > MOST) throw new SweepError(l10n.t('sweep would train {0} combinations. Give fewer values.', wanted));
  if (all && wanted >= count) return grid(axes as readonly Listed[]).map((values) => settingOf(values, sweep));
  const settings = new Map<string, Setting>();
  // Few values may be drawn more than once; after so many tries there is nothing new to expect.
  for (let draw = 0; settings.size < wanted && draw < 100 * wanted; draw++) {
    const random = randomAt(seed, 'sweep', draw);
    const values = Object.fromEntries(axes.map(({ key, draw: one }) => [key, one(random)]));
    settings.set(JSON.stringify(values), settings.get(JSON.stringify(values)) ?? settingOf(values, sweep));
  }
  return [...settings.values()];
}

function refuseOwn({ method, parameters, variants, seeds }: SweepConfig): void {
  const twice = typeof seeds === 'number' ? undefined : seeds.find((seed, i) => seeds.indexOf(seed) < i);
  if (twice !== undefined) throw new SweepError(l10n.t('sweep.seeds has {0} twice: the same training would be done twice.', twice), 'seeds');
  const given = [...Object.keys(parameters).map((key) => ['parameters', key]), ...Object.entries(variants).flatMap(([name, keys]) => Object.keys(keys).map((key) => ['variants', name, key]))];
  for (const at of given) {
    const [where, key] = [['sweep', ...at].join('.'), at.at(-1)!];
    if (key === 'seed') throw new SweepError(l10n.t('{0}: each combination is trained with the seeds of sweep.seeds. Give them there, e.g. sweep.seeds: 3.', where), ...at);
    if (OWN.includes(key.split('.')[0]!)) throw new SweepError(l10n.t('{0}: {1} makes no other training, so that there is nothing to compare.', where, key), ...at);
    if (at[0] === 'variants' && Object.hasOwn(parameters, key)) throw new SweepError(l10n.t('{0}: sweep.parameters varies {1}, too, and would override it: a variant would not be what its name says. Give it in one of the two.', where, key), ...at);
    if (key === 'train.epochs' && method === 'halving') throw new SweepError(l10n.t('{0}: sweep.method: halving decides how many epochs each round has, the last one train.epochs.', where), ...at);
  }
}

/** The seeds of every combination. */
export function seedsOf({ seed, sweep }: Pick<Config, 'seed' | 'sweep'>): readonly number[] {
  const seeds = sweep?.seeds ?? 1;
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => seed + i) : [...new Set(seeds)];
}

/** Epochs of each round: one, but for successive halving (Jamieson & Talwalkar 2016). */
export function roundsOf(sweep: SweepConfig, epochs: number): readonly number[] {
  if (sweep.method !== 'halving') return [epochs];
  const rounds = [epochs];
  while (rounds[0]! / sweep.eta >= Math.min(sweep.min_epochs, epochs) && Math.round(rounds[0]! / sweep.eta) < rounds[0]!) rounds.unshift(Math.max(1, Math.round(rounds[0]! / sweep.eta)));
  return rounds;
}

/** The keys that are drawn from a range, with its scale; undefined where there is none. */
export function rangesOf({ parameters }: SweepConfig): Readonly<Record<string, 'linear' | 'log'>> | undefined {
  const ranges = Object.entries(parameters).flatMap(([key, given]) => (Array.isArray(given) ? [] : [[key, given.scale] as const]));
  return ranges.length > 0 ? Object.fromEntries(ranges) : undefined;
}

interface Axis {
  readonly key: string;
  /** None for a range. */
  readonly values: readonly SweepValue[] | undefined;
  readonly draw: (random: Random) => SweepValue;
}

type Listed = Axis & { readonly values: readonly SweepValue[] };

function axesOf({ parameters, variants }: SweepConfig): Axis[] {
  const names = Object.keys(variants);
  return [...(names.length > 0 ? [listed(VARIANT, names)] : []), ...Object.entries(parameters).map(([key, given]) => (Array.isArray(given) ? listed(key, given) : ranged(key, given)))];
}

function listed(key: string, values: readonly SweepValue[]): Axis {
  const twice = values.find((value, i) => values.findIndex((other) => sameValue(other) === sameValue(value)) < i);
  if (twice !== undefined) throw new SweepError(l10n.t('sweep.parameters.{0} has {1} twice, which would be trained twice. For repetitions, give sweep.seeds.', key, JSON.stringify(twice)), 'parameters', key);
  return { key, values, draw: (random) => values[random.int(values.length)]! };
}

/** One text for values that are the same to every key: `8` and `[8, 8]`, height and width of a patch. */
function sameValue(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (Array.isArray(inner) && inner.length === 2 && typeof inner[0] === 'number' && inner[0] === inner[1] ? inner[0] : inner));
}

/** Combinations that make one and the same training under several names, in groups; `configs` has that of each. */
export function sameTrainings(settings: readonly Pick<Setting, 'values'>[], configs: readonly Config[]): readonly (readonly Pick<Setting, 'values'>[])[] {
  const groups = new Map<string, Pick<Setting, 'values'>[]>();
  for (const [i, setting] of settings.entries()) {
    const { name: _, sweep: __, ...training } = configs[i]!;
    const key = sameValue(training);
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function ranged(key: string, { min, max, scale, integer }: Exclude<SweepConfig['parameters'][string], readonly SweepValue[]>): Axis {
  if (!(min < max)) throw new SweepError(l10n.t('sweep.parameters.{0} goes from {1} to {2}: min must be less than max.', key, min, max), 'parameters', key);
  if (scale === 'log' && min <= 0) throw new SweepError(l10n.t('sweep.parameters.{0} has the scale log and begins at {1}; it must be more than 0.', key, min), 'parameters', key);
  const whole = integer ?? takesWhole(key, min, max);
  if (whole && Math.ceil(min) > Math.floor(max)) throw new SweepError(l10n.t('sweep.parameters.{0} takes whole numbers, and there is none from {1} to {2}.', key, min, max), 'parameters', key);
  const between = (share: number): number => (scale === 'log' ? min * (max / min) ** share : min + (max - min) * share);
  // Three digits are read more easily and change nothing.
  return { key, values: undefined, draw: (random) => (whole ? Math.min(Math.floor(max), Math.max(Math.ceil(min), Math.round(between(random.next())))) : Number(between(random.next()).toPrecision(3))) };
}

function grid(axes: readonly Listed[]): Readonly<Record<string, SweepValue>>[] {
  return axes.reduce<Record<string, SweepValue>[]>((rows, { key, values }) => rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value }))), [{}]);
}

function settingOf(values: Readonly<Record<string, SweepValue>>, { variants }: SweepConfig): Setting {
  const { [VARIANT]: variant, ...keys } = values;
  const all = { ...(typeof variant === 'string' ? variants[variant] : {}), ...keys };
  return { values, set: Object.entries(all).map(([key, value]) => `${key}=${JSON.stringify(value)}`) };
}

/** Where a sweep gives a key the value that it has in a combination; else the first thing that it varies. */
export function placeOfKey({ parameters, variants }: SweepConfig, key: string, { values }: Pick<Setting, 'values'>): readonly string[] {
  const variant = values[VARIANT];
  const inVariant = typeof variant === 'string' ? (variants[variant] ?? {}) : {};
  const given = [...Object.keys(parameters).map((one) => ['parameters', one]), ...Object.keys(inVariant).map((one) => ['variants', String(variant), one])];
  return ['sweep', ...(given.find((at) => at.at(-1) === key) ?? given[0] ?? [])];
}

/** "patch_size 4, embed_dim 64": a combination for people, short enough for a run's name. */
export function describeSetting(values: Readonly<Record<string, SweepValue>>): string {
  return Object.entries(values).map(([key, value]) => (key === VARIANT ? String(value) : `${key.split('.').at(-1)!} ${valueWords(value, key)}`)).join(', ');
}

/** Of a size height and width; other lists, as weights of classes, stand as the file has them. */
export function valueWords(value: SweepValue, key: string): string {
  if (!Array.isArray(value)) return String(value);
  return /(^|[._])size$/.test(key) ? value.join('×') : `[${value.join(', ')}]`;
}
