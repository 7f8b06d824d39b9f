import type { FloatTensor } from '../../tensors';

/**
 * The memory of a forward pass's result inside an answer of the thread: it is handed over instead of copied. All
 * attention maps of a B/16 are 22 MB. Other answers may show what the thread still needs, and are copied.
 */
export function buffersOf(message: unknown): ArrayBuffer[] {
  const result = (message as { readonly value?: unknown }).value;
  if (!isForwardResult(result)) return [];
  const whole = [result.logits, ...result.taps.values()].map(({ data }) => data).filter((data) => data.byteLength === data.buffer.byteLength);
  return [...new Set(whole.map((data) => data.buffer as ArrayBuffer))];
}

function isForwardResult(value: unknown): value is { readonly logits: FloatTensor; readonly taps: ReadonlyMap<string, FloatTensor> } {
  return typeof value === 'object' && value !== null && 'logits' in value && 'taps' in value && value.taps instanceof Map;
}
