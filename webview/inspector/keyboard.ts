import type { Action } from './place';

/** A key as a DOM event tells it. */
export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** A digit typed a moment ago: the next one may be its second place. */
export interface Typed {
  readonly digits: string;
  readonly time: number;
}

const fixedKeys: Readonly<Record<string, Action>> = {
  ArrowUp: { type: 'move', rows: -1, columns: 0 },
  ArrowDown: { type: 'move', rows: 1, columns: 0 },
  ArrowLeft: { type: 'move', rows: 0, columns: -1 },
  ArrowRight: { type: 'move', rows: 0, columns: 1 },
  PageUp: { type: 'layer', by: -1 },
  PageDown: { type: 'layer', by: 1 },
  Escape: { type: 'release' },
  ' ': { type: 'hold' },
  c: { type: 'classToken' },
  m: { type: 'join' },
  t: { type: 'turn' },
};

/** What a key asks for, outside text fields; null when it is not ours. Digits go to `headFromDigit`. */
export function actionOf(key: Key): Action | null {
  if (key.altKey || key.metaKey) return null;
  if (key.key === 'Home') return { type: 'edge', to: key.ctrlKey ? 'first' : 'rowStart' };
  if (key.key === 'End') return { type: 'edge', to: key.ctrlKey ? 'last' : 'rowEnd' };
  if (key.ctrlKey) return null;
  return fixedKeys[key.key] ?? null;
}

/** Two digits within this time are one number: head 12 is 1, 2. */
export const digitPause = 700;

/** The head (from 0) that a digit chooses, and what to remember; null when the model has no such head. */
export function headFromDigit(digit: string, before: Typed, time: number, heads: number): { head: number | null; typed: Typed } {
  const joined = time - before.time < digitPause ? before.digits + digit : digit;
  const digits = isHead(joined, heads) ? joined : digit;
  return { head: isHead(digits, heads) ? Number(digits) - 1 : null, typed: { digits, time } };
}

function isHead(digits: string, heads: number): boolean {
  const number = Number(digits);
  return number >= 1 && number <= heads;
}
