/** What MLflow's REST API takes at once, and which names it takes (MLflow 3.17, `mlflow/utils/validation.py`). */

/** Of one request of `runs/log-batch`, and of all three together. */
export const MOST = { metrics: 1000, params: 100, tags: 100, all: 1000 } as const;
/** Bytes of a request: 1 MB, with room for what is around the values. */
const MOST_BYTES = 900_000;
export const LONGEST = { key: 250, param: 6000, tag: 5000, runName: 250, digest: 36 } as const;
/** Servers before MLflow 2.8 take no longer values of parameters. */
export const SHORT_PARAM = 500;

/** A name of a metric, parameter or tag as MLflow takes it: letters, digits and `_-. /`, and no empty part between slashes. */
export function cleanKey(name: string): string {
  const parts = name.replace(/[^\p{L}\p{N}_\-. /]/gu, '_').split('/').map((part) => (/^\.*$/.test(part) ? '_' : part));
  return parts.join('/').slice(0, LONGEST.key);
}

/**
 * Keys for names, of which no two are alike although names are: "a(b" and "a)b" become `a_b` and `a_b_2`. The same names in
 * the same order give the same keys.
 */
export function keysOf(): (name: string) => string {
  const keys = new Map<string, string>();
  const taken = new Set<string>();
  return (name) => {
    const known = keys.get(name);
    if (known !== undefined) return known;
    const clean = cleanKey(name);
    let key = clean;
    for (let n = 2; taken.has(key.toLowerCase()); n++) key = `${clean.slice(0, LONGEST.key - 8)}_${n}`;
    taken.add(key.toLowerCase());
    keys.set(name, key);
    return key;
  };
}

/** A value cut to a length; `cut` tells whether it was. A character beyond the 16-bit ones is not cut in two. */
export function shortened(value: string, most: number): { readonly value: string; readonly cut: boolean } {
  if (value.length <= most) return { value, cut: false };
  const end = /[\uD800-\uDBFF]/.test(value[most - 2]!) ? most - 2 : most - 1;
  return { value: `${value.slice(0, end)}…`, cut: true };
}

export interface Metric {
  readonly key: string;
  /** JSON has no NaN and no infinity: MLflow takes their names. */
  readonly value: number | 'NaN' | 'Infinity' | '-Infinity';
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

export interface Pair {
  readonly key: string;
  readonly value: string;
}

/** What one request of `runs/log-batch` holds. */
export interface Batch {
  readonly metrics: readonly Metric[];
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
}

/** As few requests as the limits allow, in order. */
export function batches(all: Batch): readonly Batch[] {
  const [tags, params] = [chunked(all.tags, MOST.tags), chunked(all.params, MOST.params)];
  const heads = Array.from({ length: Math.max(tags.length, params.length) }, (_, i) => ({ metrics: [], tags: tags[i] ?? [], params: params[i] ?? [] }));
  return [...heads, ...chunked(all.metrics, MOST.metrics).map((metrics) => ({ metrics, params: [], tags: [] }))];
}

function chunked<T>(items: readonly T[], most: number): T[][] {
  const chunks: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    const last = chunks.at(-1);
    // Parameters and tags share a request: each may take half of it.
    if (last === undefined || last.length >= most || bytes + size > MOST_BYTES / 2) {
      chunks.push([item]);
      bytes = size;
    } else {
      last.push(item);
      bytes += size;
    }
  }
  return chunks;
}

export function metricValue(value: number): Metric['value'] {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}
