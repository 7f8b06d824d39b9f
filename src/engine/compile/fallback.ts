import type { Executor } from './executor';
import { UserError } from '../userError';

/**
 * An executor whose device may refuse a network: then the next best takes over, for this network and all that follow.
 * What a UserError says (too little memory, a precision that it lacks) is no fault of the device, and stays.
 *
 * @param next drops the first and opens what comes after it
 */
export function withFallback(first: Executor, next: (error: unknown) => Promise<Executor>): Executor {
  let current = first;
  let replaced: Promise<Executor> | undefined;
  const attempt = async <T>(open: (executor: Executor) => Promise<T>): Promise<T> => {
    try {
      return await open(current);
    } catch (error) {
      if (error instanceof UserError) throw error;
      current = await (replaced ??= next(error));
      return open(current);
    }
  };
  return {
    get info() {
      return current.info;
    },
    infer: (...given) => attempt((executor) => executor.infer(...given)),
    train: (...given) => attempt((executor) => executor.train(...given)),
  };
}
