import { explanationMethods as methods } from '../../src/explanations';
import type { ImageQuestion, ImageView, InspectorApi } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { methodsShown, targetOf } from './explaining';
import type { Latest } from './latest';
import { sizeOf, type Explanations, type Model } from './session';

/** Makes an asker whose newest answer alone is shown. */
export type Latests = <V>(onValue: (value: V) => void, keep: number) => Latest<V>;

export interface Around {
  readonly model: () => Model;
  readonly change: (part: Partial<Model>) => void;
  readonly fail: (error: unknown) => void;
  readonly latest: Latests;
}

/** What the tab of explanations asks the engine. */
export interface Explaining {
  ask(view: ImageView, question: ImageQuestion): void;
  /** Measures the methods on the chosen class. */
  score(): Promise<void>;
  /** Scores are of one class of one image: for another they are nothing. */
  forgetScores(): void;
  reset(): void;
}

export function createExplaining(client: Client<InspectorApi>, { model, change, fail, latest }: Around): Explaining {
  const explanations = latest<Explanations>((value) => change({ explanations: value, problem: null }), 20);
  const against = latest<Explanations>((value) => change({ against: value, problem: null }), 20);
  let scoring: AbortController | null = null;

  const forgetScores = (): void => {
    scoring?.abort();
    scoring = null;
    if (model().scores || model().scoring) change({ scores: null, scoring: null });
  };
  const ask = (view: ImageView, question: ImageQuestion): void => {
    const { discard, against: second } = model().place;
    const wished = methodsShown(view, model());
    const want = (one: Latest<Explanations>, index: number): void =>
      one.want(`${String(index)} ${String(discard)} ${String(wished.length)}`, async (signal) => {
        const views = await client.explain({ ...question, methods: wished, target: index, discard }, { signal });
        return Object.fromEntries(views.map((map) => [map.method, map]));
      });
    want(explanations, targetOf(model().place, view));
    if (second !== null && second < view.classes.length) want(against, second);
  };
  return {
    ask,
    async score() {
      const view = model().state?.view;
      if (!view || scoring) return;
      const own = (scoring = new AbortController());
      const isOwn = (): boolean => scoring === own;
      const onProgress = (value: unknown): void => change({ scoring: value as Model['scoring'] });
      change({ scoring: { done: 0, of: methods.length + 1 } });
      const { discard } = model().place;
      const question = { checkpoint: view.checkpoint.path, file: view.file, ...sizeOf(model()) };
      try {
        const scores = await client.scoreExplanations({ ...question, methods, target: targetOf(model().place, view), discard }, { signal: own.signal, onProgress });
        if (!isOwn()) return;
        change({ scores });
        // What is shown may be more by now; on another tab it is asked for when this one is opened again.
        if (model().place.tab === 'explain') ask(view, question);
      } catch (error) {
        // A saved page was asked for what it does not hold: no mishap, and said where the button is.
        if (isOwn() && model().state?.standalone) change({ scoresMissing: true });
        else if (isOwn()) fail(error);
      }
      if (!isOwn()) return;
      scoring = null;
      change({ scoring: null });
    },
    forgetScores,
    reset() {
      explanations.reset();
      against.reset();
      forgetScores();
    },
  };
}
