import { sameShape, sizeOf, type Attribute, type Constant, type DType, type Graph, type Node, type Value } from '../graph';
import type { ElementType, OnnxNode, OnnxTensor } from './proto';

/** What the lowering of one node sees: it names what it reads, writes ONNX nodes, and gives the names of its results. */
export interface Writer {
  /** Whether com.microsoft's operators may be used, which only ONNX Runtime has. */
  readonly contrib: boolean;
  /** The value at its own shape. */
  name(of: Value): string;
  /**
   * The operands of a broadcasting operator. A constant whose elements are all equal stays a scalar where the others
   * give the result its shape: ONNX Runtime then reads one number instead of a tensor.
   */
  operands(of: readonly Value[], result: readonly number[]): readonly string[];
  /** The number that all elements of a constant are, when it is one and they are. */
  splat(of: Value): number | undefined;
  scalar(value: number, dtype: DType): string;
  /** A list of int64, as shapes and axes are given. */
  ints(list: readonly number[]): string;
  floats(list: readonly number[], shape: readonly number[]): string;
  /** Writes a node with one output; the same node again is the same output. */
  node(op: string, inputs: readonly string[], attrs?: OnnxNode['attrs']): string;
  nodes(op: string, inputs: readonly string[], attrs: OnnxNode['attrs'], outputs: number, domain?: string): readonly string[];
  reshape(name: string, shape: readonly number[]): string;
}

/** Gives the names of a node's outputs. */
export type Lower = (node: Node, write: Writer) => readonly string[];

export interface Lowering {
  /** The attributes it knows; all of them must be there, and no other. */
  readonly attrs: readonly string[];
  readonly lower: Lower;
}

export const MICROSOFT = 'com.microsoft';

/** A uniform constant of at most so many elements is written out, a bigger one is a scalar and an Expand. */
const SMALL = 16;

/** Collects the nodes and initializers of one ONNX graph. */
export class GraphWriter implements Writer {
  readonly written: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly names = new Map<Value, string>();
  private readonly shared = new Map<string, readonly string[]>();
  private count = 0;

  constructor(
    private readonly constants: Graph['constants'],
    private readonly taken: ReadonlySet<string>,
    readonly contrib: boolean,
  ) {}

  bind(of: Value, name: string): void {
    this.names.set(of, name);
  }

  name(of: Value): string {
    const known = this.names.get(of);
    if (known !== undefined) return known;
    const constant = this.constants.get(of);
    if (!constant) throw new Error(`A value ${of.dtype}[${of.shape}] is read before it is made`);
    const name = this.constant(constant, of);
    this.names.set(of, name);
    return name;
  }

  operands(of: readonly Value[], result: readonly number[]): readonly string[] {
    const full = of.filter((operand) => this.splat(operand) === undefined);
    const scalars = sameShape(broadcast(full.map((operand) => operand.shape)), result);
    return of.map((operand) => {
      const splat = scalars ? this.splat(operand) : undefined;
      return splat === undefined ? this.name(operand) : this.scalar(splat, operand.dtype);
    });
  }

  splat(of: Value): number | undefined {
    const constant = this.constants.get(of);
    if (!constant) return undefined;
    if ('splat' in constant) return constant.splat;
    const [first] = constant.data;
    return constant.data.length === 1 ? first : undefined;
  }

  scalar(value: number, dtype: DType): string {
    return this.constant({ splat: value }, { dtype, shape: [] });
  }

  ints(list: readonly number[]): string {
    return this.initializer('int64', [list.length], raw(BigInt64Array.from(list, BigInt)));
  }

  floats(list: readonly number[], shape: readonly number[]): string {
    return this.initializer('float32', shape, raw(Float32Array.from(list)));
  }

  node(op: string, inputs: readonly string[], attrs: OnnxNode['attrs'] = {}): string {
    return this.nodes(op, inputs, attrs, 1)[0]!;
  }

  nodes(op: string, inputs: readonly string[], attrs: Readonly<Record<string, Attribute>>, outputs: number, domain = ''): readonly string[] {
    return this.once(JSON.stringify([domain, op, inputs, attrs, outputs]), () => {
      const made = Array.from({ length: outputs }, () => this.fresh());
      this.written.push({ op, domain, inputs, outputs: made, attrs });
      return made;
    });
  }

  reshape(name: string, shape: readonly number[]): string {
    // A zero in the shape otherwise means: as long as the input's axis.
    return this.node('Reshape', [name, this.ints(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  private constant(constant: Constant, { dtype, shape }: Value): string {
    // Initializers are written in types that JavaScript has; the graph's optimizer folds the cast.
    if (dtype === 'float16' || dtype === 'bfloat16') return this.node('Cast', [this.constant(constant, { dtype: 'float32', shape })], { to: dtype === 'float16' ? 10 : 16 });
    if (dtype === 'int8' || dtype === 'uint8') throw new Error(`ONNX: a constant of type ${dtype} is not supported`);
    const size = sizeOf(shape);
    if (!('splat' in constant)) return this.initializer(dtype, shape, raw(arrayOf(dtype, constant.data)));
    if (size <= SMALL) return this.initializer(dtype, shape, raw(arrayOf(dtype, Array.from({ length: size }, () => constant.splat))));
    return this.node('Expand', [this.scalar(constant.splat, dtype), this.ints(shape)]);
  }

  private initializer(type: ElementType, shape: readonly number[], data: Uint8Array): string {
    const add = (): readonly string[] => {
      const name = this.fresh();
      this.initializers.push({ name, type, shape, data });
      return [name];
    };
    return (data.length <= 512 ? this.once(`${type}|${shape}|${data}`, add) : add())[0]!;
  }

  private once(key: string, make: () => readonly string[]): readonly string[] {
    const made = this.shared.get(key) ?? make();
    this.shared.set(key, made);
    return made;
  }

  private fresh(): string {
    let name: string;
    do name = `t${this.count++}`;
    while (this.taken.has(name));
    return name;
  }
}

function arrayOf(dtype: 'float32' | 'int32' | 'bool', from: ArrayLike<number>): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return from instanceof Float32Array ? from : Float32Array.from(from);
  if (dtype === 'int32') return from instanceof Int32Array ? from : Int32Array.from(from);
  return Uint8Array.from(from, (element) => Number(element !== 0));
}

function raw(array: Float32Array | Int32Array | Uint8Array | BigInt64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The shape that NumPy's broadcasting gives. */
function broadcast(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sides.find((side) => side !== 1) ?? 1;
  });
}
