import { sameShape } from '../graph';
import { elementType } from './proto';
import type { Lower, Lowering } from './lowerWriter';

/** Elementwise operations, with broadcasting. */

/** ONNX's operator of another name with the same meaning. */
const unary = (op: string): Lowering => ({ attrs: [], lower: ({ inputs: [x] }, write) => [write.node(op, [write.name(x!)])] });
const broadcasting = (op: string): Lowering => plain(({ inputs, outputs }, write) => [write.node(op, write.operands(inputs, outputs[0]!.shape))]);
const plain = (lower: Lower): Lowering => ({ attrs: [], lower });

const square: Lower = ({ inputs: [x] }, write) => [write.node('Mul', [write.name(x!), write.name(x!)])];

const rsqrt: Lower = ({ inputs: [x] }, write) => [write.node('Reciprocal', [write.node('Sqrt', [write.name(x!)])])];

/** 1 above zero, alpha elsewhere; TensorFlow.js gives NaN for NaN, which no trained network reaches without a NaN in its loss. */
const step: Lower = ({ inputs: [x], attrs }, write) => {
  const above = write.node('Greater', [write.name(x!), write.scalar(0, x!.dtype)]);
  if (attrs['alpha'] === 0) return [write.node('Cast', [above], { to: elementType.float32 })];
  return [write.node('Where', [above, write.scalar(1, 'float32'), write.scalar(Number(attrs['alpha']), 'float32')])];
};

/** Division by a number is multiplication by its reciprocal, several times faster on CPUs and at most one rounding away. */
const divide: Lower = ({ inputs: [a, b], outputs: [result] }, write) => {
  const divisor = write.splat(b!);
  const reciprocal = divisor !== undefined && divisor !== 0 && a!.dtype === 'float32' && sameShape(a!.shape, result!.shape);
  if (reciprocal) return [write.node('Mul', [write.name(a!), write.scalar(1 / divisor, 'float32')])];
  return [write.node('Div', write.operands([a!, b!], result!.shape))];
};

const squaredDifference: Lower = ({ inputs, outputs }, write) => {
  const difference = write.node('Sub', write.operands(inputs, outputs[0]!.shape));
  return [write.node('Mul', [difference, difference])];
};

const notEqual: Lower = ({ inputs, outputs }, write) => [write.node('Not', [write.node('Equal', write.operands(inputs, outputs[0]!.shape))])];

const cast: Lower = ({ inputs: [x], outputs: [result] }, write) => [
  x!.dtype === result!.dtype ? write.name(x!) : write.node('Cast', [write.name(x!)], { to: elementType[result!.dtype] }),
];

const softmax = (op: string): Lowering => ({ attrs: ['axis'], lower: ({ inputs: [x], attrs }, write) => [write.node(op, [write.name(x!)], { axis: attrs['axis']! })] });

export const elementwise: Readonly<Record<string, Lowering>> = {
  Neg: unary('Neg'),
  Abs: unary('Abs'),
  Square: plain(square),
  Sqrt: unary('Sqrt'),
  Rsqrt: plain(rsqrt),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Erf: unary('Erf'),
  Tanh: unary('Tanh'),
  Sigmoid: unary('Sigmoid'),
  Relu: unary('Relu'),
  Reciprocal: unary('Reciprocal'),
  Step: { attrs: ['alpha'], lower: step },
  Sin: unary('Sin'),
  Cos: unary('Cos'),
  Floor: unary('Floor'),
  LogicalNot: unary('Not'),
  Add: broadcasting('Add'),
  Sub: broadcasting('Sub'),
  Multiply: broadcasting('Mul'),
  RealDiv: plain(divide),
  Maximum: broadcasting('Max'),
  Minimum: broadcasting('Min'),
  Pow: broadcasting('Pow'),
  SquaredDifference: plain(squaredDifference),
  Greater: broadcasting('Greater'),
  GreaterEqual: broadcasting('GreaterOrEqual'),
  Less: broadcasting('Less'),
  LessEqual: broadcasting('LessOrEqual'),
  Equal: broadcasting('Equal'),
  NotEqual: plain(notEqual),
  LogicalAnd: broadcasting('And'),
  Select: broadcasting('Where'),
  Cast: plain(cast),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
};
