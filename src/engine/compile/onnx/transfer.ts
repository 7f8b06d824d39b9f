import type { FloatTensor, TensorMap } from '../../tensors';
import type { BlockResult } from './blocks';

/**
 * The memory of a forward pass's result, or of the gradients of blocks, inside an answer of the thread: it is handed over
 * instead of copied. All attention maps of a B/16 are 22 MB. Other answers may show what the thread still needs, and are
 * copied.
 */
export function buffersOf(message: unknown): ArrayBuffer[] {
  const whole = tensorsOf((message as { readonly value?: unknown }).value).map(({ data }) => data).filter((data) => data.byteLength === data.buffer.byteLength);
  return [...new Set(whole.map((data) => data.buffer as ArrayBuffer))];
}

/** The memory of the weights in a question that opens a network, but what is shared anyway: they were made for the thread, and those of a B/16 are 330 MB. */
export function weightsIn(message: unknown): ArrayBuffer[] {
  const { kernels } = (message as { readonly params?: { readonly kernels?: unknown } }).params ?? {};
  if (!(kernels instanceof Map)) return [];
  return [...new Set([...(kernels as TensorMap).values()].map(({ data }) => data.buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}

function tensorsOf(result: unknown): readonly FloatTensor[] {
  if (isForwardResult(result)) return [result.logits, ...result.taps.values()];
  return areBlocks(result) ? result.flatMap(([, { given }]) => Object.values(given)) : [];
}

function isForwardResult(value: unknown): value is { readonly logits: FloatTensor; readonly taps: ReadonlyMap<string, FloatTensor> } {
  return typeof value === 'object' && value !== null && 'logits' in value && 'taps' in value && value.taps instanceof Map;
}

function areBlocks(value: unknown): value is readonly (readonly [number, BlockResult])[] {
  return Array.isArray(value) && value.every((one: unknown) => Array.isArray(one) && typeof one[1] === 'object' && one[1] !== null && 'given' in one[1]);
}
