import { type, type Lower, type Lowering } from './writer';

/** Elementwise operations, which broadcast in TensorFlow as they do in the graph. */

const plain = (lower: Lower): Lowering => ({ attrs: [], lower });

/** TensorFlow's operation of this name, on operands of one type. */
const same = (op: string): Lowering => plain(({ inputs }, write) => [write.node(op, inputs.map((input) => write.name(input)), { T: type(inputs[0]!) })]);

const logical = (op: string): Lowering => plain(({ inputs }, write) => [write.node(op, inputs.map((input) => write.name(input)))]);

const equality = (op: string): Lowering =>
  plain(({ inputs }, write) => [write.node(op, inputs.map((input) => write.name(input)), { T: type(inputs[0]!), incompatible_shape_error: { bool: true } })]);

/**
 * TensorFlow 2.21 makes a root, a square and the like of a power whose exponent is constant, and forgets that the exponent
 * may be the larger of both: the result had the shape of the base. So the base comes in the shape of the result.
 */
const pow: Lower = ({ inputs: [x, y], outputs: [result] }, write) => {
  const whole = String(x!.shape) === String(result!.shape);
  const base = whole ? write.name(x!) : write.node('BroadcastTo', [write.name(x!), write.ints(result!.shape)], { T: type(x!), Tidx: { type: 'int32' } });
  return [write.node('Pow', [base, write.name(y!)], { T: type(x!) })];
};

/**
 * TensorFlow 2.21 with oneDNN takes a sum of a product and a single row for a product with a bias, and then refuses the row
 * because a bias has one dimension. So two single rows are added by another operation, which it leaves alone.
 */
const add: Lower = ({ inputs: [x, y] }, write) => {
  const names = [write.name(x!), write.name(y!)];
  const rows = x!.shape.length > 1 && String(x!.shape) === String(y!.shape) && x!.shape.slice(0, -1).every((side) => side === 1);
  return [rows ? write.node('AddN', names, { T: type(x!), N: { int: 2 } }) : write.node('AddV2', names, { T: type(x!) })];
};

/** 1 above zero, alpha elsewhere. */
const step: Lower = ({ inputs: [x], attrs }, write) => {
  const above = write.node('Greater', [write.name(x!), write.scalar(0, x!.dtype)], { T: type(x!) });
  return [write.node('SelectV2', [above, write.scalar(1, x!.dtype), write.scalar(Number(attrs['alpha']), x!.dtype)], { T: type(x!) })];
};

const select: Lower = ({ inputs, outputs }, write) => [write.node('SelectV2', inputs.map((input) => write.name(input)), { T: type(outputs[0]!) })];

const cast: Lower = ({ inputs: [x], outputs: [result] }, write) => [
  x!.dtype === result!.dtype ? write.name(x!) : write.node('Cast', [write.name(x!)], { SrcT: type(x!), DstT: type(result!), Truncate: { bool: false } }),
];

/** TensorFlow's softmax is along the last axis: another one changes places with it, there and back. */
const softmax = (op: string): Lowering => ({
  attrs: ['axis'],
  lower({ inputs: [x], attrs }, write) {
    const last = x!.shape.length - 1;
    const axis = Number(attrs['axis']);
    const run = (input: string): string => write.node(op, [input], { T: type(x!) });
    if (axis === last) return [run(write.name(x!))];
    const perm = write.ints(x!.shape.map((_, i) => (i === axis ? last : i === last ? axis : i)));
    const swap = (input: string): string => write.node('Transpose', [input, perm], { T: type(x!), Tperm: { type: 'int32' } });
    return [swap(run(swap(write.name(x!))))];
  },
});

const unary = ['Neg', 'Abs', 'Square', 'Sqrt', 'Rsqrt', 'Exp', 'Log', 'Erf', 'Tanh', 'Sigmoid', 'Relu', 'Reciprocal', 'Sin', 'Cos', 'Floor'];
const binary = ['Sub', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];

export const elementwise: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries([...unary, ...binary].map((op) => [op, same(op)])),
  Add: plain(add),
  Multiply: same('Mul'),
  Equal: equality('Equal'),
  NotEqual: equality('NotEqual'),
  LogicalAnd: logical('LogicalAnd'),
  LogicalNot: logical('LogicalNot'),
  Pow: plain(pow),
  Step: { attrs: ['alpha'], lower: step },
  Select: plain(select),
  Cast: plain(cast),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
};
