import * as l10n from '@vscode/l10n';
import { withNearest } from '../config/nearest';
import { UserError } from '../userError';
import type { Sample, Source } from './source';

/** So many class names an error lists. */
const LISTED = 30;

/**
 * Only the images of some classes, which are numbered in the order of `wanted`; without `wanted` all of them. It is done before
 * splits are drawn and parts are taken, so that shares count from what is left.
 *
 * @throws UserError for a class that the data do not have, naming the nearest one, and for one that is named twice
 */
export function onlyClasses(source: Source, wanted: readonly string[] | undefined, place: string): Source {
  if (wanted === undefined) return source;
  check(wanted, source.classes, place);
  const numbers = new Map(wanted.map((name, i) => [source.classes.indexOf(name), i]));
  const chosen = (samples: readonly Sample[]): Sample[] =>
    samples.flatMap((sample) => {
      const label = numbers.get(sample.label);
      return label === undefined ? [] : [{ ...sample, label }];
    });
  const { train, val, test } = source;
  return { ...source, classes: wanted, train: chosen(train), val: val && chosen(val), test: test && chosen(test) };
}

function check(wanted: readonly string[], classes: readonly string[], place: string): void {
  const twice = wanted.find((name, i) => wanted.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(l10n.t('`dataset.classes` names {0} twice.', twice));
  const unknown = wanted.find((name) => !classes.includes(name));
  if (unknown === undefined) return;
  const list = classes.slice(0, LISTED).join(', ') + (classes.length > LISTED ? ' …' : '');
  throw new UserError(withNearest(l10n.t('`dataset.classes` names {0}, a class that {1} does not have: it has {2}.', unknown, place || 'shapes', list), unknown, classes));
}
