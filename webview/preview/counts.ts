import * as l10n from '@vscode/l10n';
import type { BatchPreview } from '../../src/protocol';
import { el } from '../dom';
import { integer } from '../numbers';

const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);

/** How many images there are, and of which classes: an imbalance shows before anything is trained. */
export function countsElement({ classes, counts, evened }: BatchPreview): HTMLElement {
  const most = Math.max(1, ...counts.train);
  const rows = classes.map((name, k) => {
    const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
    bar.style.width = `${String((100 * (counts.train[k] ?? 0)) / most)}%`;
    return el('tr', {}, el('th', { scope: 'row', title: name }, name), el('td', { class: 'bar-cell' }, bar), ...(['train', 'val', 'test'] as const).map((split) => el('td', {}, integer(counts[split][k] ?? 0))));
  });
  const head = [l10n.t('Class'), '', l10n.t('Training'), l10n.t('Validation'), l10n.t('Test')];
  return el(
    'section',
    { class: 'counts' },
    el('h2', {}, l10n.t('Images')),
    el('p', { class: 'words' }, wordsOf(counts, evened)),
    el('div', { class: 'scroll' }, el('table', { class: 'plain' },
      el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, ...rows),
      el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, l10n.t('All')), el('td'), ...(['train', 'val', 'test'] as const).map((split) => el('td', {}, integer(sum(counts[split])))))))),
  );
}

function wordsOf({ train }: BatchPreview['counts'], evened: boolean): string {
  const some = train.filter((count) => count > 0);
  const [least, most] = [Math.min(...some), Math.max(...some)];
  if (some.length < train.length) return l10n.t('Some classes have no training image: they cannot be learned.');
  if (most >= 1.5 * least && evened) return l10n.t('The largest class has {0} times the training images of the smallest; the configuration makes up for that.', (most / least).toFixed(1));
  if (most >= 1.5 * least) return l10n.t('The largest class has {0} times the training images of the smallest: train.class_weights: balanced lets all count alike.', (most / least).toFixed(1));
  return l10n.t('The classes have about as many training images each.');
}
