import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ConfusionMatrix, MetricRow, Metrics, RunEvent, RunWarning } from '../../protocol';
import { reasonOf } from '../atomic';
import { weightsOf, type Executor, type InferenceSession } from '../compile/executor';
import type { Config } from '../config/schema';
import type { Dataset } from '../dataset/dataset';
import { modelFacts } from '../facts';
import { normalise, openInput } from '../image';
import { patchGrid, type PatchGrid } from '../inspect/patches';
import { positionView } from '../inspect/positions';
import { softmax } from '../inspect/predictions';
import { rowOf } from '../metrics/logits';
import { positionTable } from '../model/positions';
import { fitToPatch, hasAttention, tokenCount, type ViTSpec } from '../model/spec';
import { classWeights } from '../pipeline/targets';
import { openProbe, type ProbeStore } from '../runs/probe';
import type { RunWriter } from '../runStore';
import type { FloatTensor, TensorMap } from '../tensors';
import type { TrainEvent, TrainPoint } from '../trainer';
import { headStatistics, imageOf } from './heads';
import { layerNorms } from './norms';
import { dependsOnBatch, headWithoutImages, rules, tightBudget, unshuffled, type History, type Warn } from './rules';

/** What is watched. */
export interface Watched {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly writer: RunWriter;
  /** Rows of the run so far; of a new one none. */
  readonly rows: readonly MetricRow[];
  /** The step that the run goes on from. */
  readonly since?: number;
  readonly emit: (event: RunEvent) => void;
}

/** Looks at a training from outside: whatever goes wrong here is a warning and never ends it, and nothing here changes a weight. */
export interface Watcher {
  /** Before the first step of a new run, with its first weights; gives values of epoch 0. */
  start(params: TensorMap): Promise<Metrics>;
  step(event: Extract<TrainEvent, { type: 'step' }>): Promise<void>;
  /** Values of each class, from the validation. */
  classes(confusion: ConfusionMatrix | null, losses: readonly number[] | null): Metrics;
  /** After an epoch, before its checkpoint: values of each layer and head. The probe images are looked at here. */
  epoch(point: TrainPoint): Promise<Metrics>;
  /** Takes a row that was written, and raises what the rules find when an epoch is over. */
  row(row: MetricRow): void;
  /** Asks the rules. */
  judge(epoch: number): Promise<void>;
  warn(warning: RunWarning): Promise<void>;
}

/** So many validation images tell what heads do; fewer where their attention is large. */
const BATCH = 16;
const BATCH_BYTES = 64 * 2 ** 20;
/** Classes that have values of their own in the metrics: more would bury the rest. */
const MOST_CLASSES = 100;
/** Multiply-adds of a training of a few seconds: a look takes a few tenths of one. */
const SHORT_EPOCH = 1e11;
const MOST_EPOCHS = 10;
/** Batches of the first epoch that are asked whether they are shuffled. */
const BATCHES = 20;

