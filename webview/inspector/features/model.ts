import type {
  AlignmentView, ColoursView, EmbeddingView, EncodingView, FiltersView, HeadsOffView, HeadsView, ImageSet, LensView, NeighboursView, ShuffleCurve, ShuffledView, TokenSimilarity, TokensView,
} from '../../../src/protocol';
import { alignmentKey, neighboursKey } from '../../../src/pageQuestions';
import { hasOwnImages } from '../../ownImages';
import { isKept } from '../explaining';
import { SPLITS, type FeatureName, type FeaturePlace } from './place';
import type { Model } from '../session';

/** Answers about representations, as far as they are there. */
export interface FeatureModel {
  readonly filters: FiltersView | null;
  readonly tokens: TokensView | null;
  readonly similarity: TokenSimilarity | null;
  readonly colours: ColoursView | null;
  readonly lens: LensView | null;
  readonly heads: HeadsView | null;
  readonly headsOff: HeadsOffView | null;
  readonly shuffled: ShuffledView | null;
  readonly curve: ShuffleCurve | null;
  readonly alignment: AlignmentView | null;
  /** What it is an answer to. */
  readonly alignmentOf: string;
  readonly neighbours: NeighboursView | null;
  /** The checkpoint and the set that they are of. */
  readonly neighboursOf: string;
  readonly encoding: EncodingView | null;
  readonly embedding: EmbeddingView | null;
  /** How far what takes long has come. */
  readonly progress: Readonly<Partial<Record<FeatureName, { readonly done: number; readonly of: number }>>>;
  /** Why it ended without an answer. */
  readonly problems: Readonly<Partial<Record<FeatureName, string>>>;
}

export const noFeatures: FeatureModel = {
  filters: null, tokens: null, similarity: null, colours: null, lens: null, heads: null, headsOff: null, shuffled: null, curve: null, alignment: null, alignmentOf: '', neighbours: null, neighboursOf: '', encoding: null, embedding: null,
  progress: {}, problems: {},
};

/** The layer of tokens that is shown, and whether norms mean something after it. */
export function layerOf({ features }: Pick<Model['place'], 'features'>, tokens: TokensView, ofNorms = false): number {
  const last = tokens.layers - (ofNorms && tokens.normed ? 2 : 1);
  return Math.min(features.layer ?? last, last);
}

/** Which of the two networks' long questions an answer is about: the same one is asked again without a click. */
export function longKey(name: FeatureName, model: Pick<Model, 'state' | 'place'>): string {
  const view = model.state?.view;
  if (name === 'alignment') return alignmentKey(view, model.place.features);
  if (name === 'neighbours') return neighboursKey(view, model.place.features);
  const checkpoint = view ? [view.checkpoint.path, view.checkpoint.modified] : [];
  return JSON.stringify([checkpoint, view?.file ?? '']);
}

export function setOf({ images }: FeaturePlace): ImageSet {
  const split = SPLITS.find((one) => one === images);
  return split ? { split } : { folder: images };
}

/** Whether there is something to compare with: of a network that came without its images that is a folder. */
export function hasSet({ state, place }: Pick<Model, 'state' | 'place'>): boolean {
  return 'folder' in setOf(place.features) || hasOwnImages(state?.view?.checkpoint);
}

export type Applicable = 'yes' | 'resnet' | 'mixer' | 'headless' | 'kept';

const needsTokens: ReadonlySet<FeatureName> = new Set(['colours', 'norms', 'similarity', 'lens', 'heads']);
const needsHead: ReadonlySet<FeatureName> = new Set(['lens', 'heads', 'shuffle']);

/** Whether a network has what a view shows, or why it has not. */
export function applies(name: FeatureName, model: Pick<Model, 'state'>): Applicable {
  const view = model.state?.view;
  if (!view) return 'yes';
  if (isKept(model)) return 'kept';
  const { architecture } = view.model;
  if (architecture === 'resnet' && needsTokens.has(name)) return 'resnet';
  if (architecture === 'mixer' && name === 'heads') return 'mixer';
  return view.classes.length === 0 && needsHead.has(name) ? 'headless' : 'yes';
}
