import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { isImageName } from '../image';
import { hasClassToken } from '../inspect/patches';
import { explanationMethods } from '../../explanations';
import type { AttentionView, ExplanationScore, ExplanationView, ImageQuestion, ImageView } from '../../protocol';
import { UserError } from '../userError';
import type { Output } from './output';
import type { Canvas } from './canvas';
import { imageSize, imageSizeHelp, number, oneOf, text, UsageError, type Command, type Terminal } from './command';
import { drawExplanations } from './explanationPicture';
import { methodsOf, printScores, reportExplanations, targetOf } from './explain';
import { featureHelp, featureOptions, lookAtFeatures } from './features';
import { runFlow } from './flow';
import { csvFiles, npyFiles, type Numbers } from './inspectNumbers';
import { inspectPage } from './inspectPage';
import { tellKnown } from './known';
import { drawAttention, drawDifference, drawPatches, drawPositions, drawRollout, tokenName } from './pictures';

export const inspectCommand: Command = {
  get summary() {
    return l10n.t('look inside: write pictures of patches, attention, rollout and position embeddings');
  },
  usage: 'CHECKPOINT IMAGE [--out DIR] [--image-size N|HxW] [--query cls|ROW,COLUMN] [--direction from|to] [--against CHECKPOINT|IMAGE] [--svg] [--csv] [--npy] [--html] [--fusion mean|max|min] [--discard SHARE] [--explain METHODS|all] [--class CLASS] [--score] [--flow [--block N] [--head N] [--box BOX]] [--features LIST|all] [--neighbours N] [--layer N] [--images train|val|test|FOLDER] [--data PLACE] [--most N] [--other CHECKPOINT] [--seed N] [--json]',
  options: {
    out: { type: 'string' },
    'image-size': { type: 'string' },
    query: { type: 'string' },
    direction: { type: 'string', default: 'from' },
    against: { type: 'string' },
    svg: { type: 'boolean' },
    csv: { type: 'boolean' },
    npy: { type: 'boolean' },
    html: { type: 'boolean' },
    fusion: { type: 'string', default: 'mean' },
    discard: { type: 'string', default: '0' },
    explain: { type: 'string' },
    class: { type: 'string' },
    score: { type: 'boolean' },
    flow: { type: 'boolean' },
    block: { type: 'string' },
    head: { type: 'string' },
    box: { type: 'string' },
    ...featureOptions,
  },
  get help() {
    return {
      out: l10n.t('folder for the files (default: IMAGE-inspect, here)'),
      'image-size': imageSizeHelp(),
      query: l10n.t('the token that looks: cls, or row and column of a patch, counted from 1'),
      direction: l10n.t('from: where the token looks; to: who looks at it (default from)'),
      against: l10n.t('another checkpoint on the same image, or another image: also writes what is looked at more and less'),
      svg: l10n.t('also write the pictures as SVG'),
      csv: l10n.t('also write the numbers as CSV'),
      npy: l10n.t('also write the arrays for NumPy: all attention is [layers, heads, tokens, tokens]'),
      html: l10n.t('also write inspector.html: the interactive panel as one file that needs no network'),
      fusion: l10n.t('how the rollout joins the heads (default mean)'),
      discard: l10n.t('share of the smallest weights that the rollout drops (default 0)'),
      explain: l10n.t('maps of what speaks for a class: all, or some of {0}, with commas between', explanationMethods.join(', ')),
      class: l10n.t('the class that is explained, by name or number (default the most probable)'),
      score: l10n.t('tell how well each map names the patches that count: areas under deletion and insertion curves'),
      flow: l10n.t('in place of pictures, follow the image through the network: shape and range of the numbers at every place'),
      block: l10n.t('the block that --flow goes through, from 1 (default the first)'),
      head: l10n.t('the head that --flow goes through, from 1 (default the first)'),
      box: l10n.t('write the numbers at one place of --flow as BOX.npy'),
      ...featureHelp(),
    };
  },
  takes: [2, 2],
  async run(terminal) {
    const { output, engine, args } = terminal;
    const size = imageSize(terminal);
    const sized = size === undefined ? {} : { size };
    const question = { checkpoint: args[0]!, file: path.resolve(args[1]!), ...sized };
    if (terminal.values['flow'] === true) return runFlow(terminal, question);
    const alone = ['block', 'head', 'box'].find((name) => text(terminal, name) !== undefined);
    if (alone !== undefined) throw new UsageError(l10n.t('--{0} goes with --flow', alone));
    const discard = number(terminal, 'discard', 0);
    if (discard < 0 || discard >= 1) throw new UsageError(l10n.t('--discard takes a share from 0 to below 1, not {0}', discard));
    const fusion = oneOf(terminal, 'fusion', ['mean', 'max', 'min'] as const, 'mean');
    const view = await engine.api.viewImage(question, terminal.call());
    const features = await lookAtFeatures(terminal, question, view);
    const folder = path.resolve(text(terminal, 'out') ?? `${path.parse(question.file).name}-inspect`);
    // A network without attention has its representations all the same.
    if (view.model.architecture !== 'vit' && features.lines.length > 0) {
      const pictures = await save(terminal, features.drawings, folder);
      if (output.json) output.document({ file: view.file, checkpoint: view.checkpoint.path, predictions: view.predictions, preprocessing: view.preprocessing, pictures, ...features.report });
      else printAll(output, view, pictures, features.lines);
      return 0;
    }
    const asked = queryOf(terminal, view);
    // A model with average pooling has no class token: attention is then shown from the patch in the middle.
    const query = asked ?? (hasClassToken(view) ? 0 : view.prefix.length + Math.floor(((view.grid.rows + 1) * view.grid.columns) / 2));
    const direction = oneOf(terminal, 'direction', ['from', 'to'] as const, 'from');
    const attention = await engine.api.viewAttention({ ...question, query, direction }, terminal.call());
    const rollout = await engine.api.viewRollout({ ...question, fusion, discard, ...(asked === undefined ? {} : { query: asked }) }, terminal.call());
    const positions = await engine.api.viewPositions({ checkpoint: question.checkpoint, ...sized }, terminal.call());
    const drawings: [string, Canvas][] = [
      ['patches', drawPatches(view, query)],
      ['attention', drawAttention(view, attention)],
      ['rollout', drawRollout(view, rollout)],
    ];
    if (positions.similarity) drawings.push(['positions', drawPositions(positions, positions.similarity, view.facts.name)]);
    const why = await explained(terminal, question, view, discard);
    if (why.views.length > 0) drawings.push(['explanations', drawExplanations(view, why.views, why.scores)]);
    const beside = await besideOf(terminal, question, view, attention);
    if (beside) drawings.push(['difference', drawDifference(view, attention, beside.attention)]);
    const files = await save(terminal, [...drawings, ...features.drawings], folder);
    const numbers = { view, attention, rollout, positions, explanations: why.views };
    files.push(...(await saveMore(terminal, folder, numbers, { a: { question, view }, b: beside, discard })));
    if (output.json) output.document({ ...report(view, files, { query, attention, rollout, positions: positions.note }), ...(why.views.length > 0 && reportExplanations(why.views, why.scores)), ...features.report });
    else {
      printAll(output, view, files, [l10n.t('Query: {0}.', tokenName(view, query)), ...features.lines]);
      if (why.scores.length > 0) printScores(output, why.scores);
      if (!positions.similarity) output.print(positions.note);
    }
    return 0;
  },
};

