import type { ErrorPlace } from '../rpc';

/**
 * An error whose message is written for the user: it names the file, the line or the value, and what to do.
 * It reaches the terminal and VS Code without a stack; anything else that is thrown is a defect of ours.
 * Write its text with `l10n.t(...)`.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  constructor(
    message: string,
    readonly place?: ErrorPlace,
  ) {
    super(message);
  }
}
