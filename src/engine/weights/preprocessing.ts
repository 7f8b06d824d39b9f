import type { Beside } from './modelFile';

/** How images are prepared for a model: keys of `image`, and where they are from. */
export interface Preprocessing {
  readonly image: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly notes: readonly string[];
}

export function preprocessingOf({ scheme }: Beside & { readonly scheme: string; readonly size: number | readonly [number, number] }): Preprocessing {
  return { image: {}, source: scheme, notes: [] };
}
