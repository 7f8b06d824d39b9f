import { afterEach, expect, test, vi } from 'vitest';
import { pauseSteps, whenQuiet } from '../../../src/engine/compile/pause';
import { deferred } from '../bundle';

afterEach(() => {
  vi.useRealTimers();
});

test('a pause waits for the step under way, holds the next, and lets it go on', async () => {
  const order: string[] = [];
  const first = deferred<undefined>();
  const step = whenQuiet(() => first.promise.then(() => order.push('first')));
  const paused = pauseSteps().then((resume) => (order.push('paused'), resume));
  const second = whenQuiet(() => Promise.resolve(order.push('second')));
  first.resolve(undefined);
  await step;
  (await paused)();
  await second;
  expect(order).toEqual(['first', 'paused', 'second']);
});

test('a pause that nobody ends is over after three seconds', async () => {
  vi.useFakeTimers();
  await pauseSteps();
  const step = whenQuiet(() => Promise.resolve('done'));
  await vi.advanceTimersByTimeAsync(2999);
  expect(await Promise.race([step, Promise.resolve('waits')])).toBe('waits');
  await vi.advanceTimersByTimeAsync(1);
  expect(await step).toBe('done');
});

test('a step that fails does not keep a pause from beginning', async () => {
  const step = whenQuiet(() => Promise.reject(new Error('no memory')));
  const resume = await pauseSteps();
  resume();
  await expect(step).rejects.toThrow('no memory');
});