/** @param before weights at the end of the last whole epoch, where the run goes on */
export function createWatcher(watched: Watched, before: TensorMap | null): Watcher {
  const { config, spec, dataset, writer, emit } = watched;
  const rows = [...watched.rows];
  const batches: Int32Array[] = [];
  const every = epochsBetween(watched);
  let last = before;
  let look: Look | null | undefined;
  const warn = async (warning: RunWarning): Promise<void> => {
    if (await writer.warn(warning)) emit({ type: 'warning', run: writer.path, ...warning });
  };
  const raise = async (epoch: number, found: Warn | null): Promise<void> => (found ? warn({ ...found, epoch }) : undefined);
  /** A disk that is full or an engine that fails ends the looks, and not the training. */
  const guarded = async (epoch: number, work: () => Promise<Metrics>): Promise<Metrics> => {
    try {
      return await work();
    } catch (error) {
      look = null;
      await warn({
        rule: 'watch-failed',
        epoch,
        message: l10n.t('The training cannot be watched any more: {0}', reasonOf(error)),
        advice: l10n.t('It goes on all the same; its probe images and the values of its heads are left out from here on.'),
      });
      return {};
    }
  };
  const see = (epoch: number, step: number, params: TensorMap): Promise<Metrics> =>
    guarded(epoch, async () => {
      if (look === undefined) look = await openLook(watched);
      return look ? look.see(epoch, step, params, (found) => raise(epoch, found)) : {};
    });

  return {
    warn,
    async start(params) {
      await raise(0, headWithoutImages(spec.classes, dataset.classes, dataset.splits.train.labels));
      last = params;
      return { ...layerNorms(params, null), ...(await see(0, 0, params)) };
    },
    async step({ labels, epoch }) {
      if (batches.length >= BATCHES) return;
      batches.push(labels);
      if (batches.length === BATCHES) await raise(epoch, unshuffled(batches, dataset.splits.train.labels, config.dataset.sampling));
    },
    classes: (confusion, losses) => (confusion && dataset.classes.length <= MOST_CLASSES ? classMetrics(confusion, losses) : {}),
    async epoch({ epoch, state }) {
      const params = weightsOf(state);
      const norms = layerNorms(params, last);
      last = params;
      const due = epoch % every === 0 || epoch === config.train.epochs;
      return { ...norms, ...(due ? await see(epoch, state.step, params) : {}) };
    },
    row: (row) => void rows.push(row),
    async judge(epoch) {
      const history = historyOf(watched, rows);
      for (const rule of rules) await raise(epoch, rule(history));
    },
  };
}

/** Without a probe image only heads are looked at, and in a training of very short epochs not after each. */
export function epochsBetween({ config, spec, dataset }: Pick<Watched, 'config' | 'spec' | 'dataset'>): number {
  const { image, every } = config.probe;
  if ([image].flat().length > 0) return every;
  // Forward, and twice that backward.
  const macs = 3 * modelFacts(spec, 1).macs * dataset.splits.train.size;
  return Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(SHORT_EPOCH / macs)));
}

