import { sizeOf, type Constant, type DType } from '../graph';
import { bytes, float, int, join, message, text, type Bytes } from '../protobuf';

/**
 * The part of `saved_model.proto` and what it includes that a graph needs, encoded. Numbers of fields and of element
 * types are those of TensorFlow's `.proto` files.
 */

/** DataType of types.proto; a `resource` is the handle of a variable. */
export const dataType = { float32: 1, int32: 3, uint8: 4, int8: 6, bool: 10, bfloat16: 14, float16: 19, resource: 20 } as const satisfies Record<DType | 'resource', number>;

export type DataType = keyof typeof dataType;

export interface TensorValue {
  readonly type: DType;
  readonly shape: readonly number[];
  readonly value: Constant;
}

/** AttrValue: what kind of value an attribute has cannot be told from the value itself, so it is said. */
export type Attr =
  | { readonly type: DataType }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly shape: readonly number[] }
  | { readonly tensor: TensorValue }
  | { readonly function: string }
  | { readonly types: readonly DataType[] };

export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1` for its second output, `^node` for one that only has to have run before. */
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, Attr>>;
}

/** A function that nodes can call; in its body a tensor is `node:output:0`, or the name of an input. */
export interface TfFunction {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly type: DataType }[];
  readonly outputs: readonly { readonly name: string; readonly type: DataType; readonly from: string }[];
  readonly nodes: readonly TfNode[];
}

/** SignatureDef: a part of the graph that others call by its name, with what it takes and gives. */
export interface Signature {
  readonly name: string;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

interface SignatureTensor {
  readonly name: string;
  readonly node: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** The version of graphs that TensorFlow 2 writes, and the oldest one whose readers understand what is used here. */
const PRODUCER = 1395;
const MIN_CONSUMER = 12;

/** A SavedModel with one graph, tagged `serve`. Whoever runs it without a signature names the nodes. */
export function encodeSavedModel(nodes: readonly TfNode[], functions: readonly TfFunction[] = [], signatures: readonly Signature[] = []): Uint8Array {
  const versions = message(4, [...int(1, PRODUCER), ...int(2, MIN_CONSUMER)]);
  const library = message(2, functions.flatMap((one) => message(1, encodeFunction(one))));
  const graph = message(2, [...nodes.flatMap((node) => message(1, encodeNode(node))), ...library, ...versions]);
  const called = signatures.flatMap((one) => message(5, [...text(1, one.name), ...message(2, encodeSignature(one))]));
  return join([...int(1, 1), ...message(2, [...message(1, text(4, 'serve')), ...graph, ...called])]);
}

function encodeSignature({ inputs, outputs }: Signature): Bytes {
  const tensor = (field: number, { name, node, dtype, shape }: SignatureTensor): Bytes =>
    message(field, [...text(1, name), ...message(2, [...text(1, `${node}:0`), ...int(2, dataType[dtype]), ...message(3, encodeShape(shape))])]);
  return [...inputs.flatMap((one) => tensor(1, one)), ...outputs.flatMap((one) => tensor(2, one)), ...text(3, 'tensorflow/serving/predict')];
}

function encodeFunction({ name, inputs, outputs, nodes }: TfFunction): Bytes {
  const argument = (field: number, { name: called, type }: TfFunction['inputs'][number]): Bytes => message(field, [...text(1, called), ...int(3, dataType[type])]);
  const signature = [...text(1, name), ...inputs.flatMap((one) => argument(2, one)), ...outputs.flatMap((one) => argument(3, one))];
  const results = outputs.flatMap((one) => message(4, [...text(1, one.name), ...text(2, one.from)]));
  return [...message(1, signature), ...nodes.flatMap((node) => message(3, encodeNode(node))), ...results];
}

function encodeNode({ name, op, inputs, attrs }: TfNode): Bytes {
  const entries = Object.entries(attrs).flatMap(([key, attr]) => message(5, [...text(1, key), ...message(2, encodeAttr(attr))]));
  return [...text(1, name), ...text(2, op), ...inputs.flatMap((input) => text(3, input)), ...entries];
}

function encodeAttr(attr: Attr): Bytes {
  if ('type' in attr) return int(6, dataType[attr.type]);
  if ('int' in attr) return int(3, attr.int);
  if ('ints' in attr) return message(1, attr.ints.flatMap((element) => int(3, element)));
  if ('bool' in attr) return int(5, Number(attr.bool));
  if ('string' in attr) return text(2, attr.string);
  if ('shape' in attr) return message(7, encodeShape(attr.shape));
  if ('tensor' in attr) return message(8, encodeTensor(attr.tensor));
  if ('function' in attr) return message(10, text(1, attr.function));
  return message(1, attr.types.flatMap((type) => int(6, dataType[type])));
}

function encodeShape(shape: readonly number[]): Bytes {
  return shape.flatMap((side) => message(2, int(1, side)));
}

/** A TensorProto; one value stands for all elements. */
function encodeTensor({ type, shape, value }: TensorValue): Bytes {
  const head = [...int(1, dataType[type]), ...message(2, encodeShape(shape))];
  if ('splat' in value) return sizeOf(shape) === 0 ? head : [...head, ...splat(type, value.splat)];
  const { buffer, byteOffset, byteLength } = value.data;
  return [...head, ...bytes(4, new Uint8Array(buffer, byteOffset, byteLength))];
}

function splat(type: DType, value: number): Bytes {
  if (type === 'float32') return float(5, value);
  if (type === 'int32') return int(7, value);
  if (type === 'bool') return int(11, value);
  throw new Error(`TensorFlow: a constant of type ${type} is not supported`);
}
