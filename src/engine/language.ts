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

/** What `l10n.t` speaks now: a bundle of texts, or none for English, the language of the keys. */
let now: { readonly language: string; readonly bundle: string | undefined } = { language: 'en', bundle: undefined };
/** Where the bundles of other languages lie. */
let home: string | undefined;

/** Makes `l10n.t` speak that language, if `folder` has a bundle of it; else it stays English, the language of the keys. */
export function speak(env: Environment, folder: string): void {
  home = folder;
  const given = env['VITLAB_L10N'];
  const bundle = given || bundleOf(languageOf(env));
  // A bundle that was given tells its language by its name.
  if (bundle !== undefined && (given || existsSync(bundle))) use({ language: /bundle\.l10n\.([\w-]+)\.json$/.exec(bundle)?.[1] ?? languageOf(env), bundle });
}

/** e.g. "es"; English where nothing else is spoken. */
export function spoken(): string {
  return now.language;
}

/** Languages that there are bundles of, and English. */
export function isSpoken(language: string): boolean {
  return language === 'en' || existsSync(bundleOf(language) ?? '');
}

/**
 * Does something in another language, and speaks as before behind it. It must not wait for anything: all that is said meanwhile
 * would be in that language, too.
 */
export function speaking<T>(language: string, work: () => T): T {
  const before = now;
  change(language);
  try {
    return work();
  } finally {
    use(before);
  }
}

/** Speaks another language from here on; English where there is no bundle of it. */
export function change(language: string): void {
  const bundle = bundleOf(language);
  if (language !== now.language) use(bundle === undefined || !existsSync(bundle) ? { language: 'en', bundle: undefined } : { language, bundle });
}

function bundleOf(language: string): string | undefined {
  return home === undefined ? undefined : path.join(home, `bundle.l10n.${language}.json`);
}

function use(next: typeof now): void {
  if (next.bundle === now.bundle) return;
  now = next;
  if (next.bundle === undefined) l10n.config({ contents: {} });
  else l10n.config({ fsPath: next.bundle });
}
