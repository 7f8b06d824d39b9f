/** Keeps the values that were used last, up to a total weight. Makers that fail are forgotten, so that they can be tried again. */
export interface Cache<V> {
  /** The value of a key, made when it is not here. Two callers at once share one making. */
  get(key: string, make: () => Promise<V>): Promise<V>;
  clear(): void;
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

  const forget = (key: string): void => {
    const entry = entries.get(key);
    entries.delete(key);
    if (drop) void entry?.value.then(drop, () => undefined);
  };
  const trim = (newest: string): void => {
    let total = [...entries.values()].reduce((sum, { weight }) => sum + weight, 0);
    for (const [key, { weight }] of [...entries]) {
      if (total <= limit || key === newest) return;
      total -= weight;
      forget(key);
    }
  };

  return {
    async get(key, make) {
      const held = entries.get(key);
      const entry = held ?? { value: make(), weight: 0 };
      entries.delete(key);
      entries.set(key, entry);
      if (held) return held.value;
      try {
        const value = await entry.value;
        entry.weight = weigh(value);
        trim(key);
        return value;
      } catch (error) {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      }
    },
    clear() {
      for (const key of [...entries.keys()]) forget(key);
    },
  };
}
