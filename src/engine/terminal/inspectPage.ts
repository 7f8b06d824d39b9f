import * as path from 'node:path';
import { explanationMethods } from '../../explanations';
import { alignmentKey, askForPage, firstPagePlace, neighboursKey, type PageClient, type PagePlace } from '../../pageQuestions';
import type { CheckpointInfo, ImageQuestion, ImageSet, ImageView, InspectorState } from '../../protocol';
import { answersOf, recording, withoutFolders } from '../../recording';
import { standalonePage } from '../../standalonePage';
import { languageOf } from '../language';
import { isFrame } from '../runs/probe';
import { methodsOf } from './explain';
import { comparedOf } from './features';
import { lightTheme } from './lightTheme';
import { pageBundles } from './pageBundles';
import type { Terminal } from './command';

/** Attention of up to so many bytes comes on a page. */
const MOST = 200 * 2 ** 20;

interface Side {
  readonly question: ImageQuestion;
  readonly view: ImageView;
}

/** The inspector as one HTML file with all attention of an image in it, of B as well where two are compared. */
export async function inspectPage(terminal: Terminal, a: Side, b: Side | undefined, discard: number): Promise<string> {
  const sides = b ? [a, b] : [a];
  // What was computed for the terminal is on the page, too: it asks for the maps that are quick, and is given all.
  const occluded = terminal.values['score'] === true || methodsOf(terminal).includes('occlusion');
  const recorded = recording(pageClient(terminal, occluded));
  const compared = comparedOf(terminal);
  for (const side of sides) await askForPage(recorded.client, { ...side, kept: isFrame(side.question.checkpoint) }, { ...firstPagePlace(side.view), discard, ...(side === a && compared) });
  const other = compared.alignment?.other === undefined ? null : await terminal.engine.looker.withCheckpoint(compared.alignment.other, ({ info }) => Promise.resolve(info));
  // Views name what the user named in other ways, such as a run in place of its checkpoint; on the page their size is the network's own.
  const named = (params: unknown): object => {
    const { size: _, images, ...rest } = params as Partial<ImageQuestion> & { readonly images?: ImageSet; readonly other?: string };
    return { ...rest, ...(images && { images: 'split' in images ? { split: images.split } : images }), ...(rest.other !== undefined && { other: other?.path }), checkpoint: viewOf(sides, rest).checkpoint.path };
  };
  const state = stateOf(a.view, b?.view, other);
  const clean = withoutFolders(state, [setName(compared)]);
  const answers = answersOf(recorded.answers().map((answer) => ({ ...answer, params: named(answer.params) })), clean);
  const language = languageOf(process.env);
  return standalonePage({ title: path.basename(a.view.file), language, state: clean(state), kept: keptOf(compared, clean(a.view), other && clean(other.path), clean), answers, theme: lightTheme }, await pageBundles('inspector', language));
}

/** The set of images that is gone over, as the panel names it; null where none is. */
function setName({ neighbours, alignment }: Pick<PagePlace, 'neighbours' | 'alignment'>): string | null {
  const set = (neighbours ?? alignment)?.images;
  return set ? ('split' in set ? set.split : set.folder) : null;
}

/** The panel with what was compared as if it had been asked for there; else as it begins. */
function keptOf(compared: Pick<PagePlace, 'neighbours' | 'alignment'>, view: ImageView, other: string | null, clean: <T>(value: T) => T): unknown {
  const name = setName(compared);
  if (name === null) return null;
  const { neighbours, alignment } = compared;
  const place = { images: clean(name), other, most: alignment?.most ?? 256, read: alignment?.read ?? 'class' } as const;
  const begun = { ...(neighbours && { neighbours: neighboursKey(view, place) }), ...(alignment && { alignment: alignmentKey(view, place) }) };
  return { features: { ...place, ...(neighbours && { count: neighbours.count }), begun } };
}

function viewOf(sides: readonly Side[], { checkpoint, file }: Partial<ImageQuestion>): ImageView {
  const found = sides.find(({ question }) => question.checkpoint === checkpoint && (file === undefined || question.file === file));
  return (found ?? sides[0]!).view;
}

/** What the panel begins with. */
function stateOf(view: ImageView, second: ImageView | undefined, compared: CheckpointInfo | null): InspectorState {
  const all = [view.checkpoint, second?.checkpoint, compared].filter((one) => one != null);
  const checkpoints = all.filter((one, i) => all.findIndex(({ path: same }) => same === one.path) === i);
  return {
    file: view.file, pinned: true, checkpoints, checkpoint: view.checkpoint.path, view, times: 1, viewTimes: 1, probe: null,
    against: second ? { checkpoint: second.checkpoint.path, file: second.file === view.file ? null : second.file, view: second, error: null } : null,
    busy: null, error: null, standalone: true,
  };
}

/** The engine by the names of the panel's questions. */
function pageClient({ engine: { api }, call }: Terminal, occluded: boolean): PageClient {
  return {
    attention: async (q) => api.viewAttention(q, call()),
    attentionStack: async (q) => api.viewAttentionStack({ ...q, most: MOST }, call()),
    rollout: async (q) => api.viewRollout(q, call()),
    explain: async (q) => api.explain(occluded ? { ...q, methods: explanationMethods } : q, call()),
    positions: async (q) => api.viewPositions(q, call()),
    flow: async (q) => api.viewFlow(q, call()),
    tokens: async (q) => api.viewTokenised(q, call()),
    filter: async (q) => api.viewFilter(q, call()),
    plan: async (q) => api.planNetwork(q, call()),
    viewEncoding: async (q) => api.viewEncoding(q, call()),
    viewEmbedding: async (q) => api.viewEmbedding(q, call()),
    viewTokens: async (q) => api.viewTokens(q, call()),
    viewTokenSimilarity: async (q) => api.viewTokenSimilarity(q, call()),
    viewColours: async (q) => api.viewColours(q, call()),
    viewLens: async (q) => api.viewLens(q, call()),
    viewFilters: async (q) => api.viewFilters(q, call()),
    ablateHeads: async (q) => api.ablateHeads(q, call()),
    viewShuffled: async (q) => api.viewShuffled(q, call()),
    measureShuffle: async (q) => api.measureShuffle(q, call()),
    findNeighbours: async (q) => api.findNeighbours(q, call()),
    measureAlignment: async (q) => api.measureAlignment(q, call()),
  };
}
