import { sizeOf, type Constant, type DType, type Node, type Value } from '../graph';
import type { Attr, TfNode } from './proto';

/** What a lowering writes with. A tensor is known by the name that TensorFlow gives it: `node`, or `node:1`. */
export interface Writer {
  name(of: Value): string;
  /** Writes a node with one output. */
  node(op: string, inputs: readonly string[], attrs?: TfNode['attrs']): string;
  /** Writes a node with several outputs. */
  nodes(op: string, inputs: readonly string[], attrs: TfNode['attrs'], count: number): readonly string[];
  /** An int32 vector: a shape, axes, paddings. */
  ints(values: readonly number[], shape?: readonly number[]): string;
  scalar(value: number, type: DType): string;
  constant(value: Constant, shape: readonly number[], type: DType): string;
}

export type Lower = (node: Node, write: Writer) => readonly string[];

/** How an operation is said in TensorFlow, and which attributes it must have. */
export interface Lowering {
  readonly attrs: readonly string[];
  readonly lower: Lower;
}

export const type = (of: Value): { readonly type: DType } => ({ type: of.dtype });

/** Writes the nodes of one program; all their names begin with the program's. */
export class GraphWriter implements Writer {
  readonly written: TfNode[] = [];
  private readonly names = new Map<Value, string>();
  private readonly shared = new Map<string, string>();

  constructor(
    private readonly scope: string,
    private readonly constants: ReadonlyMap<Value, Constant>,
  ) {}

  bind(of: Value, name: string): void {
    this.names.set(of, name);
  }

  name(of: Value): string {
    const known = this.names.get(of);
    if (known !== undefined) return known;
    const constant = this.constants.get(of);
    if (!constant) throw new Error(`TensorFlow: a value ${of.dtype}[${of.shape.join()}] is read before it is made`);
    const name = this.constant(constant, of.shape, of.dtype);
    this.bind(of, name);
    return name;
  }

  node(op: string, inputs: readonly string[], attrs: TfNode['attrs'] = {}): string {
    return this.nodes(op, inputs, attrs, 1)[0]!;
  }

  nodes(op: string, inputs: readonly string[], attrs: TfNode['attrs'], count: number): readonly string[] {
    const name = this.named(`${this.scope}/${op}_${this.written.length}`, op, inputs, attrs);
    return Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`));
  }

  /** A node with a name that is used from outside. */
  named(name: string, op: string, inputs: readonly string[], attrs: TfNode['attrs']): string {
    this.written.push({ name, op, inputs, attrs });
    return name;
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.once(`ints ${shape.join()}: ${values.join()}`, () => this.constant({ data: Int32Array.from(values) }, shape, 'int32'));
  }

  scalar(value: number, dtype: DType): string {
    return this.once(`${dtype} ${value}`, () => this.constant({ splat: value }, [], dtype));
  }

  constant(value: Constant, shape: readonly number[], dtype: DType): string {
    if ('data' in value && value.data.length !== sizeOf(shape)) throw new Error(`TensorFlow: a constant of shape [${shape.join()}] has ${value.data.length} elements`);
    const tensor: Attr = { tensor: { type: dtype, shape, value } };
    return this.node('Const', [], { dtype: { type: dtype }, value: tensor });
  }

  private once(key: string, make: () => string): string {
    const name = this.shared.get(key) ?? make();
    this.shared.set(key, name);
    return name;
  }
}