export function historyOf({ config, spec, dataset }: Pick<Watched, 'config' | 'spec' | 'dataset'>, rows: readonly MetricRow[]): History {
  const { val } = dataset.splits;
  const counts = new Map<number, number>();
  for (const label of val.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const commonest = Math.max(0, ...counts.values()) / Math.max(1, val.size);
  const weights = classWeights(config.train.class_weights, dataset.splits.train.labels, spec.classes);
  const weight = weights ? dataset.splits.train.labels.reduce((sum, label) => sum + weights[label]!, 0) / Math.max(1, dataset.splits.train.size) : 1;
  return { rows, train: config.train, classes: spec.classes, tokens: hasAttention(spec) ? tokenCount(spec) : 0, weight, commonest };
}

/** `classes/loss/NAME` and `classes/predicted/NAME`: mean loss of the images of a class, and share of all that are taken for it. */
function classMetrics({ labels, counts }: ConfusionMatrix, losses: readonly number[] | null): Metrics {
  const images = counts.flat().reduce((a, b) => a + b, 0);
  const predicted = labels.map((name, k): [string, number] => [`classes/predicted/${name}`, counts.reduce((sum, row) => sum + row[k]!, 0) / Math.max(1, images)]);
  const loss = labels.flatMap((name, k): [string, number][] => (losses && Number.isFinite(losses[k]) ? [[`classes/loss/${name}`, losses[k]!]] : []));
  return Object.fromEntries([...loss, ...predicted]);
}

/** The images that are looked at, opened once. */
interface Look {
  see(epoch: number, step: number, params: TensorMap, raise: (found: Warn | null) => Promise<void>): Promise<Metrics>;
}

/** The probe images first, then some of the validation: one batch, so that one pass answers for both. */
async function openLook(watched: Watched): Promise<Look | null> {
  const { config, spec, executor } = watched;
  const store = config.probe.image.length > 0 ? await openStore(watched) : null;
  const [probes, beside] = [await probeImages(watched, store?.images ?? []), await validationImages(watched)];
  const images = joined(spec, [...probes, ...beside]);
  if (images.shape[0] === 0) return null;
  const grid = patchGrid(spec);
  const attends = hasAttention(spec);
  return {
    async see(epoch, step, params, raise) {
      const session = await executor.infer(spec, params);
      try {
        const { logits, taps } = await session.forward(images, attends ? { attention: true } : {});
        const layers = attends ? Array.from({ length: spec.depth }, (_, layer) => taps.get(`attention.${layer}`)!) : [];
        if (epoch === 0) await raise(await besideOthers(session, images, logits, attends));
        if (store) {
          const roomy = await store.save({ epoch, step }, framesOf(spec, grid, params, logits, layers, probes.length));
          if (!roomy) await raise(tightBudget(config.probe.budget));
        }
        const others = beside.length > 0 ? beside.map((_, i) => probes.length + i) : probes.map((_, i) => i);
        return attends ? headStatistics(layers, grid, others) : {};
      } finally {
        session.dispose();
      }
    },
  };
}

async function openStore({ config, writer, since }: Watched): Promise<ProbeStore> {
  // As the run has them written down, they are relative to its folder.
  const images = [config.probe.image].flat().map((image) => path.resolve(writer.path, image));
  return openProbe(writer.path, images, config.probe, since);
}

function framesOf(spec: ViTSpec, grid: PatchGrid, params: TensorMap, logits: FloatTensor, layers: readonly FloatTensor[], count: number): Parameters<ProbeStore['save']>[1] {
  const { similarity } = layers.length > 0 ? positionView(grid, spec.posEmbed, positionTable(spec, params)) : { similarity: null };
  return Array.from({ length: count }, (_, i) => {
    const own = rowOf(logits, i);
    const top = [...softmax(own)].map((p, k) => [k, p] as const).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return { frame: { attention: layers.map((layer) => imageOf(layer, i)), logits: own, similarity }, top };
  });
}

/** The first image once more, beside a batch of which all others are turned: what is said of it must stay. */
async function besideOthers(session: InferenceSession, images: FloatTensor, logits: FloatTensor, attends: boolean): Promise<Warn | null> {
  const size = images.data.length / images.shape[0]!;
  const data = images.data.slice();
  data.subarray(size).reverse();
  const again = await session.forward({ shape: images.shape, data }, attends ? { attention: true } : {});
  return dependsOnBatch(rowOf(logits, 0), rowOf(again.logits, 0));
}

async function probeImages({ config }: Watched, files: readonly string[]): Promise<Float32Array[]> {
  const fit = fitToPatch(config.image, config.model);
  const inputs = await Promise.all(files.map((file) => openInput(file, config.image, fit)));
  return inputs.map((input) => normalise(input, config.image));
}

/** Evenly over the split, which may be sorted by class. */
async function validationImages({ config, spec, dataset }: Watched): Promise<Float32Array[]> {
  const { val } = dataset.splits;
  const perImage = hasAttention(spec) ? spec.depth * spec.heads * tokenCount(spec) ** 2 * Float32Array.BYTES_PER_ELEMENT : 1;
  const count = Math.min(val.size, BATCH, Math.max(1, Math.floor(BATCH_BYTES / perImage)));
  if (count === 0) return [];
  const bytes = await val.read(Int32Array.from({ length: count }, (_, i) => Math.floor((i * val.size) / count)));
  const data = normalise(bytes, config.image);
  return Array.from({ length: count }, (_, i) => data.slice((i * data.length) / count, ((i + 1) * data.length) / count));
}

function joined(spec: ViTSpec, images: readonly Float32Array[]): FloatTensor {
  const size = spec.imageSize[0] * spec.imageSize[1] * spec.channels;
  const data = new Float32Array(images.length * size);
  images.forEach((image, i) => data.set(image, i * size));
  return { shape: [images.length, ...spec.imageSize, spec.channels], data };
}
