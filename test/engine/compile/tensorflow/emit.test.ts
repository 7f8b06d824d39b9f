import { describe, expect, test } from 'vitest';
import { value, type Constant, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';
import { bf16MatMul } from '../../../../src/engine/compile/passes/bf16MatMul';
import { emitTensorFlow } from '../../../../src/engine/compile/tensorflow/emit';
import { lowerings } from '../../../../src/engine/compile/tensorflow/lower';
import { compileForward, compileStep } from '../../../../src/engine/compile/tensorflow/programs';
import { fromBytes, toBytes } from '../../../../src/engine/compile/tensorflow/stored';
import { configSchema } from '../../../../src/engine/config/schema';
import { vitSpec } from '../../../../src/engine/model/spec';
import { cases } from '../onnx/cases';
import { readSavedModel, type ReadNode } from './savedModel';

const x = value('float32', [2, 3]);
const y = value('float32', [2, 3]);

function graph(nodes: readonly Node[], outputs: Readonly<Record<string, Value>>, constants: readonly (readonly [Value, Constant])[] = []): Graph {
  return { inputs: [{ name: 'x', value: x }], outputs: Object.entries(outputs).map(([name, output]) => ({ name, value: output })), constants: new Map(constants), nodes };
}

const neg: Node = { op: 'Neg', inputs: [x], outputs: [y], attrs: {} };

test('every operation that is emitted has a case in the comparison with TensorFlow, and no other', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(lowerings).sort());
});

describe('what cannot be said in TensorFlow is an error that names it', () => {
  test.each<[Partial<Node>, string]>([
    [{ op: 'Cumsum' }, 'TensorFlow: the operation Cumsum is not supported'],
    [{ op: 'toString' }, 'TensorFlow: the operation toString is not supported'],
    [{ attrs: { exact: true } }, 'TensorFlow: Neg has an attribute that is not supported: exact'],
    [{ op: 'Softmax' }, 'TensorFlow: Softmax lacks its attribute axis'],
  ])('%j', (part, message) => {
    expect(() => emitTensorFlow({ run: graph([{ ...neg, ...part }], { y }) })).toThrow(message);
  });

  test('a value that nobody makes', () => {
    expect(() => emitTensorFlow({ run: graph([{ ...neg, inputs: [value('float32', [4])] }], { y }) })).toThrow('float32[4] is read before it is made');
  });

  test('a guard that is no output', () => {
    expect(() => emitTensorFlow({ run: graph([neg], { 'x.next': y }) }, { guards: { run: ['loss'] } })).toThrow('run has no output loss to guard its state by');
  });
});

test('a graph as a SavedModel: nodes, attributes and constants as TensorFlow has them', () => {
  const [c, half, sum, product] = [value('float32', [3]), value('float32', []), value('float32', [2, 3]), value('float32', [2, 2])];
  const nodes: Node[] = [
    { op: 'Add', inputs: [x, c], outputs: [sum], attrs: {} },
    { op: 'Multiply', inputs: [sum, half], outputs: [y], attrs: {} },
    { op: 'MatMul', inputs: [y, x], outputs: [product], attrs: { transposeA: false, transposeB: true } },
  ];
  const { model, programs } = emitTensorFlow({ run: graph(nodes, { product }, [[c, { data: Float32Array.of(1, -2, 0.5) }], [half, { splat: 0.5 }]]) });
  const { tags, nodes: read } = readSavedModel(model);
  expect(tags).toEqual(['serve']);
  const program = programs['run']!;
  expect(program.inputs).toEqual([{ name: 'x', node: 'run/x', dtype: 'float32', shape: [2, 3] }]);
  expect(program.outputs).toEqual([{ name: 'product', node: 'run/out.product', dtype: 'float32', shape: [2, 2] }]);
  expect(program.done).toBeUndefined();
  const matMul = read.get(read.get('run/out.product')!.inputs[0]!)!;
  expect([matMul.op, matMul.attrs]).toEqual(['MatMul', { T: 'DT_FLOAT', transpose_a: false, transpose_b: true }]);
  const mul = read.get(matMul.inputs[0]!)!;
  expect([mul.op, matMul.inputs[1]]).toEqual(['Mul', 'run/x']);
  const add = read.get(mul.inputs[0]!)!;
  expect([add.op, add.inputs[0]]).toEqual(['AddV2', 'run/x']);
  expect(read.get(add.inputs[1]!)!.attrs['value']).toEqual({ dtype: 'DT_FLOAT', shape: [3], values: [1, -2, 0.5] });
  expect(read.get(mul.inputs[1]!)!.attrs['value']).toEqual({ dtype: 'DT_FLOAT', shape: [], values: [0.5] });
  expect(read.get('run/x')).toMatchObject({ op: 'Placeholder', attrs: { dtype: 'DT_FLOAT', shape: [2, 3] } });
});

