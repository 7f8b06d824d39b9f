import * as l10n from '@vscode/l10n';
import { methodName } from '../../src/explanations';
import { canSort, isRight, type GallerySort } from '../../src/galleryOrder';
import type { GalleryCard, GalleryList, GalleryMethod, GalleryState } from '../../src/protocol';
import type { Scale } from '../draw/heatmap';
import { knownWords } from '../knownWords';
import { fixed, integer, percent, significant } from '../numbers';
import { baseName, checkpointName } from '../inspector/words';
import type { ShownScale } from './shown';

/** What is said of a gallery and of its images. */

export function sortName(sort: GallerySort): string {
  switch (sort) {
    case 'given':
      return l10n.t('As they are listed');
    case 'name':
      return l10n.t('Name');
    case 'confidence':
      return l10n.t('Confidence');
    case 'entropy':
      return l10n.t('Entropy of the prediction');
    case 'spread':
      return l10n.t('Entropy of the map');
    case 'correct':
      return l10n.t('Correctness');
  }
}

/** The same as a choice: with the reason, where these images have no such order. */
export function sortChoice(sort: GallerySort, list: GalleryList): string {
  if (canSort(sort, list)) return sortName(sort);
  if (sort === 'correct' && list.classes.length > 0) return l10n.t('Correctness (of no image the class is known)');
  return sort === 'spread' ? l10n.t('{0} (this network has no maps)', sortName(sort)) : l10n.t('{0} (this network has no classes)', sortName(sort));
}

/** What one end of an order is, for the button that turns it around. */
export function wayName(sort: GallerySort, descending: boolean): string {
  switch (sort) {
    case 'given':
      return descending ? l10n.t('Reversed') : l10n.t('In order');
    case 'name':
      return descending ? l10n.t('Z to A') : l10n.t('A to Z');
    case 'correct':
      return descending ? l10n.t('Right first') : l10n.t('Wrong first');
    default:
      return descending ? l10n.t('Largest first') : l10n.t('Smallest first');
  }
}

/** An order for a caption. */
export function orderWords(sort: GallerySort, descending: boolean): string {
  return `${sortName(sort)}: ${wayName(sort, descending)}`;
}

/** Why there is nothing more of an image, without the folders before its name. */
export function problemWords({ error = '', name }: GalleryCard): string {
  return error.replaceAll(name, baseName(name));
}

export function splitName(split: 'train' | 'val' | 'test'): string {
  return { train: l10n.t('Training images'), val: l10n.t('Validation images'), test: l10n.t('Test images') }[split];
}

export function className(classes: readonly string[], k: number | null | undefined): string {
  return k === null || k === undefined ? '' : (classes[k] ?? String(k));
}

/** Which images these are, in one line. */
export function sourceWords({ wish, list, place }: GalleryState): string {
  if (!wish) return '';
  const { images, filter } = wish;
  const classes = list?.classes ?? [];
  const what = 'folder' in images ? (place ?? images.folder) : splitName(images.split);
  const kind =
    filter.is !== undefined && filter.as !== undefined
      ? filter.is === filter.as ? l10n.t('{0} recognised', className(classes, filter.is)) : l10n.t('{0} taken for {1}', className(classes, filter.is), className(classes, filter.as))
      : [filter.is === undefined ? '' : className(classes, filter.is), filter.as === undefined ? '' : l10n.t('taken for {0}', className(classes, filter.as))].filter(Boolean).join(', ');
  const right = filter.right === undefined ? '' : filter.right ? l10n.t('right only') : l10n.t('wrong only');
  return [what, kind, right].filter(Boolean).join(' · ');
}

export function modelWords({ wish, list, checkpoints }: GalleryState): string {
  const checkpoint = checkpoints.find(({ path }) => path === wish?.checkpoint);
  return [checkpoint ? checkpointName(checkpoint) : baseName(wish?.checkpoint ?? ''), list?.model ?? ''].filter(Boolean).join(' · ');
}

/** How many there are, and how right the network is about them. */
export function countWords(list: GalleryList, cards: readonly GalleryCard[]): string {
  const of = list.indices.length;
  const known = cards.map(isRight).filter((right) => right !== null);
  const wrong = known.filter((right) => !right).length;
  const broken = cards.filter(({ error }) => error !== undefined).length;
  return [
    cards.length < of ? l10n.t('{0} of {1} images', integer(cards.length), integer(of)) : of === 1 ? l10n.t('1 image') : l10n.t('{0} images', integer(of)),
    ...(known.length > 0 ? [l10n.t('{0} right ({1}), {2} wrong', integer(known.length - wrong), percent((known.length - wrong) / known.length), integer(wrong))] : []),
    ...(broken > 0 ? [l10n.t('{0} could not be read', integer(broken))] : []),
  ].join(' · ');
}

