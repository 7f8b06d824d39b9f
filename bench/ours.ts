// Our side: keeps a session of one executor and computes when it is asked, a line of JSON for a line of JSON.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openExecutor } from '../src/engine/compile/backends';
import { optimise } from '../src/engine/compile/passes/pipeline';
import { traceStep } from '../src/engine/compile/programs';
import { configSchema, type BackendName, type Config } from '../src/engine/config/schema';
import { initParams, zeroMoments } from '../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../src/engine/model/spec';
import { randomAt } from '../src/engine/random';
import type { FloatTensor } from '../src/engine/tensors';
import { smoothedTargets } from '../src/engine/pipeline/targets';
import type { GraphSize } from './side';
import type { Shape, Workload } from './workloads';

/** What this side is asked to be. */
export interface OurJob {
  readonly workload: Workload;
  readonly backend: BackendName;
  readonly execution: 'compiled' | 'eager';
  readonly precision: 'fp32' | 'bf16';
  readonly threads: number;
  /** What is counted: the time that passes, or that of the processor, of all threads together, which other programs hardly change. */
  readonly clock: 'wall' | 'processor';
}

function configOf({ architecture, size, patch, dim, depth, heads, mlp }: Shape): Config {
  const hybrid = architecture === 'cct' ? { projection: 'conv_stem', global_pool: 'seq' } : { architecture };
  return configSchema.parse({
    image: { size },
    model: { patch_size: patch, embed_dim: dim, depth, num_heads: heads, mlp_ratio: mlp, ...hybrid },
    train: { weight_decay: 0.05, clip_grad: 1, label_smoothing: 0.1 },
  });
}

function draw(shape: readonly number[], salt: number): FloatTensor {
  const random = randomAt(salt, 'bench');
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()) };
}

async function open({ workload, ...engine }: OurJob): Promise<{ label: string; once: () => Promise<unknown> }> {
  const { shape, kind, maps = false, int8 = false } = workload;
  const { batch, size, classes } = shape;
  const config = configOf(shape);
  const spec = vitSpec(config.image, config.model, classes);
  const executor = await openExecutor(engine.backend, engine);
  const images = draw([batch, size, size, 3], 1);
  const { label } = executor.info;
  if (kind === 'infer') {
    const session = await executor.infer(spec, initParams(spec, 0), int8 ? 'int8' : 'fp32');
    return { label, once: () => session.forward(images, { attention: maps }) };
  }
  const session = await executor.train(spec, freshState(spec), config.train);
  const targets = smoothedTargets(Int32Array.from({ length: batch }, (_, i) => i % classes), classes, 0.1);
  let step = 0;
  return { label, once: () => session.step({ images, targets, lr: 1e-3, noiseSeed: [0, step++] }) };
}

function freshState(spec: ViTSpec) {
  return { params: initParams(spec, 0), m: zeroMoments(spec), v: zeroMoments(spec), step: 0 };
}

/** Peak resident memory as the system counts it, of this process and all its threads. */
function peak(): number {
  const status = process.platform === 'linux' ? /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return 1024 * (status ? Number(status[1]) : process.resourceUsage().maxRSS);
}

/** What a training step of the whole batch becomes for ONNX Runtime: the same on every machine. */
function graphOf({ shape }: Workload): GraphSize {
  const { image, model, train } = configOf(shape);
  const { nodes } = optimise(traceStep(vitSpec(image, model, shape.classes), train, { part: 'whole', batch: shape.batch }), 'onnx');
  // A Reshape gives the same memory another shape.
  const written = nodes.filter(({ op }) => op !== 'Reshape').flatMap(({ outputs }) => outputs.map(({ shape: sides }) => 4 * sides.reduce((a, b) => a * b, 1)));
  return { operations: nodes.length, bytes: written.reduce((a, b) => a + b, 0) };
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function main(): Promise<void> {
  try {
    const job = JSON.parse(process.argv[2]!) as OurJob;
    const now = job.clock === 'processor' ? processorTime : () => performance.now();
    const { label, once } = await open(job);
    await once();
    say({ label });
    for await (const line of createInterface({ input: process.stdin })) {
      const question = JSON.parse(line) as { run?: number; graph?: boolean };
      if (question.graph) {
        say({ graph: graphOf(job.workload) });
        continue;
      }
      const ms: number[] = [];
      for (let i = 0; i < (question.run ?? 0); i++) {
        const start = now();
        await once();
        ms.push(now() - start);
      }
      say(question.run === undefined ? { peak: peak() } : { ms });
    }
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}

void main();
