import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { Executor, TrainState } from '../../../src/engine/compile/executor';
import { selfTest } from '../../../src/engine/compile/selfTest';
import type { TensorMap } from '../../../src/engine/tensors';

let wasm: Executor;
let onnx: Executor;
beforeAll(async () => {
  wasm = await openExecutor('wasm');
  onnx = await openExecutor('onnx');
});

/** The compiled executor with a defect in what its trainings give back. */
function broken(defect: (state: TrainState) => Partial<TrainState>): Executor {
  return {
    ...onnx,
    async train(...given) {
      const session = await onnx.train(...given);
      return {
        ...session,
        async state() {
          const state = await session.state();
          return { ...state, ...defect(state) };
        },
      };
    },
  };
}

const changed = (tensors: TensorMap, change: (value: number, i: number) => number): TensorMap =>
  new Map([...tensors].map(([name, { shape, data }], at) => [name, { shape, data: at === 5 ? data.map(change) : data }]));

test('an engine that computes right passes, with its speed', async () => {
  const verdict = await selfTest(onnx, wasm);
  expect(verdict).toMatchObject({ works: true, label: onnx.info.label });
  expect(verdict.difference).toBeLessThan(1e-4);
  expect(verdict.stepMs).toBeGreaterThan(0);
});

test('a gradient of the wrong size, one that is not a number, and an update that is not AdamW do not pass', async () => {
  const scaled = await selfTest(broken(({ m }) => ({ m: changed(m, (x) => x * 1.05) })), wasm);
  expect(scaled).toMatchObject({ works: false, reason: 'its results are wrong: off by 0.050' });
  const missing = await selfTest(broken(({ m }) => ({ m: changed(m, (x, i) => (i === 3 ? NaN : x)) })), wasm);
  expect(missing).toMatchObject({ works: false, reason: 'its results are wrong: off by NaN' });
  const undecayed = await selfTest(broken(({ params }) => ({ params: changed(params, (x) => x * 1.001) })), wasm);
  expect(undecayed.reason).toMatch(/^its optimizer is wrong: off by /);
});
