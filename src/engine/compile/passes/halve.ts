import type { TensorMap } from '../../tensors';
import { value, type Constant, type Graph, type Named, type Node, type Value } from '../graph';
import type { MixedWeights } from './quantise';

/** Numbers of 16 bits (IEEE 754 binary16), as their bits. */
export interface HalfTensor {
  readonly shape: readonly number[];
  readonly data: Uint16Array;
}

/**
 * The graph in half precision: half the size, for devices that compute in it. What is fed and what comes out stays in
 * float32. Norms still sum up in float32, which ONNX's LayerNormalization does by itself.
 *
 * Gain: half the bytes of weights and activations. Its speed has not been measured: no provider that computes in half
 * precision was at hand.
 *
 * @param graph as `foldWeights` gives it: its weights are inputs
 */
export function halved(graph: Graph, weights: TensorMap): { readonly graph: Graph; readonly weights: MixedWeights } {
  const half = new Map<Value, Value>();
  const halfOf = (of: Value): Value => {
    if (of.dtype !== 'float32') return of;
    const made = half.get(of) ?? value('float16', of.shape);
    half.set(of, made);
    return made;
  };
  const isWeight = ({ name }: Named): boolean => weights.has(name);
  const given = graph.inputs.filter((input) => !isWeight(input));
  const enter = given.filter((input) => input.value.dtype === 'float32').map((input) => cast(input.value, halfOf(input.value)));
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(halfOf), outputs: node.outputs.map(halfOf) }));
  const outputs = graph.outputs.map(({ name, value: output }) => ({ name, value: value(output.dtype, output.shape), half: halfOf(output) }));
  return {
    graph: {
      inputs: [...given, ...graph.inputs.filter(isWeight).map(({ name, value: weight }) => ({ name, value: halfOf(weight) }))],
      outputs,
      constants: new Map([...graph.constants].map(([of, constant]): [Value, Constant] => [halfOf(of), constant])),
      nodes: [...enter, ...nodes, ...outputs.map((output) => cast(output.half, output.value))],
    },
    weights: new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: halfBits(data) }])),
  };
}

function cast(from: Value, to: Value): Node {
  return { op: 'Cast', inputs: [from], outputs: [to], attrs: {} };
}

/** Each number as the nearest one of 16 bits, to even where two are as near; beyond 65504 infinite. */
export function halfBits(data: Float32Array): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const out = new Uint16Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = halfOfBits(bits[i]!);
  return out;
}

function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00; // NaN
  if (rest >= 0x47800000) return sign | 0x7c00; // 65536 and more
  if (rest < 0x33000001) return sign; // half of the smallest and less
  // Below 2⁻¹⁴ the exponent stays and the leading 1 is written out.
  const small = rest < 0x38800000;
  const shift = small ? 126 - (rest >>> 23) : 13;
  const mantissa = small ? (rest & 0x7fffff) | 0x800000 : rest - 0x38000000;
  const kept = mantissa >>> shift;
  const lost = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (kept + Number(lost > middle || (lost === middle && (kept & 1) === 1)));
}
