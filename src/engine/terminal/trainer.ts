import type { RunEvent } from '../../protocol';
import { reasonOf } from '../atomic';
import type { Trainer } from '../sweep/lead';
import type { Terminal } from './command';
import { followed } from './train';

type Ended = Extract<RunEvent, { type: 'ended' }>;

/** Trains in this process, and shows it as `train` does. */
export function trainerOf(terminal: Terminal): { readonly trainer: Trainer; readonly interrupted: () => number | undefined } {
  const { api } = terminal.engine;
  let code: number | undefined;
  const follow = async (signal: AbortSignal, start: (onProgress: (value: unknown) => void) => Promise<string>): Promise<Ended> => {
    let run = '';
    const stop = (): void => {
      if (run === '') return;
      void Promise.resolve(api.stopTraining({ run }, terminal.call())).catch((error: unknown) => terminal.output.note(reasonOf(error)));
    };
    signal.addEventListener('abort', stop);
    const end = await followed(terminal, async (onProgress) => {
      run = await start(onProgress);
      if (signal.aborted) stop();
    });
    signal.removeEventListener('abort', stop);
    code ??= end.code;
    return end.ended ?? { type: 'ended', run: '', reason: 'stopped', message: '', metrics: {} };
  };
  const trainer: Trainer = {
    start: (q, onRun, signal) =>
      follow(signal, async (onProgress) => {
        const { run } = await api.startTraining(q, terminal.call(onProgress));
        await onRun(run);
        return run;
      }),
    resume: (run, signal) => follow(signal, async (onProgress) => (await api.resumeTraining({ run }, terminal.call(onProgress))).run),
  };
  return { trainer, interrupted: () => code };
}
