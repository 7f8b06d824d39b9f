import * as l10n from '@vscode/l10n';
import { withNearest } from '../config/nearest';
import { UserError } from '../userError';
import type { Step } from './step';

/**
 * The names of the steps that are asked for: all; those of `only`; or those of `from` and whatever depends on them. A name is
 * that of a step (`train/vit/seed-0`), or what it begins with (`train`, `train/vit`).
 *
 * @throws UserError when no step is called so
 */
export function selected(steps: readonly Step[], { only, from }: { readonly only?: string | undefined; readonly from?: string | undefined }): ReadonlySet<string> {
  if (only !== undefined) return new Set(named(steps, only));
  if (from === undefined) return new Set(steps.map(({ name }) => name));
  const found = new Set(named(steps, from));
  // In their order, so that one pass reaches all that depends on them.
  for (const { name, after } of steps) if (after.some((other) => found.has(other))) found.add(name);
  return found;
}

function named(steps: readonly Step[], word: string): string[] {
  const found = steps.filter(({ name }) => name === word || name.startsWith(`${word}/`)).map(({ name }) => name);
  if (found.length > 0) return found;
  const known = [...new Set(steps.flatMap(({ kind, name }) => [kind, name]))];
  throw new UserError(withNearest(l10n.t('There is no step {0}. There are: {1}.', word, known.join(', ')), word, known));
}
