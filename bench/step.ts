// Times one training step on each backend that loads here, and says how they compare:
//   npx esbuild bench/step.ts --bundle --platform=node --outfile=dist/bench/step.js && node dist/bench/step.js [wasm cpu …]
// Steps of the configurations and backends alternate, so that a busy machine slows all alike; trust the ratios.
import { performance } from 'node:perf_hooks';
import { openExecutor } from '../src/engine/compile/backends';
import type { TrainSession } from '../src/engine/compile/executor';
import { configSchema, type BackendName, type Config } from '../src/engine/config/schema';
import { macs } from '../src/engine/model/cost';
import { initParams } from '../src/engine/model/params';
import { vitSpec } from '../src/engine/model/spec';
import { randomAt } from '../src/engine/random';
import { smoothedTargets } from '../src/engine/trainer';
import type { FloatTensor } from '../src/engine/tensors';

const BATCH = 128;
const ROUNDS = 5;
const configurations: Readonly<Record<string, Config>> = {
  'fashion 28×28×3 P4 D64 L6': configSchema.parse({ image: { size: 28 } }),
  'mnist 28×28×1 P7 D64 L6': configSchema.parse({ image: { size: 28, channels: 1 }, model: { patch_size: 7 } }),
};

async function openSession(backend: BackendName, { image, model, train }: Config): Promise<TrainSession> {
  const spec = vitSpec(image, model, 10);
  const params = initParams(spec, 0);
  const zeros = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  return (await openExecutor(backend)).train(spec, { params, m: zeros, v: zeros, step: 0 }, train);
}

async function timeStep(session: TrainSession, step: number): Promise<number> {
  const [H, W] = session.spec.imageSize;
  const random = randomAt(0, 'bench', step);
  const size = BATCH * H * W * session.spec.channels;
  const images: FloatTensor = { shape: [BATCH, H, W, session.spec.channels], data: Float32Array.from({ length: size }, () => random.next() * 2 - 1) };
  const targets = smoothedTargets(Int32Array.from({ length: BATCH }, (_, i) => i % 10), 10, 0);
  const start = performance.now();
  await session.step({ images, targets, lr: 1e-3, noiseSeed: [0, step] });
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
  const wished = process.argv.slice(2) as BackendName[];
  const backends = wished.length > 0 ? wished : (['wasm', 'cpu'] as const);
  for (const [name, config] of Object.entries(configurations)) {
    const times = new Map<BackendName, number[]>(backends.map((backend) => [backend, []]));
    for (let round = 0; round < ROUNDS + 1; round++)
      for (const backend of backends) {
        const session = await openSession(backend, config);
        await timeStep(session, 0);
        times.get(backend)!.push(await timeStep(session, 1));
        session.dispose();
      }
    const gigamacs = (3 * BATCH * macs(vitSpec(config.image, config.model, 10))) / 1e9;
    const first = median(times.get(backends[0])!);
    for (const [backend, all] of times) {
      const ms = median(all);
      console.log(`${name}  ${backend}: ${ms.toFixed(0)} ms, ${(ms / first).toFixed(2)} × ${backends[0]}, ${((gigamacs / ms) * 1e3).toFixed(2)} GMAC/s`);
    }
  }
}

void main();
