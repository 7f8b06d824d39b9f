import * as path from 'node:path';
import { answerKey } from '../../answerKey';
import { explanationMethods } from '../../explanations';
import { halfOf } from '../../half';
import type { AttentionStack, ImageQuestion, ImageView, InspectorState } from '../../protocol';
import { standalonePage } from '../../standalonePage';
import { languageOf } from '../language';
import { isFrame } from '../runs/probe';
import { lightTheme } from './lightTheme';
import { pageBundles } from './pageBundles';
import type { Terminal } from './command';

/** Attention of up to so many bytes stays in float32 on a page, and of up to so many comes at all. */
const EXACT = 4 * 2 ** 20;
const MOST = 200 * 2 ** 20;

interface Side {
  readonly question: ImageQuestion;
  readonly view: ImageView;
}

/** The inspector as one HTML file with all attention of an image in it, of B as well where two are compared. */
export async function inspectPage(terminal: Terminal, a: Side, b: Side | undefined, discard: number): Promise<string> {
  const sides = b ? [named(a, ''), named(b, 'B-')] : [named(a, '')];
  const answers = (await Promise.all(sides.map((side, i) => answersOf(terminal, side, [a, b][i]!, discard)))).flat();
  const [first, second] = sides as [ImageView, ImageView?];
  const state: InspectorState = {
    file: first.file, pinned: true, checkpoints: sides.map(({ checkpoint }) => checkpoint), checkpoint: first.checkpoint.path, view: first, times: 1, viewTimes: 1, probe: null,
    against: second ? { checkpoint: second.checkpoint.path, file: second.file === first.file ? null : second.file, view: second, error: null } : null,
    busy: null, error: null, standalone: true,
  };
  const language = languageOf(process.env);
  const page = { title: first.file, language, state, kept: null, answers, theme: lightTheme };
  return standalonePage(page, await pageBundles('inspector', language));
}

/** Names in the place of the folders of this machine: a page goes to others. */
function named({ view }: Side, before: string): ImageView {
  const run = before + path.basename(view.checkpoint.run);
  return { ...view, file: path.basename(view.file), checkpoint: { ...view.checkpoint, path: `${run}/${path.basename(view.checkpoint.path)}`, run } };
}

/** What the tabs of flow, tokens and positions show at first. What a network does not have is refused, and is no part of the page. */
async function insideOf({ engine: { api }, call }: Terminal, { file, checkpoint, model }: ImageView, { question }: Side): Promise<[string, unknown][]> {
  if (isFrame(question.checkpoint)) return [];
  const { file: _, ...about } = question;
  const [asked, askedAbout] = [{ checkpoint: checkpoint.path, file }, { checkpoint: checkpoint.path }];
  const plan = { patch: model.patchSize[0], width: model.width, depth: model.depth, heads: model.heads, posEmbed: model.posEmbed };
  const wishes: readonly (readonly [key: string, ask: () => Promise<unknown>])[] = [
    ...Array.from({ length: model.depth }, (__, block) => [answerKey('flow', { ...asked, block, head: 0 }), async () => api.viewFlow({ ...question, block, head: 0 }, call())] as const),
    [answerKey('tokens', asked), async () => api.viewTokenised(question, call())],
    [answerKey('filter', { ...askedAbout, dimension: 0 }), async () => api.viewFilter({ ...about, dimension: 0 }, call())],
    [answerKey('plan', { ...askedAbout, ...plan }), async () => api.planNetwork({ ...about, ...plan }, call())],
    [answerKey('viewEncoding', askedAbout), async () => api.viewEncoding(about, call())],
    [answerKey('viewEmbedding', asked), async () => api.viewEmbedding(question, call())],
    [answerKey('viewTokens', asked), async () => api.viewTokens(question, call())],
    [answerKey('viewLens', asked), async () => api.viewLens(question, call())],
    [answerKey('viewFilters', askedAbout), async () => api.viewFilters({ checkpoint: question.checkpoint }, call())],
  ];
  const answers: [string, unknown][] = [];
  const layers = await Promise.resolve(api.viewTokens(question, call())).then((tokens) => tokens.layers, () => 0);
  // As the tab begins: the last layer, all patches.
  const colours = { layer: layers - 1, foreground: 'all', threshold: 0.5 } as const;
  if (layers > 0) answers.push([answerKey('viewColours', { ...asked, ...colours }), await api.viewColours({ ...question, ...colours }, call())]);
  for (const [key, ask] of wishes) await ask().then((value) => answers.push([key, value]), () => undefined);
  return answers;
}

async function answersOf(terminal: Terminal, view: ImageView, side: Side, discard: number): Promise<[string, unknown][]> {
  const { engine: { api }, call } = terminal;
  const { file, checkpoint, classes, probabilities, model } = view;
  const { question } = side;
  if (model.architecture !== 'vit') return [];
  const asked = { checkpoint: checkpoint.path, file };
  const stack = await api.viewAttentionStack({ ...question, most: MOST }, call());
  const answers: [string, unknown][] = [
    ...(await insideOf(terminal, view, side)),
    [answerKey('attention', { ...asked, query: 0, direction: 'from' }), await api.viewAttention({ ...question, query: 0 }, call())],
    [answerKey('attentionStack', asked), stack && slim(stack)],
    [answerKey('positions', { checkpoint: checkpoint.path }), await api.viewPositions({ checkpoint: question.checkpoint, ...(question.size === undefined ? {} : { size: question.size }) }, call())],
  ];
  for (const fusion of ['mean', 'max', 'min'] as const) answers.push([answerKey('rollout', { ...asked, discard, fusion }), await api.viewRollout({ ...question, discard, fusion }, call())]);
  if (classes.length === 0 || isFrame(question.checkpoint)) return answers;
  const target = probabilities.reduce((best, p, i) => (p > probabilities[best]! ? i : best), 0);
  const methods = explanationMethods.filter((method) => method !== 'occlusion');
  const views = await api.explain({ ...question, methods, target, discard }, call());
  // The panel asks for all of them where that is quick; on the page occlusion is not there then.
  for (const wished of [methods, explanationMethods]) answers.push([answerKey('explain', { ...asked, methods: wished, target, discard }), views]);
  return answers;
}

function slim(stack: AttentionStack): AttentionStack {
  return stack.weights instanceof Float32Array && stack.weights.byteLength > EXACT ? { ...stack, weights: Uint16Array.from(stack.weights, halfOf) } : stack;
}
