import type { RunEvent } from '../../protocol';
import type { TrainEvent } from '../trainer';

type Step = Extract<TrainEvent, { type: 'step' }>;

/** How fast a training goes. */
export interface Pace {
  /** Counts a step of so many images. */
  step(images: number): void;
  /** Seconds until the last step, at the pace so far, evaluations included; undefined before the second step. */
  secondsLeft(step: number): number | undefined;
  /** Images per second of the steps since the last call, without what was done between them and now. */
  epoch(): number;
}

/** @param steps of the whole training @param now milliseconds, for tests */
export function createPace(steps: number, now: () => number = () => performance.now()): Pace {
  const begun = now();
  let done = 0;
  let [from, last, images] = [begun, begun, 0];
  return {
    step(count) {
      // What lies between two epochs is no step.
      if (images === 0) from = Math.max(from, last);
      last = now();
      images += count;
      done++;
    },
    secondsLeft: (step) => (done < 2 ? undefined : ((last - begun) / done / 1000) * Math.max(0, steps - step)),
    epoch() {
      const speed = last > from ? (images * 1000) / (last - from) : 0;
      [from, last, images] = [now(), now(), 0];
      return speed;
    },
  };
}

/** Emits steps at most five times a second, with the speed since the last one that was told; `speed` is that of the epoch, in images per second. */
export function stepTeller(run: string, steps: number, emit: (event: RunEvent) => void): { readonly tell: (step: Step) => void; readonly speed: () => number } {
  const pace = createPace(steps);
  let told = performance.now();
  let images = 0;
  const tell = (step: Step): void => {
    images += step.images;
    pace.step(step.images);
    const passed = performance.now() - told;
    if (passed < 200) return;
    const secondsLeft = pace.secondsLeft(step.step);
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
  return { tell, speed: () => pace.epoch() };
}
