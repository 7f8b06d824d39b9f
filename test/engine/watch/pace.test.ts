import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../../src/protocol';
import { stepTeller } from '../../../src/engine/watch/pace';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('an evaluation between two steps makes no step slower, and one slow step hardly the speed', () => {
  const told: number[] = [];
  const tell = stepTeller('/run', 1000, (event: RunEvent) => event.type === 'step' && told.push(event.imagesPerSecond));
  const step = (index: number, seconds: number, pause = 0): void => {
    vi.advanceTimersByTime(1000 * (seconds + pause));
    tell({ type: 'step', epoch: 0, step: index, images: 32, loss: 1, lr: 1e-3, gradNorm: 1, labels: new Int32Array(32), seconds: { data: 0, compute: seconds } });
  };
  for (let i = 1; i <= 20; i++) step(i, 0.25);
  expect(told.at(-1)).toBeCloseTo(128, 6);
  step(21, 0.25, 60);
  expect(told.at(-1)).toBeCloseTo(128, 6);
  // Alone it would be 32 images a second.
  step(22, 1);
  expect(told.at(-1)).toBeGreaterThan(80);
});
