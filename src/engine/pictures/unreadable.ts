import * as l10n from '@vscode/l10n';

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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' && file.includes('\ufffd')) return l10n.t('its name is not valid UTF-8; rename the file');
  if (code === 'ENOENT') return l10n.t('there is no such file');
  if (code === 'EACCES' || code === 'EPERM') return l10n.t('permission denied');
  if (code === 'EISDIR') return l10n.t('it is a folder');
  if (code === 'ELOOP') return l10n.t('its symbolic links run in a circle');
  return error instanceof Error ? error.message : String(error);
}
