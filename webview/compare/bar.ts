import * as l10n from '@vscode/l10n';
import { button } from '../button';
import { el, setText, show } from '../dom';
import { checkbox, choice, slider } from '../inspector/controls';
import { percent } from '../numbers';
import { axisName } from './axes';
import type { Axis } from './series';
import type { Settings } from './settings';

const axes: readonly Axis[] = ['epoch', 'step', 'time', 'examples', 'macs'];

export interface Bar {
  readonly element: HTMLElement;
  update(settings: Settings, repeated: boolean, zoomed: boolean): void;
}

/** How all charts are drawn: axes, smoothing, bands. */
export function createBar(set: (change: Partial<Settings>) => void, open: boolean, onWide: () => void): Bar {
  // A zoom means places of the axis that it was chosen on.
  const axis = choice(l10n.t('Horizontal axis'), axes.map((one) => [one, axisName(one)] as const), (value) => set({ axis: value as Axis, zoom: null }));
  const log = checkbox(l10n.t('Logarithmic'), (checked) => set({ log: checked }));
  const band = checkbox(l10n.t('Mean over seeds'), (checked) => set({ band: checked }));
  const smoothing = slider(l10n.t('Smoothing'), { max: 0.95, step: 0.05 }, percent, (value) => set({ smoothing: value }));
  const smoothed = el('summary', {});
  const fold = el('details', { class: 'smoothing', open: open || window.innerWidth >= 500 }, smoothed, el('div', { class: 'options' }, log.element, band.element, smoothing.element));
  const reset = button(l10n.t('Show All'), () => set({ zoom: null }));
  reset.title = l10n.t('Drag over a chart to zoom in; a double click, or 0 on a chart, shows all again. Plus and minus zoom, arrows read.');
  reset.classList.add('reset');
  const wide = button(l10n.t('Open Wide'), onWide);
  wide.classList.add('wide');
  axis.element.classList.add('axis-choice');
  const element = el('div', { class: 'bar-row' }, axis.element, fold, reset, wide);
  const update = (settings: Settings, repeated: boolean, zoomed: boolean): void => {
    axis.set(settings.axis);
    log.set(settings.log);
    band.set(settings.band);
    smoothing.set(settings.smoothing);
    show(band.element, repeated);
    show(reset, zoomed);
    setText(smoothed, settings.smoothing > 0 ? `${l10n.t('Smoothing')} ${percent(settings.smoothing)}` : l10n.t('Options'));
  };
  return { element, update };
}
