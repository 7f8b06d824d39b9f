import fc from 'fast-check';
import { value, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';

/** Large enough to be fused. */
const SHAPE = [64, 64];
const ops = ['Neg', 'Square', 'Add', 'Sub', 'Multiply', 'Maximum', 'MatMul', 'Transpose', 'Sum', 'Round'] as const;

/** Graphs of square matrices in which elementwise operations and others alternate at random. */
export const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.record({ op: fc.constantFrom(...ops), a: fc.nat(), b: fc.nat() }), { minLength: 3, maxLength: 25 })
  .map((drawn) => {
    const inputs = ['x', 'y'].map((name) => ({ name, value: value('float32', SHAPE) }));
    const values: Value[] = inputs.map((input) => input.value);
    const nodes: Node[] = [];
    const add = (op: string, given: readonly Value[], result: Value, attrs: Node['attrs'] = {}): Value => {
      nodes.push({ op, inputs: given, outputs: [result], attrs });
      return result;
    };
    for (const { op, a, b } of drawn) {
      const [x, y] = [values[a % values.length]!, values[b % values.length]!];
      const made = value('float32', SHAPE);
      if (op === 'Transpose') values.push(add(op, [x], made, { perm: [1, 0] }));
      else if (op === 'MatMul') values.push(add(op, [x, y], made, { transposeA: false, transposeB: true }));
      else if (op === 'Sum') values.push(add('Add', [x, add('Sum', [y], value('float32', [64, 1]), { axes: [1], keepDims: true })], made));
      // There and back, as around a product in bfloat16.
      else if (op === 'Round') values.push(add('Cast', [add('Cast', [x], value('bfloat16', SHAPE))], made));
      else values.push(add(op, op === 'Neg' || op === 'Square' ? [x] : [x, y], made));
    }
    const outputs = values.slice(2).filter((_, i) => i % 4 === 3 || i === drawn.length - 1);
    return { inputs, outputs: outputs.map((output, i) => ({ name: `out${i}`, value: output })), constants: new Map(), nodes };
  });
