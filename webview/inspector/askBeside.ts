import type { AttentionView, ImageQuestion, InspectorApi, InspectorState } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { createAttention } from './askAttention';
import type { Other } from './attending';
import type { Around } from './askExplanations';
import { canExplain, targetOf, wishedMethods } from './explaining';
import { patchOf } from './place';
import { attends, boundsOf, rolloutsOf, sameSubject, type Explanations, type Model } from './session';
import { classIn, otherModel, tokenIn } from './sides';

/** What the panel asks about B: the same as about A, for the token, class and patch that stand in their place there. */
export interface Beside {
  /** @param query A's token */
  ask(query: number): void;
  /** Takes B out of a snapshot. */
  receive(state: InspectorState): void;
}

const nothing = { attention: null, rollouts: {}, explanations: {}, against: {} } as const;

export function createBeside(client: Client<InspectorApi>, { model, change, latest }: Around): Beside {
  const put = (part: Partial<Other>): void => {
    const { other } = model();
    if (other) change({ other: { ...other, ...part } });
  };
  const attention = createAttention(client, latest, (view: AttentionView) => put({ attention: view }));
  const rollouts = latest<Model['rollouts']>((value) => put({ rollouts: value }), 40);
  const explained = { explanations: latest<Explanations>((value) => put({ explanations: value }), 20), against: latest<Explanations>((value) => put({ against: value }), 20) };
  let size: Pick<ImageQuestion, 'size'> = {};

  const explain = (side: 'explanations' | 'against', index: number | null, question: ImageQuestion): void => {
    const beside = otherModel(model());
    const view = model().state?.view;
    const other = model().other;
    if (!beside || !view || !other || index === null) return;
    const target = classIn(other, index, view);
    if (target === null) return put({ [side]: {} });
    const { discard } = model().place;
    const wished = wishedMethods(other.view, model().place);
    explained[side].want(`${String(target)} ${String(discard)} ${String(wished.length)}`, async (signal) => {
      const views = await client.explain({ ...question, methods: wished, target, discard }, { signal });
      return Object.fromEntries(views.map((map) => [map.method, map]));
    });
  };

  return {
    ask(query) {
      const { other, state, place, bounds } = model();
      const view = state?.view;
      if (!other || !view || !attends(other.view)) return;
      const question = { checkpoint: other.view.checkpoint.path, file: other.view.file, ...size };
      const token = tokenIn(other, query, bounds, view);
      if (place.tab === 'attention' && token !== null) attention.want(question, token, place.direction);
      if (place.tab === 'rollout') {
        const from = patchOf(query, bounds) === null || place.query === null ? undefined : (token ?? undefined);
        rollouts.want(`${String(place.discard)} ${String(from)}`, (signal) => rolloutsOf(client, { ...question, discard: place.discard, ...(from === undefined ? {} : { query: from }) }, place.fusion, signal));
      }
      const beside = otherModel(model());
      if (place.tab !== 'explain' || !beside || !canExplain(beside)) return;
      explain('explanations', targetOf(place, view), question);
      explain('against', place.against, question);
    },
    receive(state) {
      const view = state.against?.view ?? null;
      const { other } = model();
      const resized = JSON.stringify(size);
      size = state.viewTimes === 1 || !view ? {} : { size: { times: state.viewTimes } };
      if (sameSubject(view, other?.view ?? null) && resized === JSON.stringify(size)) return;
      for (const one of [attention, rollouts, explained.explanations, explained.against]) one.reset();
      if (!view) return change({ other: null });
      const bounds = boundsOf(view);
      // What was drawn stays until the new maps come, where they have its shape.
      const keeps = other && JSON.stringify(other.bounds) === JSON.stringify(bounds);
      change({ other: { ...(keeps ? other : nothing), view, bounds } });
    },
  };
}
