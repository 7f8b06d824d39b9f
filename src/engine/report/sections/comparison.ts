import * as l10n from '@vscode/l10n';
import { spreadOf } from '../../sweep/results';
import { grouped } from '../../units';
import { caution, cite, heading, list, text, type Block } from '../document';
import type { Material, Paired, ReportRun } from '../material';
import { groupName, NONE, percent, points, pointsBetween, pWords } from '../words';

/** Below that, chance is called unlikely. */
const LEVEL = 0.05;

type Tested = Extract<Paired, { readonly same: true }>;

/** Pairs of runs: on the same images where that is known, else by what the intervals say. */
export function comparison(material: Material): Block[] {
  const { runs, paired } = material;
  if (paired.length === 0) return [];
  const tested = paired.filter((one) => one.same);
  const untested = paired.filter((one) => !one.same);
  const of = against(material);
  return [
    heading(of ? l10n.t('Against {0}', of.label) : l10n.t('Which is better')),
    ...(tested.length > 0 ? tests(tested, material) : []),
    ...list(untested.map(({ first, second, why }) => withoutPairs(runs[second]!, runs[first]!, why))),
    ...(untested.length > 0 ? [caution(l10n.t('Where pairs of answers are not known, only intervals can be held against each other. That is the weaker test: intervals may overlap a little where a paired test would tell two networks apart.'))] : []),
  ];
}

/** The run that all others are held against, where there is one. */
function against({ paired, runs }: Material): ReportRun | null {
  const [one] = paired;
  return one && paired.every(({ first }) => first === one.first) ? runs[one.first]! : null;
}

function tests(tested: readonly Tested[], material: Material): Block[] {
  const { runs, resamples } = material;
  const images = [...new Set(tested.map(({ first }) => runs[first]!.predictions!.labels.length))];
  const several = tested.length > 1;
  const of = against(material);
  const seeds = !of && tested.some((one) => alike(one, tested, material).length > 1);
  return [
    text([
      images.length === 1
        ? l10n.t('All of these were given the same {0} images. What both of two get right, or both wrong, tells nothing of which is better; McNemar’s exact test', grouped(images[0]!))
        : l10n.t('Both of two were given the same images. What both get right, or both wrong, tells nothing of which is better; McNemar’s exact test'),
      cite('mcnemar'),
      l10n.t(' asks of the others whether a fair coin would divide them so unevenly. The difference has the 95 % interval of a paired bootstrap with {0} resamples', grouped(resamples)), cite('bootstrap'), '.',
      ...(several ? [' ', l10n.t('There are {0} tests, so that p-values are Holm’s', tested.length), cite('holm'), '.'] : []),
      ...(seeds ? [' ', l10n.t('Configurations are compared seed by seed.')] : []),
    ]),
    of ? tableAgainst(of, tested, material) : tableOfPairs(tested, material),
    ...list(verdicts(tested, material)),
    caution(seeds
      ? l10n.t('These tests are of these trained networks on images of this kind. Whether a recipe is better than another is for the seeds to say: how far the differences between the same two configurations lie apart is what another training changes.')
      : l10n.t('These tests are of these trained networks on images of this kind. Whether a recipe is better than another needs several seeds of both.')),
  ];
}

function tableAgainst(of: ReportRun, tested: readonly Tested[], { runs }: Material): Block {
  return {
    kind: 'table',
    caption: l10n.t('Against {0}: images on which only one of the two is right, and the difference of accuracy in percentage points.', of.label),
    head: [l10n.t('Run'), l10n.t('Only it'), l10n.t('Only {0}', of.label), ...differenceHead(tested)],
    rows: tested.map((one) => [runs[one.second]!.label, grouped(one.counts.onlySecond), grouped(one.counts.onlyFirst), ...differenceCells(one)]),
    numbers: [1, 2, 3, 4, 5, 6],
  };
}

