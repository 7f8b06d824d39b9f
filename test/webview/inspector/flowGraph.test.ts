import { expect, test } from 'vitest';
import type { FlowBox } from '../../../src/protocol';
import { groupsOf, nextBox, partOf, wiresOf } from '../../../webview/inspector/flowGraph';
import { isPlan, patchSides, planOf } from '../../../webview/inspector/plan';
import { readPlace } from '../../../webview/inspector/place';

const boxes: readonly FlowBox[] = [
  'image', 'patches', 'projected', 'positions', 'embedded', 'input', 'norm1', 'queries', 'keys', 'values', 'products', 'scores', 'attention', 'head_output', 'mixed', 'attention_output', 'middle', 'norm2', 'hidden', 'mlp_output', 'output',
  'final_norm', 'pooled', 'logits', 'probabilities',
];
const plain = { normFirst: true, parallel: false, architecture: 'vit' } as const;
const wired = (list: readonly FlowBox[], facts: Parameters<typeof wiresOf>[1]): string[] => wiresOf(list, facts).map(({ from, to, residual }) => `${from} ${residual ? '+' : '→'} ${to}`);

test('every box but the first of a part is reached, and what leaves a part goes on in the next', () => {
  const reached = new Set(wiresOf(boxes, plain).map(({ to }) => to));
  expect(boxes.filter((box) => !reached.has(box))).toEqual(['image', 'positions', 'input', 'final_norm']);
});

test('attention and MLP each have a residual connection around them', () => {
  expect(wired(boxes, plain).filter((wire) => wire.includes('+'))).toEqual(['input + middle', 'middle + output']);
  expect(wired(boxes, plain)).toEqual(expect.arrayContaining(['norm1 → queries', 'queries → products', 'keys → products', 'values → head_output', 'positions → embedded']));
});

test('in parallel blocks both read the same norm, and one connection goes around both', () => {
  const parallel = boxes.filter((box) => box !== 'middle' && box !== 'norm2');
  const wires = wired(parallel, { ...plain, parallel: true });
  expect(wires).toEqual(expect.arrayContaining(['norm1 → hidden', 'attention_output → output', 'mlp_output → output', 'input + output']));
});

test('where norms come last the block reads its tokens as they are', () => {
  const last = boxes.filter((box) => box !== 'norm1' && box !== 'norm2');
  expect(wired(last, { ...plain, normFirst: false })).toEqual(expect.arrayContaining(['input → queries', 'middle → hidden']));
});

test('queries, keys and values stand above each other, and positions below what they are added to', () => {
  expect(groupsOf(boxes).filter((group) => group.length > 1)).toEqual([['projected', 'positions'], ['queries', 'keys', 'values']]);
  expect(boxes.filter((box) => partOf(box) === 'answer')).toEqual(['final_norm', 'pooled', 'logits', 'probabilities']);
});

test('arrows step along the way and stop at its ends', () => {
  expect(nextBox(boxes, 'scores', 'ArrowRight')).toBe('attention');
  expect(nextBox(boxes, 'scores', 'ArrowLeft')).toBe('products');
  expect(nextBox(boxes, 'image', 'ArrowLeft')).toBe('image');
  expect(nextBox(boxes, 'image', 'End')).toBe('probabilities');
  expect(nextBox(boxes, 'image', 'PageDown')).toBeNull();
});

test('patches cut the image without a rest', () => {
  expect(patchSides([28, 28])).toEqual([2, 4, 7, 14, 28]);
  expect(patchSides([24, 32])).toEqual([2, 4, 8]);
  expect(patchSides([1, 1])).toEqual([1]);
});

test('a plan is the network that is looked at but for what was moved; what was kept wrongly is forgotten', () => {
  const view = { model: { architecture: 'vit', imageSize: [32, 32], patchSize: [4, 4], width: 64, depth: 6, heads: 4, posEmbed: 'learned' } } as unknown as Parameters<typeof planOf>[1];
  expect(planOf({ plan: null }, view)).toEqual({ patch: 4, width: 64, depth: 6, heads: 4, posEmbed: 'learned' });
  expect(planOf({ plan: { width: 128 } }, view)).toMatchObject({ patch: 4, width: 128 });
  expect(isPlan({ width: 0 })).toBe(false);
  expect(isPlan({ evil: 3 })).toBe(false);
  expect(readPlace({ tab: 'flow', box: 'stem.1', dimension: 7, plan: { patch: 8, posEmbed: 'none' } })).toMatchObject({ tab: 'flow', box: 'stem.1', dimension: 7, plan: { patch: 8, posEmbed: 'none' } });
  expect(readPlace({ box: '<b>', dimension: -1, plan: { posEmbed: 'up' } })).toMatchObject({ box: '', dimension: 0, plan: null });
});
