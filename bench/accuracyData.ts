// What `scripts/bench-accuracy.mjs` hands to another framework: the images, the recipe and the result of a run.
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { configSchema, type Config } from '../src/engine/config/schema';
import { openDataset } from '../src/engine/dataset/open';
import { readRecord } from '../src/engine/runs/files';
import { readMetrics, readRunConfig } from '../src/engine/runs/read';
import { learningRate } from '../src/engine/schedule';

/** What another side can do, too, of each part of a configuration; all else has to be as a plain ViT has it. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  model: ['patch_size', 'embed_dim', 'depth', 'num_heads', 'mlp_ratio'],
  train: ['epochs', 'batch_size', 'lr', 'min_lr', 'warmup_epochs', 'cooldown_epochs', 'schedule', 'cycles', 'decay_epochs', 'decay_rate', 'weight_decay', 'betas', 'eps', 'clip_grad', 'label_smoothing', 'keep_checkpoints', 'augment'],
  augment: ['crop_padding', 'hflip'],
};

/** Another recipe on the other side would be another comparison than the one that is asked for. */
function refuseOthers({ model, train }: Config): void {
  const plain = configSchema.parse({});
  const parts = { model: [model, plain.model], train: [train, plain.train], augment: [train.augment, plain.train.augment] } as unknown as Record<string, [Record<string, unknown>, Record<string, unknown>]>;
  const odd = Object.entries(parts).flatMap(([part, [own, usual]]) => Object.keys(own).filter((key) => !COMMON[part]!.includes(key) && JSON.stringify(own[key]) !== JSON.stringify(usual[key])).map((key) => `${part}.${key}`));
  if (train.schedule === 'plateau') odd.push('train.schedule');
  if (odd.length > 0) throw new Error(`This run has what the other side is not given here: ${odd.join(', ')}`);
}

async function write(run: string, folder: string): Promise<void> {
  const [config, record, metrics] = [await readRunConfig(run), await readRecord(run), await readMetrics(run)];
  refuseOthers(config);
  const { splits, classes, fingerprint } = await openDataset(config, run);
  if (fingerprint !== record.dataset.fingerprint) throw new Error('The data has changed since the run');
  await mkdir(folder, { recursive: true });
  for (const [name, split] of Object.entries(splits)) {
    const { data } = await split.read(Int32Array.from({ length: split.size }, (_, i) => i));
    await writeFile(path.join(folder, `${name}.images`), data);
    await writeFile(path.join(folder, `${name}.labels`), new Uint8Array(Int32Array.from(split.labels).buffer));
  }
  const perEpoch = Math.ceil(splits.train.size / config.train.batch_size);
  const lr = Array.from({ length: perEpoch * config.train.epochs }, (_, step) => learningRate(step, perEpoch, config.train));
  const test = metrics.findLast(({ values }) => 'test/top1' in values)?.values['test/top1'];
  console.log(JSON.stringify({ ...config, classes: classes.length, lr, ours: { top1: test, seconds: record.seconds, name: record.name, tested: splits.test.size } }));
}

void write(path.resolve(process.argv[2]!), process.argv[3]!);