function tableOfPairs(tested: readonly Tested[], material: Material): Block {
  const { runs, groups } = material;
  const letter = (run: number): string => groups[runs[run]!.group]!.letter;
  const name = ({ first, second }: Tested): string => {
    const [a, b] = [runs[first]!, runs[second]!];
    if ([a, b].every(({ group }) => groups[group]!.runs.length === 1)) return l10n.t('{0} against {1}', letter(second), letter(first));
    const [own, other] = [b.record?.seed ?? NONE, a.record?.seed ?? NONE];
    return own === other ? l10n.t('{0} against {1}, seed {2}', letter(second), letter(first), own) : l10n.t('{0}, seed {1}, against {2}, seed {3}', letter(second), own, letter(first), other);
  };
  return {
    kind: 'table',
    caption: l10n.t('Pairs of runs: images on which only the one or only the other is right, and how much more the one has than the other, in percentage points of accuracy. {0}.', groups.map((group) => groupName(group, material)).join('; ')),
    head: [l10n.t('The one against the other'), l10n.t('Only the one'), l10n.t('Only the other'), ...differenceHead(tested)],
    rows: tested.map((one) => [name(one), grouped(one.counts.onlySecond), grouped(one.counts.onlyFirst), ...differenceCells(one)]),
    numbers: [1, 2, 3, 4, 5, 6],
  };
}

function differenceHead(tested: readonly Tested[]): string[] {
  return [l10n.t('Difference'), l10n.t('95 % interval'), l10n.t('Balanced accuracy'), tested.length > 1 ? l10n.t('p (Holm)') : 'p'];
}

function differenceCells({ difference, balanced, adjusted }: Tested): string[] {
  return [points(difference.value), pointsBetween(difference.interval), l10n.t('{0} ({1})', points(balanced.value), pointsBetween(balanced.interval)), pWords(adjusted)];
}

/** The pairs of the same two configurations, seed by seed. */
function alike(one: Tested, tested: readonly Tested[], { runs }: Material): readonly Tested[] {
  const sides = ({ first, second }: Tested): string => `${runs[first]!.group} ${runs[second]!.group}`;
  return runs[one.first]!.group === runs[one.second]!.group ? [one] : tested.filter((other) => sides(other) === sides(one));
}

function verdicts(tested: readonly Tested[], material: Material): string[] {
  return tested.flatMap((one) => {
    const own = alike(one, tested, material);
    if (own.length === 1) return [verdict(one, material)];
    return own[0] === one ? [verdictOfSeeds(own, material)] : [];
  });
}

/** Several seeds of the same two configurations in one sentence. */
function verdictOfSeeds(own: readonly Tested[], material: Material): string {
  const [first, second] = [own[0]!.first, own[0]!.second].map((run) => groupName(material.groups[material.runs[run]!.group]!, material));
  const spread = spreadOf(own.map(({ difference }) => difference.value))!;
  const by = `${points(spread.mean)} ± ${(100 * spread.sd).toFixed(1)}`;
  const better = own.filter(({ adjusted, difference }) => adjusted < LEVEL && difference.value > 0).length;
  const worse = own.filter(({ adjusted, difference }) => adjusted < LEVEL && difference.value < 0).length;
  const mean = l10n.t('Over the seeds the difference is {0} percentage points, mean ± standard deviation.', by);
  if (better === own.length) return `${l10n.t('{0} is better than {1} with each of the {2} seeds; chance among the images does not explain it.', second!, first!, own.length)} ${mean}`;
  if (worse === own.length) return `${l10n.t('{0} is worse than {1} with each of the {2} seeds; chance among the images does not explain it.', second!, first!, own.length)} ${mean}`;
  if (better + worse === 0) return `${l10n.t('With none of the {2} seeds do these images tell {0} and {1} apart.', second!, first!, own.length)} ${mean}`;
  return `${l10n.t('{0} against {1}: better with {2} of {3} seeds, worse with {4}, not told apart by these images with {5}.', second!, first!, better, own.length, worse, own.length - better - worse)} ${mean}`;
}

/** What may be said, and no more. */
function verdict({ first, second, counts, difference, adjusted }: Tested, { runs }: Material): string {
  const [name, of] = [runs[second]!.label, runs[first]!];
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
