import type { WeighedWeights } from './evaluationProtocol';

/** Weights that were set side by side as the rows of a CSV file, heading first, all digits: the terminal and the panel write the same. */
export function weighedRows(weighed: readonly WeighedWeights[]): readonly (readonly (string | number)[])[] {
  const names = [...new Set(weighed.flatMap(({ metrics }) => Object.keys(metrics)))];
  return [
    ['weights', 'averaged', 'split', 'tta', 'epoch', 'images', ...names.flatMap((name) => [name, `${name}_low`, `${name}_high`])],
    ...weighed.map(({ weights, averaged, split, tta, epoch, images, metrics, intervals }) => [
      weights, averaged ? 'yes' : 'no', split, tta, epoch, images, ...names.flatMap((name) => [metrics[name], ...(intervals[name] ?? [undefined, undefined])].map((value) => value ?? '')),
    ]),
  ];
}
