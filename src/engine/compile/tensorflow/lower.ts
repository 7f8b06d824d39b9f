import type { Node } from '../graph';
import { elementwise } from './lowerElementwise';
import { shaping } from './lowerShape';
import { windowing } from './lowerWindow';
import type { Lowering, Writer } from './writer';

/** How each operation of the graph is said in TensorFlow. */
export const lowerings: Readonly<Record<string, Lowering>> = { ...elementwise, ...shaping, ...windowing };

/**
 * Writes one node and gives the names of its outputs.
 *
 * @throws Error that names an operation or an attribute that is not known, or an attribute that is missing.
 */
export function lower(node: Node, write: Writer): readonly string[] {
  const lowering = Object.hasOwn(lowerings, node.op) ? lowerings[node.op] : undefined;
  if (!lowering) throw new Error(`TensorFlow: the operation ${node.op} is not supported`);
  const unknown = Object.keys(node.attrs).find((key) => !lowering.attrs.includes(key));
  if (unknown !== undefined) throw new Error(`TensorFlow: ${node.op} has an attribute that is not supported: ${unknown}`);
  const missing = lowering.attrs.find((key) => !Object.hasOwn(node.attrs, key));
  if (missing !== undefined) throw new Error(`TensorFlow: ${node.op} lacks its attribute ${missing}`);
  return lowering.lower(node, write);
}
