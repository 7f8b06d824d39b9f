import { createCache, type Cache } from '../../cache';
import type { TrainConfig } from '../../config/schema';
import { updatedOnly } from '../../model/params';
import { forImages, type ViTSpec } from '../../model/spec';
import { optimizerScalars, averageDecay } from '../../schedule';
import type { FloatTensor, TensorMap } from '../../tensors';
import type { ForwardResult, StepInput, StepResult, TapWish, TrainState } from '../executor';
import { pack, unpack } from '../groups';
import { joined, partsOf, type BatchPart, type PartResult } from '../parts';
import type { Training } from '../sessions';
import type { RuntimeOptions } from './api';
import { loadTensorFlow, type Handles, type Session, type TensorFlow } from './binding';
import { createPasses, type Passes } from './inference';
import { compileStep, kindsOf, type Kind, type StepOptions } from './programs';
import { hasXla } from './xla';

/** Batch sizes whose step stays compiled: that of all batches, and that of the last of an epoch. */
const KEPT = 2;

export function openTraining(spec: ViTSpec, from: TrainState, recipe: TrainConfig, runtime: RuntimeOptions): Promise<Training> {
  return Promise.resolve(new TensorFlowTraining(spec, from, recipe, runtime));
}

/**
 * The state lives in the variables of one session. A batch of another size has a session of its own, and the state
 * moves there: twice an epoch, where the last batch is smaller.
 */
class TensorFlowTraining implements Training {
  private readonly tensorFlow: TensorFlow;
  private readonly sessions: Cache<Session>;
  private readonly passes: Passes;
  /** The state until the first step. */
  private beginning: TrainState | undefined;
  /** Where the state is from then on. */
  private home: Session | undefined;
  /** The weights that are evaluated, outside their variables; read when a forward pass needs them, until they change. */
  private weights: Handles | undefined;
  private steps: number;

  constructor(
    private readonly spec: ViTSpec,
    from: TrainState,
    private readonly recipe: TrainConfig,
    private readonly runtime: RuntimeOptions,
  ) {
    this.tensorFlow = loadTensorFlow(runtime.addon);
    this.sessions = createCache<Session>({ limit: KEPT, weigh: () => 1, drop: (session) => session.dispose() });
    this.passes = createPasses(this.tensorFlow, spec, true, runtime.cache);
    this.beginning = from;
    this.steps = from.step;
  }

  async step(input: StepInput): Promise<StepResult> {
    const [batch, height, width] = input.images.shape as [number, number, number];
    const spec = forImages(this.spec, [height, width]);
    const home = await this.settle(spec, batch);
    const parts = partsOf(spec, input, this.recipe.grad_accum_steps);
    if (parts.length > 1) home.run('zero', {});
    const done: PartResult[] = [];
    for (const part of parts.slice(0, -1)) done.push(this.runPart(home, part, {}).result);
    // A loss that is not finite, in whichever part, keeps the state as it was: the norm becomes not finite, too.
    const spoilt = done.some(({ loss }) => !Number.isFinite(loss));
    const { result, norm, written } = this.runPart(home, parts.at(-1)!, { ...this.scalars(input.lr), ...(spoilt && { share: NaN }) });
    if (written) {
      this.steps++;
      this.forgetWeights();
    }
    return { ...joined([...done, result]), gradNorm: norm };
  }

  forward(images: FloatTensor, taps: TapWish, cotangent?: FloatTensor, heads?: FloatTensor): Promise<ForwardResult> {
    if (!this.weights) {
      const vectors = this.evaluated();
      this.weights = Object.fromEntries(Object.entries(vectors).map(([name, handle]) => [`p.${name}`, handle]));
    }
    return this.passes.run(images, taps, { ...(cotangent && { cotangent }), ...(heads && { heads }) }, this.weights);
  }

