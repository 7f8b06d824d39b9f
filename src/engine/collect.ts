import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects garbage now. V8 does it when more memory is asked for, and a process that rests asks for none: the weights of
 * networks that were let go of would stay until somebody looks into the next one.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('globalThis.gc') as (() => void) | undefined;
  gc?.();
}
