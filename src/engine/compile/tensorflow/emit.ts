import type { DType, Graph, Named, Value } from '../graph';
import { clustersOf, FunctionLibrary, type Cluster } from './fuse';
import { lower } from './lower';
import { encodeSavedModel, type Signature, type TfNode } from './proto';
import { GraphWriter } from './writer';

/** Something fed to or fetched from a program, and the node in TensorFlow's graph that stands for it. */
export interface Port {
  readonly name: string;
  readonly node: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface EmittedProgram {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** A bool that comes after all variables are written, and says whether they were; none where the program writes none. */
  readonly done: string | undefined;
}

/** A SavedModel, and the programs in it by their names. */
export interface EmittedModel {
  readonly model: Uint8Array;
  readonly programs: Readonly<Record<string, EmittedProgram>>;
}

export interface EmitOptions {
  /** Outputs (scalars) of a program that must be finite for its variables to be written. */
  readonly guards?: Readonly<Record<string, readonly string[]>>;
  /** Computes elementwise operations that read each other in one go, by TensorFlow's compiler XLA. */
  readonly fused?: boolean;
  /** Programs that others than us are to call, by their names. */
  readonly signatures?: readonly string[];
}

/**
 * Programs that share state, as one SavedModel. What a program puts out as `x.next` becomes the variable `x`, which
 * every program with an input `x` reads instead of being fed it; variables stay where the session computes.
 *
 * @throws Error that names an operation or attribute that cannot be said in TensorFlow.
 */
export function emitTensorFlow(programs: Readonly<Record<string, Graph>>, options: EmitOptions = {}): EmittedModel {
  const state = stateOf(Object.values(programs));
  const nodes: TfNode[] = [...state.values()].map(variable);
  const emitted: Record<string, EmittedProgram> = {};
  const library = new FunctionLibrary();
  for (const [name, graph] of Object.entries(programs)) {
    const program = new ProgramWriter(name, graph, state, options.fused ? library : undefined);
    emitted[name] = program.write(options.guards?.[name] ?? []);
    nodes.push(...program.writer.written);
  }
  const signatures = (options.signatures ?? []).map((name): Signature => ({ name, ...emitted[name]! }));
  return { model: encodeSavedModel(nodes, library.functions, signatures), programs: emitted };
}

const NEXT = '.next';

function stateOf(graphs: readonly Graph[]): ReadonlyMap<string, Named> {
  const written = graphs.flatMap(({ outputs }) => outputs).filter(({ name }) => name.endsWith(NEXT));
  return new Map(written.map(({ name, value }) => [name.slice(0, -NEXT.length), { name: name.slice(0, -NEXT.length), value }]));
}

function variable({ name, value: { dtype, shape } }: Named): TfNode {
  const attrs = { dtype: { type: dtype }, shape: { shape }, shared_name: { string: name }, container: { string: '' } };
  return { name: handleOf(name), op: 'VarHandleOp', inputs: [], attrs };
}

const handleOf = (name: string): string => `state/${name}`;

class ProgramWriter {
  readonly writer: GraphWriter;

  constructor(
    private readonly name: string,
    private readonly graph: Graph,
    private readonly state: ReadonlyMap<string, Named>,
    private readonly library: FunctionLibrary | undefined,
  ) {
    this.writer = new GraphWriter(name, graph.constants);
  }

  write(guards: readonly string[]): EmittedProgram {
    const { inputs, outputs, nodes } = this.graph;
    const inputPorts = inputs.filter(({ name }) => !this.state.has(name)).map((input) => this.placeholder(input));
    inputs.filter(({ name }) => this.state.has(name)).forEach((input) => this.read(input));
    const clusters = this.library ? clustersOf(this.graph) : [];
    const fused = new Set(clusters.flatMap((cluster) => cluster.own));
    // The order of a file's nodes does not matter, so what reads a cluster may be written before it.
    clusters.forEach(({ outputs: results }, i) => results.forEach((result, k) => this.writer.bind(result, this.clusterName(i) + (k > 0 ? `:${k}` : ''))));
    for (const node of nodes.filter((one) => !fused.has(one))) {
      const names = lower(node, this.writer);
      node.outputs.forEach((output, i) => this.writer.bind(output, names[i]!));
    }
    clusters.forEach((cluster, i) => this.call(cluster, this.clusterName(i)));
    const outputPorts = outputs.filter(({ name }) => !name.endsWith(NEXT)).map((output) => this.result(output));
    const done = this.assign(outputs.filter(({ name }) => name.endsWith(NEXT)), guards);
    return { inputs: inputPorts, outputs: outputPorts, done };
  }

