import type { Metrics, RunEvent } from '../../protocol';
import type { StepSeconds, TrainEvent } from '../trainer';
import { monitorSystem } from './system';

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

/** Share of the time in which steps wait for their images; the rest is spent on computing. Not evaluation, and not saving. */
const DATA_SHARE = 'time/data_share';

/**
 * What steps waited for, for the rows of metrics: since the last row, and over an epoch; and what they ask of the machine.
 *
 * @param every seconds from one look at the machine to the next
 * @param onNoGpu called once where no GPU can be asked
 */
export function createWaits(every: number, onNoGpu?: () => void): { add(seconds: StepSeconds): void; row(): Metrics; epoch(): Metrics; system(): Metrics | null } {
  const [row, epoch] = [dataShare(), dataShare()];
  const machine = monitorSystem({ every, ...(onNoGpu && { onNoGpu }) });
  return {
    add(seconds) {
      row.add(seconds);
      epoch.add(seconds);
      machine.add(seconds);
    },
    row: () => ({ [DATA_SHARE]: row.take() }),
    epoch: () => ({ [DATA_SHARE]: epoch.take() }),
    system: () => machine.due(),
  };
}

/** Sums what steps took; `take` tells the share and begins anew. */
function dataShare(): { add(seconds: StepSeconds): void; take(): number } {
  let [data, all] = [0, 0];
  return {
    add(seconds) {
      data += seconds.data;
      all += seconds.data + seconds.compute;
    },
    take() {
      const share = all > 0 ? data / all : 0;
      [data, all] = [0, 0];
      return share;
    },
  };
}

/** What is kept of earlier steps each time that the speed is told. */
const KEPT = 0.9;

/** Emits steps at most five times a second, with the speed of the last few seconds: evaluations between them make no step slower. */
export function stepTeller(run: string, steps: number, emit: (event: RunEvent) => void): (step: Step) => void {
  const pace = createPace(steps);
  let told = performance.now();
  let images = 0;
  let seconds = 0;
  const wait = dataShare();
  return (step) => {
    images += step.images;
    seconds += step.seconds.data + step.seconds.compute;
    wait.add(step.seconds);
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
      imagesPerSecond: images / (seconds > 0 ? seconds : passed / 1000),
      dataShare: wait.take(),
      ...(secondsLeft !== undefined && { secondsLeft }),
    });
    told += passed;
    // The speed of some seconds: that of the last few steps alone jumps with every one that takes longer.
    [images, seconds] = [KEPT * images, KEPT * seconds];
  };
}
