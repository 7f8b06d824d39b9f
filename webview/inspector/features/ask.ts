import type { ImageQuestion, ImageView, InspectorApi, NeighboursView, AlignmentView, HeadsView, ShuffleCurve } from '../../../src/protocol';
import { areLight, SHUFFLE_SEEDS, shuffleGrids } from '../../../src/light';
import type { Client } from '../../../src/rpc';
import { createLatest, type Latest } from '../latest';
import type { Latests } from '../askExplanations';
import type { Model } from '../session';
import { applies, hasSet, layerOf, longKey, setOf, type FeatureModel } from './model';
import type { FeatureName } from './place';

interface Around {
  readonly model: () => Model;
  readonly change: (part: Partial<Model>) => void;
  readonly latest: Latests;
}

/** What the tab of representations asks the engine. */
export interface FeatureAsking {
  ask(view: ImageView, question: ImageQuestion): void;
  /** The table of positions and what it does to this image. */
  askPositions(question: ImageQuestion): void;
  /** Gives up what a view is computing. */
  cancel(view: FeatureName): void;
  reset(): void;
}

export function createFeatureAsking(client: Client<InspectorApi>, { model, change, latest }: Around): FeatureAsking {
  const set = (part: Partial<FeatureModel>): void => change({ features: { ...model().features, ...part } });
  const answered = (part: Partial<FeatureModel>): void => change({ features: { ...model().features, ...part }, problem: null });
  const short = {
    filters: latest<FeatureModel['filters']>((filters) => answered({ filters }), 4),
    tokens: latest<NonNullable<FeatureModel['tokens']>>((tokens) => {
      answered({ tokens });
      again();
    }, 4),
    similarity: latest<FeatureModel['similarity']>((similarity) => answered({ similarity }), 16),
    colours: latest<FeatureModel['colours']>((colours) => answered({ colours }), 60),
    lens: latest<FeatureModel['lens']>((lens) => answered({ lens }), 4),
    headsOff: latest<FeatureModel['headsOff']>((headsOff) => answered({ headsOff }), 60),
    shuffled: latest<FeatureModel['shuffled']>((shuffled) => answered({ shuffled }), 30),
    encoding: latest<FeatureModel['encoding']>((encoding) => answered({ encoding }), 4),
    embedding: latest<FeatureModel['embedding']>((embedding) => answered({ embedding }), 4),
  };
  const slow = createSlow(set, model);
  /** What needs to know how many layers there are waits for the tokens. */
  const again = (): void => {
    const view = model().state?.view;
    if (view) ask(view, questionOf(view, model()));
  };
  const ask = (view: ImageView, q: ImageQuestion): void => {
    const { features: place } = model().place;
    const { checkpoint } = q;
    if (applies(place.view, model()) !== 'yes') return;
    switch (place.view) {
      case 'filters':
        return short.filters.want('', (signal) => client.viewFilters({ checkpoint }, { signal }));
      case 'colours':
      case 'norms':
      case 'similarity': {
        short.tokens.want('', (signal) => client.viewTokens(q, { signal }));
        const { tokens } = model().features;
        if (!tokens) return;
        const layer = layerOf(model().place, tokens);
        const { foreground, threshold } = place;
        if (place.view === 'similarity') short.similarity.want(String(layer), (signal) => client.viewTokenSimilarity({ ...q, layer }, { signal }));
        if (place.view === 'colours') short.colours.want(`${String(layer)} ${foreground} ${foreground === 'all' ? '' : String(threshold)}`, (signal) => client.viewColours({ ...q, layer, foreground, threshold }, { signal }));
        return;
      }
      case 'lens':
        return short.lens.want('', (signal) => client.viewLens(q, { signal }));
      case 'heads':
        if (areLight(view, view.model.depth * view.model.heads) || isBegun('heads', model())) slow.heads.want(q, client);
        if (place.off.length > 0) short.headsOff.want(place.off.join(), (signal) => client.viewWithoutHeads({ ...q, off: inside(place.off, view) }, { signal }));
        return;
      case 'shuffle':
        if (areLight(view, SHUFFLE_SEEDS * 5) || isBegun('shuffle', model())) slow.curve.want(q, client);
        return short.shuffled.want(`${String(place.seed)} ${String(place.grid)}`, (signal) => client.viewShuffled({ ...q, seed: place.seed, grid: gridOf(model()) }, { signal }));
      case 'alignment':
        if (hasSet(model()) && isBegun('alignment', model())) slow.alignment.want(q, client);
        return;
      case 'neighbours':
        if (hasSet(model()) && isBegun('neighbours', model())) slow.neighbours.want(q, client);
    }
  };
  return {
    ask,
    askPositions(q) {
      const { file: _, ...about } = q;
      short.encoding.want('', (signal) => client.viewEncoding(about, { signal }));
      short.embedding.want('', (signal) => client.viewEmbedding(q, { signal }));
    },
    cancel: (name) => slow.cancel(name),
    reset() {
      for (const one of Object.values(short)) one.reset();
      slow.reset();
    },
  };
}

