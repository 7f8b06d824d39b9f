import type { AttentionDirection, AttentionStack, AttentionView, ImageQuestion, InspectorApi } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import type { Latests } from './askExplanations';
import { viewOf } from './stack';

/** What the panel asks of attention: one token first, so that a picture is there at once, then all of it, once. */
export interface Asking {
  want(question: ImageQuestion, query: number, direction: AttentionDirection): void;
  /** All of it, where it is there: of an image whose attention is too large for a page it never is. */
  readonly stack: AttentionStack | null;
  reset(): void;
}

/** Answers kept while there is no stack. */
const KEPT = 400;

export function createAttention(client: Client<InspectorApi>, latest: Latests, onView: (view: AttentionView) => void, onStack: (stack: AttentionStack) => void = () => undefined): Asking {
  let stack: AttentionStack | null = null;
  let shown: { readonly key: string } | null = null;
  let fetching: AbortController | null = null;
  const single = latest<AttentionView>((view) => onView(view), KEPT);

  const fetchStack = (question: ImageQuestion): void => {
    if (fetching) return;
    const own = (fetching = new AbortController());
    // What goes wrong here is told by the single question; without a stack the panel goes on as it began.
    client.attentionStack(question, { signal: own.signal }).then(
      (all) => {
        if (fetching !== own || !all) return;
        stack = all;
        onStack(all);
      },
      () => undefined,
    );
  };
  return {
    get stack() {
      return stack;
    },
    want(question, query, direction) {
      const key = `${direction} ${String(query)}`;
      if (!stack) {
        single.want(key, (signal) => client.attention({ ...question, query, direction }, { signal }));
        fetchStack(question);
      } else if (shown?.key !== key) onView(viewOf(stack, query, direction));
      shown = { key };
    },
    reset() {
      fetching?.abort();
      [stack, shown, fetching] = [null, null, null];
      single.reset();
    },
  };
}
