import * as l10n from '@vscode/l10n';
import { explanationMethods } from '../../explanations';
import type { ExplanationMethod, ExplanationScore, ExplanationView, ImageView } from '../../protocol';
import { withNearest } from '../config/nearest';
import { UserError } from '../userError';
import { text, UsageError, type Terminal } from './command';
import type { Output } from './output';

/** What `--explain` names: methods with commas between, or `all`. */
export function methodsOf(terminal: Terminal): readonly ExplanationMethod[] {
  const given = text(terminal, 'explain');
  if (given === undefined) return [];
  if (given === 'all') return explanationMethods;
  return given.split(',').map((name) => {
    const method = explanationMethods.find((one) => one === name.trim());
    if (!method) throw new UsageError(withNearest(l10n.t('--explain takes all, or some of {0}, with commas between; not {1}', explanationMethods.join(', '), name), name.trim(), explanationMethods));
    return method;
  });
}

/** The class that `--class` names, by its name or its index; the most probable one without it. */
export function targetOf(terminal: Terminal, { classes, probabilities, checkpoint }: ImageView): number {
  const given = text(terminal, 'class');
  if (given === undefined) return probabilities.reduce((best, p, i) => (p > probabilities[best]! ? i : best), 0);
  const named = classes.indexOf(given);
  if (named >= 0) return named;
  const index = /^\d+$/.test(given) ? Number(given) : -1;
  if (index >= 0 && index < classes.length) return index;
  const few = classes.length > 12 ? [...classes.slice(0, 12), '…'] : classes;
  throw new UserError(withNearest(l10n.t('{0} has no class {1}. --class takes one of {2}, or its number from 0.', checkpoint.path, given, few.join(', ')), given, classes));
}

/** The scores as a table, the most telling method first. */
export function printScores(output: Output, scores: readonly ExplanationScore[]): void {
  const sorted = [...scores].sort((a, b) => b.insertionArea - b.deletionArea - (a.insertionArea - a.deletionArea));
  const width = Math.max(...sorted.map(({ method }) => method.length));
  output.print(`${''.padEnd(width)}  ${l10n.t('deletion')}  ${l10n.t('insertion')}`);
  for (const { method, deletionArea, insertionArea } of sorted)
    output.print(`${method.padEnd(width)}  ${deletionArea.toFixed(3).padStart(l10n.t('deletion').length)}  ${insertionArea.toFixed(3).padStart(l10n.t('insertion').length)}`);
}

export function reportExplanations(views: readonly ExplanationView[], scores: readonly ExplanationScore[]): object {
  return {
    explanations: views.map(({ map, ...view }) => ({ ...view, map: [...map] })),
    ...(scores.length > 0 && { scores: scores.map((score) => ({ ...score, shares: [...score.shares], deletion: [...score.deletion], insertion: [...score.insertion] })) }),
  };
}
