import * as l10n from '@vscode/l10n';
import type { InspectorApi } from '../../../src/protocol';
import type { Client } from '../../../src/rpc';
import { el, setText, show } from '../../dom';
import { createFold, segments } from '../controls';
import type { Part } from '../hero';
import type { Model, Session } from '../session';
import { createAlignmentView } from './alignmentView';
import { coloursSummary, createColoursView } from './coloursView';
import { createFiltersView, filtersSummary } from './filtersView';
import { createHeadsView } from './headsView';
import { createLensView, lensSummary } from './lensView';
import { applies, longKey } from './model';
import { createNeighboursView, neighboursSummary } from './neighboursView';
import { createNormsView, normsSummary } from './normsView';
import { setFeature } from './parts';
import { featureViews, type FeatureName } from './place';
import { createShuffleView, shuffleSummary } from './shuffleView';
import { createSimilarityView, similaritySummary } from './similarityView';
import { featureExplanation, featureName, whyNot } from './words';

/** What the network makes of the image inside: one view at a time. */
export function createFeaturesTab(session: Session, client: Client<InspectorApi>): Part {
  const views: Readonly<Record<FeatureName, Part>> = {
    filters: createFiltersView(),
    colours: createColoursView(session),
    norms: createNormsView(session),
    similarity: createSimilarityView(session),
    lens: createLensView(session),
    heads: createHeadsView(session),
    shuffle: createShuffleView(session),
    alignment: createAlignmentView(session, client),
    neighbours: createNeighboursView(session, client),
  };
  const chooser = segments(l10n.t('What is looked at'), featureViews.map((view) => [view, featureName(view)]), (view) => setFeature(session, { view }));
  chooser.element.classList.add('feature-views');
  // Arrow keys choose among them, and do not move the query patch meanwhile.
  chooser.element.addEventListener('keydown', (event) => event.key.startsWith('Arrow') && event.stopPropagation());
  const without = el('p', { class: 'without' });
  const parts = featureViews.map((view) => ({ view, fold: createFold((traits) => featureExplanation(view, traits)), part: views[view] }));
  const element = el('div', { class: 'features' }, chooser.element, without, ...parts.flatMap(({ fold, part }) => [fold.element, part.element]));
  const update = (model: Model): void => {
    const { view: chosen } = model.place.features;
    chooser.set(chosen);
    const applicable = applies(chosen, model);
    show(without, applicable !== 'yes');
    setText(without, applicable === 'yes' ? '' : whyNot(applicable));
    for (const { view, fold, part } of parts) {
      show(fold.element, view === chosen);
      if (view === chosen) fold.update(model);
      show(part.element, view === chosen && applicable === 'yes');
      if (view === chosen && applicable === 'yes') part.update(model);
    }
  };
  return { element, update };
}

/** What the open view says, in a sentence; spoken when it changes. */
export function featureSummary(model: Model): string {
  const { features, place, state } = model;
  const view = state?.view;
  const chosen = place.features.view;
  if (!view || applies(chosen, model) !== 'yes') return '';
  if (chosen === 'filters' && features.filters) return filtersSummary(features.filters);
  if (chosen === 'colours' && features.colours) return coloursSummary(features.colours);
  if (chosen === 'norms' && features.tokens) return normsSummary(model, features.tokens);
  if (chosen === 'similarity' && features.tokens) return similaritySummary(model, features.tokens);
  if (chosen === 'lens' && features.lens) return lensSummary(view, features.lens);
  if (chosen === 'shuffle' && features.shuffled) return shuffleSummary(features.shuffled);
  if (chosen === 'neighbours' && features.neighbours && features.neighboursOf === longKey('neighbours', model)) return neighboursSummary(features.neighbours);
  return '';
}
