import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { Node } from '../../../../src/engine/compile/graph';
import type { Given, Result } from './run';
import { convolution, pooling, resultSides, type Window } from './windows';

/** One operation on given tensors, and what must come out. */
export interface Case {
  readonly attrs: Node['attrs'];
  readonly given: readonly Given[];
  readonly expected: () => readonly Result[];
}

type Range = readonly [low: number, high: number];
type DType = Given['dtype'];

const shapes = (minLength = 0, maxLength = 4): fc.Arbitrary<number[]> => fc.array(fc.integer({ min: 1, max: 4 }), { minLength, maxLength });
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Eighths between two numbers: ties occur, and sums of their products are exact in float32, so that no tolerance is needed for them. */
function numbers(shape: readonly number[], [low, high]: Range): fc.Arbitrary<number[]> {
  const length = sizeOf(shape);
  const element = fc.integer({ min: low * 8, max: high * 8 }).map((eighths) => eighths / 8);
  return fc.oneof({ weight: 3, arbitrary: fc.array(element, { minLength: length, maxLength: length }) }, { weight: 1, arbitrary: element.map((one) => Array.from({ length }, () => one)) });
}

function given(shape: readonly number[], dtype: DType = 'float32', range: Range = [-2, 2]): fc.Arbitrary<Given> {
  const whole = (data: number[]): number[] => (dtype === 'float32' ? data : data.map((element) => (dtype === 'bool' ? Number(element > 0) : Math.round(element))));
  return fc.record({ data: numbers(shape, range).map(whole), constant: fc.boolean() }).map((rest) => ({ dtype, shape, ...rest }));
}

/** Where a list follows from a shape. */
const of = <T>(make: (shape: number[]) => fc.Arbitrary<T>, minLength = 0, maxLength = 4): fc.Arbitrary<T> => shapes(minLength, maxLength).chain(make);

/** What TensorFlow.js computes, on the backend that is active. */
function eager(inputs: readonly Given[], run: (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[]): () => Result[] {
  return () =>
    tf.tidy(() => {
      const results = run(...inputs.map(({ data, shape, dtype }) => tf.tensor([...data], [...shape], dtype)));
      return (Array.isArray(results) ? results : [results]).map((result) => ({ dtype: result.dtype, shape: result.shape, data: [...result.dataSync()] }));
    });
}

type Run = (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => tf.Tensor;

function unary(run: (x: tf.Tensor) => tf.Tensor, range: Range = [-2, 2], dtype: DType = 'float32', attrs: Node['attrs'] = {}): fc.Arbitrary<Case> {
  return of((shape) => given(shape, dtype, range)).map((x) => ({ attrs, given: [x], expected: eager([x], run) }));
}

/** Shapes that broadcast against each other. */
const pairs = of((shape) => {
  const smaller = fc.tuple(fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }), fc.nat(shape.length)).map(([ones, cut]) => shape.map((side, i) => (ones[i] ? 1 : side)).slice(cut));
  return fc.tuple(smaller, smaller, fc.constant(shape));
});

function binary(run: Run, range: Range = [-2, 2], dtype: DType = 'float32'): fc.Arbitrary<Case> {
  return pairs.chain(([a, b]) => fc.tuple(given(a, dtype, range), given(b, dtype, range))).map((both) => ({ attrs: {}, given: both, expected: eager(both, run as never) }));
}

/** TensorFlow.js broadcasts the condition by a rule of its own; here all three come at the whole shape. */
const select = pairs.chain(([a, b, whole]) => fc.tuple(given(a, 'bool'), given(b), given(whole))).map((all): Case => {
  const whole = (x: tf.Tensor): tf.Tensor => tf.add(tf.zeros([...all[2].shape]), tf.cast(x, 'float32'));
  return { attrs: {}, given: all, expected: eager(all, (c, a, b) => tf.where(tf.cast(whole(c), 'bool'), whole(a), b)) };
});

const casts = fc.tuple(shapes(), fc.constantFrom<DType>('float32', 'int32', 'bool'), fc.constantFrom<DType>('float32', 'int32', 'bool')).chain(([shape, from, to]) =>
  given(shape, from).map((x): Case => ({ attrs: {}, given: [x], expected: eager([x], (t) => tf.cast(t, to)) })),
);

function reduction(run: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): fc.Arbitrary<Case> {
  return of((shape) => fc.tuple(given(shape), fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean()), 1).map(
    ([x, axes, keepDims]): Case => ({ attrs: { axes, keepDims }, given: [x], expected: eager([x], (t) => run(t, axes, keepDims)) }),
  );
}

const argMax = of((shape) => fc.tuple(given(shape), fc.nat(shape.length - 1)), 1).map(([x, axis]): Case => ({ attrs: { axis }, given: [x], expected: eager([x], (t) => tf.argMax(t, axis)) }));

/** TensorFlow.js takes the last axis only. */
function softmax(run: (x: tf.Tensor) => tf.Tensor): fc.Arbitrary<Case> {
  return of((shape) => given(shape), 1).map((x): Case => ({ attrs: { axis: x.shape.length - 1 }, given: [x], expected: eager([x], (t) => run(t)) }));
}

