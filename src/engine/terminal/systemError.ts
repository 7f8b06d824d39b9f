import * as l10n from '@vscode/l10n';
import { codeOf } from '../atomic';

const WRITES = new Set(['mkdir', 'rename', 'write', 'copyfile', 'unlink']);

/** What the system refused, in words; `null` when the error is not about a file that the user named. */
export function systemError(error: unknown): string | null {
  if (!(error instanceof Error) || !('path' in error) || typeof error.path !== 'string') return null;
  const reason = reasonFor(codeOf(error));
  if (reason === null) return null;
  const writing = 'syscall' in error && WRITES.has(String(error.syscall));
  return writing ? l10n.t('Cannot write {0}: {1}', error.path, reason) : l10n.t('{0}: {1}', error.path, reason);
}

function reasonFor(code: string): string | null {
  if (code === 'EACCES' || code === 'EPERM') return l10n.t('permission denied');
  if (code === 'EROFS') return l10n.t('the file system is read-only');
  if (code === 'ENOSPC') return l10n.t('the disk is full');
  if (code === 'ENOENT') return l10n.t('there is no such file');
  if (code === 'EISDIR') return l10n.t('it is a folder');
  if (code === 'ENOTDIR') return l10n.t('a part of its path is not a folder');
  if (code === 'EEXIST') return l10n.t('something else of that name is in the way');
  return null;
}