/** In which order the list came, where that is not plain to see. */
export function listWords({ list, wish }: GalleryState, cards: readonly GalleryCard[]): string {
  if (!list || !wish) return '';
  const { as, indices } = wish.filter;
  const otherwise = as === undefined || !indices ? 0 : cards.filter(({ guess }) => guess !== null && guess !== as).length;
  return [
    list.order === 'drawn' ? l10n.t('Listed in a mixed order, the same each time.') : '',
    list.order === 'surest' ? l10n.t('Listed by confidence, the surest first.') : '',
    'folder' in wish.images && list.labelled ? l10n.t('The class of an image is the name of its folder, where the network knows it.') : '',
    // Whose images these are the network does not know: somebody's photographs.
    'folder' in wish.images && !list.labelled && list.classes.length > 0 ? knownWords(list.classes) : '',
    otherwise > 0 ? l10n.t('{0} of them are taken for another class here than in the evaluation: this is another checkpoint, or it was made with test-time augmentation.', integer(otherwise)) : '',
  ].filter(Boolean).join(' ');
}

export function rightWord(right: boolean): string {
  return right ? l10n.t('right') : l10n.t('wrong');
}

/** A card for those who do not see it. */
export function spokenCard(card: GalleryCard, classes: readonly string[], opens: boolean): string {
  const right = isRight(card);
  const name = baseName(card.name);
  if (card.error !== undefined) return `${name}: ${problemWords(card)}`;
  return [
    name,
    card.guess === null ? '' : l10n.t('taken for {0} with {1}', className(classes, card.guess), percent(card.confidence ?? 0)),
    card.truth === null ? '' : l10n.t('is {0}', className(classes, card.truth)),
    right === null ? '' : rightWord(right),
    card.entropy === null ? '' : l10n.t('entropy of the prediction {0} nats', fixed(card.entropy, 2)),
    card.spread === null ? '' : l10n.t('entropy of the map {0} nats', fixed(card.spread, 2)),
    opens ? l10n.t('look inside') : '',
  ].filter(Boolean).join(', ');
}

/** What lies over the images. */
export function mapWords(method: GalleryMethod, { classToken }: Pick<GalleryList, 'classToken'>): string {
  switch (method) {
    case 'rollout':
      return l10n.t('Rollout: attention followed back through all layers, mean of the heads');
    case 'attention':
      return classToken ? l10n.t('Last attention: what the class token looks at in the last block, mean of the heads') : l10n.t('Last attention: what the patches look at in the last block, mean of heads and patches (there is no class token)');
    case 'chefer':
      return l10n.t('Chefer’s relevance of the patches for the predicted class');
  }
}

/** A value of a map: attention is a share, relevance has units of its own. */
export function mapValue(method: GalleryMethod, value: number): string {
  return method === 'chefer' ? significant(value) : percent(value);
}

/** What the colours of the maps are, for a caption. */
export function scaleWords(method: GalleryMethod, scale: Scale | null, kind: ShownScale): string {
  if (!scale) return l10n.t('Violet to yellow: from the smallest value of a map to its largest.');
  const ends = [mapValue(method, scale.low), mapValue(method, scale.high)] as const;
  return kind === 'fixed' ? l10n.t('Violet to yellow: from {0} to {1} and above, a fixed scale for all maps.', ...ends) : l10n.t('Violet to yellow: from {0} to {1}, one scale for all maps.', ...ends);
}

/** A name for a file of it: the folder, or run and split. */
export function fileStem({ wish, place, checkpoints }: Pick<GalleryState, 'wish' | 'place' | 'checkpoints'>): string {
  const run = checkpoints.find(({ path }) => path === wish?.checkpoint)?.runName ?? '';
  const of = !wish ? [] : 'folder' in wish.images ? [baseName((place ?? wish.images.folder).replace(/[\\/]+$/, ''))] : [run, wish.images.split];
  return ['gallery', ...of].map((part) => part.replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '')).filter(Boolean).join('-');
}

export { methodName };

/** What the numbers are, line by line. */
export function definitions({ classToken }: Pick<GalleryList, 'classToken'>): readonly (readonly [name: string, words: string])[] {
  return [
    [l10n.t('Confidence'), l10n.t('the largest probability of the classes, max p')],
    [l10n.t('Entropy of the prediction'), l10n.t('−Σ p ln p over all classes, in nats: 0 is sure of one class, ln K thinks all K alike')],
    [l10n.t('Entropy of the map'), l10n.t('−Σ m ln m over the patches in nats, the map m brought to sum 1: small where few patches hold all, ln N where all N are alike')],
    [methodName('rollout'), l10n.t('Abnar and Zuidema 2020, section 3; it knows nothing of the class')],
    [methodName('attention'), !classToken ? l10n.t('the rows of all patches in the last block, mean of heads and patches: this network has no class token') : l10n.t('the class token’s row of the last block, mean of the heads')],
    [methodName('chefer'), l10n.t('Chefer et al. 2021, equations 5 and 6, for the class that is predicted')],
  ];
}
