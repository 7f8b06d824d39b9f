import * as l10n from '@vscode/l10n';
import type { FiltersView } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import { UserError } from '../userError';
import { principalComponents } from './components';

/** As many as figure 7 of the paper has. */
const SHOWN = 28;

/**
 * The first layer that reads pixels, as pictures: the principal components of its kernels (Dosovitskiy et al. 2021, figure 7
 * left), which are seen as a basis of the filters. Each is brought to 0 … 1 by itself.
 *
 * @throws UserError for a network whose first layer does not read pixels in their places
 */
export function filtersView({ spec, params, path: file }: Pick<Checkpoint, 'spec' | 'params' | 'path'>): FiltersView {
  const first = [...params].find(([, { shape }]) => shape.length === 4 && shape[1] === spec.channels);
  if (!first) throw new UserError(l10n.t('The first layer of {0} reads five shifted copies of a patch at once: its weights are no pictures of a patch.', file), { file });
  const [name, { shape, data }] = first;
  const [filters, C, height, width] = shape as [number, number, number, number];
  const { axes, variance, total } = principalComponents(data, C * height * width, SHOWN);
  return { layer: name, filters, size: [height, width], channels: C, pictures: pictures(axes, [C, height, width]), variance: Float32Array.from(variance, (one) => (total > 0 ? one / total : 0)) };
}

/** [count, C, h, w] → [count, h, w, C], each from its smallest value to its largest. */
function pictures(axes: Float64Array, [C, height, width]: readonly [number, number, number]): Float32Array {
  const size = C * height * width;
  const out = new Float32Array(axes.length);
  for (let from = 0; from < axes.length; from += size) {
    const one = axes.subarray(from, from + size);
    const [low, high] = [one.reduce((a, b) => Math.min(a, b)), one.reduce((a, b) => Math.max(a, b))];
    for (let c = 0; c < C; c++)
      for (let at = 0; at < height * width; at++) out[from + at * C + c] = high > low ? (one[c * height * width + at]! - low) / (high - low) : 0.5;
  }
  return out;
}
