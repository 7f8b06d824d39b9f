import type { Server } from '../../../rpc';
import type { OnnxApi } from './api';
import { openInference, type Inference } from './inference';
import { about } from './runtime';
import { openTraining, type Training } from './training';

/** What the thread of ONNX Runtime answers. Calls to one session are answered one after the other. */
export function onnxServer(): Server<OnnxApi> {
  const trainings = new Map<number, Training>();
  const sessions = new Map<number, Inference | Training>();
  const queue = inTurn();
  let last = 0;
  const training = (id: number): Training => given(trainings.get(id), id);
  return {
    about,
    infer({ spec, params, runtime }) {
      sessions.set(++last, openInference(spec, params, runtime));
      return { id: last };
    },
    async train({ spec, state, recipe, runtime }) {
      const id = ++last;
      const opened = await openTraining(spec, state, recipe, runtime);
      trainings.set(id, opened);
      sessions.set(id, opened);
      return { id };
    },
    forward: ({ id, images, taps }) => queue(id, () => given(sessions.get(id), id).forward(images, taps)),
    step: ({ id, input }) => queue(id, () => training(id).step(input)),
    state: ({ id }) => queue(id, async () => Promise.resolve(training(id).state())),
    async close({ id }) {
      await queue(id, async () => {
        const session = sessions.get(id);
        sessions.delete(id);
        trainings.delete(id);
        await session?.release();
      });
    },
  };
}

function given<T>(session: T | undefined, id: number): T {
  if (!session) throw new Error(`There is no session ${id}`);
  return session;
}

/** Runs the work of one session in the order in which it was asked for. */
function inTurn(): <T>(id: number, work: () => Promise<T>) => Promise<T> {
  const last = new Map<number, Promise<unknown>>();
  return (id, work) => {
    const turn = (last.get(id) ?? Promise.resolve()).then(work, work);
    last.set(id, turn);
    const forget = (): void => void (last.get(id) === turn && last.delete(id));
    turn.then(forget, forget);
    return turn;
  };
}
