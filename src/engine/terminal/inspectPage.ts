import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { answerKey } from '../../answerKey';
import { explanationMethods } from '../../explanations';
import { halfOf } from '../../half';
import type { AttentionStack, ImageQuestion, ImageView, InspectorState } from '../../protocol';
import { standalonePage } from '../../standalonePage';
import { languageOf } from '../language';
import { isFrame } from '../runs/probe';
import { UserError } from '../userError';
import { lightTheme } from './lightTheme';
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
  return standalonePage(page, await bundles(language));
}

/** Names in the place of the folders of this machine: a page goes to others. */
function named({ view }: Side, before: string): ImageView {
  const run = before + path.basename(view.checkpoint.run);
  return { ...view, file: path.basename(view.file), checkpoint: { ...view.checkpoint, path: `${run}/${path.basename(view.checkpoint.path)}`, run } };
}

async function answersOf({ engine: { api }, call }: Terminal, { file, checkpoint, classes, probabilities, model }: ImageView, { question }: Side, discard: number): Promise<[string, unknown][]> {
  if (model.architecture !== 'vit') return [];
  const asked = { checkpoint: checkpoint.path, file };
  const stack = await api.viewAttentionStack({ ...question, most: MOST }, call());
  const answers: [string, unknown][] = [
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

/** The scripts of the panel, which lie beside this program. */
async function bundles(language: string): Promise<{ host: string; script: string; style: string; texts: Record<string, unknown> }> {
  const folder = process.env['VITLAB_WEBVIEW'] ?? path.join(__dirname, 'webview');
  if (!existsSync(path.join(folder, 'standalone.js'))) throw new UserError(l10n.t('Cannot make a page: {0} is missing. Install ViT Lab again.', path.join(folder, 'standalone.js')));
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
  const [host, script, style] = await Promise.all([read('standalone.js'), read('inspector.js'), read('inspector.css')]);
  const words = path.join(folder, '../../l10n', `bundle.l10n.${language}.json`);
  return { host, script, style, texts: existsSync(words) ? (JSON.parse(await readFile(words, 'utf8')) as Record<string, unknown>) : {} };
}
