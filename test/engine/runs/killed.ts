import { NOTHING_FOUND } from '../../fixtures/fakeDataset';
import { existsSync } from 'node:fs';
import { configSchema } from '../../../src/engine/config/schema';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { createRun, listRuns, reopenRun } from '../../../src/engine/runStore';

/** The process that `kill.test.ts` kills: takes over the one run of a folder, or makes it, and saves points without end. */
const runs = process.argv[2]!;
const classes = ['a', 'b'];
// About 0.3 million parameters: 1.2 MB of weights and 2.4 MB of moments, so that a kill falls into a write.
const config = configSchema.parse({ dataset: { format: 'shapes' }, model: { embed_dim: 96, depth: 4, num_heads: 4 }, train: { keep_checkpoints: 2 } });
const spec = vitSpec(config.image, config.model, classes.length);
const [old] = existsSync(runs) ? await listRuns(runs) : [];
const opened = old && (await reopenRun(old.path));
const writer =
  opened?.writer ??
  (await createRun({
    runs,
    config,
    configText: '',
    dataset: { name: 'd', format: 'shapes', path: '', classes, sizes: { train: 8, val: 1, test: 1 }, fingerprint: 'f', broken: [], findings: NOTHING_FOUND },
    engine: { name: 'cpu', label: 'cpu', rejected: [] },
    params: 0,
    git: null,
  }));
const params = opened?.point.state.params ?? initParams(spec, 0);

for (let epoch = (opened?.point.epoch ?? 0) + 1; ; epoch++) {
  const state = { params: new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x + epoch) }])), m: params, v: params, step: epoch };
  const point = { state, epoch, stepInEpoch: 0, running: { loss: 0, correct: 0, seen: 0 }, best: null, stale: 0 };
  await writer.event({ step: epoch, epoch, time: epoch, values: { 'train/loss': 1 / epoch } });
  await writer.savePoint({ point, improved: epoch % 3 === 0, metrics: {} });
  process.stdout.write(`${epoch}\n`);
}
