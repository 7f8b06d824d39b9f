import type { ExplanationMethod, ExplanationScore, ExplanationView, ImageQuestion, ImageView, InspectorApi, InspectorState, PositionView, RolloutView } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { oncePerFrame } from '../dom';
import { createExplaining, type Latests } from './askExplanations';
import { createFollowing, nothingFollowed, type Followed } from './askFlow';
import { attendedAtFirst, createAttending, type Attended } from './attending';
import { canExplain, isKept } from './explaining';
import { createFeatureAsking } from './features/ask';
import { noFeatures, type FeatureModel } from './features/model';
import type { FeatureName } from './features/place';
import { createLatest } from './latest';
import {
  noHover,
  patchOf,
  readPlace,
  shownQuery,
  step,
  type Action,
  type Bounds,
  type Hover,
  type Place,
} from './place';

/** All that the panel draws from. */
export interface Model extends Attended, Followed {
  readonly state: InspectorState | null;
  readonly place: Place;
  readonly hover: Hover;
  readonly bounds: Bounds;
  /** One per fusion, so that they stand side by side. */
  readonly rollouts: Readonly<Partial<Record<RolloutView['fusion'], RolloutView>>>;
  readonly positions: PositionView | null;
  /** Maps that explain the chosen class, and the second one. */
  readonly explanations: Explanations;
  readonly against: Explanations;
  /** How well they tell what counts, once that was asked. */
  readonly scores: readonly ExplanationScore[] | null;
  /** Whether a saved page was asked for scores that it does not hold. */
  readonly scoresMissing: boolean;
  readonly scoring: { readonly done: number; readonly of: number } | null;
  /** What is known of representations. */
  readonly features: FeatureModel;
  /** What is shown is older than what was asked for. */
  readonly waiting: boolean;
  /** Why the newest question of this panel got no answer. */
  readonly problem: string | null;
}

export type Explanations = Readonly<Partial<Record<ExplanationMethod, ExplanationView>>>;

export interface Session {
  readonly model: () => Model;
  act(action: Action): void;
  hover(change: Partial<Hover>): void;
  /** Measures the methods on the chosen class. */
  score(): void;
  /** Gives up what a view of representations is computing. */
  cancel(view: FeatureName): void;
  /** Measures heads over many images. */
  measure(over: 'folder' | 'validation'): void;
  cancelMeasuring(): void;
  /** Has the host ask where to save. */
  save(name: string, bytes: Uint8Array): void;
  /** Takes a snapshot of the host. */
  receive(state: InspectorState): void;
  fail(error: unknown): void;
}

/**
 * Whether the panel names an image or a checkpoint that could not be shown: the view is then of another one, and its
 * picture and predictions under the new name would be taken for the new one's.
 */
export function isBroken({ state }: Model): boolean {
  if (!state?.view || state.error === null || state.busy !== null) return false;
  return state.view.file !== state.file || state.view.checkpoint.path !== state.checkpoint || state.viewTimes !== state.times;
}

/** Whether there is attention to ask about: a network of convolutions has none, nor has a Mixer. */
export function attends({ model }: ImageView): boolean {
  return model.architecture === 'vit';
}

const noMaps = { explanations: {}, against: {}, scores: null, scoring: null, scoresMissing: false, ...nothingFollowed } as const;
const noBounds: Bounds = { layers: 1, heads: 1, rows: 1, columns: 1, prefix: 0, classToken: false };
const emptyModel: Omit<Model, 'place' | keyof Attended> = {
  state: null,
  hover: noHover,
  bounds: noBounds,
  rollouts: {},
  ...noMaps,
  positions: null,
  features: noFeatures,
  waiting: false,
  problem: null,
};
export const fusions = ['mean', 'max', 'min'] as const;

