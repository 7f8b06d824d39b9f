import * as l10n from '@vscode/l10n';
import { configSchema, type EngineConfig } from '../config/schema';
import { initParams, paramSpecs } from '../model/params';
import { vitSpec, type ViTSpec } from '../model/spec';
import { randomAt } from '../random';
import { optimizerScalars } from '../schedule';
import type { FloatTensor, TensorMap } from '../tensors';
import type { Executor, ForwardResult, StepInput, TrainSession, TrainState } from './executor';

/** Whether an engine computes the right thing here, and how fast. */
export interface Verdict {
  readonly works: boolean;
  /** Why it does not work. */
  readonly reason?: string;
  readonly label?: string;
  /** Median milliseconds of a training step of the test's network, and of the reference's. */
  readonly stepMs?: number;
  readonly referenceMs?: number;
  /** Largest of max|Δ| / max|reference| over logits and gradients. */
  readonly difference?: number;
}

/**
 * What a result may be off, as max|Δ| / max|reference|. Products on GPUs may round their factors to 10 bits (TF32),
 * which shows as 1e-3; bfloat16 keeps 8, which shows as 2e-2. An engine that computes something else is off by 1e-1 and more.
 */
const TOLERANCE = { fp32: 5e-3, bf16: 5e-2 } as const;

/** The update is computed again from the engine's own moments: only float32 rounding is left. */
const UPDATE_TOLERANCE = 1e-5;

const { image, model, train: recipe } = configSchema.parse({
  image: { size: 32, channels: 3 },
  model: { patch_size: 4, embed_dim: 96, depth: 2, num_heads: 3 },
  train: { weight_decay: 0.05, clip_grad: 1 },
});
const spec: ViTSpec = vitSpec(image, model, 10);
const BATCH = 16;
const TIMED_STEPS = 7;
const PATIENCE_MS = 1000;
const LEARNING_RATE = 1e-3;
const input = batch();

interface Outcome {
  readonly session: TrainSession;
  readonly forward: ForwardResult;
  readonly before: TensorMap;
  readonly after: TrainState;
}

export interface SelfTestOptions {
  /** What the candidate computes in. */
  readonly precision?: EngineConfig['precision'];
  /** Resolves when nothing else computes on this machine: times are taken only then. */
  readonly quiet?: () => Promise<void>;
}

/** Forward pass, gradients and an optimizer step of a candidate against a trusted executor, and how long both take. */
export async function selfTest(candidate: Executor, reference: Executor, { precision = 'fp32', quiet }: SelfTestOptions = {}): Promise<Verdict> {
  const expected = await compute(reference);
  const found = await compute(candidate);
  await quiet?.();
  const [referenceMs, stepMs] = [await stepTime(expected.session), await stepTime(found.session)];
  const label = candidate.info.label;
  for (const { session } of [expected, found]) session.dispose();
  return { ...judged(expected, found, TOLERANCE[precision]), label, stepMs, referenceMs };
}

function judged(expected: Outcome, found: Outcome, tolerance: number): Pick<Verdict, 'works' | 'reason' | 'difference'> {
  const differences = [
    relative(found.forward.logits, expected.forward.logits),
    // After the first step the first moment is the clipped gradient by a factor.
    ...[...expected.after.m].map(([name, moment]) => relative(found.after.m.get(name), moment)),
  ];
  const difference = worst(differences);
  if (!(difference <= tolerance)) return { works: false, reason: l10n.t('its results are wrong: off by {0}', difference.toPrecision(2)), difference };
  const update = worst(updated(found).map(([name, weights]) => relative(found.after.params.get(name), weights)));
  if (!(update <= UPDATE_TOLERANCE)) return { works: false, reason: l10n.t('its optimizer is wrong: off by {0}', update.toPrecision(2)), difference };
  return { works: true, difference };
}

async function compute(executor: Executor): Promise<Outcome> {
  const before = initParams(spec, 1);
  const zeros = new Map([...before].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  const session = await executor.train(spec, { params: before, m: zeros, v: zeros, step: 0 }, recipe);
  const forward = await session.forward(input.images, { attention: [0] });
  await session.step(input);
  return { session, forward, before, after: await session.state() };
}

/** Median of a few steps, of fewer when they are slow. */
async function stepTime(session: TrainSession): Promise<number> {
  const times: number[] = [];
  for (const begin = performance.now(); times.length < TIMED_STEPS && performance.now() - begin < PATIENCE_MS; ) {
    const start = performance.now();
    await session.step(input);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

function batch(): StepInput {
  const random = randomAt(1, 'self-test');
  const images: FloatTensor = { shape: [BATCH, 32, 32, 3], data: Float32Array.from({ length: BATCH * 32 * 32 * 3 }, () => random.normal()) };
  const targets = Float32Array.from({ length: BATCH * 10 }, (_, i) => Number(i % 11 === 0));
  return { images, targets: { shape: [BATCH, 10], data: targets }, lr: LEARNING_RATE, noiseSeed: [1, 0] };
}

/** The weights after a step of AdamW with the moments that the engine found. */
function updated({ before, after }: Outcome): [string, FloatTensor][] {
  const { lr, correction1, correction2 } = optimizerScalars(LEARNING_RATE, 1, recipe.betas);
  return paramSpecs(spec).map(({ name, decay }) => {
    const { shape, data } = before.get(name)!;
    const [m, v] = [after.m.get(name)!.data, after.v.get(name)!.data];
    const keep = decay ? 1 - lr * recipe.weight_decay : 1;
    return [name, { shape, data: data.map((x, i) => x * keep - (lr * correction1 * m[i]!) / (Math.sqrt(v[i]!) * correction2 + recipe.eps)) }];
  });
}

function relative(found: FloatTensor | undefined, expected: FloatTensor): number {
  if (found?.data.length !== expected.data.length) return NaN;
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.data.entries()) {
    const off = Math.abs(found.data[i]! - value);
    if (Number.isNaN(off)) return NaN;
    difference = Math.max(difference, off);
    largest = Math.max(largest, Math.abs(value));
  }
  return largest > 0 ? difference / largest : difference;
}

/** The largest; not a number when one of them is none. */
function worst(differences: readonly number[]): number {
  return differences.reduce((a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.max(a, b)), 0);
}
