import * as l10n from '@vscode/l10n';
import type { MetricRow, RunWarning } from '../../protocol';
import type { TrainConfig } from '../config/schema';
import type { SamplingConfig } from '../dataset/sampling';

/**
 * What seems to go wrong in a training. Every rule is a pure function of what was measured so far; whoever trains asks
 * them after each epoch and raises each once in a run. The bounds are wide on purpose: a warning that is often wrong is
 * not read. `docs/watching.md` says what each rule looks at.
 */

/** What the rules look at. */
export interface History {
  /** As in `metrics.jsonl`, oldest first. */
  readonly rows: readonly MetricRow[];
  readonly train: Pick<TrainConfig, 'class_weights' | 'lr' | 'opt' | 'epochs' | 'warmup_epochs' | 'cycles' | 'mixup' | 'cutmix' | 'label_smoothing' | 'loss' | 'clip_grad' | 'progressive'>;
  readonly classes: number;
  /** Tokens that a head chooses from; 0 without attention. */
  readonly tokens: number;
  /** Mean of `train.class_weights` over the training images, by which the loss is larger. */
  readonly weight: number;
  /** Share of the commonest class among the validation images. */
  readonly commonest: number;
}

export type Warn = Pick<RunWarning, 'rule' | 'message' | 'advice'>;
type Rule = (history: History) => Warn | null;

/** One value for each epoch that has it, in order. */
interface Series {
  readonly epochs: readonly number[];
  readonly values: readonly number[];
}

function seriesOf({ rows }: History, name: string): Series {
  const of = rows.filter(({ values, epoch }) => epoch > 0 && Number.isFinite(values[name]));
  return { epochs: of.map(({ epoch }) => epoch), values: of.map(({ values }) => values[name]!) };
}

/** After its minimum the loss on the validation rose by a tenth, and by more than one image more or less makes, and stayed there for three epochs, while that of the training fell. */
export const overfitting: Rule = (history) => {
  const [val, train, top1] = ['val/loss', 'train/loss', 'val/top1'].map((name) => seriesOf(history, name)) as [Series, Series, Series];
  const best = val.values.indexOf(Math.min(...val.values));
  const since = val.values.slice(best + 1);
  if (since.length < 3 || !since.slice(-3).every((loss) => loss > Math.max(val.values[best]! * 1.1, val.values[best]! + 0.05))) return null;
  if (!(train.values.at(-1)! < train.values[best]! * 0.95)) return null;
  // A network may grow too sure and still recognise more: that is no reason to stop it.
  if (top1.values.at(-1)! > top1.values[best]! + 0.01) return null;
  const epoch = val.epochs[best]!;
  return {
    rule: 'overfitting',
    message: l10n.t('Overfitting: since epoch {0} val/loss has risen from {1} to {2}, while train/loss still falls.', epoch, short(val.values[best]!), short(since.at(-1)!)),
    advice: l10n.t('Try more augmentation (train.augment, train.mixup), a higher train.weight_decay or model.drop_path_rate, a smaller network or more images; train.early_stop.patience ends such a training by itself.'),
  };
};

