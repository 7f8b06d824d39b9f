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

async function placed(origin: Origin, key: string, error: UserError): Promise<UserError> {
  const { text, place } = await describeAbout(origin, key, error.message, 'error');
  return new UserError(text, place);
}

/** What is said of a key, with where that stands: in the file, or on the command line. */
export async function describeAbout({ file, text, set = [] }: Origin, key: string, message: string, severity: 'error' | 'warning'): Promise<{ readonly text: string; readonly place?: UserError['place'] }> {
  if (set.some((one) => one.startsWith(`${key}=`))) return { text: `--set ${key}: ${message}` };
  const place = readSource(text ?? (await readConfigText(file)), file).placeOfKey(key.split('.'));
  return { text: describeProblem({ file, ...place, key, message, severity }), place: { file, line: place.line, column: place.column } };
}
