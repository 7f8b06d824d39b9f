import { fromHalf } from '../../half';
import { npyFile } from '../../npyFile';
import type { AttentionView, ExplanationView, ImageView, PositionView, RolloutView, AttentionStack } from '../../protocol';
import { csvText } from '../csv';

/** What `vit-lab inspect` writes as numbers. */
export interface Numbers {
  readonly view: ImageView;
  readonly attention: AttentionView;
  readonly rollout: RolloutView;
  readonly positions: PositionView;
  readonly explanations: readonly ExplanationView[];
}

/** Tables by file name: a line for each weight of the query, and for each patch of a map. */
export function csvFiles({ view, attention, rollout, explanations }: Numbers): [name: string, text: string][] {
  const place = (token: number): string[] => {
    const patch = token - view.prefix.length;
    return patch < 0 ? ['', ''] : [String(Math.floor(patch / view.grid.columns) + 1), String((patch % view.grid.columns) + 1)];
  };
  const token = (index: number): string => view.prefix[index] ?? String(index);
  const [query, key] = attention.direction === 'from' ? ['query', 'key'] : ['key', 'query'];
  const weights = Array.from(attention.weights, (weight, i) => {
    const [line, at] = [Math.floor(i / attention.tokens), i % attention.tokens];
    return [String(Math.floor(line / attention.heads) + 1), String((line % attention.heads) + 1), token(attention.query), token(at), ...place(at), String(weight)];
  });
  const map = (name: string, values: Float32Array): string[][] => Array.from(values, (value, patch) => [name, ...place(patch + view.prefix.length), String(value)]);
  return [
    ['attention.csv', csvText([['layer', 'head', query, key, 'row', 'column', 'weight'], ...weights])],
    ['heads.csv', csvText([['layer', 'head', 'entropy_nats', 'received', 'distance_px'], ...Array.from(attention.distance, (distance, i) =>
      [String(Math.floor(i / attention.heads) + 1), String((i % attention.heads) + 1), String(attention.entropy[i]), String(attention.received[i]), String(distance)])])],
    ['rollout.csv', csvText([['fusion', 'row', 'column', 'value'], ...map(rollout.fusion, rollout.map)])],
    ...(explanations.length > 0 ? [['explanations.csv', csvText([['method', 'row', 'column', 'value'], ...explanations.flatMap(({ method, map: values }) => map(method, values))])] as [string, string]] : []),
  ];
}

/** Arrays by file name: all attention [layers, heads, tokens, tokens], maps [rows, columns]. */
export function npyFiles({ view: { grid }, rollout, positions, explanations }: Numbers, stack: AttentionStack | null): [name: string, bytes: Uint8Array][] {
  const shape = [grid.rows, grid.columns];
  const patches = grid.rows * grid.columns;
  return [
    ...(stack ? [['attention.npy', npyFile({ shape: [stack.layers, stack.heads, stack.tokens, stack.tokens], data: stack.weights instanceof Float32Array ? stack.weights : Float32Array.from(stack.weights, fromHalf) })] as [string, Uint8Array]] : []),
    ['rollout.npy', npyFile({ shape, data: rollout.map })],
    ...(positions.similarity ? [['positions.npy', npyFile({ shape: [patches, patches], data: positions.similarity })] as [string, Uint8Array]] : []),
    ...explanations.map(({ method, map }): [string, Uint8Array] => [`explain-${method}.npy`, npyFile({ shape, data: map })]),
  ];
}