  private clusterName(index: number): string {
    return `${this.name}/fused_${index}`;
  }

  private call(cluster: Cluster, name: string): void {
    const types = (values: readonly Value[]): { readonly types: readonly DType[] } => ({ types: values.map(({ dtype }) => dtype) });
    const attrs = { Tin: types(cluster.inputs), Tout: types(cluster.outputs), f: { function: this.library!.add(cluster, this.graph.constants) }, _XlaMustCompile: { bool: true } };
    this.writer.named(name, 'PartitionedCall', cluster.inputs.map((input) => this.writer.name(input)), attrs);
  }

  private port({ name, value: { dtype, shape } }: Named): Port {
    return { name, node: `${this.name}/${name}`, dtype, shape };
  }

  private placeholder(input: Named): Port {
    const port = this.port(input);
    this.writer.named(port.node, 'Placeholder', [], { dtype: { type: port.dtype }, shape: { shape: port.shape } });
    this.writer.bind(input.value, port.node);
    return port;
  }

  private read(input: Named): void {
    const { node, dtype } = this.port(input);
    this.writer.named(node, 'ReadVariableOp', [handleOf(input.name)], { dtype: { type: dtype } });
    this.writer.bind(input.value, node);
  }

  private result(output: Named): Port {
    const port = { ...this.port(output), node: `${this.name}/out.${output.name}` };
    this.writer.named(port.node, 'Identity', [this.writer.name(output.value)], { T: { type: port.dtype } });
    return port;
  }

  /**
   * Writes the variables after they were read, behind a switch where the program has guards: what comes out of its
   * closed side does not run, so that nothing is copied to keep the old state.
   */
  private assign(next: readonly Named[], guards: readonly string[]): string | undefined {
    if (next.length === 0) return undefined;
    const bool = { T: { type: 'bool' } } as const;
    const open = guards.length > 0 ? this.finite(guards) : this.writer.scalar(1, 'bool');
    const gate = (name: string, dtype: DType): string => (guards.length > 0 ? this.writer.nodes('Switch', [name, open], { T: { type: dtype } }, 2)[1]! : name);
    const reads = new Set(this.graph.inputs.map(({ name }) => name));
    const assigns = next.map(({ name, value }) => {
      const variable = name.slice(0, -NEXT.length);
      const after = reads.has(variable) ? [`^${this.name}/${variable}`] : [];
      return this.writer.node('AssignVariableOp', [handleOf(variable), gate(this.writer.name(value), value.dtype), ...after], { dtype: { type: value.dtype }, validate_shape: { bool: true } });
    });
    const waiting = assigns.map((name) => `^${name}`);
    const done = `${this.name}/done`;
    if (guards.length === 0) return this.writer.named(done, 'Identity', [open, ...waiting], bool);
    const [closed, through] = this.writer.nodes('Switch', [open, open], bool, 2);
    const written = this.writer.node('Identity', [through!, ...waiting], bool);
    return this.writer.named(done, 'Merge', [closed!, written], { ...bool, N: { int: 2 } });
  }

  private finite(guards: readonly string[]): string {
    const checks = guards.map((name) => {
      const output = this.graph.outputs.find((one) => one.name === name);
      if (!output) throw new Error(`TensorFlow: the program ${this.name} has no output ${name} to guard its state by`);
      return this.writer.node('IsFinite', [this.writer.name(output.value)], { T: { type: output.value.dtype } });
    });
    return checks.reduce((all, one) => this.writer.node('LogicalAnd', [all, one]));
  }
}
