/** Keeps the values that were used last, up to a total weight. Makers that fail are forgotten, so that they can be tried again. */
export interface Cache<V> {
  /** The value of a key, made when it is not here. Two callers at once share one making. */
  get(key: string, make: () => Promise<V>): Promise<V>;
  /** The value of a key if it is here, which counts as a use of it. */
  held(key: string): Promise<V | undefined>;
  /** Puts a value here, in place of the one that was. */
  keep(key: string, value: V): void;
  clear(): void;
  /** Drops what has such a key. */
  forget(matches: (key: string) => boolean): void;
}

export interface CacheOptions<V> {
  readonly limit: number;
  /** Weight of a value in the unit of `limit`. */
  readonly weigh: (value: V) => number;
  /** Called with what is dropped. */
  readonly drop?: (value: V) => void;
}

export function createCache<V>({ limit, weigh, drop }: CacheOptions<V>): Cache<V> {
  // A Map keeps insertion order: the first key is the one that was used longest ago.
  const entries = new Map<string, { readonly value: Promise<V>; weight: number }>();
  let total = 0;

  const forget = (key: string): void => {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    total -= entry.weight;
    if (drop) void entry.value.then(drop, () => undefined);
  };
  const trim = (newest: string): void => {
    for (const key of entries.keys()) {
      if (total <= limit || key === newest) return;
      forget(key);
    }
  };
  const use = (key: string): Promise<V> | undefined => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    entries.delete(key);
    entries.set(key, entry);
    return entry.value;
  };

  return {
    async get(key, make) {
      const known = use(key);
      if (known) return known;
      const entry = { value: make(), weight: 0 };
      entries.set(key, entry);
      try {
        const value = await entry.value;
        // What was dropped meanwhile weighs nothing here.
        if (entries.get(key) !== entry) return value;
        entry.weight = weigh(value);
        total += entry.weight;
        trim(key);
        return value;
      } catch (error) {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      }
    },
    held: async (key) => use(key),
    keep(key, value) {
      forget(key);
      const weight = weigh(value);
      entries.set(key, { value: Promise.resolve(value), weight });
      total += weight;
      trim(key);
    },
    clear() {
      for (const key of [...entries.keys()]) forget(key);
    },
    forget(matches) {
      for (const key of [...entries.keys()].filter(matches)) forget(key);
    },
  };
}