function printAll(output: Output, view: ImageView, files: readonly string[], lines: readonly string[]): void {
  output.print(l10n.t('Probabilities: {0}', view.predictions.slice(0, 3).map(({ label, probability }) => `${label} ${(probability * 100).toFixed(1)} %`).join(', ')));
  tellKnown(output, view.checkpoint, view.classes);
  output.print(view.preprocessing);
  for (const line of lines) output.print(line);
  for (const file of files) output.print(`  ${path.relative('', file)}`);
}

interface Why {
  readonly views: readonly ExplanationView[];
  readonly scores: readonly ExplanationScore[];
}

/** What `--explain` asks for; nothing without it. */
async function explained(terminal: Terminal, question: ImageQuestion, view: ImageView, discard: number): Promise<Why> {
  const scored = terminal.values['score'] === true;
  const wished = methodsOf(terminal);
  const methods = scored && wished.length === 0 ? explanationMethods : wished;
  if (methods.length === 0) {
    if (text(terminal, 'class') !== undefined) throw new UsageError(l10n.t('--class goes with --explain or --score: it says which class is explained'));
    return { views: [], scores: [] };
  }
  const q = { ...question, methods, target: targetOf(terminal, view), discard };
  const views = await terminal.engine.api.explain(q, terminal.call());
  return { views, scores: scored ? await terminal.engine.api.scoreExplanations(q, terminal.call()) : [] };
}

