/** Asks one question at a time and shows only the newest answer. */

export interface Latest<V> {
  /** Shows a known answer at once, else asks as soon as the running question has ended. */
  want(key: string, ask: (signal: AbortSignal) => Promise<V>): void;
  /** Forgets answers and gives up the running question: another image or checkpoint. */
  reset(): void;
}

export interface LatestOptions<V> {
  readonly onValue: (value: V, key: string) => void;
  readonly onError: (error: unknown) => void;
  /** True when a wanted answer has been missing for a while, false when it is there. */
  readonly onWait: (waiting: boolean) => void;
  /** Answers kept. */
  readonly keep: number;
}

/**
 * While a question runs only the newest wanted one waits, so that a moving pointer never queues up work; an answer that
 * is no longer wanted is kept for later but not shown.
 */
export function createLatest<V>(options: LatestOptions<V>): Latest<V> {
  const known = new Map<string, V>();
  let wanted: { readonly key: string; readonly ask: (signal: AbortSignal) => Promise<V> } | null = null;
  let shown: string | null = null;
  let running: AbortController | null = null;

  const give = (key: string, value: V): void => {
    shown = key;
    options.onWait(false);
    options.onValue(value, key);
  };

  const start = (): void => {
    if (!wanted || running) return;
    const { key, ask } = wanted;
    const controller = new AbortController();
    running = controller;
    options.onWait(true);
    void ask(controller.signal)
      .then((value) => {
        if (running !== controller) return;
        remember(known, key, value, options.keep);
        if (wanted?.key === key) give(key, value);
      })
      .catch((error: unknown) => {
        if (running !== controller) return;
        // Without this the same failing question would be asked again for ever.
        if (wanted?.key === key) wanted = null;
        options.onWait(false);
        options.onError(error);
      })
      .finally(() => {
        if (running !== controller) return;
        running = null;
        if (wanted && wanted.key !== shown) start();
      });
  };

  return {
    want(key, ask) {
      if (wanted?.key === key) return;
      wanted = { key, ask };
      const value = known.get(key);
      if (value !== undefined) give(key, value);
      else start();
    },
    reset() {
      running?.abort();
      running = null;
      wanted = null;
      shown = null;
      known.clear();
      options.onWait(false);
    },
  };
}

function remember<V>(known: Map<string, V>, key: string, value: V, keep: number): void {
  known.delete(key);
  known.set(key, value);
  const oldest = known.keys().next();
  if (known.size > keep && !oldest.done) known.delete(oldest.value);
}
