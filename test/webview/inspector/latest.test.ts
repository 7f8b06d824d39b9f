import { expect, test } from 'vitest';
import { createLatest } from '../../../webview/inspector/latest';

interface Asked {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

function stage() {
  const asked: Asked[] = [];
  const shown: string[] = [];
  const errors: unknown[] = [];
  let waiting = false;
  const latest = createLatest<string>({ onValue: (value) => shown.push(value), onError: (error) => errors.push(error), onWait: (now) => (waiting = now), keep: 2 });
  const want = (key: string): void =>
    latest.want(key, (signal) => new Promise((resolve, reject) => asked.push({ key, signal, resolve, reject })));
  const answer = async (index: number): Promise<void> => {
    asked[index]?.resolve(asked[index].key);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { latest, want, answer, asked, shown, errors, waiting: () => waiting };
}

test('one question runs, only the newest waits, and only the newest answer is shown', async () => {
  const { want, answer, asked, shown } = stage();
  for (const key of ['a', 'b', 'c']) want(key);
  await answer(0);
  await answer(1);
  expect(asked.map(({ key }) => key)).toEqual(['a', 'c']);
  expect(shown).toEqual(['c']);
});

test('a known answer is shown at once, and the oldest are forgotten', async () => {
  const { want, answer, asked, shown } = stage();
  want('a');
  await answer(0);
  want('b');
  await answer(1);
  want('a');
  expect(shown).toEqual(['a', 'b', 'a']);
  want('c');
  await answer(2);
  want('a');
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'a']);
});

test('an error is told once, is not asked again by itself, and can be asked again', async () => {
  const { want, answer, asked, errors, waiting, shown } = stage();
  want('a');
  asked[0]?.reject(new Error('broken'));
  await answer(9);
  expect(errors).toHaveLength(1);
  expect(waiting()).toBe(false);
  want('a');
  await answer(1);
  expect(shown).toEqual(['a']);
});

test('after a reset nothing of before is shown', async () => {
  const { latest, want, answer, asked, shown, waiting } = stage();
  want('a');
  latest.reset();
  expect(asked[0]?.signal.aborted).toBe(true);
  await answer(0);
  expect(shown).toEqual([]);
  expect(waiting()).toBe(false);
  want('a');
  await answer(1);
  expect(shown).toEqual(['a']);
});
