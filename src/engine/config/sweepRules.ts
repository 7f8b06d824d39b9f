import * as l10n from '@vscode/l10n';
import { fieldsAt, nearestKey, takesWhole } from './keys';
import type { Broken } from './rules';
import type { Config } from './schema';
import { explain } from './words';

/** Keys that a sweep varies, which must be there and take the values: else the first one to tell would be whoever runs it. */
export function* sweepRules({ sweep }: Config): Generator<Broken> {
  if (!sweep) return;
  for (const [key, given] of Object.entries(sweep.parameters)) {
    // What is drawn for a key of whole numbers is rounded.
    const values = Array.isArray(given) ? given : takesWhole(key, given.min, given.max) ? [] : [given.min, given.max];
    yield* keyRules(key, values, ['sweep', 'parameters', key]);
  }
  for (const [name, keys] of Object.entries(sweep.variants)) for (const [key, value] of Object.entries(keys)) yield* keyRules(key, [value], ['sweep', 'variants', name, key]);
}

function* keyRules(key: string, values: readonly unknown[], at: readonly string[]): Generator<Broken> {
  const path = key.split('.');
  const fields = fieldsAt(path.slice(0, -1));
  const field = fields && Object.hasOwn(fields, path.at(-1)!) ? fields[path.at(-1)!] : undefined;
  const broken = (message: string): Broken => ({ key: at.join('.'), keys: [at.join('.')], at, message, severity: 'error' });
  if (field === undefined) {
    const meant = nearestKey(path);
    return yield { ...broken(meant === undefined ? l10n.t('There is no key {0}.', key) : l10n.t('There is no key {0}. Did you mean {1}?', key, meant)), misspelt: { suggestion: meant } };
  }
  for (const value of values) {
    const parsed = field.safeParse(value);
    const [issue] = parsed.error?.issues ?? [];
    if (issue) yield broken(explain(key, issue, value).message);
  }
}