export function createSession(
  client: Client<InspectorApi>,
  kept: unknown,
  keep: (place: Place) => void,
  render: () => void,
): Session {
  let model: Model = { ...emptyModel, ...attendedAtFirst(kept), place: readPlace(kept) };
  const draw = oncePerFrame(render);
  const change = (part: Partial<Model>): void => {
    model = { ...model, ...part };
    draw();
  };
  const fail = (error: unknown): void => {
    if (error instanceof Error && error.name === 'AbortError') return;
    change({ problem: error instanceof Error ? error.message : String(error) });
  };
  const latest: Latests = <V>(onValue: (value: V) => void, count: number) =>
    createLatest<V>({ onValue, onError: fail, onWait: (waiting) => change({ waiting }), keep: count });
  const rollouts = latest<Model['rollouts']>((value) => change({ rollouts: value, problem: null }), 40);
  const positions = latest<PositionView>((value) => change({ positions: value, problem: null }), 4);
  const around = { model: () => model, change, fail, latest };
  const explaining = createExplaining(client, around);
  const attending = createAttending(client, around, () => keep(model.place));
  const following = createFollowing(client, around);
  const features = createFeatureAsking(client, around);

  const ask = (): void => {
    const view = model.state?.view;
    if (!view) return;
    const question = { checkpoint: view.checkpoint.path, file: view.file, ...sizeOf(model) };
    following.ask(view, question);
    const { tab, fusion, discard } = model.place;
    if (tab === 'features') features.ask(view, question);
    if (!attends(view)) return;
    if (tab === 'explain' && canExplain(model)) explaining.ask(view, question);
    const query = shownQuery(model.place, model.hover, model.bounds);
    attending.ask(question, query);
    if (tab === 'position') positions.want('', (signal) => client.positions({ checkpoint: question.checkpoint, ...sizeOf(model) }, { signal }));
    if (tab === 'position' && !isKept(model)) features.askPositions(question);
    if (tab !== 'rollout') return;
    const from = rolloutQuery(model, query);
    rollouts.want(`${String(discard)} ${String(from)}`, (signal) => rolloutsOf(client, { ...question, discard, ...(from === undefined ? {} : { query: from }) }, fusion, signal));
  };

  return {
    model: () => model,
    fail,
    score: () => void explaining.score(),
    cancel: (view) => features.cancel(view),
    measure: attending.measure,
    cancelMeasuring: attending.cancel,
    save: (name, bytes) => void client.save({ name, bytes }).catch(fail),
    act(action) {
      const place = step(model.place, model.hover, model.bounds, action);
      if (place.target !== model.place.target || place.discard !== model.place.discard) explaining.forgetScores();
      const hover = action.type === 'release' || action.type === 'hold' ? noHover : model.hover;
      keep(place);
      // What went wrong on one tab is not said of another.
      change({ place, hover, ...(place.tab !== model.place.tab && { problem: null }) });
      ask();
    },
    hover(part) {
      const hover = { ...model.hover, ...part };
      if (sameHover(hover, model.hover)) return;
      change({ hover });
      ask();
    },
    receive(state) {
      const fresh = !sameSubject(state.view, model.state?.view ?? null) || state.viewTimes !== model.state?.viewTimes;
      if (fresh) for (const one of [attending, rollouts, positions, explaining, following, features]) one.reset();
      // Answers about another grid cannot be drawn on this one; of the same grid the old ones stay until the new ones come.
      const bounds = state.view ? boundsOf(state.view) : noBounds;
      const stale = fresh && JSON.stringify(bounds) !== JSON.stringify(model.bounds);
      const dropped = stale ? { attention: null, rollouts: {}, positions: null, ...noMaps, features: { ...noFeatures, alignment: model.features.alignment, alignmentOf: model.features.alignmentOf, progress: model.features.progress } } : {};
      // A snapshot is a copy: the view that is already drawn keeps its identity, and with it its pictures.
      const view = fresh ? state.view : (model.state?.view ?? null);
      attending.receive(state);
      change({ state: { ...state, view }, bounds, ...dropped, ...(fresh ? { hover: noHover, problem: null } : {}) });
      ask();
    },
  };
}

/** At which the image that is shown was given to the network; its own goes without saying. */
export function sizeOf({ state }: Model): Pick<ImageQuestion, 'size'> {
  const times = state?.viewTimes ?? 1;
  return times === 1 ? {} : { size: { times } };
}

/** All fusions, the one that is looked at first. */
export async function rolloutsOf(client: Client<InspectorApi>, question: Omit<Parameters<Client<InspectorApi>['rollout']>[0], 'fusion'>, fusion: RolloutView['fusion'], signal: AbortSignal): Promise<Model['rollouts']> {
  const order = [fusion, ...fusions.filter((other) => other !== fusion)];
  const views = await Promise.all(order.map((one) => client.rollout({ ...question, fusion: one }, { signal })));
  return Object.fromEntries(views.map((view) => [view.fusion, view]));
}

/** Rollout is read from a patch only when one is chosen; the default is the class token, or the mean of the patches. */
function rolloutQuery(model: Model, query: number): number | undefined {
  if (patchOf(query, model.bounds) === null) return undefined;
  const previewed = model.hover.previews && model.hover.token !== null;
  return model.place.query !== null || previewed ? query : undefined;
}

export function boundsOf(view: ImageView): Bounds {
  return {
    layers: view.model.depth,
    heads: view.model.heads,
    rows: view.grid.rows,
    columns: view.grid.columns,
    prefix: view.prefix.length,
    classToken: view.prefix[0] === '[cls]',
  };
}

export function sameSubject(a: ImageView | null, b: ImageView | null): boolean {
  if (!a || !b) return a === b;
  return a.file === b.file && a.checkpoint.path === b.checkpoint.path && a.checkpoint.modified === b.checkpoint.modified;
}

function sameHover(a: Hover, b: Hover): boolean {
  return (
    a.token === b.token && a.previews === b.previews && a.map?.layer === b.map?.layer && a.map?.head === b.map?.head
  );
}