async function save(terminal: Terminal, drawings: readonly [string, Canvas][], folder: string): Promise<string[]> {
  await ensureFolder(folder);
  const before = new Set(await readdir(folder));
  const files: string[] = [];
  let lettered = true;
  for (const [name, canvas] of drawings) {
    const drawn = await canvas.png();
    lettered &&= drawn.lettered;
    const file = path.join(folder, `${name}.png`);
    await writeFileAtomic(file, drawn.png);
    files.push(file);
    if (terminal.values['svg'] !== true) continue;
    await writeFileAtomic(path.join(folder, `${name}.svg`), await canvas.svg());
    files.push(path.join(folder, `${name}.svg`));
  }
  if (!lettered) terminal.output.note(l10n.t('This machine has no fonts: the pictures have no text.'));
  const replaced = files.filter((file) => before.has(path.basename(file))).length;
  if (replaced > 0) terminal.output.note(l10n.t('Pictures of an earlier look were replaced: {0}, in {1}. With --out they go elsewhere.', replaced, path.relative('', folder) || '.'));
  return files;
}

/** B's view and its attention from the same token. */
async function besideOf(terminal: Terminal, question: ImageQuestion, view: ImageView, a: AttentionView): Promise<{ question: ImageQuestion; view: ImageView; attention: AttentionView } | undefined> {
  const against = text(terminal, 'against');
  if (against === undefined) return undefined;
  // A checkpoint is a folder or ends otherwise.
  const asked = isImageName(against) ? { ...question, file: path.resolve(against) } : { ...question, checkpoint: against };
  const other = await terminal.engine.api.viewImage(asked, terminal.call());
  const attention = await terminal.engine.api.viewAttention({ ...asked, query: a.query, direction: a.direction }, terminal.call());
  const shape = (one: AttentionView, of: ImageView): string => `${one.layers} × ${one.heads}, ${of.grid.rows} × ${of.grid.columns}`;
  if (shape(attention, other) !== shape(a, view) || attention.tokens !== a.tokens) throw new UserError(l10n.t('{0} and {1} have other layers, heads or patches ({2}; {3}): they cannot be compared patch by patch.', question.checkpoint, against, shape(a, view), shape(attention, other)));
  return { question: asked, view: other, attention };
}

/** What `--csv`, `--npy` and `--html` ask for. */
async function saveMore(
  terminal: Terminal,
  folder: string,
  numbers: Numbers,
  { a, b, discard }: { readonly a: { readonly question: ImageQuestion; readonly view: ImageView }; readonly b: { readonly question: ImageQuestion; readonly view: ImageView } | undefined; readonly discard: number },
): Promise<string[]> {
  const made: (readonly [string, string | Uint8Array])[] = [];
  if (terminal.values['csv'] === true) made.push(...csvFiles(numbers));
  if (terminal.values['npy'] === true) made.push(...npyFiles(numbers, await terminal.engine.api.viewAttentionStack({ ...a.question, most: 2 ** 31 }, terminal.call())));
  if (terminal.values['html'] === true) made.push(['inspector.html', await inspectPage(terminal, a, b, discard)]);
  for (const [name, content] of made) await writeFileAtomic(path.join(folder, name), content);
  return made.map(([name]) => path.join(folder, name));
}

function queryOf(terminal: Terminal, view: ImageView): number | undefined {
  const { grid, prefix } = view;
  const given = text(terminal, 'query');
  if (given === undefined) return undefined;
  if (given === 'cls') {
    if (hasClassToken(view)) return 0;
    throw new UserError(l10n.t('This model has no class token. Give the row and column of a patch: --query 1,1'));
  }
  const [row = NaN, column = NaN] = given.split(',').map(Number);
  const inside = Number.isInteger(row) && Number.isInteger(column) && row >= 1 && row <= grid.rows && column >= 1 && column <= grid.columns;
  if (!inside) throw new UserError(l10n.t('--query takes cls, or ROW,COLUMN up to {0},{1}; not {2}', grid.rows, grid.columns, given));
  return prefix.length + (row - 1) * grid.columns + column - 1;
}

interface Shown {
  readonly query: number;
  readonly attention: { readonly layers: number; readonly heads: number; readonly tokens: number; readonly weights: Float32Array; readonly entropy: Float32Array; readonly distance: Float32Array };
  readonly rollout: { readonly map: Float32Array; readonly from: string; readonly fusion: string };
  readonly positions: string;
}

function report(view: ImageView, pictures: readonly string[], { query, attention, rollout, positions }: Shown): object {
  const { layers, heads, tokens } = attention;
  return {
    file: view.file,
    checkpoint: view.checkpoint.path,
    predictions: view.predictions,
    preprocessing: view.preprocessing,
    grid: view.grid,
    prefix: view.prefix,
    query,
    attention: { layers, heads, tokens, weights: [...attention.weights], entropy: [...attention.entropy], distance: [...attention.distance] },
    rollout: { fusion: rollout.fusion, from: rollout.from, map: [...rollout.map] },
    positions,
    pictures: pictures.filter((file) => /\.(png|svg)$/.test(file)),
    files: pictures.filter((file) => !/\.(png|svg)$/.test(file)),
  };
}
