import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { looksLikeRun } from '../runStore';
import { UserError } from '../userError';

/**
 * The folders of runs that a command line names. A damaged run counts as one: what is wrong with it is told by who reads it.
 *
 * @throws UserError that names the first that is none
 */
export async function namedRuns(names: readonly string[]): Promise<string[]> {
  const runs = names.map((name) => path.resolve(name));
  for (const run of runs) if (!(await looksLikeRun(run))) throw new UserError(l10n.t('There is no run at {0}.', run), { file: run });
  return runs;
}
