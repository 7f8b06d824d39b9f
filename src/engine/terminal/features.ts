import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { MOST_NEIGHBOURS, type PagePlace } from '../../pageQuestions';
import type { AlignmentOptions, ImageQuestion, ImageSet, ImageView, NeighboursView } from '../../protocol';
import { withNearest } from '../config/nearest';
import { softmax } from '../inspect/predictions';
import { normSpread, outliers } from '../../outliers';
import type { Canvas } from './canvas';
import { counting, number, text, UsageError, type Terminal } from './command';
import { drawColours, drawEmbedding, drawFilters, drawNeighbours, drawShuffle } from './featurePictures';
import { afterWords, drawAblation, drawAlignment, drawLens, drawNorms, drawSimilarity } from './layerPictures';
import { tokenName } from './pictures';

/** What `--features` names. */
const featureNames = ['filters', 'pca', 'norms', 'similarity', 'lens', 'cka', 'ablation', 'shuffle', 'position'] as const;
type FeatureName = (typeof featureNames)[number];

export const featureOptions = {
  features: { type: 'string' },
  neighbours: { type: 'string' },
  layer: { type: 'string' },
  images: { type: 'string' },
  data: { type: 'string' },
  most: { type: 'string', default: '256' },
  other: { type: 'string' },
  seed: { type: 'string', default: '0' },
} as const;

export function featureHelp(): Readonly<Record<keyof typeof featureOptions, string>> {
  return {
    features: l10n.t('pictures of what the network makes of the image inside: all, or some of {0}, with commas between', featureNames.join(', ')),
    neighbours: l10n.t('the images of the dataset whose features are nearest; so many'),
    layer: l10n.t('after which layer tokens are taken: 0 is the embedding (default the last)'),
    images: l10n.t('images for cka and neighbours: train, val, test, or a folder (default val)'),
    data: l10n.t('where the dataset lies, when it is not where the run says'),
    most: l10n.t('so many images for cka (default 256)'),
    other: l10n.t('another checkpoint whose layers cka compares with'),
    seed: l10n.t('seed of the shuffled patches (default 0)'),
  };
}

