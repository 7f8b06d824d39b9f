import { stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import type { ExplanationMethod, ExplanationOptions, ExplanationScore, ExplanationView } from '../explanationProtocol';
import type { ImageQuestion } from '../protocol';
import { normalise, openPicture } from './image';
import { refuseWithoutAttention } from './inspect/attention';
import { attentionTimesGradient, cheferMap, gradCam, gradientRollout, lastAttention } from './inspect/explain';
import { area, ranking, withPatches } from './inspect/perturb';
import { softmax } from './inspect/predictions';
import { rolloutView } from './inspect/rollout';
import type { Looker, Opened } from './looking';
import { fitToPatch } from './model/spec';
import { randomAt } from './random';
import { isFrame } from './runs/probe';
import type { FloatTensor } from './tensors';
import { UserError } from './userError';
import { versionOf } from './weights/modelFile';

/** Says why a checkpoint answers as it does for an image. */
export interface Explainer {
  /** A map for each method, in their order. */
  explain(q: ImageQuestion & ExplanationOptions, tell?: Tell): Promise<readonly ExplanationView[]>;
  /** How well the maps tell which patches count, and a random order beside them. */
  score(q: ImageQuestion & ExplanationOptions, tell?: Tell): Promise<readonly ExplanationScore[]>;
}

interface Tell {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** A class of an image, for a network. */
interface Asked {
  readonly opened: Opened;
  /** Normalised, [1, H, W, C]. */
  readonly image: FloatTensor;
  readonly target: number;
}

/** What one pass through the network and back brings for a class. */
interface Traced {
  readonly attention: readonly FloatTensor[];
  readonly gradients: readonly FloatTensor[];
  /** What the last block's attention reads, and its gradient: [1, N, D]. */
  readonly values: FloatTensor;
  readonly gradient: FloatTensor;
}

const KEPT_BYTES = 256 * 2 ** 20;
/** Maps that took a pass for each patch. */
const KEPT_MAPS = 50;
/** Images that go through the network at once while patches are hidden. */
const BATCH = 16;
/** Points of a deletion curve beside the first. */
const STEPS = 16;
const RANDOM_ORDERS = 3;

/** Methods of which the class makes a difference. */
const ofClass: ReadonlySet<ExplanationMethod> = new Set(['attention_gradient', 'grad_rollout', 'chefer', 'grad_cam', 'occlusion']);

export function createExplainer(looker: Looker): Explainer {
  const traces = looker.cache<Traced>({ limit: KEPT_BYTES, weigh: bytesOf });
  const occlusions = looker.cache<Float32Array>({ limit: KEPT_MAPS, weigh: () => 1 });

  /** Opens checkpoint and image, and gives what makes a map of them; what took a pass through the network is remembered. */
  const about = <T>(q: ImageQuestion & ExplanationOptions, work: (asked: Asked, mapOf: (method: ExplanationMethod, tell: Tell) => Promise<Float32Array>) => Promise<T>): Promise<T> =>
    looker.withCheckpoint(weightsOf(q.checkpoint), async (opened) => {
      refuseWithoutAttention(opened);
      refuseTarget(q.target, opened);
      const asked = { opened, image: await imageOf(opened, q.file), target: q.target };
      const { mtimeMs, size } = await stat(q.file);
      const key = JSON.stringify([await versionOf(opened.path), q.size, q.file, mtimeMs, size, q.target]);
      return work(asked, async (method, tell) =>
        method === 'occlusion' ? occlusions.get(key, () => occluded(asked, tell)) : readMap(method, await traces.get(key, () => trace(asked)), opened, q.discard));
    }, 'fp32', q.size);

  return {
    explain: (q, tell = {}) =>
      about(q, async (_, mapOf) => {
        const views: ExplanationView[] = [];
        for (const method of q.methods) {
          tell.signal?.throwIfAborted();
          views.push({ method, target: q.target, map: await mapOf(method, tell), signed: method === 'occlusion', ofClass: ofClass.has(method) });
        }
        return views;
      }),
    score: (q, tell = {}) =>
      about(q, async (asked, mapOf) => {
        const N = asked.opened.grid.rows * asked.opened.grid.columns;
        const random = Array.from({ length: RANDOM_ORDERS }, (_, i) => randomOrder(N, i));
        const scores: ExplanationScore[] = [];
        for (const method of [...q.methods, 'random'] as const) {
          tell.onProgress?.(scores.length, q.methods.length + 1);
          const orders = method === 'random' ? random : [ranking(await mapOf(method, { ...tell, onProgress: () => undefined }))];
          const curves = [];
          for (const order of orders) curves.push(await curvesOf(asked, order, tell.signal));
          scores.push({ method, ...meanOf(curves) });
        }
        tell.onProgress?.(scores.length, scores.length);
        return scores;
      }),
  };
}

/** @throws UserError for what a training kept of its looks at a probe image, which is attention without weights */
function weightsOf(checkpoint: string): string {
  if (isFrame(checkpoint)) throw new UserError(l10n.t('A look that a training kept has attention and no weights, so that nothing can be explained by gradients. Choose a checkpoint of the run.'));
  return checkpoint;
}

/** @throws UserError for a network without a head, and for a class that it has not */
function refuseTarget(target: number, { spec, meta, path: file }: Opened): void {
  if (spec.classes === 0) throw new UserError(l10n.t('The network of {0} has no head: it gives features, and no class whose reasons could be asked for.', file), { file });
  if (!Number.isInteger(target) || target < 0 || target >= meta.classes.length) throw new UserError(l10n.t('There is no class {0}: {1} has the classes 0 to {2}.', target, file, meta.classes.length - 1), { file });
}

/** An image file as the network gets it: normalised, [1, H, W, C]. */
export async function imageOf({ meta, spec }: Opened, file: string): Promise<FloatTensor> {
  const { input } = await openPicture(file, meta.config.image, fitToPatch(meta.config.image, meta.config.model));
  return { shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, meta.config.image) };
}

/** One pass through the network and back. */
export async function trace({ opened: { session, spec }, image, target }: Asked): Promise<Traced> {
  const last = spec.depth - 1;
  const cotangent = { shape: [1, spec.classes], data: Float32Array.from({ length: spec.classes }, (_, i) => (i === target ? 1 : 0)) };
  const { taps } = await session.forward(image, { attention: true, attentionGradients: true, attentionInputs: [last] }, cotangent);
  const tap = (name: string): FloatTensor => {
    const found = taps.get(name);
    if (!found) throw new Error(`The pass brought no ${name}`);
    return found;
  };
  const each = (name: string): FloatTensor[] => Array.from({ length: spec.depth }, (_, layer) => tap(`${name}.${layer}`));
  return { attention: each('attention'), gradients: each('attention_gradient'), values: tap(`attention_input.${last}`), gradient: tap(`attention_input_gradient.${last}`) };
}

/** What a pass says by one method; of `occlusion` a pass for each patch is needed. */
export function readMap(method: Exclude<ExplanationMethod, 'occlusion'>, { attention, gradients, values, gradient }: Traced, { grid }: Pick<Opened, 'grid'>, discard: number): Float32Array {
  switch (method) {
    case 'attention':
      return lastAttention(attention, grid);
    case 'rollout':
      return rolloutView(attention, grid, { fusion: 'mean', discard }).map;
    case 'attention_gradient':
      return attentionTimesGradient(attention, gradients, grid);
    case 'grad_rollout':
      return gradientRollout(attention, gradients, grid, discard);
    case 'chefer':
      return cheferMap(attention, gradients, grid);
    case 'grad_cam':
      return gradCam(values, gradient, grid);
  }
}

/** How much the class's logit falls when a patch alone is hidden behind the mean colour (Zeiler and Fergus 2014). */
async function occluded(asked: Asked, { signal, onProgress }: Tell): Promise<Float32Array> {
  const { opened, target } = asked;
  const N = opened.grid.rows * opened.grid.columns;
  const hidden = Array.from({ length: N }, (_, patch) => (other: number) => other !== patch);
  const logits = await logitsOf(asked, [() => true, ...hidden], signal, onProgress);
  return Float32Array.from({ length: N }, (_, patch) => logits[0]![target]! - logits[patch + 1]![target]!);
}

type Curves = Pick<ExplanationScore, 'shares' | 'deletion' | 'insertion' | 'deletionArea' | 'insertionArea'>;

async function curvesOf(asked: Asked, order: readonly number[], signal: AbortSignal | undefined): Promise<Curves> {
  const N = order.length;
  const steps = Math.min(STEPS, N);
  const counts = Array.from({ length: steps + 1 }, (_, i) => Math.round((i * N) / steps));
  const place = new Map(order.map((patch, i) => [patch, i]));
  const shown = counts.flatMap((count) => [(patch: number) => place.get(patch)! >= count, (patch: number) => place.get(patch)! < count]);
  const probabilities = (await logitsOf(asked, shown, signal)).map((logits) => softmax(logits)[asked.target]!);
  const deletion = Float32Array.from(counts, (_, i) => probabilities[2 * i]!);
  const insertion = Float32Array.from(counts, (_, i) => probabilities[2 * i + 1]!);
  return { shares: Float32Array.from(counts, (count) => count / N), deletion, insertion, deletionArea: area(deletion), insertionArea: area(insertion) };
}

function meanOf(curves: readonly Curves[]): Curves {
  const mean = (pick: (one: Curves) => Float32Array): Float32Array => pick(curves[0]!).map((_, i) => curves.reduce((sum, one) => sum + pick(one)[i]! / curves.length, 0));
  const [deletion, insertion] = [mean((one) => one.deletion), mean((one) => one.insertion)];
  return { shares: curves[0]!.shares, deletion, insertion, deletionArea: area(deletion), insertionArea: area(insertion) };
}

/** Logits [K] of the image with some patches hidden; all batches have one size, for which one graph is compiled. */
async function logitsOf(
  { opened: { session, grid, spec }, image }: Asked,
  shown: readonly ((patch: number) => boolean)[],
  signal?: AbortSignal,
  onProgress?: Tell['onProgress'],
): Promise<readonly Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let from = 0; from < shown.length; from += BATCH) {
    signal?.throwIfAborted();
    onProgress?.(from, shown.length);
    const part = shown.slice(from, from + BATCH);
    const filled = [...part, ...Array.from({ length: BATCH - part.length }, () => () => true)];
    const { logits } = await session.forward(withPatches(image, grid, filled));
    for (let i = 0; i < part.length; i++) rows.push(logits.data.slice(i * spec.classes, (i + 1) * spec.classes));
  }
  return rows;
}

/** A permutation of the patches that is the same each time. */
function randomOrder(n: number, seed: number): readonly number[] {
  const random = randomAt(seed, 'order of patches');
  const keys = Array.from({ length: n }, () => random.next());
  return [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!);
}

function bytesOf({ attention, gradients, values, gradient }: Traced): number {
  return [...attention, ...gradients, values, gradient].reduce((sum, { data }) => sum + data.byteLength, 0);
}
