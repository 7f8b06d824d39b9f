import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { compiledForward, compiledGradients, eagerForward, eagerGradients, gapAt, networkOf, networks, single, TOLERANCE, withWeightOff, worstGradient, worstOutput, type Drawn, type Emitter, type Gap } from '../engine/compile/networks';
import { runOnnx } from '../engine/compile/onnx/run';
import { measured } from './reference';
import { runTensorFlow, withTensorFlow } from './tensorflow';

// Other networks than each time: VITLAB_SEED=1 npm run test:parity -- properties
const seed = Number(process.env['VITLAB_SEED'] || 20261124);
const RUNS = 40;

const onnx: Emitter = { target: 'onnx', run: (graph, feeds) => runOnnx(graph, feeds) };
const tensorflow: Emitter = { target: 'tensorflow', run: (graph, feeds) => runTensorFlow(graph, feeds) };

/** Holds random networks to the bound, and tells the largest gap. */
async function hold(what: string, gapOf: (drawn: Drawn) => Promise<Gap>): Promise<void> {
  let largest = 0;
  const property = fc.asyncProperty(networks, async (drawn) => {
    const { name, gap } = await gapOf(drawn);
    largest = Math.max(largest, gap);
    expect(gap, name).toBeLessThan(TOLERANCE);
  });
  await fc.assert(property, { numRuns: RUNS, seed, examples: [[single]] });
  measured(`${what}, ${RUNS} random networks (seed ${seed})`, largest, TOLERANCE);
}

// ONNX against plain JavaScript needs no TensorFlow: test/engine/compile/onnx/properties.test.ts.
withTensorFlow.each([
  { emitter: onnx, reference: 'tfjs-node' },
  { emitter: tensorflow, reference: 'tfjs-node' },
  { emitter: tensorflow, reference: 'cpu' },
] as const)('a graph for $emitter.target against eager TensorFlow.js on $reference', ({ emitter, reference }) => {
  beforeAll(async () => {
    await openExecutor(reference, { execution: 'eager' });
  });

  test('has every gradient and running statistic of any network', async () => {
    await hold(`${emitter.target} graph against ${reference}, gradients and statistics`, (drawn) =>
      gapAt(networkOf(drawn), async (network) => worstGradient(await compiledGradients(network, emitter), eagerGradients(network))),
    );
  });

  test('has the logits, attention, its gradients and tokens of any network', async () => {
    await hold(`${emitter.target} graph against ${reference}, logits and taps`, async (drawn) => {
      const network = networkOf(drawn);
      return worstOutput(await compiledForward(network, emitter), eagerForward(network));
    });
  });

  test('with one weight off by 1 % does not pass', async () => {
    for (const drawn of fc.sample(networks, { numRuns: 10, seed })) {
      const [network, off] = [networkOf(drawn), withWeightOff(networkOf(drawn))];
      expect(worstGradient(await compiledGradients(off, emitter), eagerGradients(network)).gap).toBeGreaterThan(TOLERANCE);
      expect(worstOutput(await compiledForward(off, emitter), eagerForward(network)).gap).toBeGreaterThan(TOLERANCE);
    }
  });
});
