import { value, type Graph, type Named, type Node, type Value } from '../graph';
import type { TensorMap } from '../../tensors';
import { dropDead } from './dropDead';
import { numbersOf, rewrite, type Site } from './pass';

/**
 * The graph that reads the kernels of linear layers as files have them, [out, in], where it read them as [in, out]: products turn
 * them while they prepare them. What reads one in another way gets a Transpose.
 *
 * Why: to turn the 86 million weights of a B/16 beforehand takes 0.3 s, as long as opening its session.
 *
 * @param isWeight by the names of inputs; those of two axes are turned
 */
export function turnWeights(graph: Graph, isWeight: (name: string) => boolean): Graph {
  const before: Node[] = [];
  const inputs = graph.inputs.map(({ name, value: kernel }) => {
    if (!isWeight(name) || kernel.shape.length !== 2) return { name, value: kernel };
    const rows = value(kernel.dtype, kernel.shape.toReversed());
    before.push({ op: 'Transpose', inputs: [rows], outputs: [kernel], attrs: { perm: [1, 0] } });
    return { name, value: rows };
  });
  return rewrite({ ...graph, inputs, nodes: [...before, ...graph.nodes] }, (node, site) => {
    if (node.op === 'Slice') return slicedBefore(node, site);
    if (node.op === 'Multiply') return scaledBefore(node, site);
    return node.op === 'MatMul' ? readTurned(node, site) : undefined;
  });
}

/** A part of a turned matrix is a turned part of it: that part of the rows lies in one piece. */
function slicedBefore({ inputs: [x], outputs: [result], attrs }: Node, site: Site): readonly Value[] | undefined {
  const matrix = turned(x!, site);
  if (!matrix) return undefined;
  const shape = result!.shape.toReversed();
  const part = site.add('Slice', [matrix], shape, { begin: numbersOf(attrs['begin']).toReversed(), size: shape }, result!.dtype);
  return [site.add('Transpose', [part], result!.shape, { perm: [1, 0] }, result!.dtype)];
}

/** So is a multiple of it: the factors that an activation leaves, and takes back later. */
function scaledBefore({ inputs: [x, factor], outputs: [result] }: Node, site: Site): readonly Value[] | undefined {
  const matrix = turned(x!, site);
  if (!matrix || site.splat(factor!) === undefined || factor!.shape.length > 0) return undefined;
  return [site.add('Transpose', [site.add('Multiply', [matrix, factor!], matrix.shape)], result!.shape, { perm: [1, 0] })];
}

function readTurned({ inputs: [a, b], outputs: [result], attrs }: Node, site: Site): readonly Value[] | undefined {
  const [left, right] = [turned(a!, site), turned(b!, site)];
  if (!left && !right) return undefined;
  const exchange = (name: string, by: Value | undefined): boolean => (attrs[name] === true) !== (by !== undefined);
  return [site.add('MatMul', [left ?? a!, right ?? b!], result!.shape, { ...attrs, transposeA: exchange('transposeA', left), transposeB: exchange('transposeB', right) })];
}

/** The matrix of which this is the transposed one. */
function turned(of: Value, site: Site): Value | undefined {
  const node = site.producer(of);
  return node?.op === 'Transpose' && of.shape.length === 2 ? node.inputs[0] : undefined;
}

/** The rows of a matrix that a graph reads by themselves. */
function partName(name: string, from: number, to: number): string {
  return `${name}[${String(from)}:${String(to)}]`;
}

/**
 * The weights, and those of queries, keys and values by themselves, as views of the rows of their matrix: read out of it, they
 * would be copied when a session opens.
 */
export function withParts(weights: TensorMap): TensorMap {
  const parts = [...weights].filter(([name, { shape }]) => name.endsWith('attn.qkv.weight') && shape[0] === 3 * shape[1]!);
  return new Map([
    ...weights,
    ...parts.flatMap(([name, { data, shape: [, D] }]) => [0, 1, 2].map((i) => [partName(name, i * D!, (i + 1) * D!), { shape: [D!, D!], data: data.subarray(i * D! ** 2, (i + 1) * D! ** 2) }] as const)),
  ]);
}

/** The graph with the parts of weights that `withParts` knows as inputs of their own. */
export function readParts(graph: Graph, isWeight: (name: string) => boolean): Graph {
  const nameOf = new Map(graph.inputs.map(({ name, value: given }) => [given, name]));
  const parts: Named[] = [];
  const read = rewrite(graph, ({ op, inputs: [x], outputs: [result], attrs }) => {
    const whole = op === 'Slice' && x!.shape.length === 2 ? nameOf.get(x!) : undefined;
    if (whole === undefined || result!.shape[1] !== x!.shape[1]) return undefined;
    const [from = 0] = numbersOf(attrs['begin']);
    const name = partName(whole, from, from + result!.shape[0]!);
    if (!isWeight(name)) return undefined;
    const part = parts.find((one) => one.name === name) ?? { name, value: value(result!.dtype, result!.shape) };
    if (!parts.includes(part)) parts.push(part);
    return [part.value];
  });
  return dropDead.run({ ...read, inputs: [...read.inputs, ...parts] });
}
