import type { AttentionStack, AttentionView, ImageQuestion, ImageView, InspectorApi, InspectorState, MeasuredHeads, ScoresView } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { createAttention } from './askAttention';
import { createBeside } from './askBeside';
import type { Around } from './askExplanations';
import { createMeasuring, type Measuring } from './askHeads';
import { readHeads } from './headStatistics';
import { shownMap } from './place';
import type { Model } from './session';

/** What the panel knows of attention, and of what stands beside it. */
export interface Attended {
  readonly attention: AttentionView | null;
  /** All attention of the image, where it is there. */
  readonly stack: AttentionStack | null;
  /** What the softmax of a layer reads, once that was asked. */
  readonly softmax: ScoresView | null;
  /** Heads over many images, of the checkpoint that was measured. */
  readonly measured: { readonly checkpoint: string; readonly measured: MeasuredHeads } | null;
  readonly measuring: { readonly done: number; readonly of: number } | null;
  /** Why the last measuring ended without numbers. */
  readonly measureProblem: string | null;
  /** B, where two are compared; null also while it is not there. */
  readonly other: Other | null;
}

/** B, as far as the panel knows it. */
export interface Other extends Pick<Model, 'bounds' | 'attention' | 'rollouts' | 'explanations' | 'against'> {
  readonly view: ImageView;
}

export interface Attending extends Measuring {
  /** What the open tab needs, for the token that is shown. */
  ask(question: ImageQuestion, query: number): void;
  /** Takes B out of a snapshot. */
  receive(state: InspectorState): void;
  reset(): void;
}

/** What a new page begins with: numbers that took long to measure are kept over a reload. */
export function attendedAtFirst(kept: unknown): Attended {
  const heads = (kept as { readonly heads?: unknown } | null | undefined)?.heads;
  return { attention: null, stack: null, softmax: null, measured: readHeads(heads), measuring: null, measureProblem: null, other: null };
}

export function createAttending(client: Client<InspectorApi>, around: Around, keep: () => void): Attending {
  const { model, change, latest } = around;
  const attention = createAttention(client, latest, (value) => change({ attention: value, problem: null }), (stack) => change({ stack }));
  const softmax = latest<ScoresView>((value) => change({ softmax: value, problem: null }), 12);
  const beside = createBeside(client, around);
  return {
    ...createMeasuring(client, around, keep),
    ask(question, query) {
      const { place, hover, bounds } = model();
      beside.ask(query);
      if (place.tab !== 'attention') return;
      attention.want(question, query, place.direction);
      const { layer } = shownMap(place, hover, bounds);
      if (place.softmax) softmax.want(String(layer), (signal) => client.scores({ ...question, layer }, { signal }));
    },
    receive: (state) => beside.receive(state),
    reset() {
      attention.reset();
      softmax.reset();
      change({ stack: null, softmax: null, measureProblem: null });
    },
  };
}