  state(): TrainState {
    const kinds = kindsOf(this.recipe);
    const [params, m, v, average] = (['p', 'm', 'v', 'a'] as const).map((kind): TensorMap => (kinds.includes(kind) ? this.readBack(kind) : new Map()));
    // What is frozen is its own average.
    return { params: params!, m: m!, v: v!, ...(kinds.includes('a') && { average: new Map([...params!, ...average!]) }), step: this.steps };
  }

  release(): void {
    this.forgetWeights();
    this.passes.clear();
    this.sessions.clear();
  }

  /** The session for batches of this size, with the state in it. */
  private async settle(spec: ViTSpec, batch: number): Promise<Session> {
    const { recipe, tensorFlow } = this;
    const shelf = { folder: this.runtime.cache, version: tensorFlow.version };
    const session = await this.sessions.get(`${batch} ${spec.imageSize.join('x')}`, async () => tensorFlow.load(await compileStep(spec, recipe, batch, this.options(), shelf)));
    if (session === this.home) return session;
    for (const kind of kindsOf(recipe)) {
      const vectors = this.read(kind);
      session.run(`write.${kind}`, vectors);
      tensorFlow.release(Object.values(vectors));
    }
    [this.home, this.beginning] = [session, undefined];
    return session;
  }

  /**
   * With bfloat16, fusing saves a fifth of a step (the casts become free); in float32 it saves nothing, and compiling takes
   * half a second.
   */
  private options(): StepOptions {
    const { precision } = this.runtime;
    return { precision, fused: precision === 'bf16' && hasXla(this.tensorFlow) };
  }

  private runPart(home: Session, { part, rows, tensors, share }: BatchPart, scalars: Readonly<Record<string, number>>): { result: PartResult; norm: number; written: boolean } {
    const numbers = { ...(share !== undefined && { share }), ...scalars };
    const feeds = Object.entries(numbers).map(([name, number]) => [name, { shape: [], data: Float32Array.of(number) }] as const);
    const { outputs, written } = this.tensorFlow.compute(home, part, Object.fromEntries([...tensors, ...feeds]));
    return { result: { rows, loss: outputs['loss']!.data[0]!, logits: outputs['logits']! }, norm: outputs['norm']?.data[0] ?? NaN, written };
  }

  private scalars(lr: number): Readonly<Record<string, number>> {
    const { betas, model_ema_decay: decay } = this.recipe;
    return { ...optimizerScalars(lr, this.steps + 1, betas), ...(decay > 0 && { decay: averageDecay(this.steps + 1, decay) }) };
  }

  /** The vectors that are evaluated: the average, and what is frozen and so has none. */
  private evaluated(): Handles {
    if (this.recipe.model_ema_decay === 0) return this.read('p');
    const [own, average] = [this.read('p'), this.read('a')];
    this.tensorFlow.release(Object.entries(own).flatMap(([name, handle]) => (name in average ? [handle] : [])));
    return { ...own, ...average };
  }

  /** The vectors of one kind of state by their names; whoever calls releases them. */
  private read(kind: Kind): Handles {
    if (this.beginning) return this.tensorFlow.putAll(pack(this.spec, this.initial(this.beginning, kind)));
    const { outputs } = this.home!.run(`read.${kind}`, {});
    return Object.fromEntries(outputs.map(({ port, handle }) => [port.name, handle]));
  }

  private readBack(kind: Kind): TensorMap {
    if (this.beginning) return this.initial(this.beginning, kind);
    return unpack(this.spec, new Map(Object.entries(this.tensorFlow.compute(this.home!, `read.${kind}`, {}).outputs)));
  }

  private initial(from: TrainState, kind: Kind): TensorMap {
    if (kind === 'a') return updatedOnly(this.spec, from.average ?? from.params);
    return { p: from.params, m: from.m, v: from.v }[kind];
  }

  private forgetWeights(): void {
    this.tensorFlow.release(Object.values(this.weights ?? {}));
    this.weights = undefined;
  }
}