/** After the warm-up nearly all validation images are taken for one class, far more than belong to it, two epochs running. */
export const collapsed: Rule = (history) => {
  const shares = history.rows.flatMap(({ epoch, values }) => {
    const own = Object.entries(values).filter(([name]) => name.startsWith('classes/predicted/'));
    const most = own.reduce<[string, number]>((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    return own.length > 0 && epoch > history.train.warmup_epochs ? [{ name: most[0].slice('classes/predicted/'.length), share: most[1] }] : [];
  });
  const last = shares.slice(-2);
  if (last.length < 2 || !last.every(({ share }) => share > 0.95 && share > history.commonest + 0.2)) return null;
  return {
    rule: 'collapsed',
    message: l10n.t('Collapsed predictions: {0} of the validation images are taken for "{1}".', percent(last.at(-1)!.share), last.at(-1)!.name),
    advice: history.train.class_weights === 'none' && history.commonest > 1.5 / history.classes ? l10n.t('Try a lower train.lr or a longer train.warmup_epochs; where one class has most of the images, train.class_weights: balanced.') : l10n.t('Try a lower train.lr or a longer train.warmup_epochs.'),
  };
};

/** Looks in a row that must find a head dead, so that it is seen not to vary. */
const DEAD_LOOKS = 3;
/** A head learns late: before this epoch nearly all of them look at all tokens almost alike. */
const DEAD_FROM = 10;

/**
 * In the second half of a training a head looks at all tokens alike, or at a single one, whatever the image. A young head
 * has 0.9994 to 0.99997 of ln N and its maps follow the object all the same, so only what differs from it by rounding counts.
 */
export const deadHeads: Rule = (history) => {
  const isHead = (name: string): boolean => name.startsWith('heads/entropy/');
  const looks = history.rows.filter(({ values }) => Object.keys(values).some(isHead)).slice(-DEAD_LOOKS);
  if (looks.length < DEAD_LOOKS || history.tokens < 2 || looks.at(-1)!.epoch < Math.max(DEAD_FROM, history.train.epochs / 2)) return null;
  const most = Math.log(history.tokens);
  const of = (dead: (entropy: number) => boolean): string[] =>
    Object.keys(looks.at(-1)!.values).flatMap((name) => (isHead(name) && looks.every(({ values }) => values[name] !== undefined && dead(values[name])) ? [name.slice('heads/entropy/'.length)] : []));
  const [alike, one] = [of((entropy) => entropy > most * (1 - 1e-5)), of((entropy) => entropy < most * 0.005)];
  if (alike.length + one.length === 0) return null;
  const told = [
    ...(alike.length > 0 ? [l10n.t('Dead heads (layer.head), which look at all tokens alike in every image: {0}.', alike.join(', '))] : []),
    ...(one.length > 0 ? [l10n.t('Dead heads (layer.head), which look at a single token in every image: {0}.', one.join(', '))] : []),
  ];
  return {
    rule: 'dead-heads',
    message: told.join(' '),
    advice: l10n.t('Such heads add nothing: try fewer heads or layers, a higher train.lr with a longer train.warmup_epochs, or train longer.'),
  };
};

/** The loss of the training is far above that of a guess, rose clearly above what it had been, or the gradient became many times what it was. */
export const rateTooHigh: Rule = (history) => beyondGuessing(history) ?? rising(history);

/** To say that all classes are equally likely costs ln K: who pays several times as much is sure of what is wrong. */
function beyondGuessing(history: History): Warn | null {
  const { train, classes } = history;
  const now = seriesOf(history, 'train/loss').values.at(-1);
  const guess = history.weight * Math.log(classes);
  if (now === undefined || train.loss !== 'cross_entropy' || !(now > 3 * guess + history.weight)) return null;
  return {
    rule: 'lr-too-high',
    message: l10n.t('The learning rate seems too high: train/loss is {0}, and guessing among {1} classes has {2}.', short(now), classes, short(guess)),
    advice: train.clip_grad > 0 ? l10n.t('Try a tenth of train.lr (it is {0}), or a longer train.warmup_epochs.', train.lr) : l10n.t('Try a tenth of train.lr (it is {0}), a longer train.warmup_epochs, or train.clip_grad: 1.', train.lr),
  };
}

function rising(history: History): Warn | null {
  // Where the rate rises again and again, so may the loss.
  if (history.train.cycles > 1) return null;
  const loss = seriesOf(history, 'train/loss');
  const norms = gradientNorms(history);
  const [now, least] = [loss.values.at(-1), Math.min(...loss.values.slice(0, -1))];
  const rose = now !== undefined && loss.values.length > 1 && now > least * 1.15 && now > least + 0.1 * history.weight;
  const [first, latest] = [norms[0], norms.at(-1)];
  const exploded = first !== undefined && latest !== undefined && norms.length > 1 && latest > 50 * first && now !== undefined && now > least;
  if (!rose && !exploded) return null;
  return {
    rule: 'lr-too-high',
    message: rose
      ? l10n.t('The learning rate seems too high: train/loss has risen from {0} to {1}.', short(least), short(now))
      : l10n.t('The learning rate seems too high: the norm of the gradient has grown from {0} to {1}.', short(first!), short(latest!)),
    advice: history.train.clip_grad > 0 ? l10n.t('Try a third of train.lr (it is {0}), or a longer train.warmup_epochs.', history.train.lr) : l10n.t('Try a third of train.lr (it is {0}), a longer train.warmup_epochs, or train.clip_grad: 1.', history.train.lr),
  };
}

/** Median of each epoch: single steps may be wild. */
function gradientNorms({ rows }: History): readonly number[] {
  const byEpoch = new Map<number, number[]>();
  for (const { epoch, values } of rows) {
    const norm = values['train/grad_norm'];
    if (norm !== undefined && Number.isFinite(norm)) byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), norm]);
  }
  return [...byEpoch.values()].map((norms) => norms.sort((a, b) => a - b)[Math.floor(norms.length / 2)]!);
}