/** What was found: pictures by name, parts of the report, and a line of each for people. */
export interface FeatureReport {
  readonly drawings: readonly [string, Canvas][];
  readonly report: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

/** Robust standard deviations above the median from where on a token is an outlier. */
const OUTLIER = 5;
const SEEDS = 8;

interface Asked {
  readonly terminal: Terminal;
  readonly question: ImageQuestion;
  readonly view: ImageView;
}

/** One part of the answer. */
interface Part {
  readonly name: string;
  readonly drawing: Canvas;
  readonly report: object;
  readonly line: string;
}

/** What `--features` and `--neighbours` ask for; nothing without them. */
export async function lookAtFeatures(terminal: Terminal, question: ImageQuestion, view: ImageView): Promise<FeatureReport> {
  const asked = { terminal, question, view };
  const parts: Part[] = [];
  for (const name of namesOf(terminal)) parts.push(await looks[name](asked));
  if (text(terminal, 'neighbours') !== undefined) parts.push(await neighbours(asked));
  if (parts.length === 0 && ['layer', 'images', 'data', 'other'].some((name) => text(terminal, name) !== undefined))
    throw new UsageError(l10n.t('--layer, --images, --data and --other go with --features or --neighbours'));
  return {
    drawings: parts.map(({ name, drawing }) => [name, drawing]),
    report: Object.fromEntries(parts.map(({ name, report }) => [name, report])),
    lines: parts.map(({ line }) => line),
  };
}

function namesOf(terminal: Terminal): readonly FeatureName[] {
  const given = text(terminal, 'features');
  if (given === undefined) return [];
  if (given === 'all') return featureNames;
  return given.split(',').map((name) => {
    const found = featureNames.find((one) => one === name.trim());
    if (!found) throw new UsageError(withNearest(l10n.t('--features takes all, or some of {0}, with commas between; not {1}', featureNames.join(', '), name), name.trim(), featureNames));
    return found;
  });
}

const looks: Readonly<Record<FeatureName, (asked: Asked) => Promise<Part>>> = { filters, pca, norms, similarity, lens, cka, ablation, shuffle, position };

async function filters({ terminal, question, view }: Asked): Promise<Part> {
  const found = await terminal.engine.api.viewFilters({ checkpoint: question.checkpoint }, terminal.call());
  const share = found.variance.reduce((a, b) => a + b, 0);
  const line = l10n.t('filters: {0} components of {1} kernels hold {2} % of their variance', found.variance.length, found.filters, (share * 100).toFixed(1));
  return { name: 'filters', drawing: drawFilters(found, view.facts.name), report: plain(found), line };
}

async function pca({ terminal, question, view }: Asked): Promise<Part> {
  const layer = await layerOf(terminal, question);
  const found = await terminal.engine.api.viewColours({ ...question, layer, foreground: 'all', threshold: 0 }, terminal.call());
  const after = afterWords(layer, await terminal.engine.api.viewTokens(question, terminal.call()));
  const line = l10n.t('pca: three components hold {0} % of the variance of the patches {1}', percents(found.variance.reduce((a, b) => a + b, 0)), after);
  return { name: 'pca', drawing: drawColours(view, found, after), report: plain(found), line };
}

async function norms({ terminal, question, view }: Asked): Promise<Part> {
  const found = await terminal.engine.api.viewTokens(question, terminal.call());
  // Behind the last norm all tokens are about as long.
  const layer = text(terminal, 'layer') === undefined ? found.layers - (found.normed ? 2 : 1) : await layerOf(terminal, question);
  const own = found.norms.slice(layer * found.tokens, (layer + 1) * found.tokens);
  const spread = normSpread(own.subarray(view.prefix.length), OUTLIER);
  const high = outliers(own.subarray(view.prefix.length), spread).map((patch) => view.prefix.length + patch);
  const names = high.slice(0, 8).map((token) => tokenName(view, token));
  const line = l10n.t('norms: median {0} {1}; {2} above {3}', spread.median.toFixed(2), afterWords(layer, found), high.length, spread.threshold.toFixed(2)) + (names.length > 0 ? `: ${names.join('; ')}` : '');
  return { name: 'norms', drawing: drawNorms(view, found, layer, spread), report: { ...plain(found), layer, ...spread, outliers: high }, line };
}

async function similarity({ terminal, question, view }: Asked): Promise<Part> {
  const found = await terminal.engine.api.viewTokens(question, terminal.call());
  const layer = await layerOf(terminal, question);
  const { matrix } = await terminal.engine.api.viewTokenSimilarity({ ...question, layer }, terminal.call());
  const line = l10n.t('similarity: mean cosine of the patches {0} as they are embedded, {1} at the end', found.similarity[0]!.toFixed(3), found.similarity.at(-1)!.toFixed(3));
  return { name: 'similarity', drawing: drawSimilarity(view, found, matrix, layer), report: { layer, byLayer: [...found.similarity], ofClassToken: [...found.classSimilarity], matrix: [...matrix] }, line };
}

async function lens({ terminal, question, view }: Asked): Promise<Part> {
  const found = await terminal.engine.api.viewLens(question, terminal.call());
  const K = view.classes.length;
  const probabilities = Array.from({ length: found.layers }, (_, layer) => softmax(found.logits.subarray(layer * K, (layer + 1) * K)));
  const best = probabilities.map((row) => row.indexOf(Math.max(...row)));
  const since = best.findLastIndex((index) => index !== best.at(-1)) + 1;
  const line = l10n.t('lens: {0} is the most probable class from layer {1} on', view.classes[best.at(-1)!] ?? '', since);
  return { name: 'lens', drawing: drawLens(view, probabilities), report: { layers: found.layers, pool: found.pool, logits: [...found.logits], probabilities: probabilities.map((row) => [...row]) }, line };
}

async function cka({ terminal, question, view }: Asked): Promise<Part> {
  const q = { checkpoint: question.checkpoint, ...alignmentOf(terminal) };
  const found = await terminal.engine.api.measureAlignment(q, terminal.call(counting(terminal.output, l10n.t('Images'))));
  const line = l10n.t('cka: {0} × {1} layers over {2} images', found.rows, found.columns, found.images) + (found.skipped > 0 ? ` ${l10n.t('Not readable: {0}.', found.skipped)}` : '');
  return { name: 'cka', drawing: drawAlignment(view, found, q.other), report: plain(found), line };
}

async function ablation({ terminal, question, view }: Asked): Promise<Part> {
  const found = await terminal.engine.api.ablateHeads(question, terminal.call(counting(terminal.output, l10n.t('Heads'))));
  const target = found.logits.indexOf(Math.max(...found.logits));
  const change = Float32Array.from({ length: found.layers * found.heads }, (_, head) => found.without[head * found.classes + target]! - found.logits[target]!);
  const most = change.indexOf(Math.min(...change));
  const line = l10n.t('ablation: without layer {0}, head {1} the logit of {2} changes most, by {3}', Math.floor(most / found.heads) + 1, (most % found.heads) + 1, view.classes[target] ?? '', change[most]!.toFixed(3));
  return { name: 'ablation', drawing: drawAblation(view, found, target, change), report: { ...plain(found), target, change: [...change] }, line };
}

async function shuffle({ terminal, question, view }: Asked): Promise<Part> {
  const curve = await terminal.engine.api.measureShuffle({ ...question, seeds: SEEDS }, terminal.call(counting(terminal.output, l10n.t('Shuffles'))));
  const shown = await terminal.engine.api.viewShuffled({ ...question, seed: number(terminal, 'seed', 0), grid: curve.grids.length - 1 }, terminal.call());
  const line = l10n.t('shuffle: the probability of {0} is {1} % as the image is, {2} % with {3} pieces in other places', view.predictions[0]?.label ?? '', percents(curve.mean[0]!), percents(curve.mean.at(-1)!), shown.rows * shown.columns);
  return { name: 'shuffle', drawing: drawShuffle(view, curve, shown), report: { ...plain(curve), shown: { seed: shown.seed, rows: shown.rows, columns: shown.columns, order: [...shown.order], before: shown.before, after: shown.after } }, line };
}

async function position({ terminal, question, view }: Asked): Promise<Part> {
  const { checkpoint, size } = question;
  const found = await terminal.engine.api.viewEmbedding(question, terminal.call());
  const { structure } = await terminal.engine.api.viewEncoding({ checkpoint, ...(size !== undefined && { size }) }, terminal.call());
  const mean = found.ratio.reduce((a, b) => a + b, 0) / found.patches;
  const line = structure
    ? l10n.t('position: mean cosine {0} of neighbours, {1} of far patches; correlation with distance {2}; |P| / |X| {3}', ...[structure.neighbours, structure.far, structure.correlation, mean].map((value) => value.toFixed(3)))
    : l10n.t('position: no table is added to the tokens');
  return { name: 'position', drawing: drawEmbedding(view, found), report: { ...plain(found), structure: structure && plain(structure) }, line };
}

async function neighbours({ terminal, question, view }: Asked): Promise<Part> {
  const count = number(terminal, 'neighbours', 12);
  if (!Number.isInteger(count) || count < 1 || count > 1000) throw new UsageError(l10n.t('--neighbours takes a number from 1 to 1000, not {0}', count));
  const found = await terminal.engine.api.findNeighbours({ ...question, images: setOf(terminal), count }, terminal.call(counting(terminal.output, l10n.t('Images'))));
  const list = found.neighbours.map(({ picture: _, ...one }) => one);
  const line = [l10n.t('neighbours among {0} images:', found.of), ...list.slice(0, 10).map(({ similarity: s, label, name }) => `  ${s.toFixed(3)}  ${label ?? ''}  ${name}`)].join('\n');
  return { name: 'neighbours', drawing: drawNeighbours(view, found), report: { ...found, neighbours: list } satisfies Omit<NeighboursView, 'neighbours'> & { neighbours: unknown }, line };
}

/** What of it a page holds beside the rest: what goes over a set of images. */
export function comparedOf(terminal: Terminal): Pick<PagePlace, 'neighbours' | 'alignment'> {
  return {
    neighbours: text(terminal, 'neighbours') === undefined ? null : { images: setOf(terminal), count: Math.min(MOST_NEIGHBOURS, number(terminal, 'neighbours', 12)) },
    alignment: namesOf(terminal).includes('cka') ? alignmentOf(terminal) : null,
  };
}

function alignmentOf(terminal: Terminal): Omit<AlignmentOptions, 'checkpoint'> {
  const other = text(terminal, 'other');
  return { images: setOf(terminal), most: number(terminal, 'most', 256), read: 'class', ...(other !== undefined && { other }) };
}

/** `--images`: the name of a split, else a folder. */
function setOf(terminal: Terminal): ImageSet {
  const given = text(terminal, 'images') ?? 'val';
  const data = text(terminal, 'data');
  if (given === 'train' || given === 'val' || given === 'test') return { split: given, ...(data !== undefined && { data: path.resolve(data) }) };
  return { folder: path.resolve(given) };
}

/** `--layer`; the last one without it. */
async function layerOf(terminal: Terminal, question: ImageQuestion): Promise<number> {
  const { layers } = await terminal.engine.api.viewTokens(question, terminal.call());
  const layer = number(terminal, 'layer', layers - 1);
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers) throw new UsageError(l10n.t('--layer takes a number from 0 to {0}, not {1}', layers - 1, layer));
  return layer;
}

/** Typed arrays become lists. */
function plain(found: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, ArrayBuffer.isView(value) ? [...(value as Float32Array)] : (value as unknown)]));
}

function percents(share: number): string {
  return (share * 100).toFixed(1);
}
