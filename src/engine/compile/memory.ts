import { totalmem } from 'node:os';
import * as l10n from '@vscode/l10n';
import { memoryEstimate } from '../model/cost';
import { countParams, countTrained } from '../model/params';
import { tokenCount, type ViTSpec } from '../model/spec';
import { gibibytes } from '../units';
import { UserError } from '../userError';

/** A WebAssembly memory has 32-bit addresses. */
const WASM_BYTES = 2 ** 32;

/**
 * What the wasm backend takes over the estimate of what lives at one time: copies for transposed products, and holes.
 * Measured 1.57 (64 px, P4, D96, L6, batches of 8 to 32); a little less here, so that what would just fit is tried.
 */
const WASM_OVERHEAD = 1.5;

let exhausted = false;

/** Whether the wasm backend ran out of memory: it computes nothing more then, in this process. */
export function isExhausted(): boolean {
  return exhausted;
}

/** @throws UserError when a training step of this batch cannot fit into the memory of the wasm backend */
export function refuseTooLarge(spec: ViTSpec, batch: number): void {
  if (memoryEstimate(spec, batch).training * WASM_OVERHEAD > WASM_BYTES) throw tooLarge(spec, batch);
}

/** Says what the abort of the wasm backend means, when it is one for want of memory; else gives the error back. */
export function explainAbort(error: unknown, spec: ViTSpec, batch: number): unknown {
  const text = error instanceof Error ? error.message : '';
  if (!/^Aborted\(|out of memory|memory access out of bounds|Array buffer allocation failed/i.test(text)) return error;
  exhausted = true;
  return tooLarge(spec, batch);
}

/** Says what it means when a native library finds no memory; else gives the error back. */
export function explainShortage(error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (!/bad_alloc|allocat|out of memory|\bOOM\b/i.test(text)) return error;
  return new UserError(
    l10n.t('There is not enough memory for this batch. Set train.batch_size smaller, or train.grad_accum_steps larger: it computes the batch in parts.'),
  );
}

/**
 * What the estimate of a step may be over the memory that there is: a process took 0.27 to 0.62 of the estimate of all that
 * lives (`memory/cifar` and `memory/ti224` of the benchmark), since engines share their buffers and compute a batch in blocks.
 * What is far beyond would fill the memory for minutes, and then die.
 */
const BEYOND = 4;

/** What a training step takes beside what this machine has; bytes. */
export interface MemoryVerdict {
  /** `beyond`: it is refused; `tight`: it may fail, or the machine begins to swap. */
  readonly says: 'fits' | 'tight' | 'beyond';
  readonly training: number;
  /** Weights, gradients and moments, whatever the batch. */
  readonly held: number;
  readonly machine: number;
}

/** The largest share of the estimate that was measured, see `BEYOND`. */
const MEASURED = 0.62;

/**
 * @param rows images that are computed at once
 * @param machine bytes of memory, a container's limit respected
 */
export function memoryVerdict(spec: ViTSpec, rows: number, machine = machineMemory()): MemoryVerdict {
  const trained = countTrained(spec);
  // Weights, and of those that are trained a gradient and two moments.
  const held = 4 * (countParams(spec) + 3 * trained);
  const { training } = memoryEstimate(spec, rows);
  // What is frozen keeps nothing for a way back, and the estimate knows nothing of that.
  const whole = trained === countParams(spec);
  const says = held > machine || (whole && training > BEYOND * machine) ? 'beyond' : whole && MEASURED * training > machine ? 'tight' : 'fits';
  return { says, training, held, machine };
}

/**
 * @param rows images that are computed at once
 * @throws UserError when neither weights nor a training step can ever fit into this machine
 */
export function refuseBeyondMachine(spec: ViTSpec, rows: number, machine = machineMemory()): void {
  const verdict = memoryVerdict(spec, rows, machine);
  if (verdict.says !== 'beyond') return;
  throw new UserError(
    l10n.t('A training step of this network takes about {0} of memory with {1} images at a time ({2} for weights, gradients and moments), and this machine has {3}. Take a smaller model, larger patches, smaller images, a smaller train.batch_size or more train.grad_accum_steps.', gibibytes(verdict.training), rows, gibibytes(verdict.held), gibibytes(verdict.machine)),
  );
}

/** Bytes of memory, a container's limit respected. */
export function machineMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function tooLarge(spec: ViTSpec, batch: number): UserError {
  const fits = largestBatch(spec);
  const [height, width] = spec.imageSize;
  const what = l10n.t('{0} images of {1} × {2} pixels ({3} tokens each) do not fit into the 4 GiB of memory that the wasm backend can have.', batch, height, width, tokenCount(spec));
  const advice =
    fits > 0 && fits < batch
      ? l10n.t('Set train.batch_size to {0} or less, or take larger patches or smaller images.', fits)
      : l10n.t('Take a smaller train.batch_size, larger patches, smaller images or a smaller model.');
  return new UserError(`${what} ${advice}`);
}

/** The largest power of two that fits with some room. */
function largestBatch(spec: ViTSpec): number {
  for (let batch = 4096; batch >= 1; batch /= 2) if (memoryEstimate(spec, batch).training * WASM_OVERHEAD * 1.1 <= WASM_BYTES) return batch;
  return 0;
}