const reshape = of((shape) => fc.tuple(given(shape), fc.shuffledSubarray(shape, { minLength: shape.length }))).map(([x, to]): Case => ({ attrs: {}, given: [x], expected: eager([x], (t) => tf.reshape(t, to)) }));

const expand = pairs.chain(([small, , whole]) => given(small).map((x): Case => ({ attrs: {}, given: [x], expected: eager([x], (t) => tf.add(tf.zeros(whole), t)) })));

const transpose = of((shape) => fc.tuple(given(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }))).map(
  ([x, perm]): Case => ({ attrs: { perm }, given: [x], expected: eager([x], (t) => tf.transpose(t, perm)) }),
);

const concat = of((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 })), 1)
  .chain(([shape, axis, sides]) => fc.tuple(fc.constant(axis), fc.tuple(...sides.map((side) => given(shape.with(axis, side))))))
  .map(([axis, all]): Case => ({ attrs: { axis }, given: all, expected: eager(all, (...t) => tf.concat(t, axis)) }));

const slice = of((shape) => fc.tuple(given(shape), fc.tuple(...shape.map((side) => fc.nat(side - 1))), fc.tuple(...shape.map(() => fc.nat(100)))), 1).map(([x, begin, parts]): Case => {
  const size = x.shape.map((side, i) => 1 + (parts[i]! % (side - begin[i]!)));
  return { attrs: { begin, size }, given: [x], expected: eager([x], (t) => tf.slice(t, begin, size)) };
});

const split = of((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 })), 1)
  .chain(([shape, axis, sizes]) => fc.tuple(given(shape.with(axis, sizes.reduce((a, b) => a + b))), fc.constant({ axis, sizes })))
  .map(([x, attrs]): Case => ({ attrs, given: [x], expected: eager([x], (t) => tf.split(t, attrs.sizes, attrs.axis)) }));

const perAxis = (shape: readonly number[], max: number): fc.Arbitrary<number[]> => fc.array(fc.nat(max), { minLength: shape.length, maxLength: shape.length });

const pad = of((shape) => fc.tuple(given(shape), perAxis(shape, 2), perAxis(shape, 2), fc.integer({ min: -2, max: 2 })), 1).map(
  ([x, before, after, fill]): Case => ({ attrs: { before, after, value: fill }, given: [x], expected: eager([x], (t) => tf.pad(t, before.map((left, i) => [left, after[i]!] as [number, number]), fill)) }),
);

const tile = of((shape) => fc.tuple(given(shape), perAxis(shape, 2).map((list) => list.map((times) => times + 1))), 1).map(
  ([x, reps]): Case => ({ attrs: { reps }, given: [x], expected: eager([x], (t) => tf.tile(t, reps)) }),
);

const gather = of((shape) => fc.tuple(given(shape), fc.nat(shape.length - 1), shapes(1, 2)), 1)
  .chain(([x, axis, places]) => fc.tuple(fc.constant(x), fc.constant(axis), given(places, 'int32', [0, x.shape[axis]! - 1])))
  .map(([x, axis, indices]): Case => ({ attrs: { axis }, given: [x, indices], expected: eager([x, indices], (t, i) => tf.gather(t, i, axis)) }));

const reverse = of((shape) => fc.tuple(given(shape), fc.subarray([...shape.keys()])), 1).map(
  ([x, axes]): Case => ({ attrs: { axes }, given: [x], expected: eager([x], (t) => (axes.length === 0 ? tf.clone(t) : tf.reverse(t, axes))) }),
);

const sides = fc.integer({ min: 1, max: 5 });
const matMul = fc.tuple(shapes(0, 2), fc.tuple(sides, sides, sides), fc.boolean(), fc.boolean(), fc.constantFrom('both', 'a', 'b', 'none')).chain(([leading, [m, k, n], transposeA, transposeB, whole]) => {
  const lead = (mine: 'a' | 'b'): number[] => (whole === 'both' || whole === mine ? leading : whole === 'none' ? [] : leading.map(() => 1));
  const [a, b] = [given([...lead('a'), ...(transposeA ? [k, m] : [m, k])]), given([...lead('b'), ...(transposeB ? [n, k] : [k, n])])];
  return fc.tuple(a, b).map((both): Case => ({ attrs: { transposeA, transposeB }, given: both, expected: eager(both, (x, y) => tf.matMul(x, y, transposeA, transposeB)) }));
});

const two = (min: number, max: number): fc.Arbitrary<[number, number]> => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const windows = fc.record({
  sides: two(1, 7), channels: two(1, 3), batch: fc.integer({ min: 1, max: 2 }), filter: two(1, 3), strides: two(1, 3), dilations: two(1, 2), pads: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
});

type WindowCase = (x: Given, filter: Given, dy: Given, window: Window) => { given: readonly Given[]; expected: Case['expected'] };

