import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { compiledForward, compiledGradients, eagerForward, eagerGradients, gapAt, networkOf, networks, TOLERANCE, withWeightOff, worstGradient, worstOutput, type Emitter } from '../networks';
import { runOnnx } from './run';

const onnx: Emitter = { target: 'onnx', run: (graph, feeds) => runOnnx(graph, feeds) };

const runs = { numRuns: 50, seed: 20261124 };

beforeAll(async () => {
  await openExecutor('cpu');
});

test('every gradient and running statistic of any network is that of eager TensorFlow.js', async () => {
  await fc.assert(
    fc.asyncProperty(networks, async (drawn) => {
      const { name, gap } = await gapAt(networkOf(drawn), async (network) => worstGradient(await compiledGradients(network, onnx), eagerGradients(network)));
      expect(gap, name).toBeLessThan(TOLERANCE);
    }),
    runs,
  );
});

test('a network with one weight off by 1 % does not pass as it', async () => {
  for (const drawn of fc.sample(networks, { numRuns: 10, seed: 7 })) {
    const network = networkOf(drawn);
    expect(worstGradient(await compiledGradients(withWeightOff(network), onnx), eagerGradients(network)).gap).toBeGreaterThan(TOLERANCE);
  }
});

test('logits, attention, its gradients and tokens of any network are those of eager TensorFlow.js', async () => {
  await fc.assert(
    fc.asyncProperty(networks, async (drawn) => {
      const network = networkOf(drawn);
      const { name, gap } = worstOutput(await compiledForward(network, onnx), eagerForward(network));
      expect(gap, name).toBeLessThan(TOLERANCE);
    }),
    runs,
  );
});
