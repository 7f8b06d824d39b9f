export interface ErrorPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The run whose images were not found, and where they were: a window can ask where they lie now. */
  readonly missing?: { readonly run: string; readonly images: string };
}

/**
 * An error whose message is written for the user: it names the file, the line or the value, and what to do.
 * It reaches the terminal and VS Code without a stack; anything else that is thrown is a defect of ours.
 * Write its text with `l10n.t(...)`.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  constructor(
    message: string,
    /** Where in which file, when a file is at fault. Lines and columns count from 1. */
    readonly place?: ErrorPlace,
  ) {
    super(message);
  }
}
