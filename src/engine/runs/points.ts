import * as path from 'node:path';
import { cleanLeftovers, disk, writeFileAtomic } from '../atomic';
import { type CheckpointMeta, digest, saveCheckpoint, saveTrainPoint } from '../checkpoint';
import { weightsOf } from '../compile/executor';
import { isFromWithin } from '../../epochs';
import type { TrainEvent } from '../trainer';
import { files, type PointIndex, readIndex } from './files';

/** So many training states are kept: the newest, and the one before until the newest has proved readable. */
const STATES = 2;

export type PointEvent = Extract<TrainEvent, { readonly type: 'point' }>;
type Indexed = PointIndex['points'][number];

/**
 * Saves a point: training state, weights, and then the index, which alone makes both count. Whatever fails before
 * leaves the index, and so the previous checkpoint, as it was.
 *
 * @returns path of the weights; what the index no longer names is deleted by `sweep`.
 */
export async function commitPoint(run: string, event: Omit<PointEvent, 'type'>, meta: CheckpointMeta, keep: number): Promise<string> {
  const index = await readIndex(run);
  const { point, improved, metrics } = event;
  const sha256 = digest(weightsOf(point.state));
  const name = freeName(index, baseName(point), sha256);
  const known = index.points.find((other) => other.name === name);
  if (known?.state !== true) await saveTrainPoint(files.state(run, name), point);
  if (known === undefined) await saveCheckpoint(files.weights(run, name), weightsOf(point.state), meta);
  const added: Indexed = { name, epoch: point.epoch, step: point.state.step, metrics, sha256, state: true };
  const points = [...index.points.filter((other) => other !== known), added];
  const next = retain({ format: 1, best: improved ? name : index.best, last: name, points }, keep);
  await writeFileAtomic(files.index(run), `${JSON.stringify(next, null, 2)}\n`);
  return files.weights(run, name);
}

/**
 * The index without what is too old: best, last and the newest `keep` stay; training states only of the newest two.
 * A point within an epoch is there to resume from and stays only as long as its training state.
 */
function retain(index: PointIndex, keep: number): PointIndex {
  const resumable = new Set(index.points.slice(-STATES));
  const useful = index.points.filter((point) => resumable.has(point) || !isFromWithin(point.name));
  const newest = new Set(useful.slice(-keep).map(({ name }) => name));
  const kept = useful.filter(({ name }) => newest.has(name) || name === index.best || name === index.last);
  const points = kept.map((point, i) => ({ ...point, state: point.state && i >= kept.length - STATES }));
  return { ...index, points };
}

/** Deletes what interrupted writes left, and files of points that the index does not name. Only the owner may. */
export async function sweep(run: string): Promise<void> {
  const folder = files.checkpoints(run);
  await cleanLeftovers(folder);
  const { points } = await readIndex(run);
  const named = new Set(points.flatMap(({ name, state }) => [files.weights(run, name), ...(state ? [files.state(run, name)] : [])]));
  for (const name of await disk.readdir(folder)) {
    const file = path.join(folder, name);
    if (/^epoch-\d+.*\.safetensors$/.test(name) && !named.has(file)) await disk.rm(file, { force: true });
  }
}

/** `epoch-0003` after a whole epoch, `epoch-0003-step-000412` within the one that follows. */
function baseName({ epoch, stepInEpoch, state }: PointEvent['point']): string {
  const whole = `epoch-${String(epoch).padStart(4, '0')}`;
  return stepInEpoch === 0 ? whole : `${whole}-step-${String(state.step).padStart(6, '0')}`;
}

/** A committed file is never written over: a point with other weights takes the next name. */
function freeName(index: PointIndex, base: string, sha256: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    const known = index.points.find((point) => point.name === name);
    if (known === undefined || known.sha256 === sha256) return name;
  }
}
