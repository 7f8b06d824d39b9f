import { describeProblem, readConfigText } from './load';
import { readSource } from './document';
import { UserError } from '../userError';

/** Where a configuration comes from. */
export interface Origin {
  readonly file: string;
  /** As it stands in an editor; without it, what the file holds. */
  readonly text?: string | undefined;
  /** `key=value` of the command line, which stand above the file. */
  readonly set?: readonly string[] | undefined;
}

/**
 * Does what can fail because of one key of a configuration, but only when data or weights are at hand: the error is told as
 * those of the configuration are, with file, line and column.
 *
 * @param key `train.class_weights`, and the like
 * @throws UserError of `work`, with its place
 */
export async function aboutKey<T>(origin: Origin, key: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw await placed(origin, key, error);
  }
}

async function placed({ file, text, set = [] }: Origin, key: string, error: UserError): Promise<UserError> {
  if (set.some((one) => one.startsWith(`${key}=`))) return new UserError(`--set ${key}: ${error.message}`);
  const place = readSource(text ?? (await readConfigText(file)), file).placeOfKey(key.split('.'));
  return new UserError(describeProblem({ file, ...place, key, message: error.message, severity: 'error' }), { file, line: place.line, column: place.column });
}
