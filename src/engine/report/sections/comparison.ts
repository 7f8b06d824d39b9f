import * as l10n from '@vscode/l10n';
import { grouped } from '../../units';
import { caution, heading, list, text, type Block } from '../document';
import type { Material, Paired, ReportRun } from '../material';
import { percent, points, pointsBetween, pWords } from '../words';

/** Below that, chance is called unlikely. */
const LEVEL = 0.05;

type Tested = Extract<Paired, { readonly same: true }>;

/** Every run against the baseline: on the same images where that is known, else by what the intervals say. */
export function comparison(material: Material): Block[] {
  const { runs, baseline, paired } = material;
  const of = runs[baseline]!;
  if (runs.length < 2) return [];
  const tested = paired.filter((one) => one.same);
  const untested = paired.filter((one) => !one.same);
  return [
    heading(l10n.t('Against {0}', of.label)),
    ...(tested.length > 0 ? tests(tested, of, material) : []),
    ...list(untested.map(({ run, why }) => withoutPairs(runs[run]!, of, why))),
    ...(untested.length > 0 ? [caution(l10n.t('Where pairs of answers are not known, only intervals can be held against each other. That is the weaker test: intervals may overlap a little where a paired test would tell two networks apart.'))] : []),
  ];
}

function tests(tested: readonly Tested[], of: ReportRun, material: Material): Block[] {
  const { runs, resamples } = material;
  const images = of.predictions!.labels.length;
  const several = tested.length > 1;
  return [
    text([
      l10n.t('All of these were given the same {0} images. What both get right, or both wrong, tells nothing of which is better; McNemar’s exact test', grouped(images)), { cite: ['mcnemar'] },
      l10n.t(' asks of the others whether a fair coin would divide them so unevenly. The difference has the 95 % interval of a paired bootstrap with {0} resamples', grouped(resamples)), { cite: ['bootstrap'] }, '.',
      ...(several ? [' ', l10n.t('There are {0} tests, so that p-values are Holm’s', tested.length), { cite: ['holm'] }, '.'] : []),
    ]),
    {
      kind: 'table',
      caption: l10n.t('Against {0}: images on which only one of the two is right, and the difference of accuracy in percentage points.', of.label),
      head: [l10n.t('Run'), l10n.t('Only it'), l10n.t('Only {0}', of.label), l10n.t('Difference'), l10n.t('95 % interval'), l10n.t('Balanced accuracy'), several ? l10n.t('p (Holm)') : 'p'],
      rows: tested.map(({ run, counts, difference, balanced, adjusted }) => [
        runs[run]!.label, grouped(counts.onlySecond), grouped(counts.onlyFirst), points(difference.value), pointsBetween(difference.interval),
        l10n.t('{0} ({1})', points(balanced.value), pointsBetween(balanced.interval)), pWords(adjusted),
      ]),
      numbers: [1, 2, 3, 4, 5, 6],
    },
    ...list(tested.map((one) => verdict(one, of, material))),
    caution(l10n.t('These tests are of these trained networks on images of this kind. Whether a recipe is better than another needs several seeds of both: the rows of runs that differ from {0} by the seed alone show how much that is.', of.label)),
  ];
}

/** What may be said, and no more. */
function verdict({ run, counts, difference, adjusted }: Tested, of: ReportRun, { runs }: Material): string {
  const name = runs[run]!.label;
  if (counts.onlyFirst + counts.onlySecond === 0) return l10n.t('{0} and {1} are right on the very same images.', name, of.label);
  const [low, high] = difference.interval;
  const apart = adjusted < LEVEL;
  if (apart && difference.value > 0) return l10n.t('{0} is better than {1} on these images by {2} percentage points; chance among the images does not explain it (p {3}).', name, of.label, points(difference.value).replace('+', ''), comparedWith(adjusted));
  if (apart) return l10n.t('{0} is worse than {1} on these images by {2} percentage points; chance among the images does not explain it (p {3}).', name, of.label, points(difference.value).replace('−', ''), comparedWith(adjusted));
  const clear = low > 0 || high < 0 ? ` ${l10n.t('The interval of the difference leaves zero out, the test does not speak: that is no more than a hint.')}` : '';
  return l10n.t('These images do not tell {0} and {1} apart (p {2}).', name, of.label, comparedWith(adjusted)) + clear;
}

function comparedWith(p: number): string {
  return p < 0.001 ? pWords(p) : `= ${pWords(p)}`;
}

function withoutPairs(run: ReportRun, of: ReportRun, why: 'images' | 'predictions'): string {
  const reason = why === 'images'
    ? l10n.t('{0} and {1} were evaluated on different images, so that no paired test is possible.', run.label, of.label)
    : l10n.t('For {0} and {1} it is not known what both say of every image, so that no paired test is possible.', run.label, of.label);
  const [a, b] = [run.evaluation?.intervals['top1'], of.evaluation?.intervals['top1']];
  if (!a || !b) return reason;
  const [own, other] = [percent(run.evaluation!.metrics['top1']), percent(of.evaluation!.metrics['top1'])];
  return a[0] > b[1] || b[0] > a[1]
    ? `${reason} ${l10n.t('Their intervals do not overlap ({0} against {1}).', own, other)}`
    : `${reason} ${l10n.t('Their intervals overlap ({0} against {1}): these data do not tell them apart.', own, other)}`;
}
