import type { InspectorApi, MeasuredHeads } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import type { Around } from './askExplanations';
import { sizeOf } from './session';

/** Measuring heads over many images takes long: it tells how far it is, and can be given up. */
export interface Measuring {
  measure(over: 'folder' | 'validation'): void;
  cancel(): void;
}

export function createMeasuring(client: Client<InspectorApi>, { model, change }: Around, keep: () => void): Measuring {
  let running: AbortController | null = null;
  const run = async (over: 'folder' | 'validation'): Promise<void> => {
    const view = model().state?.view;
    if (!view || running) return;
    const own = (running = new AbortController());
    const checkpoint = view.checkpoint.path;
    change({ measureProblem: null });
    try {
      const onProgress = (value: unknown): void => change({ measuring: value as { done: number; of: number } });
      const measured: MeasuredHeads | null = await client.measureHeads({ checkpoint, over, ...sizeOf(model()) }, { signal: own.signal, onProgress });
      if (measured) {
        change({ measured: { checkpoint, measured }, problem: null });
        keep();
      }
    } catch (error) {
      // Said where it was asked: the line at the top is far from there.
      if (!own.signal.aborted) change({ measureProblem: error instanceof Error ? error.message : String(error) });
    }
    if (running === own) running = null;
    change({ measuring: null });
  };
  return { measure: (over) => void run(over), cancel: () => running?.abort() };
}