/** Every node that has to run before this one. */
function before(nodes: ReadonlyMap<string, ReadNode>, name: string): ReadonlySet<string> {
  const [found, open] = [new Set<string>(), [name]];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const input of nodes.get(next)!.inputs) {
      const from = input.replace(/^\^/, '').replace(/:\d+$/, '');
      if (!nodes.has(from)) throw new Error(`There is no node ${from}`);
      if (!found.has(from)) {
        found.add(from);
        open.push(from);
      }
    }
  return found;
}

describe('state', () => {
  const loss = value('float32', []);
  const programs = {
    step: graph([neg, { op: 'Sum', inputs: [x], outputs: [loss], attrs: { axes: [0, 1], keepDims: false } }], { 'x.next': y, loss }),
    read: graph([], { now: x }),
  };

  test('is a variable that every program shares, read before it is written', () => {
    const { model, programs: emitted } = emitTensorFlow(programs, { guards: { step: ['loss'] } });
    const { nodes } = readSavedModel(model);
    expect([...nodes.values()].filter(({ op }) => op === 'VarHandleOp').map(({ name }) => name)).toEqual(['state/x']);
    expect(emitted['step']!.inputs).toEqual([]);
    expect(emitted['step']!.outputs.map(({ name }) => name)).toEqual(['loss']);
    expect(emitted['read']!.done).toBeUndefined();
    const assign = [...nodes.values()].find(({ op }) => op === 'AssignVariableOp')!;
    expect(before(nodes, assign.name)).toContain('step/x');
    expect(nodes.get('read/x')).toMatchObject({ op: 'ReadVariableOp', inputs: ['state/x'] });
    expect(before(nodes, emitted['step']!.done!)).toContain(assign.name);
  });

  test('is written only when its guards are finite, if it has any', () => {
    const guarded = readSavedModel(emitTensorFlow(programs, { guards: { step: ['loss'] } }).model).nodes;
    const free = readSavedModel(emitTensorFlow(programs).model).nodes;
    const operations = (nodes: ReadonlyMap<string, ReadNode>): string[] => {
      const assign = [...nodes.values()].find(({ op }) => op === 'AssignVariableOp')!;
      return [...before(nodes, assign.name)].map((name) => nodes.get(name)!.op);
    };
    expect(operations(guarded)).toEqual(expect.arrayContaining(['Switch', 'IsFinite']));
    expect(operations(free)).not.toContain('Switch');
  });
});

test('a model that is kept comes back with its programs', () => {
  const x = value('float32', [2]);
  const emitted = emitTensorFlow({ same: { inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: x }], constants: new Map(), nodes: [] } });
  // In the middle of another array, as a file without its checksum is.
  const bytes = Uint8Array.of(7, ...toBytes(emitted)).subarray(1);
  expect(fromBytes(bytes)).toEqual({ ...emitted, model: Uint8Array.from(emitted.model) });
});

