import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { digestOf, type LockedStep } from './lock';

/** Values whose change makes a step run again, by names for people. */
export type Inputs = Readonly<Record<string, string>>;

const DIGEST = /^[0-9a-f]{64}$/;

/** Everything that differs between what a step was made from and what there is now: all of it, as sentences; none when nothing has. */
export function changesOf(before: Inputs, now: Inputs): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((name) => {
    const [old, value] = [before[name], now[name]];
    return old === value ? [] : [sentence(name, old, value)];
  });
}

/** The lock is in no language, so that it is the same in all of them. */
function spoken(key: string): string {
  const [, kind, name = ''] = /^(result|data|weights) (.+)$/s.exec(key) ?? [];
  if (kind === 'result') return l10n.t('the result of {0}', name);
  if (kind === 'data') return l10n.t('the data {0}', name);
  return kind === 'weights' ? l10n.t('the weights {0}', name) : key;
}

function sentence(key: string, old: string | undefined, now: string | undefined): string {
  const name = spoken(key);
  if (DIGEST.test(old ?? now ?? '')) {
    if (old === undefined) return l10n.t('{0} is new', name);
    if (now === undefined) return l10n.t('{0} is not used any more', name);
    return l10n.t('{0} has changed', name);
  }
  // What a configuration does not write has its default.
  if (old === undefined) return l10n.t('{0} is {1} now (was not set)', name, shown(now!));
  if (now === undefined) return l10n.t('{0} is not set any more (was {1})', name, shown(old));
  return l10n.t('{0} is {1} now (was {2})', name, shown(now), shown(old));
}

function shown(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}…` : value;
}

/** What of a step's outputs is not there any more, or is not as it was made. */
export async function lostOutputs(folder: string, { outputs }: LockedStep): Promise<{ readonly missing: readonly string[]; readonly edited: readonly string[] }> {
  const found = await Promise.all(Object.entries(outputs).map(async ([name, digest]) => ({ name, digest, now: await digestOf(path.join(folder, name)) })));
  return {
    missing: found.filter(({ now }) => now === null).map(({ name }) => name),
    edited: found.filter(({ now, digest }) => now !== null && now !== digest).map(({ name }) => name),
  };
}

/** A few by name. */
export function listed(names: readonly string[]): string {
  const [first, ...more] = names;
  return more.length === 0 ? first! : more.length === 1 ? names.join(', ') : l10n.t('{0} and {1} more', first!, more.length);
}
