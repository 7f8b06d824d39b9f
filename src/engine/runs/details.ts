import type { Metrics } from '../../protocol';

/** One for each class, layer or head, and of the machine: curves to look at, too many for a list of the newest values. */
const DETAIL = /^(classes|layers|heads|system)\//;

/** What a list of the newest values shows. */
export function withoutDetails(values: Metrics): Metrics {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !DETAIL.test(name)));
}
