import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The language that the environment asks for, e.g. "es": `VITLAB_LANG`, else the locale of messages as POSIX finds it
 * (IEEE 1003.1, section 8.2). Windows sets none of these, so the system's own locale stands in.
 */
export function languageOf(env: Environment): string {
  const wish = ['VITLAB_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => env[name]).find(Boolean);
  const language = (wish ?? new Intl.DateTimeFormat().resolvedOptions().locale).split(/[_.@-]/)[0]!.toLowerCase();
  // "C" and "POSIX" are locales without a language.
  return /^[a-z]{2,3}$/.test(language) ? language : 'en';
}

/** Makes `l10n.t` speak that language, if `folder` has a bundle of it; else it stays English, the language of the keys. */
export function speak(env: Environment, folder: string): void {
  const bundle = env['VITLAB_L10N'] || path.join(folder, `bundle.l10n.${languageOf(env)}.json`);
  if (env['VITLAB_L10N'] || existsSync(bundle)) l10n.config({ fsPath: bundle });
}
