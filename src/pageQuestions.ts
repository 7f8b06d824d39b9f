/** What the tabs of a saved page ask when they are opened: the one list, for the panel and for the terminal. */
import { explanationMethods } from './explanations';
import { areLight, SHUFFLE_SEEDS, shuffleGrids } from './light';
import type { AlignmentOptions, AttentionDirection, ExplanationMethod, ImageQuestion, ImageSet, ImageView, InspectorApi, PlanSizes, TokensView } from './protocol';
import type { Client } from './rpc';

/** Who answers. */
export type PageClient = Pick<
  Client<InspectorApi>,
  | 'attention' | 'attentionStack' | 'rollout' | 'explain' | 'positions' | 'flow' | 'tokens' | 'filter' | 'plan'
  | 'viewEncoding' | 'viewEmbedding' | 'viewTokens' | 'viewTokenSimilarity' | 'viewColours' | 'viewLens' | 'viewFilters' | 'ablateHeads' | 'viewShuffled' | 'measureShuffle' | 'findNeighbours' | 'measureAlignment'
>;

/** One image in one network. */
export interface PageSubject {
  readonly view: ImageView;
  readonly question: ImageQuestion;
  /** Whether it is a look that a training kept of its probe image: attention, and no weights. */
  readonly kept: boolean;
}

/** How the panel stands. */
export interface PagePlace {
  readonly query: number;
  readonly direction: AttentionDirection;
  readonly discard: number;
  readonly head: number;
  readonly target: number;
  readonly methods: readonly ExplanationMethod[];
  readonly dimension: number;
  readonly plan: PlanSizes;
  readonly foreground: 'all' | 'above' | 'below';
  readonly threshold: number;
  readonly seed: number;
  /** Index among the grids of pieces. */
  readonly grid: number;
  /** What goes over a whole set of images takes minutes: it is asked where it was asked for before, and null elsewhere. */
  readonly neighbours: { readonly images: ImageSet; readonly count: number } | null;
  readonly alignment: Omit<AlignmentOptions, 'checkpoint'> | null;
}

/** Similarities of tokens of all layers, in bytes: where they are more, the page has those of the last one. */
const MOST_SIMILARITY = 8 * 2 ** 20;

/** Neighbours on a page: each has a picture of up to 36 KB. */
export const MOST_NEIGHBOURS = 100;

/** The panel as it begins. */
export function firstPagePlace(view: ImageView): PagePlace {
  const { model, grid, prefix, probabilities } = view;
  return {
    query: prefix[0] === '[cls]' ? 0 : prefix.length + Math.floor(grid.rows / 2) * grid.columns + Math.floor(grid.columns / 2),
    direction: 'from',
    discard: 0,
    head: 0,
    target: probabilities.reduce((best, p, i) => (p > (probabilities[best] ?? 0) ? i : best), 0),
    methods: areLight(view, grid.rows * grid.columns) ? explanationMethods : explanationMethods.filter((method) => method !== 'occlusion'),
    dimension: 0,
    plan: { patch: model.patchSize[0], width: model.width, depth: model.depth, heads: model.heads, posEmbed: model.posEmbed },
    foreground: 'all',
    threshold: 0.5,
    seed: 0,
    grid: shuffleGrids(view) - 1,
    neighbours: null,
    alignment: null,
  };
}

/** Asks all of it, one after the other; who wants the answers listens to the client. */
export async function askForPage(client: PageClient, subject: PageSubject, place: PagePlace): Promise<void> {
  const { view, question, kept } = subject;
  if (view.model.architecture !== 'vit') return;
  const { discard, query, direction } = place;
  await client.attention({ ...question, query, direction });
  await client.attentionStack(question);
  for (const fusion of ['mean', 'max', 'min'] as const) await client.rollout({ ...question, discard, fusion });
  const { file: _, ...about } = question;
  await client.positions(about);
  if (kept) return;
  if (view.classes.length > 0) await client.explain({ ...question, methods: place.methods, target: place.target, discard });
  await askInside(client, subject, place);
  await askFeatures(client, subject, place);
}

/** What a network does not have is refused, and is no part of the page. */
function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(() => undefined);
}

/** The flow through every block, the tokens and the positions. */
async function askInside(client: PageClient, { view, question }: PageSubject, { head, dimension, plan }: PagePlace): Promise<void> {
  const { file: _, ...about } = question;
  for (let block = 0; block < view.model.depth; block++) await unlessRefused(client.flow({ ...question, block, head }));
  await unlessRefused(client.tokens(question));
  await unlessRefused(client.filter({ ...about, dimension }));
  await unlessRefused(client.plan({ ...about, ...plan }));
  await unlessRefused(client.viewEncoding(about));
  await unlessRefused(client.viewEmbedding(question));
}

/** Representations; of what needs a dataset what was asked for. */
async function askFeatures(client: PageClient, { view, question }: PageSubject, { foreground, threshold, seed, grid, neighbours, alignment }: PagePlace): Promise<void> {
  const { depth, heads } = view.model;
  const tokens = await unlessRefused(client.viewTokens(question));
  for (const layer of layersOf(tokens, 0)) await unlessRefused(client.viewColours({ ...question, layer, foreground, threshold }));
  for (const layer of layersOf(tokens, (tokens?.tokens ?? 0) ** 2 * 4)) await unlessRefused(client.viewTokenSimilarity({ ...question, layer }));
  await unlessRefused(client.viewLens(question));
  await unlessRefused(client.viewFilters({ checkpoint: question.checkpoint }));
  if (neighbours) await unlessRefused(client.findNeighbours({ ...question, images: neighbours.images, count: Math.min(MOST_NEIGHBOURS, neighbours.count) }));
  if (alignment) await unlessRefused(client.measureAlignment({ checkpoint: question.checkpoint, ...alignment }));
  if (view.classes.length === 0) return;
  await unlessRefused(client.viewShuffled({ ...question, seed, grid }));
  if (areLight(view, SHUFFLE_SEEDS * 5)) await unlessRefused(client.measureShuffle({ ...question, seeds: SHUFFLE_SEEDS }));
  if (areLight(view, depth * heads)) await unlessRefused(client.ablateHeads(question));
}

/** All layers, where so many bytes of each are not too much; else the last one. */
function layersOf(tokens: TokensView | undefined, bytes: number): readonly number[] {
  if (!tokens) return [];
  if (tokens.layers * bytes > MOST_SIMILARITY) return [tokens.layers - 1];
  return Array.from({ length: tokens.layers }, (_, layer) => layer);
}

/** What of a panel's place says which sets and networks were compared; `images` is a split or a folder. */
export interface ComparedPlace {
  readonly images: string;
  readonly other: string | null;
  readonly most: number;
  readonly read: 'class' | 'patches';
}

type Subject = { readonly checkpoint: { readonly path: string; readonly modified: string } } | null | undefined;

/** What the neighbours of images in a network are an answer to: the panel asks again for what it finds under this name in its place. */
export function neighboursKey(view: Subject, { images }: Pick<ComparedPlace, 'images'>): string {
  return JSON.stringify([about(view), images]);
}

/** The same of the alignment of layers. */
export function alignmentKey(view: Subject, { images, other, most, read }: ComparedPlace): string {
  return JSON.stringify([about(view), images, other, most, read]);
}

function about(view: Subject): readonly string[] {
  return view ? [view.checkpoint.path, view.checkpoint.modified] : [];
}
