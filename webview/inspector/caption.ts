import * as l10n from '@vscode/l10n';
import { methodName } from '../../src/explanations';
import { percent, scaleEnds } from '../numbers';
import { summaryOf } from './attentionTab';
import { targetOf } from './explaining';
import { hasMap } from './place';
import type { Model } from './session';
import { scaleOf, shown } from './shown';
import { sideOf } from './sides';
import { baseName, checkpointName, joinName, rolloutFrom, tabName } from './words';

/** What a picture of the open tab is of, for whoever meets it outside the panel: image, model, method, and how it is coloured. */
export function captionOf(model: Model): { readonly title: string; readonly lines: readonly string[] } {
  const view = model.state?.view;
  if (!view) return { title: '', lines: [] };
  const [first] = view.predictions;
  const answer = first ? ` · ${first.label} ${percent(first.probability)}` : '';
  const { other } = model;
  const models = other ? [`A: ${named(view)}`, `B: ${named(other.view)}`] : [named(view)];
  return { title: `${tabName(model.place.tab)} · ${baseName(view.file)}${answer}`, lines: [...models, methodLine(model), scaleLine(model)].filter((line) => line.trim() !== '') };
}

function named(view: NonNullable<Model['other']>['view']): string {
  const { name, config } = view.facts;
  return `${checkpointName(view.checkpoint)} · ${name}, ${config.patchSize.join('×')} px · ${baseName(view.file)}`;
}

function methodLine(model: Model): string {
  const { tab, fusion, discard, method } = model.place;
  const view = model.state?.view;
  if (tab === 'attention') return summaryOf(model).trim();
  if (tab === 'flow' && model.flow && model.flow.facts.blocks > 0) return [l10n.t('Block {0} of {1}', model.flow.block + 1, model.flow.facts.blocks), l10n.t('head {0} of {1}', model.flow.head + 1, model.flow.facts.heads)].join(' · ');
  if (tab === 'rollout') {
    const from = model.rollouts[fusion]?.from;
    return `${l10n.t('Attention rollout, heads joined by {0}, {1} of the weights discarded', joinName(fusion), percent(discard))}${from ? `, ${rolloutFrom(from)}` : ''}`;
  }
  if (tab === 'explain' && view && view.classes.length > 0) return `${methodName(method)}: ${view.classes[targetOf(model.place, view)] ?? ''}`;
  return '';
}

function scaleLine(model: Model): string {
  const { place } = model;
  const now = shown(model);
  if (!now || !hasMap(place.tab)) return '';
  const scale = { map: l10n.t('scale of this map'), shared: l10n.t('one scale for all maps'), fixed: l10n.t('fixed scale') }[scaleOf(place)];
  const parts = [
    `${now.map.colours}, ${scale}: ${scaleEnds(now.map.scale, now.write).join(' – ')}`,
    ...(sideOf(model) === 'difference' ? [l10n.t('B − A')] : []),
    ...(now.map.mask ? [l10n.t('only patches that hold {0} of the mass', percent(place.mass))] : []),
    ...(place.smooth ? [l10n.t('smoothed (bilinear)')] : []),
  ];
  return parts.join(' · ');
}
