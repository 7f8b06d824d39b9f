import * as l10n from '@vscode/l10n';
import type { FiltersView } from '../../../src/protocol';
import { el, fill, setText } from '../../dom';
import { percent } from '../../numbers';
import type { Part } from '../hero';
import type { Model } from '../session';
import { tableFold } from './parts';

/** The components of the first layer's kernels. */
export function createFiltersView(): Part {
  const list = el('ol', { class: 'filters' });
  const summary = el('p', { class: 'summary' });
  let shown: FiltersView | null = null;
  const table = tableFold(() => shown && { head: [l10n.t('Component'), l10n.t('Share of the variance'), l10n.t('Together')], body: rows(shown) });
  const update = (model: Model): void => {
    const { filters } = model.features;
    if (filters !== shown) fill(list, ...(filters ? Array.from(filters.variance, (share, i) => filterTile(filters, share, i)) : []));
    shown = filters;
    setText(summary, filters ? filtersSummary(filters) : '\u00a0');
    table.update(filters);
  };
  return { element: el('div', {}, summary, list, el('p', { class: 'caption' }, l10n.t('Below each the share of the variance of the kernels. Each picture has its own scale.')), table.element), update };
}

export function filtersSummary({ filters, variance, layer, size }: FiltersView): string {
  const all = variance.reduce((sum, share) => sum + share, 0);
  return l10n.t('{0} kernels of {1} pixels ({2}); {3} components hold {4} of their variance.', filters, size.join(' × '), layer, variance.length, percent(all));
}

function rows({ variance }: FiltersView): readonly (readonly string[])[] {
  let sum = 0;
  return Array.from(variance, (share, i) => [String(i + 1), percent(share), percent((sum += share))]);
}

function filterTile({ size: [height, width], channels, pictures }: FiltersView, share: number, i: number): HTMLElement {
  const canvas = el('canvas', { width, height, role: 'img', 'aria-label': l10n.t('Component {0}', i + 1) });
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    for (let c = 0; c < 3; c++) pixels[at * 4 + c] = 255 * (pictures[(i * height * width + at) * channels + (channels === 3 ? c : 0)] ?? 0);
    pixels[at * 4 + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return el('li', {}, canvas, el('span', { class: 'caption' }, percent(share)));
}