function convolving(make: WindowCase): fc.Arbitrary<Case> {
  return windows
    .map((drawn) => {
      const image = [drawn.batch, ...drawn.sides, drawn.channels[0]];
      return { drawn, image, made: resultSides(image, drawn.filter, drawn) };
    })
    .filter(({ made }) => made.every((side) => side > 0))
    .chain(({ drawn: { filter, batch, channels, strides, dilations, pads }, image, made }) =>
      fc.tuple(given(image), given([...filter, ...channels]), given([batch, ...made, channels[1]])).map(([x, f, dy]) => ({ attrs: { strides, pads, dilations }, ...make(x, f, dy, { strides, pads, dilations }) })),
    );
}

const convolved = (x: Given, f: Given, dy: Given, window: Window) => convolution(x.shape, f.shape, dy.shape, window, { x: x.data, f: f.data, dy: dy.data });

/** A window that lies in the padding altogether has no maximum and no mean: padding is smaller than the window. */
function pools(of: 'max' | 'maxGrad' | 'avg' | 'avgGrad', pick: (dy: Given, x: Given, y: Given) => readonly Given[]): fc.Arbitrary<Case> {
  return windows
    .map(({ pads, sides: [height, width], ...drawn }) => {
      const padding = pads.map((pad, i) => pad % drawn.filter[i % 2]!) as [number, number, number, number];
      const window: Window = { strides: drawn.strides, dilations: [1, 1], pads: padding };
      const image = [drawn.batch, height, width, drawn.channels[0]];
      return { window, image, filter: drawn.filter, made: resultSides(image, drawn.filter, window) };
    })
    .filter(({ made, image, filter, window: { pads } }) => made.every((side) => side > 0) && filter.every((side, i) => image[i + 1]! >= side - Math.min(pads[i]!, pads[i + 2]!)))
    .chain(({ window, image, filter, made }) => {
      const shape = [image[0]!, ...made, image[3]!];
      return fc.tuple(given(image), given(shape)).map(([x, dy]) => {
        const results = pooling(image, shape, filter, window, x.data, dy.data);
        const y: Given = { dtype: 'float32', shape, data: results.max.data, constant: false };
        return { attrs: { filter, strides: window.strides, pads: window.pads }, given: pick(dy, x, y), expected: () => [results[of]] };
      });
    });
}

const positive: Range = [0.25, 3];

/** A case for every operation that the emitter knows. */
export const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  Neg: unary(tf.neg),
  Abs: unary(tf.abs),
  Square: unary(tf.square),
  Sqrt: unary(tf.sqrt, positive),
  Rsqrt: unary(tf.rsqrt, positive),
  Exp: unary(tf.exp),
  Log: unary(tf.log, positive),
  Erf: unary(tf.erf),
  Tanh: unary(tf.tanh),
  Sigmoid: unary(tf.sigmoid),
  Relu: unary(tf.relu),
  Reciprocal: unary(tf.reciprocal, positive),
  Step: fc.constantFrom(0, 0.5).chain((alpha) => unary((x) => tf.step(x, alpha), [-2, 2], 'float32', { alpha })),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Floor: unary(tf.floor),
  LogicalNot: unary(tf.logicalNot, [-2, 2], 'bool'),
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Multiply: binary(tf.mul),
  RealDiv: binary((a, b) => tf.div(a, b), positive),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  Pow: binary(tf.pow, positive),
  SquaredDifference: binary(tf.squaredDifference),
  Greater: binary(tf.greater),
  GreaterEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessEqual: binary(tf.lessEqual),
  Equal: binary(tf.equal),
  NotEqual: binary(tf.notEqual),
  LogicalAnd: binary(tf.logicalAnd, [-2, 2], 'bool'),
  Select: select,
  Cast: casts,
  Sum: reduction(tf.sum),
  Mean: reduction(tf.mean),
  Max: reduction(tf.max),
  Min: reduction(tf.min),
  Prod: reduction(tf.prod),
  ArgMax: argMax,
  Softmax: softmax((x) => tf.softmax(x)),
  LogSoftmax: softmax((x) => tf.logSoftmax(x)),
  Reshape: reshape,
  Expand: expand,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Tile: tile,
  Gather: gather,
  Reverse: reverse,
  MatMul: matMul,
  Conv2D: convolving((x, f, dy, window) => ({ given: [x, f], expected: () => [convolved(x, f, dy, window).y] })),
  Conv2DBackpropInput: convolving((x, f, dy, window) => ({ given: [dy, f], expected: () => [convolved(x, f, dy, window).dx] })),
  Conv2DBackpropFilter: convolving((x, f, dy, window) => ({ given: [x, dy], expected: () => [convolved(x, f, dy, window).df] })),
  MaxPool: pools('max', (_, x) => [x]),
  MaxPoolGrad: pools('maxGrad', (dy, x, y) => [dy, x, y]),
  AvgPool: pools('avg', (_, x) => [x]),
  AvgPoolGrad: pools('avgGrad', (dy) => [dy]),
};
