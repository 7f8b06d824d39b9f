import type { Node } from '../graph';
import { convolving } from './lowerConv';
import { elementwise } from './lowerElementwise';
import { shaping } from './lowerShape';
import { MICROSOFT, type Lowering, type Writer } from './lowerWriter';

/** How each operation of the graph is said in ONNX. */
export const lowerings: Readonly<Record<string, Lowering>> = { ...elementwise, ...shaping, ...convolving };

/**
 * Writes one node and gives the names of its outputs. `onnx.X` and `com.microsoft.X` go out as they are.
 *
 * @throws Error that names an operation or an attribute that is not known, or an attribute that is missing.
 */
export function lower(node: Node, write: Writer): readonly string[] {
  const verbatim = verbatimOp(node.op);
  if (verbatim) {
    const inputs = node.inputs.map((input) => write.name(input));
    return write.nodes(verbatim.op, inputs, node.attrs, node.outputs.length, verbatim.domain);
  }
  const lowering = Object.hasOwn(lowerings, node.op) ? lowerings[node.op] : undefined;
  if (!lowering) throw new Error(`ONNX: the operation ${node.op} is not supported`);
  const unknown = Object.keys(node.attrs).find((key) => !lowering.attrs.includes(key));
  if (unknown !== undefined) throw new Error(`ONNX: ${node.op} has an attribute that is not supported: ${unknown}`);
  const missing = lowering.attrs.find((key) => !Object.hasOwn(node.attrs, key));
  if (missing !== undefined) throw new Error(`ONNX: ${node.op} lacks its attribute ${missing}`);
  return lowering.lower(node, write);
}

function verbatimOp(name: string): { domain: string; op: string } | undefined {
  if (name.startsWith('onnx.')) return { domain: '', op: name.slice('onnx.'.length) };
  if (name.startsWith(`${MICROSOFT}.`)) return { domain: MICROSOFT, op: name.slice(MICROSOFT.length + 1) };
  return undefined;
}
