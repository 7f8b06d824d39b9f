import { sizeOf, type Attribute, type DType } from '../graph';
import { bytes, float, int, join, message, text, type Bytes } from '../protobuf';

/**
 * The part of `onnx.proto3` that a graph needs, encoded. Numbers of fields and of element types are those of onnx.proto3.
 */

/** TensorProto.DataType */
export const elementType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const satisfies Record<DType | 'int64', number>;

export type ElementType = keyof typeof elementType;

export interface OnnxNode {
  readonly op: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Readonly<Record<string, Attribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Without data the tensor is external: whoever opens the session gives its data under its name. */
  readonly data?: Uint8Array;
}

export interface OnnxPort {
  readonly name: string;
  readonly type: ElementType;
  /** A side with a name has any length, the same wherever the name is. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** ONNX gives each operator set a number; 21 came with ONNX 1.16, whose files have IR version 10. */
const OPSET = 21;
const IR_VERSION = 10;

/** A ModelProto; `metadata` is what the file says of itself. */
export function encodeModel(graph: OnnxGraph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const domains = [...new Set(['', ...graph.nodes.map((node) => node.domain)])];
  const opsets = domains.map((domain) => message(8, [...text(1, domain), ...int(2, domain === '' ? OPSET : 1)]));
  const said = Object.entries(metadata).flatMap(([key, entry]) => message(14, [...text(1, key), ...text(2, entry)]));
  return join([...int(1, IR_VERSION), ...text(2, 'ViT Lab'), ...message(7, encodeGraph(graph)), ...opsets.flat(), ...said]);
}

function encodeGraph({ name, nodes, initializers, inputs, outputs }: OnnxGraph): Bytes {
  return [
    ...nodes.flatMap((node, i) => message(1, encodeNode(node, `${node.op}_${i}`))),
    ...text(2, name),
    ...initializers.flatMap((tensor) => message(5, encodeTensor(tensor))),
    ...inputs.flatMap((port) => message(11, encodePort(port))),
    ...outputs.flatMap((port) => message(12, encodePort(port))),
  ];
}

function encodeNode(node: OnnxNode, name: string): Bytes {
  return [
    ...node.inputs.flatMap((input) => text(1, input)),
    ...node.outputs.flatMap((output) => text(2, output)),
    ...text(3, name),
    ...text(4, node.op),
    ...Object.entries(node.attrs).flatMap(([key, attr]) => message(5, encodeAttribute(key, attr))),
    ...(node.domain === '' ? [] : text(7, node.domain)),
  ];
}

/**
 * Attributes that are floats in every operator that has them. The type cannot be told from the value: `alpha: 1` is a
 * float in Gemm, `axis: 1` an integer in Softmax.
 */
const floats = new Set(['alpha', 'beta', 'epsilon', 'gamma', 'lambd', 'bias', 'scale', 'softcap', 'mask_filter_value', 'value_float']);
const floatAttribute = (key: string, value: number): boolean => floats.has(key) || !Number.isInteger(value);

/** AttributeProto.AttributeType */
const kind = { float: 1, int: 2, string: 3, ints: 7 } as const;

function encodeAttribute(key: string, attr: Attribute): Bytes {
  const name = text(1, key);
  if (typeof attr === 'string') return [...name, ...text(4, attr), ...int(20, kind.string)];
  if (typeof attr === 'boolean') return [...name, ...int(3, Number(attr)), ...int(20, kind.int)];
  if (typeof attr === 'number')
    return floatAttribute(key, attr) ? [...name, ...float(2, attr), ...int(20, kind.float)] : [...name, ...int(3, attr), ...int(20, kind.int)];
  return [...name, ...attr.flatMap((element) => int(8, element)), ...int(20, kind.ints)];
}

/** TensorProto.DataLocation.EXTERNAL */
const EXTERNAL = 1;

function encodeTensor({ name, type, shape, data }: OnnxTensor): Bytes {
  const head = [...shape.flatMap((side) => int(1, side)), ...int(2, elementType[type]), ...text(8, name)];
  if (data) return [...head, ...bytes(9, data)];
  const entries = { location: name, offset: '0', length: String(sizeOf(shape) * bytesOf[type]) };
  const where = Object.entries(entries).flatMap(([key, entry]) => message(13, [...text(1, key), ...text(2, entry)]));
  return [...head, ...where, ...int(14, EXTERNAL)];
}

const bytesOf = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, bool: 1, float16: 2, bfloat16: 2 } as const satisfies Record<ElementType, number>;

/** A ValueInfoProto with a tensor type. */
function encodePort({ name, type, shape }: OnnxPort): Bytes {
  const sides = shape.flatMap((side) => message(1, typeof side === 'string' ? text(2, side) : int(1, side)));
  return [...text(1, name), ...message(2, message(1, [...int(1, elementType[type]), ...message(2, sides)]))];
}