/** Peaks that small networks from scratch begin with, by optimizer. */
const USUAL_RATE: Readonly<Record<History['train']['opt'], number>> = { adamw: 1e-3, lamb: 2e-3, lion: 2e-4, sgd: 0.05 };

/**
 * Three epochs behind the warm-up the loss has hardly fallen, though there is much to learn. Where batches are mixed or
 * images grow, the loss of one epoch is not that of another; and who recognises more images moves.
 */
export const rateTooLow: Rule = (history) => {
  const { train, classes } = history;
  const loss = seriesOf(history, 'train/loss');
  const from = loss.epochs.findIndex((epoch) => epoch >= train.warmup_epochs);
  if (from < 0 || loss.values.length < from + 4 || train.loss !== 'cross_entropy') return null;
  if (train.mixup > 0 || train.cutmix > 0 || train.progressive || validationImproved(history, loss.epochs[from]!)) return null;
  const [first, now] = [loss.values[from]!, loss.values.at(-1)!];
  // Only the first epochs are meant; a loss may be flat later because it is as low as it gets.
  if (loss.values.length > from + 5 || now < first * 0.98 || now > first * 1.15 || now < 0.7 * Math.log(classes)) return null;
  // Far above the loss of a guess more of the same would be worse: that is no rate to raise.
  if (now > 1.5 * Math.log(classes) || rateTooHigh(history)) return null;
  return {
    rule: 'lr-too-low',
    message: l10n.t('The training hardly moves: train/loss was {0} after epoch {1} and is {2} now.', short(first), loss.epochs[from]!, short(now)),
    advice:
      train.lr < USUAL_RATE[train.opt] / 30
        ? l10n.t('train.lr (it is {0}) is far below what is usual with {1}: try {2}.', train.lr, train.opt, USUAL_RATE[train.opt])
        : l10n.t('train.lr (it is {0}) may be too low: try three times as much. If that is no better, it may be far too high: try a tenth.', train.lr),
  };
};

/** Since an epoch two more of a hundred images are recognised, or the loss on them fell by 2 %. */
function validationImproved(history: History, since: number): boolean {
  const [top1, loss] = ['val/top1', 'val/loss'].map((name) => {
    const { epochs, values } = seriesOf(history, name);
    return values.filter((_, i) => epochs[i]! >= since);
  }) as [number[], number[]];
  return (top1.length > 1 && Math.max(...top1) > top1[0]! + 0.02) || (loss.length > 1 && Math.min(...loss) < loss[0]! * 0.98);
}

/** The rules that are asked after each epoch. */
export const rules: readonly Rule[] = [overfitting, collapsed, deadHeads, rateTooHigh, rateTooLow];

