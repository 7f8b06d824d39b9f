import * as l10n from '@vscode/l10n';
import { codeOf, systemReason } from '../atomic';

const WRITES = new Set(['mkdir', 'rename', 'write', 'copyfile', 'unlink']);

/** What the system refused, in words; `null` when the error is not about a file that the user named. */
export function systemError(error: unknown): string | null {
  if (!(error instanceof Error) || !('path' in error) || typeof error.path !== 'string') return null;
  const reason = systemReason(codeOf(error));
  if (reason === null) return null;
  const writing = 'syscall' in error && WRITES.has(String(error.syscall));
  return writing ? l10n.t('Cannot write {0}: {1}', error.path, reason) : l10n.t('{0}: {1}', error.path, reason);
}
