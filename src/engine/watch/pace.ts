import type { RunEvent } from '../../protocol';
import type { TrainEvent } from '../trainer';

type Step = Extract<TrainEvent, { type: 'step' }>;

/**
 * Seconds until the last step, as fast as it went so far, evaluations and looks included; undefined before the second step.
 *
 * @param steps of the whole training @param now milliseconds, for tests
 */
export function createPace(steps: number, now: () => number = () => performance.now()): (step: number) => number | undefined {
  const begun = now();
  let done = 0;
  return (step) => {
    done++;
    return done < 2 ? undefined : ((now() - begun) / done / 1000) * Math.max(0, steps - step);
  };
}

/** Emits steps at most five times a second, with the speed since the last one that was told. */
export function stepTeller(run: string, steps: number, emit: (event: RunEvent) => void): (step: Step) => void {
  const pace = createPace(steps);
  let told = performance.now();
  let images = 0;
  return (step) => {
    images += step.images;
    const secondsLeft = pace(step.step);
    const passed = performance.now() - told;
    if (passed < 200) return;
    emit({
      type: 'step',
      run,
      epoch: step.epoch,
      step: step.step,
      loss: step.loss,
      lr: step.lr,
      gradNorm: step.gradNorm,
      imagesPerSecond: (images * 1000) / passed,
      ...(secondsLeft !== undefined && { secondsLeft }),
    });
    told += passed;
    images = 0;
  };
}
