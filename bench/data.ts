// What `scripts/bench-data.mjs` measures, each task in a process of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { openExecutor } from '../src/engine/compile/backends';
import { configSchema, type Config } from '../src/engine/config/schema';
import { loadConfig } from '../src/engine/config/load';
import { openDataset } from '../src/engine/dataset/open';
import { vitSpec } from '../src/engine/model/spec';
import { randomAt } from '../src/engine/random';
import { openPipeline } from '../src/engine/pipeline/pipeline';
import { train } from '../src/engine/trainer';

const CLASSES = 100;

/** A PNG of 8 × 8 random pixels in colour: each has contents of its own. */
function tinyPng(seed: number): Buffer {
  const random = randomAt(0, 'bench', seed);
  const rows = Array.from({ length: 8 }, () => [0, ...Array.from({ length: 24 }, () => random.int(256))]).flat();
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.from(rows), { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

/** Images `from` … `to` − 1, in class folders. */
function make(folder: string, from: number, to: number): void {
  for (let k = 0; k < CLASSES; k++) mkdirSync(path.join(folder, `class-${k}`), { recursive: true });
  for (let i = from; i < to; i++) writeFileSync(path.join(folder, `class-${i % CLASSES}`, `${i}.png`), tinyPng(i));
}

/** Seconds to the opened dataset, and to the end of the first training step, from the start of the process. */
async function start(folder: string): Promise<void> {
  const config = configSchema.parse({ dataset: { path: folder, val_split: 0.02, test_split: 0.02 }, model: { patch_size: 8, depth: 2 }, train: { batch_size: 128, augment: { crop_padding: 4, hflip: true } } });
  const dataset = await openDataset(config, '/');
  const opened = process.uptime();
  await steps(config, dataset, 1);
  console.log(JSON.stringify({ images: dataset.splits.train.size + dataset.splits.val.size + dataset.splits.test.size, opened, step: process.uptime(), memory: process.resourceUsage().maxRSS / 1024 }));
}

type Dataset = Awaited<ReturnType<typeof openDataset>>;

/** Trains so many steps; gives the seconds that they waited and computed, the first few left out. */
async function steps(config: Config, dataset: Dataset, count: number): Promise<{ data: number; compute: number }> {
  const sum = { data: 0, compute: 0 };
  const spec = vitSpec(config.image, config.model, dataset.classes.length);
  for await (const event of train({ config, spec, dataset, executor: await openExecutor('onnx') })) {
    if (event.type !== 'step') break;
    if (event.step > Math.min(5, count - 1)) {
      sum.data += event.seconds.data;
      sum.compute += event.seconds.compute;
    }
    if (event.step === count) break;
  }
  return sum;
}

/** How long the steps of a configuration wait for their images, and how fast batches are made when nothing computes. */
async function wait(file: string, set: readonly string[], count: number): Promise<void> {
  const config = await loadConfig(file, set);
  const dataset = await openDataset(config, path.dirname(path.resolve(file)));
  const { data, compute } = await steps(config, dataset, count);
  const pipeline = openPipeline({ config, spec: vitSpec(config.image, config.model, dataset.classes.length), dataset });
  const next = pipeline.epoch(0, 0);
  for (let i = 0; i < 5; i++) await next();
  const begun = performance.now();
  const made = Math.min(60, Math.floor(dataset.splits.train.size / config.train.batch_size) - 5);
  for (let i = 0; i < made; i++) await next();
  const batch = (performance.now() - begun) / made;
  await pipeline.close();
  console.log(JSON.stringify({ workers: config.dataset.workers, share: data / (data + compute), wait: (1000 * data) / (count - 5), step: (1000 * compute) / (count - 5), batch }));
}

const [, , task, place = '', ...rest] = process.argv;
if (task === 'make') make(place, Number(rest[0]), Number(rest[1]));
else void (task === 'start' ? start(place) : wait(place, rest.slice(1), Number(rest[0]))).then(() => process.exit(0));
