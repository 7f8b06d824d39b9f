import { value, type Constant, type DType, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';

/** Builds a graph node by node, for tests. */
export class Build {
  private readonly inputs: { name: string; value: Value }[] = [];
  private readonly constants = new Map<Value, Constant>();
  private readonly nodes: Node[] = [];

  input(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
    const made = value(dtype, shape);
    this.inputs.push({ name, value: made });
    return made;
  }

  splat(splat: number, shape: readonly number[] = [], dtype: DType = 'float32'): Value {
    return this.constant({ splat }, shape, dtype);
  }

  constant(constant: Constant, shape: readonly number[], dtype: DType = 'float32'): Value {
    const made = value(dtype, shape);
    this.constants.set(made, constant);
    return made;
  }

  add(op: string, inputs: readonly Value[], shape: readonly number[] = inputs[0]!.shape, attrs: Node['attrs'] = {}, dtype: DType = 'float32'): Value {
    return this.addMany(op, inputs, [value(dtype, shape)], attrs)[0]!;
  }

  addMany(op: string, inputs: readonly Value[], outputs: readonly Value[], attrs: Node['attrs'] = {}): readonly Value[] {
    this.nodes.push({ op, inputs, outputs, attrs });
    return outputs;
  }

  graph(...outputs: readonly Value[]): Graph {
    return { inputs: this.inputs, constants: this.constants, nodes: this.nodes, outputs: outputs.map((output, i) => ({ name: `y${i}`, value: output })) };
  }
}
