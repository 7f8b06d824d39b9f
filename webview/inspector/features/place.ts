/** What of representations is looked at. Pure; a part of the inspector's place, which is kept over reloads. */

export const featureViews = ['filters', 'colours', 'norms', 'similarity', 'lens', 'heads', 'shuffle', 'alignment', 'neighbours'] as const;
export type FeatureName = (typeof featureViews)[number];

export interface FeaturePlace {
  readonly view: FeatureName;
  /** Counted from the embedding; null is the last that there is. */
  readonly layer: number | null;
  readonly foreground: 'all' | 'above' | 'below';
  readonly threshold: number;
  /** Robust standard deviations above the median from where on a token is an outlier. */
  readonly factor: number;
  /** Heads that are turned off, counted through all layers. */
  readonly off: readonly number[];
  readonly seed: number;
  /** Index of the grid of pieces; null is single patches. */
  readonly grid: number | null;
  /** A split, or a folder. */
  readonly images: string;
  readonly most: number;
  /** Another checkpoint to compare layers with. */
  readonly other: string | null;
  readonly read: 'class' | 'patches';
  readonly debiased: boolean;
  /** Neighbours that are shown. */
  readonly count: number;
  /** What takes long and was asked for, by view: it is asked again of the same network after a reload. */
  readonly begun: Readonly<Record<string, string>>;
  /** Dimensions of the position encoding that are drawn; empty for some that are spread over all. */
  readonly dimensions: readonly number[];
  /** Which patches the curves of the encoding go along. */
  readonly along: 'sequence' | 'row' | 'column';
}

export const firstFeaturePlace: FeaturePlace = {
  view: 'colours',
  layer: null,
  foreground: 'all',
  threshold: 0.5,
  factor: 5,
  off: [],
  seed: 0,
  grid: null,
  images: 'val',
  most: 256,
  other: null,
  read: 'class',
  debiased: true,
  count: 12,
  begun: {},
  dimensions: [],
  along: 'row',
};

export const SPLITS = ['val', 'test', 'train'] as const;

/** Reads a kept place; what is missing or wrong falls back to the first one. */
export function readFeaturePlace(kept: unknown): FeaturePlace {
  if (typeof kept !== 'object' || kept === null) return firstFeaturePlace;
  const given = kept as Readonly<Record<string, unknown>>;
  const place: Record<string, unknown> = { ...firstFeaturePlace };
  for (const [key, isValid] of Object.entries(valid)) if (key in given && isValid(given[key])) place[key] = given[key];
  return place as unknown as FeaturePlace;
}

const oneOf = (...values: readonly unknown[]) => (value: unknown): boolean => values.includes(value);
const index = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const indices = (value: unknown): boolean => Array.isArray(value) && value.every(index);
const orNull = (isValid: (value: unknown) => boolean) => (value: unknown): boolean => value === null || isValid(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const between = (low: number, high: number) => (value: unknown): boolean => typeof value === 'number' && value >= low && value <= high;

const valid: Readonly<Record<keyof FeaturePlace, (value: unknown) => boolean>> = {
  view: oneOf(...featureViews),
  layer: orNull(index),
  foreground: oneOf('all', 'above', 'below'),
  threshold: between(0, 1),
  factor: between(1, 20),
  off: indices,
  seed: index,
  grid: orNull(index),
  images: isText,
  most: between(4, 1e6),
  other: orNull(isText),
  read: oneOf('class', 'patches'),
  debiased: oneOf(true, false),
  count: between(1, 100),
  begun: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
  dimensions: indices,
  along: oneOf('sequence', 'row', 'column'),
};
