import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Difference, MovedPlaces } from '../protocol';
import { loadCheckpoint } from './checkpoint';
import type { Config } from './config/schema';
import { openDataset } from './dataset/open';
import { demandData, moved } from './moved';
import { configChanges } from './runs/compare';
import { machineHere } from './runs/create';
import { files, readRecord, type RunRecord } from './runs/files';
import { describeImages } from './runs/images';
import { listCheckpoints, readProbe, readRunConfig, resolveCheckpoint } from './runStore';
import { prepareNew, type Prepared, type TrainingTools } from './training';
import { VERSION } from './version';

/**
 * What is not as it was when a run was trained: with nothing different, trained again it ends with the same bits. Opens
 * the dataset and the engine as that training would.
 *
 * @throws UserError when the folder is no run
 */
export async function compareWithRecord(q: { readonly run: string } & MovedPlaces, tools: TrainingTools): Promise<readonly Difference[]> {
  const run = path.resolve(q.run);
  const record = await readRecord(run);
  const written = await readRunConfig(run, record);
  const config = moved(written, q);
  return [...(await configDifferences(run, written)), ...(await dataDifferences(run, q.weights === undefined ? record : { ...record, ...(record.start && { start: { ...record.start, path: q.weights } }) }, config, tools)), ...(await machineDifferences(record, config, tools))];
}

/** The configuration was edited since; the checkpoints say what it was. */
async function configDifferences(run: string, config: Config): Promise<Difference[]> {
  const [newest] = await listCheckpoints(run);
  if (!newest) return [];
  const { meta } = await loadCheckpoint(newest.path);
  return configChanges(meta.config, config).map(({ key, values: [recorded, now] }) => ({ what: key, recorded, now, missing: false }));
}

async function dataDifferences(run: string, record: RunRecord, config: Config, tools: TrainingTools): Promise<Difference[]> {
  const found: Difference[] = [];
  const { start, dataset } = record;
  if (config.finetune?.from !== undefined && start) {
    const file = path.resolve(run, config.finetune.from);
    const what = l10n.t('weights to start from');
    if (!existsSync(start.path) && !existsSync(file)) found.push({ what, recorded: start.path, now: l10n.t('missing'), missing: true, place: 'weights' });
    else {
      const now = createHash('sha256').update(await readFile(await resolveCheckpoint(existsSync(start.path) ? start.path : file))).digest('hex');
      if (now !== start.sha256) found.push({ what, recorded: start.sha256.slice(0, 12), now: now.slice(0, 12), missing: false });
    }
  }
  if (record.teacher) found.push(...(await teacherDifference(run, record.teacher, config)));
  if (config.dataset.path !== undefined && !existsSync(config.dataset.path))
    return [...found, { what: l10n.t('dataset'), recorded: config.dataset.path, now: l10n.t('missing'), missing: true, place: 'data' }];
  const now = await openDataset(config, run, { acceptBroken: true, signal: tools.signal });
  if (now.fingerprint !== dataset.fingerprint) {
    const { train, val, test } = now.splits;
    found.push({ what: l10n.t('dataset'), recorded: describeImages(dataset), now: describeImages({ fingerprint: now.fingerprint, sizes: { train: train.size, val: val.size, test: test.size } }), missing: false });
  }
  return found;
}

async function teacherDifference(run: string, teacher: NonNullable<RunRecord['teacher']>, { train }: Config): Promise<Difference[]> {
  const file = path.resolve(run, train.distillation?.teacher ?? teacher.path);
  const what = l10n.t('teacher');
  if (!existsSync(file)) return [{ what, recorded: file, now: l10n.t('missing'), missing: true, place: 'teacher' }];
  const now = createHash('sha256').update(await readFile(await resolveCheckpoint(file))).digest('hex');
  return now === teacher.sha256 ? [] : [{ what, recorded: teacher.sha256.slice(0, 12), now: now.slice(0, 12), missing: false }];
}

async function machineDifferences(record: RunRecord, config: Config, tools: TrainingTools): Promise<Difference[]> {
  const { info } = await tools.executor(config.engine);
  const here = machineHere();
  const { machine } = record;
  const rows: readonly (readonly [what: string, recorded: string, now: string])[] = [
    ['ViT Lab', record.version, VERSION],
    ['Node.js', record.node, process.version],
    [l10n.t('system'), record.platform, `${process.platform}-${process.arch}`],
    [l10n.t('engine'), record.engine.label, info.label],
    // Runs of earlier versions do not say what they were trained on.
    ...(machine ? ([[l10n.t('processor'), machine.processor, here.processor], [l10n.t('cores'), String(machine.cores), String(here.cores)]] as const) : []),
  ];
  return rows.flatMap(([what, recorded, now]) => (recorded === now ? [] : [{ what, recorded, now, missing: false }]));
}

/**
 * Opens what a training needs to do a run once more, from nothing but its folder: its whole configuration, its data where
 * they lie now, its own copies of the probe images.
 *
 * @throws UserError when something is missing
 */
export async function prepareRerun(q: { readonly run: string; readonly runs?: string } & MovedPlaces, tools: TrainingTools): Promise<Prepared> {
  const run = path.resolve(q.run);
  const record = await readRecord(run);
  const config = moved(await readRunConfig(run, record), q);
  const { dataset, finetune, train, probe } = config;
  demandData(run, config);
  const copies = (await readProbe(run))?.images.map(({ file }) => file) ?? [probe.image].flat().filter((image) => existsSync(path.resolve(run, image)));
  const set = [
    ...(dataset.path === undefined ? [] : [`dataset.path=${JSON.stringify(dataset.path)}`]),
    ...(q.weights !== undefined && finetune ? [`finetune.from=${JSON.stringify(finetune.from)}`] : []),
    ...(q.teacher !== undefined && train.distillation ? [`train.distillation.teacher=${JSON.stringify(train.distillation.teacher)}`] : []),
    `probe.image=${JSON.stringify(copies)}`,
  ];
  return prepareNew({ config: files.config(run), source: files.source(run), runs: q.runs ?? path.dirname(run), set, acceptBroken: record.dataset.broken > 0 }, tools);
}