describe('the programs of a Vision Transformer', () => {
  const config = configSchema.parse({ image: { size: 16 }, model: { patch_size: 4, embed_dim: 64, depth: 2, num_heads: 2 }, train: { model_ema_decay: 0.9 } });
  const spec = vitSpec(config.image, config.model, 3);
  const nowhere = { folder: undefined, version: '' };

  test.each([
    [1, ['whole']],
    [3, ['zero', 'add', 'last']],
  ])('of a step in %i parts are complete graphs, and each moves the state', async (parts, names) => {
    const { model, programs } = await compileStep(spec, { ...config.train, grad_accum_steps: parts }, 8, { precision: 'fp32', fused: parts > 1 }, nowhere);
    const moves = ['p', 'm', 'v', 'a'].flatMap((kind) => [`write.${kind}`, `read.${kind}`]);
    expect(Object.keys(programs).sort()).toEqual([...names, ...moves].sort());
    const { nodes } = readSavedModel(model);
    for (const { outputs, done } of Object.values(programs)) for (const node of [...outputs.map((port) => port.node), ...(done === undefined ? [] : [done])]) expect(() => before(nodes, node)).not.toThrow();
  });

  test('in bfloat16 have all large products of a step in it, and none of a forward pass', async () => {
    const dtypes = (model: Uint8Array): unknown[] => [...readSavedModel(model).nodes.values()].filter(({ op }) => op === 'MatMul' || op === 'BatchMatMulV2').map(({ attrs }) => attrs['T']);
    const step = dtypes((await compileStep(spec, config.train, 64, { precision: 'bf16', fused: false }, nowhere)).model);
    // What is left is smaller: the classes, and gradients of what is added to every row.
    expect(step.filter((dtype) => dtype === 'DT_BFLOAT16').length).toBeGreaterThan(2 * 20);
    expect(new Set(dtypes((await compileForward(spec, { batch: 64, taps: {}, packed: true }, nowhere)).model))).toEqual(new Set(['DT_FLOAT']));
  });
});

test('a pass to bfloat16 casts an operand once and leaves what is small', () => {
  const [big, small] = [value('float32', [128, 64]), value('float32', [64, 4])];
  const [square, narrow] = [value('float32', [128, 128]), value('float32', [128, 4])];
  const attrs = (transposeB: boolean): Node['attrs'] => ({ transposeA: false, transposeB });
  const nodes: Node[] = [
    { op: 'MatMul', inputs: [big, big], outputs: [square], attrs: attrs(true) },
    { op: 'MatMul', inputs: [big, small], outputs: [narrow], attrs: attrs(false) },
  ];
  const passed = bf16MatMul.run({ inputs: [{ name: 'big', value: big }, { name: 'small', value: small }], outputs: [{ name: 'square', value: square }, { name: 'narrow', value: narrow }], constants: new Map(), nodes });
  expect(passed.nodes.map(({ op, outputs }) => `${op} ${outputs[0]!.dtype}`)).toEqual(['Cast bfloat16', 'MatMul bfloat16', 'Cast float32', 'MatMul float32']);
  expect(passed.outputs.map(({ value: { dtype, shape } }) => `${dtype} ${shape.join()}`)).toEqual(['float32 128,128', 'float32 128,4']);
});

test('between two products in bfloat16, moves and the softmax stay in it, and casts that meet are gone', () => {
  const [x, first, scores, weights, turned, scaled, last, result] = Array.from({ length: 8 }, () => value('float32', [64, 64]));
  const quarter = value('float32', []);
  const product = (a: Value, b: Value, to: Value): Node => ({ op: 'MatMul', inputs: [a, b], outputs: [to], attrs: { transposeA: false, transposeB: false } });
  const nodes: Node[] = [
    product(x!, x!, first!),
    { op: 'Transpose', inputs: [first!], outputs: [scores!], attrs: { perm: [1, 0] } },
    { op: 'Softmax', inputs: [scores!], outputs: [weights!], attrs: { axis: 1 } },
    product(weights!, weights!, turned!),
    { op: 'Multiply', inputs: [turned!, quarter], outputs: [scaled!], attrs: {} },
    { op: 'Reshape', inputs: [scaled!], outputs: [last!], attrs: {} },
    product(last!, last!, result!),
  ];
  const passed = bf16MatMul.run({ inputs: [{ name: 'x', value: x! }], outputs: [{ name: 'y', value: result! }], constants: new Map([[quarter, { splat: 0.25 }]]), nodes });
  expect(passed.nodes.map(({ op, outputs }) => `${op} ${outputs[0]!.dtype}`)).toEqual([
    'Cast bfloat16',
    'MatMul bfloat16',
    'Transpose bfloat16',
    'Softmax bfloat16',
    'MatMul bfloat16',
    'Reshape bfloat16',
    // The scale is a computation, in float32.
    'Cast float32',
    'Multiply float32',
    'Cast bfloat16',
    'MatMul bfloat16',
    'Cast float32',
  ]);
});