/** The grid of pieces that is chosen; the finest where none is, or where it has fewer. */
export function gridOf({ place, features, state }: Pick<Model, 'place' | 'features' | 'state'>): number {
  const grids = features.curve?.grids.length;
  if (place.features.grid !== null) return grids === undefined ? place.features.grid : Math.min(place.features.grid, grids - 1);
  return (grids ?? (state?.view ? shuffleGrids(state.view) : 1)) - 1;
}

/** Heads that this network has. */
export function inside(off: readonly number[], { model }: ImageView): readonly number[] {
  return off.filter((head) => head < model.depth * model.heads);
}

export function isBegun(name: FeatureName, model: Model): boolean {
  return model.place.features.begun[name] === longKey(name, model);
}

export function questionOf(view: ImageView, model: Model): ImageQuestion {
  const times = model.state?.viewTimes ?? 1;
  return { checkpoint: view.checkpoint.path, file: view.file, ...(times === 1 ? {} : { size: { times } }) };
}

interface Want {
  want(q: ImageQuestion, client: Client<InspectorApi>): void;
}

interface Slow {
  readonly heads: Want;
  readonly curve: Want;
  readonly alignment: Want;
  readonly neighbours: Want;
  cancel(name: FeatureName): void;
  reset(): void;
}

function createSlow(set: (part: Partial<FeatureModel>) => void, model: () => Model): Slow {
  const told = (name: FeatureName, progress: { readonly done: number; readonly of: number } | undefined, problem?: string): void => {
    const { [name]: _, ...others } = model().features.progress;
    const { [name]: __, ...problems } = model().features.problems;
    set({ progress: progress ? { ...others, [name]: progress } : others, problems: problem === undefined ? problems : { ...problems, [name]: problem } });
  };
  const make = <V>(name: FeatureName, onValue: (value: V, key: string) => Partial<FeatureModel>, keep: number): Latest<V> =>
    createLatest<V>({
      keep,
      onValue: (value, key) => {
        set(onValue(value, key));
        told(name, undefined);
      },
      onError: (error) => {
        const ended = error instanceof Error && error.name === 'AbortError';
        told(name, undefined, ended ? undefined : error instanceof Error ? error.message : String(error));
      },
      onWait: () => undefined,
    });
  const latest = {
    heads: make<HeadsView>('heads', (heads) => ({ heads }), 4),
    shuffle: make<ShuffleCurve>('shuffle', (curve) => ({ curve }), 4),
    alignment: make<AlignmentView>('alignment', (alignment, alignmentOf) => ({ alignment, alignmentOf }), 8),
    neighbours: make<{ readonly neighbours: NeighboursView; readonly neighboursOf: string }>('neighbours', (found) => found, 8),
  } as const;
  type Name = keyof typeof latest;
  const long = <V>(name: Name, key: string, ask: (options: { signal: AbortSignal; onProgress: (value: unknown) => void }) => Promise<V>): void =>
    (latest[name] as unknown as Latest<V>).want(key, (signal) => {
      told(name, { done: 0, of: 0 });
      return ask({ signal, onProgress: (value) => !signal.aborted && told(name, value as { done: number; of: number }) });
    });
  return {
    heads: { want: (q, client) => long('heads', '', (options) => client.ablateHeads(q, options)) },
    curve: { want: (q, client) => long('shuffle', '', (options) => client.measureShuffle({ ...q, seeds: SHUFFLE_SEEDS }, options)) },
    alignment: {
      want({ checkpoint }, client) {
        const { features: place } = model().place;
        const { most, read, other } = place;
        long('alignment', longKey('alignment', model()), (options) => client.measureAlignment({ checkpoint, images: setOf(place), most, read, ...(other !== null && { other }) }, options));
      },
    },
    neighbours: {
      want(q, client) {
        const { features: place } = model().place;
        const neighboursOf = longKey('neighbours', model());
        long('neighbours', `${neighboursOf} ${q.file} ${String(place.count)}`, async (options) => ({ neighbours: await client.findNeighbours({ ...q, images: setOf(place), count: place.count }, options), neighboursOf }));
      },
    },
    cancel(name) {
      if (name in latest) latest[name as Name].reset();
      told(name, undefined);
    },
    reset() {
      // The alignment is of no image: its question names the checkpoint.
      for (const name of ['heads', 'shuffle', 'neighbours'] as const) latest[name].reset();
      const { alignment } = model().features.progress;
      set({ heads: null, headsOff: null, curve: null, neighbours: null, progress: alignment ? { alignment } : {}, problems: {} });
    },
  };
}
