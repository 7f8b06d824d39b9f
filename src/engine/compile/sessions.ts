import type { Server } from '../../rpc';
import { collectGarbage } from '../collect';
import type { TrainConfig } from '../config/schema';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';
import type { ForwardResult, Precision, StepInput, StepResult, TapWish, TrainState } from './executor';

export interface SessionId {
  readonly id: number;
}

/**
 * What a thread answers that holds the sessions of a native library, whose calls block the thread they are made in.
 * `Runtime` is how the library is to compute.
 */
export interface SessionApi<Runtime> {
  /** @param q.kernels weights as `layout.ts` turns them, to rows for ONNX Runtime in float32 and else to kernels; their memory is handed over to the thread */
  infer(q: { readonly spec: ViTSpec; readonly kernels: TensorMap; readonly precision: Precision; readonly runtime: Runtime }): SessionId;
  /** Makes ready what `forward` will need. */
  prepare(q: SessionId & { readonly batch: number; readonly taps: TapWish }): void;
  train(q: { readonly spec: ViTSpec; readonly state: TrainState; readonly recipe: TrainConfig; readonly runtime: Runtime }): SessionId;
  forward(q: SessionId & { readonly images: FloatTensor; readonly taps: TapWish; readonly cotangent?: FloatTensor; readonly heads?: FloatTensor }): ForwardResult;
  step(q: SessionId & { readonly input: StepInput }): StepResult;
  state(q: SessionId): TrainState;
  close(q: SessionId): void;
}

/** A network inside the thread, for inference. */
export interface Inference {
  /** Compiles a pass before it is needed, where that takes time. */
  prepare?(batch: number, taps: TapWish): Promise<void>;
  forward(images: FloatTensor, taps: TapWish, cotangent?: FloatTensor, heads?: FloatTensor): Promise<ForwardResult>;
  release(): void | Promise<void>;
}

/** A training inside the thread. */
export interface Training extends Inference {
  step(input: StepInput): Promise<StepResult>;
  state(): TrainState;
}

/** How a library opens them. */
export interface Opener<Runtime> {
  inference(spec: ViTSpec, kernels: TensorMap, runtime: Runtime, precision: Precision): Inference;
  training(spec: ViTSpec, state: TrainState, recipe: TrainConfig, runtime: Runtime): Promise<Training>;
}

/** Keeps the sessions of a thread. Calls to one session are answered one after the other. */
export function sessionServer<Runtime>(open: Opener<Runtime>): Server<SessionApi<Runtime>> {
  const trainings = new Map<number, Training>();
  const sessions = new Map<number, Inference>();
  const queue = inTurn();
  let last = 0;
  const training = (id: number): Training => given(trainings.get(id), id);
  return {
    infer({ spec, kernels, precision, runtime }) {
      sessions.set(++last, open.inference(spec, kernels, runtime, precision));
      return { id: last };
    },
    async train({ spec, state, recipe, runtime }) {
      const id = ++last;
      const opened = await open.training(spec, state, recipe, runtime);
      trainings.set(id, opened);
      sessions.set(id, opened);
      return { id };
    },
    prepare: ({ id, batch, taps }) => queue(id, async () => given(sessions.get(id), id).prepare?.(batch, taps)),
    forward: ({ id, images, taps, cotangent, heads }) => queue(id, () => given(sessions.get(id), id).forward(images, taps, cotangent, heads)),
    step: ({ id, input }) => queue(id, () => training(id).step(input)),
    state: ({ id }) => queue(id, async () => Promise.resolve(training(id).state())),
    async close({ id }) {
      await queue(id, async () => {
        const session = sessions.get(id);
        sessions.delete(id);
        trainings.delete(id);
        await session?.release();
        // Its weights are the largest thing that a thread holds.
        setTimeout(collectGarbage, 0);
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
