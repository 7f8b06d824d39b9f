import { createHash } from 'node:crypto';

/** Equal for networks that know the same classes in the same order, and short where they know a thousand. */
export function classKey(classes: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(classes)).digest('hex').slice(0, 12);
}
