import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { disk, ensureFolder } from '../atomic';
import { files } from '../runs/files';
import { claim, thisProcess } from '../runs/owner';
import { isSame, readSent, trackingFiles, writeSent, type Sent } from '../runs/tracking';
import { sweepSummary } from '../sweep/list';
import { readSweep, SWEEP_FILE, type SweepRecord } from '../sweep/record';
import { RESULTS } from '../sweep/sweep';
import { ID_TAG, identityOf, pairs, userName } from './content';
import { batches, keysOf, LONGEST, shortened } from './limits';
import { artifactPlace, type RunStatus } from './mlflow';
import type { Target } from './send';

/** The run on the server that the runs of a sweep belong to. */

/** So long another training of the same sweep may take to make it. */
const PATIENCE_MS = 60_000;

/** The folder of the sweep that a run is one training of, beside it; undefined where it was moved away. */
export async function sweepFolderOf(run: string, name: string): Promise<string | undefined> {
  const runs = path.dirname(run);
  const folders = (await disk.readdir(runs, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => path.join(runs, entry.name));
  const sweeps = (await Promise.all(folders.map(async (folder) => ({ folder, record: await readSweep(folder).catch(() => null) })))).filter(({ record }) => record?.name === name);
  const holds = ({ folder, record }: (typeof sweeps)[number]): boolean => record!.entries.some((entry) => entry.run !== undefined && path.resolve(folder, entry.run) === run);
  // A run that has just begun is not in the list yet: then it is the newest sweep of that name.
  return (sweeps.find(holds) ?? sweeps.sort((a, b) => b.record!.created.localeCompare(a.record!.created))[0])?.folder;
}

/** The sweep's run on the server; made where it is missing, once, whoever of its trainings comes first. */
export async function parentRun(folder: string, target: Target, experimentId: string): Promise<string> {
  return locked(folder, async () => (await ensureParent(folder, target, experimentId)).runId);
}

async function ensureParent(folder: string, { server, experiment, api }: Target, experimentId: string): Promise<Sent> {
  const record = await readSweep(folder);
  const known = (await readSent(folder)).find((one) => isSame(one, { uri: server.uri, experiment }));
  if (known && (await api.get(known.runId)) !== null) return known;
  const id = identityOf(folder, { ...record, seed: 0 });
  const tags = pairs({ 'mlflow.source.name': 'vit-lab', 'mlflow.source.type': 'LOCAL', 'mlflow.user': userName(), [ID_TAG]: id, 'vitlab.sweep': record.name, 'vitlab.run': path.basename(folder) });
  const there = await api.find(experimentId, { key: ID_TAG, value: id });
  const run = there ?? (await api.create({ experiment: experimentId, name: record.name, start: Date.parse(record.created), tags }));
  if (!there) for (const batch of batches({ params: paramsOf(record), tags: [], metrics: [] })) await api.log(run.info.run_id, batch);
  const sent: Sent = { uri: server.uri, experiment, experimentId, runId: run.info.run_id, artifactUri: run.info.artifact_uri, described: true, steps: {}, artifacts: {}, status: 'RUNNING', complete: false };
  await writeSent(folder, sent);
  return sent;
}

/** What is varied, and how. */
function paramsOf(record: SweepRecord): { readonly key: string; readonly value: string }[] {
  const keyFor = keysOf();
  const keys = [...new Set(record.settings.flatMap(({ values }) => Object.keys(values)))];
  const varied = keys.map((key) => [`sweep.${key}`, JSON.stringify([...new Set(record.settings.map(({ values }) => JSON.stringify(values[key])))].map((text) => (text === undefined ? null : (JSON.parse(text) as unknown))))] as const);
  const all = [...varied, ['sweep.combinations', String(record.settings.length)] as const, ['sweep.trainings', String(record.entries.length)] as const, ['sweep.monitor', record.monitor] as const];
  return all.map(([name, value]) => ({ key: keyFor(name), value: shortened(value, LONGEST.param).value }));
}

/** Table and pictures of a sweep, and how it goes. @returns the id of its run */
export async function sendSweep(folder: string, target: Target, onProgress?: (message: string) => void): Promise<Sent> {
  const { api, experiment } = target;
  const experimentId = await api.experiment(experiment);
  return locked(folder, async () => {
    let sent = await ensureParent(folder, target, experimentId);
    const place = artifactPlace(sent.artifactUri);
    for (const name of place === null ? [] : [SWEEP_FILE, ...Object.values(RESULTS)]) {
      const file = path.join(folder, name);
      const stats = await disk.stat(file).catch(() => null);
      if (!stats) continue;
      const stamp = `${stats.size}:${Math.round(stats.mtimeMs)}`;
      if (sent.artifacts[name] === stamp) continue;
      onProgress?.(l10n.t('Sending {0}', name));
      await api.put(place!, name, { file });
      sent = { ...sent, artifacts: { ...sent.artifacts, [name]: stamp } };
      await writeSent(folder, sent);
    }
    const status = await statusOfSweep(folder);
    if (status !== sent.status) await api.update(sent.runId, status, status === 'RUNNING' ? undefined : Date.now());
    sent = { ...sent, status, complete: status !== 'RUNNING', at: new Date().toISOString() };
    await writeSent(folder, sent);
    return sent;
  });
}

async function statusOfSweep(folder: string): Promise<RunStatus> {
  const { state, trials } = await sweepSummary(folder);
  if (state === 'running' || state === 'pausing') return 'RUNNING';
  if (state !== 'finished') return 'KILLED';
  return trials.length > 0 && trials.every((trial) => trial.state === 'failed') ? 'FAILED' : 'FINISHED';
}

/** The trainings of a sweep that have begun. */
export async function runsOfSweep(folder: string): Promise<readonly string[]> {
  const { entries } = await readSweep(folder);
  const all = entries.flatMap(({ run }) => (run === undefined ? [] : [path.resolve(folder, run)]));
  const there = await Promise.all(all.map((run) => disk.stat(files.record(run)).then(() => true, () => false)));
  return [...new Set(all.filter((_, i) => there[i]))];
}

async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const place = trackingFiles.folder(folder);
  await ensureFolder(place);
  const self = await thisProcess();
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const release = await claim(place, self).catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      return undefined;
    });
    if (release) return work().finally(release);
    await sleep(50 + 100 * Math.random());
  }
}
