import { setTimeout as sleep } from 'node:timers/promises';
import * as path from 'node:path';
import { ensureFolder } from '../atomic';
import { claim, thisProcess } from '../runs/owner';
import type { SweepChange } from '../../sweepProtocol';
import { changed, queueOf } from './advance';
import { readSweep, writeSweep, type SweepRecord } from './record';

/** A change takes milliseconds; who holds the folder for longer is about to say why nothing can be written. */
const PATIENCE_MS = 10_000;

/** What this process is changing, by folder: its own changes wait in line and need not ask the disk for their turn. */
const lines = new Map<string, Promise<unknown>>();

/**
 * Changes what is written down of a sweep. Whoever leads it, a window and a terminal may do so at once: each change is made
 * of what the one before has left.
 *
 * @throws UserError when the folder cannot be written, or another process does not let go of it
 */
export function changeSweep(folder: string, change: (record: SweepRecord) => SweepRecord): Promise<SweepRecord> {
  const place = path.resolve(folder);
  const before = lines.get(place) ?? Promise.resolve();
  const own = before.then(() => changeNow(place, change));
  const settled = own.catch(() => undefined);
  lines.set(place, settled);
  void settled.then(() => lines.get(place) === settled && lines.delete(place));
  return own;
}

async function changeNow(folder: string, change: (record: SweepRecord) => SweepRecord): Promise<SweepRecord> {
  const release = await lock(path.join(folder, '.changing'));
  try {
    const record = await readSweep(folder);
    const next = change(record);
    if (next !== record) await writeSweep(folder, next);
    return next;
  } finally {
    await release();
  }
}

/** The same files that say whose a run is: a lock of a process that was killed is nobody's. */
async function lock(folder: string): Promise<() => Promise<void>> {
  await ensureFolder(folder);
  const self = await thisProcess();
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await claim(folder, self);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20 + 30 * Math.random());
    }
  }
}

/** A sweep after what somebody wants of its queue. What does not apply any more, since it has ended meanwhile, is left as it is. */
export function applied(record: SweepRecord, change: SweepChange): SweepRecord {
  switch (change.type) {
    case 'pause':
      return { ...record, pause: true };
    case 'skip':
      return statesOf(record, change.trials, ['waiting', 'running', 'stopped'], 'skipped');
    case 'retry':
      return change.trials ? statesOf(record, change.trials, ['failed', 'skipped'], 'waiting') : statesOf(record, record.entries.keys(), ['failed'], 'waiting');
    case 'move':
      return { ...record, queue: moved([...queueOf(record)], new Set(change.trials), change.to) };
    case 'place':
      return { ...record, queue: placed(queueOf(record), new Set(change.trials), change.before) };
  }
}

type State = SweepRecord['entries'][number]['state'];

function statesOf(record: SweepRecord, trials: Iterable<number>, from: readonly State[], to: State): SweepRecord {
  return [...trials].reduce((all, index) => (from.includes(all.entries[index]?.state ?? to) ? changed(all, index, { state: to, reason: undefined }) : all), record);
}

/** Those that are moved keep their order among each other; one at the end stays there. */
function moved(queue: number[], chosen: ReadonlySet<number>, to: 'first' | 'up' | 'down'): number[] {
  if (to === 'first') return placed(queue, chosen, queue.find((index) => !chosen.has(index)) ?? null);
  if (to === 'down') return moved(queue.reverse(), chosen, 'up').reverse();
  for (let at = 1; at < queue.length; at++) {
    const [above, own] = [queue[at - 1]!, queue[at]!];
    if (chosen.has(own) && !chosen.has(above)) [queue[at - 1], queue[at]] = [own, above];
  }
  return queue;
}

function placed(queue: readonly number[], chosen: ReadonlySet<number>, before: number | null): number[] {
  const taken = queue.filter((index) => chosen.has(index));
  // Dropped on one of themselves, they go in front of what follows it.
  const target = before === null ? undefined : queue.slice(Math.max(0, queue.indexOf(before))).find((index) => !chosen.has(index));
  const rest = queue.filter((index) => !chosen.has(index));
  const at = before === null || target === undefined ? rest.length : rest.indexOf(target);
  return [...rest.slice(0, at), ...taken, ...rest.slice(at)];
}
