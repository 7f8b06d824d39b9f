import * as l10n from '@vscode/l10n';
import type { Config } from '../../config/schema';
import { curvesChart, type Curve, type Plot } from '../charts/curves';
import { groupCurves, lastOf, learningRates } from '../curves';
import { heading, own, text, type Block, type Inline, type Section } from '../document';
import type { Group, Material } from '../material';
import { recipeWords } from '../recipe';
import { countOverSeeds, digits, firstOf, groupName, numberOverSeeds, overSeeds, percent, seedsOf } from '../words';

/** The recipe, and how it went. */
export function training(material: Material): Section {
  const { groups } = material;
  const blocks: Block[] = [...recipes(material), ...curves(material), ends(material), ...fits(material), own(l10n.t('what the curves show: where they bend, whether more epochs would have helped, what surprised you'))];
  return { id: 'training', title: l10n.t('Training'), blocks: groups.length > 0 ? blocks : [] };
}

/** Groups that were trained alike are told together. */
function recipes(material: Material): Block[] {
  const told = new Map<string, { readonly config: Config; readonly groups: Group[] }>();
  for (const group of material.groups) {
    const { config } = firstOf(group, material);
    if (!config) continue;
    const key = JSON.stringify({ train: config.train, finetune: config.finetune, sampling: config.dataset.sampling, drop: [config.model.drop_rate, config.model.drop_path_rate, config.model.patch_drop_rate] });
    const alike = told.get(key) ?? { config, groups: [] };
    alike.groups.push(group);
    told.set(key, alike);
  }
  return [...told.values()].flatMap(({ config, groups }) => [
    ...(told.size > 1 ? [heading(l10n.t('Recipe of {0}', groups.map((group) => groupName(group, material)).join(', ')))] : []),
    { kind: 'list' as const, items: recipeWords(config) },
  ]);
}

function curves(material: Material): Block[] {
  const names = material.groups.map((group) => groupName(group, material));
  const several = material.groups.some((group) => seedsOf(group, material.runs).length > 1);
  const of = (metric: string, title: string, shares = false) => ({ title, curves: groupCurves(material, metric), shares });
  const plots = [
    of('train/loss', l10n.t('Training loss')), of('val/loss', l10n.t('Validation loss')),
    of('train/top1', l10n.t('Training accuracy'), true), of('val/top1', l10n.t('Validation accuracy'), true),
  ].filter((plot) => plot.curves.length > 0);
  const rates = learningRates(material);
  const note: Inline = several ? ` ${l10n.t('Lines are means over the seeds, bands one standard deviation to either side.')}` : '';
  return [
    ...(plots.length === 0 ? [text(l10n.t('The runs have no metrics that could be drawn.'))] : [{
      kind: 'figure' as const, name: 'curves', svg: curvesChart(plots, names, l10n.t('epoch')), alt: l10n.t('Curves of loss and accuracy over the epochs'),
      caption: [l10n.t('Loss and accuracy over the epochs. The training values are means over the epoch, with augmentation, label smoothing and mixing where there are such, so that they may lie above (loss) or below (accuracy) those of the validation.'), ...(note === '' ? [] : [note])],
    }]),
    ...(rates.length === 0 ? [] : [{
      kind: 'figure' as const, name: 'learning-rate', svg: curvesChart(ratePlots(rates, names), apart(rates) ? [] : names, l10n.t('epoch')),
      alt: l10n.t('The learning rate over the epochs'), caption: l10n.t('The learning rate as the runs recorded it.'),
    }]),
  ];
}

/** Peaks of which one would make the others flat. */
function apart(rates: readonly Curve[]): boolean {
  const peaks = rates.map(({ y }) => Math.max(...y));
  return Math.max(...peaks) > 5 * Math.min(...peaks);
}

function ratePlots(rates: readonly Curve[], names: readonly string[]): Plot[] {
  return apart(rates) ? rates.map((curve) => ({ title: names[curve.series]!, curves: [curve] })) : [{ title: l10n.t('Learning rate'), curves: rates }];
}

function ends(material: Material): Block {
  const { groups, runs } = material;
  const rows = groups.map((group) => [
    groupName(group, material),
    countOverSeeds(group, runs, (run) => (run.record ? run.summary.epoch : undefined)),
    numberOverSeeds(group, runs, (run) => lastOf(run, 'train/loss')),
    overSeeds(group, runs, (run) => lastOf(run, 'train/top1')),
    numberOverSeeds(group, runs, (run) => lastOf(run, 'val/loss')),
    overSeeds(group, runs, (run) => lastOf(run, 'val/top1')),
    countOverSeeds(group, runs, (run) => (lastOf(run, 'val/loss') === undefined ? undefined : run.evaluation?.epoch)),
  ]);
  return {
    kind: 'table',
    caption: l10n.t('After the last epoch, and the epoch whose weights were kept as the best by the validation.'),
    head: [l10n.t('Configuration'), l10n.t('Epochs'), l10n.t('Training loss'), l10n.t('Training accuracy'), l10n.t('Validation loss'), l10n.t('Validation accuracy'), l10n.t('Best epoch')],
    rows,
    numbers: [1, 2, 3, 4, 5, 6],
  };
}

/** What the gap between training and validation says, where it may be read so. */
function fits(material: Material): Block[] {
  const items = material.groups.flatMap((group): string[] => {
    const { rows, config, label } = firstOf(group, material);
    // What is told is of one run: where there are several seeds it is named.
    const of = seedsOf(group, material.runs).length > 1 ? label : groupName(group, material);
    const losses = rows.flatMap(({ epoch, values }) => (Number.isFinite(values['val/loss']) ? [{ epoch, loss: values['val/loss']! }] : []));
    const [train, val] = [lastOf({ rows }, 'train/top1'), lastOf({ rows }, 'val/top1')];
    if (losses.length < 2 || train === undefined || val === undefined) return [];
    const best = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    const last = losses.at(-1)!;
    const rises = best.epoch < last.epoch && last.loss > best.loss;
    const mixed = (config?.train.mixup ?? 0) > 0 || (config?.train.cutmix ?? 0) > 0;
    return [[
      rises
        ? l10n.t('{0}: the validation loss was least after epoch {1} ({2}) and ended at {3}.', of, best.epoch, digits(best.loss, 3), digits(last.loss, 3))
        : l10n.t('{0}: the validation loss was least after the last epoch ({1}); it had not turned.', of, digits(last.loss, 3)),
      mixed
        ? l10n.t('Training accuracy is of mixed images and not to be held against that of the validation.')
        : l10n.t('Accuracy at the end: {0} in training, {1} in validation.', percent(train), percent(val)),
    ].join(' ')];
  });
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}
