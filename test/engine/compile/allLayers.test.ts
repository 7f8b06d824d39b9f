import { expect, test } from 'vitest';
import { isOutputWished, ofAllLayers } from '../../../src/engine/compile/allLayers';
import { openExecutor } from '../../../src/engine/compile/backends';
import { relativeError } from '../../fixtures/golden';
import { networkOf } from './networks';

test('a wish of one layer is compiled as that of all, whichever the layer', () => {
  const one = ofAllLayers({ tokens: true, attention: [1], inside: ['scores.1', 'stem.0', 'pooled'] }, 3);
  expect(one).toEqual({ tokens: true, attention: true, inside: ['scores.0', 'scores.1', 'scores.2', 'stem.0', 'pooled'] });
  expect(ofAllLayers({ tokens: true, attention: [2], inside: ['scores.2', 'stem.0', 'pooled'] }, 3)).toEqual(one);
});

test('who looks at attention alone gets the graph of the layers that were asked for', () => {
  const wish = { attention: [1] };
  expect(ofAllLayers(wish, 3)).toBe(wish);
});

test('what was not wished is not fetched', () => {
  const wish = { tokens: [0], attention: [1], inside: ['scores.1', 'pooled'] } as const;
  const outputs = ['logits', 'tokens.0', 'tokens.1', 'attention.0', 'attention.1', 'scores.0', 'scores.1', 'pooled', 'final_norm', 'attention_gradient.1'];
  expect(outputs.filter((name) => isOutputWished(wish, name))).toEqual(['logits', 'tokens.0', 'attention.1', 'scores.1', 'pooled']);
});

test('ONNX Runtime gives the taps of one layer, those that op by op gives', async () => {
  const { spec, params, images } = networkOf({ image: { size: [4, 6], channels: 3 }, model: { patch_size: 2, embed_dim: 8, depth: 3, num_heads: 2 }, classes: 3, batch: 1, seed: 3 });
  const wish = { attention: [1], inside: ['queries.1', 'keys.1', 'values.1', 'scores.1'] } as const;
  const answers = [];
  for (const execution of ['eager', 'auto'] as const) {
    const executor = await openExecutor(execution === 'eager' ? 'cpu' : 'onnx', execution === 'eager' ? { execution } : {});
    const session = await executor.infer(spec, params);
    answers.push(await session.forward(images, wish));
    session.dispose();
  }
  const [eager, compiled] = answers;
  expect([...compiled!.taps.keys()].sort()).toEqual([...eager!.taps.keys()].sort());
  for (const [name, { shape, data }] of eager!.taps) {
    expect(compiled!.taps.get(name)!.shape).toEqual(shape);
    expect(relativeError(compiled!.taps.get(name)!.data, data), name).toBeLessThan(1e-5);
  }
});
