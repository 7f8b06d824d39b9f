/**
 * A test of an engine that runs beside a training would measure the training. So the training waits, between two of its
 * steps and for no longer than this, while the test takes its times.
 */
const LONGEST_MS = 3000;

let pause: Promise<void> | undefined;
let step: Promise<unknown> = Promise.resolve();

/** Does a step of a training when nothing is being measured. */
export async function whenQuiet<T>(work: () => Promise<T>): Promise<T> {
  while (pause) await pause;
  const done = work();
  step = done.catch(() => undefined);
  return done;
}

/** Resolves when no step is under way, and holds the next ones until the returned function is called. */
export async function pauseSteps(): Promise<() => void> {
  while (pause) await pause;
  let end = (): void => undefined;
  pause = new Promise((resolve) => (end = resolve));
  const timer = setTimeout(() => resume(), LONGEST_MS);
  const resume = (): void => {
    clearTimeout(timer);
    pause = undefined;
    end();
  };
  await step;
  return resume;
}
