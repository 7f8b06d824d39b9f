import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { emitOnnx } from '../../../../src/engine/compile/onnx/emit';
import { value, type Constant, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';
import { difference, runOnnx, type Given } from './run';

const x = value('float32', [2, 3]);

function graph(nodes: readonly Node[], outputs: readonly Value[], constants: readonly (readonly [Value, Constant])[] = []): Graph {
  return { inputs: [{ name: 'x', value: x }], outputs: outputs.map((output, i) => ({ name: `y${i}`, value: output })), constants: new Map(constants), nodes };
}

const fed: Given = { dtype: 'float32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6], constant: false };

describe('what cannot be said in ONNX is an error that names it', () => {
  const y = value('float32', [2, 3]);
  test.each<[Partial<Node>, string]>([
    [{ op: 'Cumsum' }, 'ONNX: the operation Cumsum is not supported'],
    [{ op: 'toString' }, 'ONNX: the operation toString is not supported'],
    [{ op: 'Neg', attrs: { exact: true } }, 'ONNX: Neg has an attribute that is not supported: exact'],
    [{ op: 'Softmax', attrs: {} }, 'ONNX: Softmax lacks its attribute axis'],
  ])('%j', (part, message) => {
    const node: Node = { op: 'Neg', inputs: [x], outputs: [y], attrs: {}, ...part };
    expect(() => emitOnnx(graph([node], [y]))).toThrow(message);
  });

  test('a value that nobody makes', () => {
    expect(() => emitOnnx(graph([{ op: 'Neg', inputs: [value('float32', [4])], outputs: [y], attrs: {} }], [y]))).toThrow('float32[4] is read before it is made');
  });

  test('an external input that there is not', () => {
    expect(() => emitOnnx(graph([], [x]), { external: new Set(['weights']) })).toThrow('ONNX: there is no input weights');
  });
});

describe('outputs', () => {
  test('may be inputs, constants, and the same value twice', async () => {
    const [two, y] = [value('float32', [20]), value('float32', [2, 3])];
    const results = await runOnnx(graph([{ op: 'Neg', inputs: [x], outputs: [y], attrs: {} }], [x, two, y, y], [[two, { splat: 2 }]]), { x: fed });
    expect(results['y0']!.data).toEqual(fed.data);
    expect(results['y1']!.data).toEqual(Array.from({ length: 20 }, () => 2));
    expect(results['y2']!.data).toEqual([-1, -2, -3, -4, -5, -6]);
    expect(difference(results['y3']!, results['y2']!)).toBe(0);
  });

  test('have their names even where an inner value would be called so', async () => {
    const [y, z] = [value('float32', [2, 3]), value('float32', [2, 3])];
    const nodes: Node[] = [{ op: 'Neg', inputs: [x], outputs: [y], attrs: {} }, { op: 'Exp', inputs: [y], outputs: [z], attrs: {} }];
    const named: Graph = { ...graph(nodes, []), outputs: [{ name: 't0', value: z }] };
    expect((await runOnnx(named, { x: fed }))['t0']!.data[0]).toBeCloseTo(Math.exp(-1), 6);
  });
});

describe('constants', () => {
  const big = value('float32', [1000, 1000]);
  const wide = value('float32', [1000, 1000]);

  test.each<[string, Node['op']]>([['that broadcasts', 'Add'], ['that does not', 'Concat']])('a uniform one of four million bytes is a number to an operation %s', (_, op) => {
    const y = value('float32', op === 'Add' ? [1000, 1000] : [2000, 1000]);
    const inputs = [{ name: 'x', value: wide }];
    const bytes = emitOnnx({ ...graph([{ op, inputs: [wide, big], outputs: [y], attrs: op === 'Add' ? {} : { axis: 0 } }], [y], [[big, { splat: 0.5 }]]), inputs });
    expect(bytes.length).toBeLessThan(500);
  });

  test('the same small ones are written once', () => {
    const twice = (n: number): Uint8Array => {
      const made = Array.from({ length: n }, () => ({ c: value('float32', [3]), y: value('float32', [2, 3]) }));
      const nodes = made.map(({ c, y }, i): Node => ({ op: 'Add', inputs: [i === 0 ? x : made[i - 1]!.y, c], outputs: [y], attrs: {} }));
      return emitOnnx(graph(nodes, [made.at(-1)!.y], made.map(({ c }) => [c, { data: Float32Array.of(1, 2, 3) }])));
    };
    const count = (bytes: Uint8Array): number => Buffer.from(bytes).toString('latin1').split(Buffer.from(Float32Array.of(1, 2, 3).buffer).toString('latin1')).length - 1;
    expect(count(twice(5))).toBe(1);
  });

  test.each([['float16', [1, 2.5]], ['bfloat16', [1, 2.5]]] as const)('of type %s', async (dtype, data) => {
    const [c, y] = [value(dtype, [2]), value('float32', [2])];
    const results = await runOnnx(graph([{ op: 'Cast', inputs: [c], outputs: [y], attrs: {} }], [y], [[c, { data: Float32Array.from(data) }]]), { x: fed });
    expect(results['y0']!.data).toEqual(data);
  });
});

test("ONNX Runtime's own operators go out as they are, 1 as a float where the attribute is one", async () => {
  const y = value('float32', [2, 2]);
  const node: Node = { op: 'com.microsoft.FusedMatMul', inputs: [x, x], outputs: [y], attrs: { transB: true, alpha: 2 } };
  expect((await runOnnx(graph([node], [y]), { x: fed }))['y0']!.data).toEqual([28, 64, 64, 154]);
  const [scale, normed] = [value('float32', [3]), value('float32', [2, 3])];
  const norm: Node = { op: 'onnx.LayerNormalization', inputs: [x, scale], outputs: [normed], attrs: { axis: -1, epsilon: 1 } };
  const results = await runOnnx(graph([norm], [normed], [[scale, { splat: 1 }]]), { x: fed });
  expect(results['y0']!.data[0]).toBeCloseTo(-1 / Math.sqrt(2 / 3 + 1), 6);
});

describe('an external input', () => {
  const [w, y] = [value('float32', [3, 2]), value('float32', [2, 2])];
  const product: Graph = {
    ...graph([{ op: 'MatMul', inputs: [x, w], outputs: [y], attrs: { transposeA: false, transposeB: false } }], [y]),
    inputs: [{ name: 'x', value: x }, { name: 'blocks.0.w', value: w }, { name: 'unread', value: value('float32', [9]) }],
  };
  const external = new Set(['blocks.0.w', 'unread']);
  const data = new Uint8Array(Float32Array.of(1, 0, 0, 1, 1, 1).buffer);

  test('gets its data when the session opens, and is fed no more', async () => {
    const session = await InferenceSession.create(emitOnnx(product, { external }), { externalData: [{ path: 'blocks.0.w', data }, { path: 'unread', data: new Uint8Array(36) }] });
    expect(session.inputNames).toEqual(['x']);
    const results = await session.run({ x: new Tensor('float32', Float32Array.from(fed.data), [2, 3]) });
    expect([...(results['y0']!.data as Float32Array)]).toEqual([4, 5, 10, 11]);
    await session.release();
  });

  test('is missed when it is not given', async () => {
    await expect(InferenceSession.create(emitOnnx(product, { external }), { logSeverityLevel: 4 })).rejects.toThrow('blocks.0.w');
  });
});