/** The head has as many outputs as there are classes, and each class has images to learn from. */
export function headWithoutImages(outputs: number, classes: readonly string[], labels: Int32Array): Warn | null {
  const seen = new Set(labels);
  const empty = classes.filter((_, k) => !seen.has(k));
  if (outputs === classes.length && empty.length === 0) return null;
  return {
    rule: 'head-size',
    message:
      outputs === classes.length
        ? l10n.t('The head has {0} outputs, and no training image is of these classes: {1}.', outputs, empty.slice(0, 10).join(', '))
        : l10n.t('The head has {0} outputs, and the dataset has {1} classes.', outputs, classes.length),
    advice: l10n.t('An output that never sees its class learns only to say no. Add images of it, or leave the class out.'),
  };
}

/**
 * Batches hold far fewer different classes than batches drawn at random would: fewer than half as many.
 *
 * @param batches labels of some batches of one epoch, in order
 * @param labels of all training images
 * @param sampling which images are read how often: repeated ones, and classes that are hardly drawn, leave fewer in a batch
 */
export function unshuffled(batches: readonly Int32Array[], labels: Int32Array, { order, weights, repeats }: SamplingConfig): Warn | null {
  const counts = [...countsOf(labels)].map(([label, count]) => (order === 'balanced' ? 1 : count * (order === 'weighted' ? (weights?.[label] ?? 1) : 1)));
  const total = counts.reduce((a, b) => a + b, 0);
  const expected = batches.map((batch) => counts.reduce((sum, count) => sum + 1 - (1 - count / total) ** (batch.length / repeats), 0));
  const found = batches.map((batch) => new Set(batch).size);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  if (batches.length < 3 || mean(expected) < 2 || mean(found) >= mean(expected) / 2) return null;
  return {
    rule: 'unshuffled',
    message: l10n.t('The training images seem to come in the order of their classes: a batch has {0} different classes on average, where a shuffled one had {1}.', short(mean(found)), short(mean(expected))),
    advice: l10n.t('A step then unlearns what the last one taught. Let the images be shuffled.'),
  };
}

function countsOf(labels: Int32Array): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/**
 * What the network says of an image depends on the others in its batch.
 *
 * @param own its logits in one batch
 * @param other its logits beside other images
 */
export function dependsOnBatch(own: Float32Array, other: Float32Array): Warn | null {
  const scale = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const change = own.reduce((most, value, k) => Math.max(most, Math.abs(value - other[k]!)), 0);
  // Another order of the same sums is some 1e-6 of the scale.
  if (!(change > 1e-3 * Math.max(scale, 1e-3))) return null;
  return {
    rule: 'batch-dependence',
    message: l10n.t('The prediction of an image changes with the other images of its batch, by {0}: information flows across the batch.', short(change)),
    advice: l10n.t('No number of this training can be trusted. Please report it with the configuration; another engine.backend may not have the fault.'),
  };
}

/** @param budget bytes, which do not hold two looks at the probe images */
export function tightBudget(budget: number): Warn {
  return {
    rule: 'probe-budget',
    message: l10n.t('probe.budget ({0} bytes) is too small for two looks at the probe images: the newest alone is kept where it fits, else none.', budget),
    advice: l10n.t('Every prediction is kept all the same. Raise probe.budget (67108864 if it is not said) to see the attention of other epochs.'),
  };
}

/** The end of a training whose numbers are none. */
export function notFinite(step: number, { lr, clip_grad: clip, clip_mode: mode }: Pick<TrainConfig, 'lr' | 'clip_grad' | 'clip_mode'>): Warn {
  const clipped = clip > 0 && (mode !== 'norm' || clip <= 1);
  return {
    rule: 'non-finite',
    message: l10n.t('The loss or the gradient is no finite number (NaN or infinite) at step {0}.', step),
    advice: clipped ? l10n.t('Try a lower train.lr (it is {0}) or a longer train.warmup_epochs.', lr) : l10n.t('Try a lower train.lr (it is {0}), a longer train.warmup_epochs, or train.clip_grad: 1.', lr),
  };
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
