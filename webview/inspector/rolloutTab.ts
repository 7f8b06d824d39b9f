import * as l10n from '@vscode/l10n';
import { el, setAttribute, setText, show } from '../dom';
import { paintHeatmap } from '../draw/heatmap';
import { percent, scaleEnds } from '../numbers';
import { createFold, slider } from './controls';
import type { Part } from './hero';
import { fusions, type Model, type Session } from './session';
import { rolloutMap } from './shown';
import { explanation } from './tabWords';
import { traitsOf } from './traits';
import { rolloutFrom } from './words';

/** The three ways to fuse the heads side by side; the chosen one lies over the image. */
export function createRolloutTab(session: Session): Part {
  const discard = slider(
    l10n.t('Discard the smallest weights'),
    { max: 0.95, step: 0.05 },
    percent,
    (value) => session.act({ type: 'set', change: { discard: value } }),
  );
  const from = el('p', { class: 'summary' });
  const unlike = el('p', { class: 'caption summary' }, l10n.t('The mean weighs all rows alike. This network itself does not: it pools its tokens with weights that it has learned.'));
  const maps = fusions.map((fusion) => createFusion(session, fusion));
  const group = el('div', { class: 'fusions', role: 'radiogroup', 'aria-label': l10n.t('Fusion of the heads') }, ...maps.map((one) => one.element));
  const fold = createFold((traits) => explanation('rollout', traits));
  const element = el('div', {}, fold.element, from, unlike, el('div', { class: 'row' }, discard.element), group);
  group.addEventListener('keydown', (event) => chooseByKey(session, group, event));
  const update = (model: Model): void => {
    fold.update(model);
    discard.set(model.place.discard);
    const view = model.rollouts[model.place.fusion];
    const beside = model.other?.rollouts[model.place.fusion];
    // The row of B's class token is no mean over the patches.
    const both = view && beside && view.from !== beside.from;
    setText(from, !view ? '\u00a0' : both ? l10n.t('Rollout A: {0}. B: {1}.', rolloutFrom(view.from), rolloutFrom(beside.from)) : l10n.t('Rollout {0}', rolloutFrom(view.from)));
    show(unlike, view?.from === 'mean of patches' && ['seq', 'map'].includes(traitsOf(model.state?.view).pool));
    for (const one of maps) one.update(model);
  };
  return { element, update };
}

function fusionName(fusion: Model['place']['fusion']): { name: string; words: string } {
  switch (fusion) {
    case 'mean':
      return { name: l10n.t('Mean of the heads'), words: l10n.t('as in the paper') };
    case 'max':
      return { name: l10n.t('Largest head'), words: l10n.t('what any head looks at') };
    case 'min':
      return { name: l10n.t('Smallest head'), words: l10n.t('what all heads look at') };
  }
}

function createFusion(session: Session, fusion: Model['place']['fusion']): Part {
  const canvas = el('canvas', { width: 1, height: 1 });
  const numbers = el('span', { class: 'caption' });
  const { name, words } = fusionName(fusion);
  const element = el(
    'div',
    {
      class: 'fusion', role: 'radio', tabindex: -1, 'data-fusion': fusion,
      onclick: () => session.act({ type: 'set', change: { fusion } }),
    },
    el('span', { class: 'fusion-name' }, name),
    el('span', { class: 'caption' }, words),
    canvas,
    numbers,
  );
  const update = (model: Model): void => {
    const chosen = model.place.fusion === fusion;
    setAttribute(element, 'aria-checked', String(chosen));
    setAttribute(element, 'tabindex', chosen ? 0 : -1);
    const seen = model.state?.view?.seen;
    if (seen) canvas.style.aspectRatio = `${String(seen.width)} / ${String(seen.height)}`;
    const map = rolloutMap(model, fusion);
    if (!map) return;
    paintHeatmap(canvas, map);
    setText(numbers, l10n.t('{0} to {1}', ...scaleEnds(map.scale, percent)));
  };
  return { element, update };
}

function chooseByKey(session: Session, group: HTMLElement, event: KeyboardEvent): void {
  const by = ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 } as const)[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const at = fusions.indexOf(session.model().place.fusion);
  const fusion = fusions[(at + by + fusions.length) % fusions.length] ?? 'mean';
  session.act({ type: 'set', change: { fusion } });
  requestAnimationFrame(() => group.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
}
