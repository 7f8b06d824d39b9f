import * as l10n from '@vscode/l10n';
import { codeOf, systemReason } from '../atomic';

/**
 * Why the content of one file is no usable image, for people and without the file's name: the caller knows the name,
 * and either lists the file as broken or throws a `UserError` that says both.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';

  static truncated(): Unreadable {
    return new Unreadable(l10n.t('the file is cut off or damaged'));
  }

  static tooLarge(maxPixels: number): Unreadable {
    return new Unreadable(l10n.t('it has more than {0} million pixels', maxPixels / 1e6));
  }
}

/** The reason behind an error of reading a file: our own, or the system's in words. */
export function reasonOf(error: unknown, file = ''): string {
  if (error instanceof Unreadable) return error.message;
  const code = codeOf(error);
  if (code === 'ENOENT' && file.includes('\ufffd')) return l10n.t('its name is not valid UTF-8; rename the file');
  return systemReason(code) ?? (error instanceof Error ? error.message : String(error));
}
