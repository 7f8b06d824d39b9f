import * as l10n from '@vscode/l10n';
import { parseConfigFrom } from '../config/load';
import type { Config } from '../config/schema';
import { startFacts } from '../finetune/start';
import type { Found } from '../oddWithData';
import { describeSetting, placeOfKey, settingsOf, SweepError, type Setting } from '../sweep/plan';

/** While one types, so many combinations are looked at; all of them are before anything is trained. */
const MOST_CHECKED = 100;
/** So many reasons are told, and so many combinations with each by their values. */
const MOST_REASONS = 5;
const MOST_NAMED = 2;

/** What is wrong with a sweep, and where in the file. */
export interface FoundAt extends Found {
  readonly at: readonly string[];
}

/** What of a sweep nobody could train: the section itself, or combinations of which each value is right by itself. */
export async function sweepProblems({ sweep, seed }: Config, text: string, file: string): Promise<readonly FoundAt[]> {
  if (!sweep) return [];
  let settings: readonly Setting[];
  try {
    settings = settingsOf({ ...sweep, trials: Math.min(sweep.trials, MOST_CHECKED) }, seed);
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    return [{ key: error.at.join('.'), at: error.at, message: error.message, severity: 'error' }];
  }
  const reasons = new Map<string, { readonly key: string; readonly settings: Setting[] }>();
  for (const setting of settings.slice(0, MOST_CHECKED)) {
    // Who types asks for a hover or a completion meanwhile.
    await new Promise(setImmediate);
    const { problems } = await parseConfigFrom(text, file, setting.set, startFacts);
    const wrong = problems.find(({ severity }) => severity === 'error');
    if (wrong) reasons.set(wrong.message, { key: wrong.key, settings: [...(reasons.get(wrong.message)?.settings ?? []), setting] });
  }
  return [...reasons].slice(0, MOST_REASONS).map(([message, { key, settings: where }]) => {
    const at = placeOfKey(sweep, key, where[0]!);
    const named = where.slice(0, MOST_NAMED).map(({ values }) => describeSetting(values)).join('; ');
    const all = where.length > MOST_NAMED ? l10n.t('{0}, and {1} more', named, where.length - MOST_NAMED) : named;
    return { key: at.join('.'), at, message: l10n.t('{0} cannot be trained: {1}', all, message), severity: 'error' };
  });
}
