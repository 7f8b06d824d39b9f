import { utimes } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { RunEvent } from '../../protocol';
import { reasonOf } from '../atomic';
import { readRecord } from '../runs/files';
import { claim, isOwned, thisProcess } from '../runs/owner';
import { readRun, readRunConfig } from '../runStore';
import { advanced, changed, nextOf } from './advance';
import { UserError } from '../userError';
import { changeSweep } from './change';
import { otherImages } from './images';
import { describeSetting } from './plan';
import { readSweep, SWEEP_FILE, type Entry, type SweepRecord } from './record';
import { writeResults } from './sweep';

type Ended = Extract<RunEvent, { type: 'ended' }>;

/** What somebody asks of the queue in another process is heard so soon. */
const POLL_MS = 500;
/** Where a process cannot be asked whether it lives, the age of `sweep.json` tells. */
const BEAT_MS = 20_000;
/** A process whose parent was killed checkpoints and leaves; so long that takes at most. */
const LEAVE_MS = 60_000;

/** Who trains: starts a run or goes on with one, and resolves when it has ended. `signal` asks for a checkpoint and the end. */
export interface Trainer {
  /** @param onRun hears of the run's folder as soon as there is one */
  start(q: { readonly config: string; readonly runs: string; readonly set: readonly string[]; readonly sweep?: string }, onRun: (run: string) => Promise<void>, signal: AbortSignal): Promise<Ended>;
  resume(run: string, signal: AbortSignal): Promise<Ended>;
}

export interface LeadOptions {
  /** How many train side by side. */
  readonly parallel: number;
  /** Ends with a checkpoint of each. */
  readonly signal?: AbortSignal;
  /** A training has begun or ended. */
  readonly onChange?: (record: SweepRecord, index: number) => void;
}

/**
 * Trains what is left, so many at a time; after each, table and pictures are written anew. All that happens is written down
 * in the sweep's folder, where the queue may be changed meanwhile: `sweep.json` is read again before each training, and twice
 * a second. Ends when all are done, when it is paused, or when a training was stopped.
 *
 * @returns whether all are done
 * @throws UserError when another process leads it, or the folder cannot be written
 */
export async function leadSweep(folder: string, trainer: Trainer, options: LeadOptions): Promise<boolean> {
  if (await isOwned(folder)) throw new UserError(l10n.t('The sweep in {0} is run by another process, a window or a terminal. Pause it first: vit-lab sweep {0} --pause', folder));
  const release = await claim(folder, await thisProcess());
  const now = (): Date => new Date();
  const beat = setInterval(() => void utimes(path.join(folder, SWEEP_FILE), now(), now()).catch(() => undefined), BEAT_MS);
  try {
    // Who led it before may have been killed: what is marked as running is not.
    await changeSweep(folder, (record) => ({ ...record, pause: false, entries: record.entries.map((entry) => (entry.state === 'running' ? { ...entry, state: 'stopped' } : entry)) }));
    return await new Leader(folder, trainer, options).lead();
  } finally {
    clearInterval(beat);
    await release();
  }
}

/** The trainings that are under way, and who has stopped them. */
class Leader {
  readonly #underWay = new Map<number, { readonly stop: AbortController; readonly done: Promise<void> }>();
  #halted = false;
  #failure: Error | undefined;
  #results: Promise<void> = Promise.resolve();

  constructor(
    readonly folder: string,
    readonly trainer: Trainer,
    readonly options: LeadOptions,
  ) {}

  async lead(): Promise<boolean> {
    for (;;) {
      const record = await readSweep(this.folder);
      const leaving = this.#halted || record.pause || this.options.signal?.aborted === true;
      for (const [index, { stop }] of this.#underWay) if (leaving || record.entries[index]!.state === 'skipped') stop.abort();
      const next = !leaving && this.#underWay.size < this.options.parallel ? nextOf(record, this.#underWay) : undefined;
      if (next !== undefined) await this.#begin(next);
      else if (this.#underWay.size > 0) await this.#wait();
      // Where the last one of a round was taken out of the queue, the next round has not been drawn up.
      else if (leaving || nextOf(await changeSweep(this.folder, advanced)) === undefined) return await this.#end(record);
    }
  }

  async #end(record: SweepRecord): Promise<boolean> {
    await this.#results;
    if (this.#failure) throw this.#failure;
    return nextOf(record) === undefined;
  }

  async #wait(): Promise<void> {
    const timer = new AbortController();
    const { signal } = this.options;
    const signals = [timer.signal, ...(signal && !signal.aborted ? [signal] : [])];
    const pause = sleep(POLL_MS, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
    await Promise.race([pause, ...[...this.#underWay.values()].map(({ done }) => done)]);
    timer.abort();
  }

  async #begin(index: number): Promise<void> {
    const record = await changeSweep(this.folder, (now) => (now.entries[index]!.state === 'skipped' ? now : changed(now, index, { state: 'running' })));
    if (record.entries[index]!.state !== 'running') return;
    this.options.onChange?.(record, index);
    const stop = new AbortController();
    const done = this.#train(record, index, stop.signal)
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
        this.#halted = true;
      })
      .finally(() => this.#underWay.delete(index));
    this.#underWay.set(index, { stop, done });
  }

  async #train(record: SweepRecord, index: number, signal: AbortSignal): Promise<void> {
    // Written down while it trains, so that a process that is killed goes on with it and does not begin again.
    // One that was stopped may have begun with images that the others do not have.
    let unlike = await otherImages(this.folder, record, index);
    const onRun = async (run: string): Promise<void> => {
      const now = await changeSweep(this.folder, (before) => changed(before, index, { run: seenFrom(this.folder, run) }));
      unlike = await otherImages(this.folder, now, index);
      if (unlike !== undefined) this.#underWay.get(index)?.stop.abort();
    };
    const ended = unlike === undefined ? await trained(this.folder, record, index, this.trainer, onRun, signal) : NOT_BEGUN;
    // Somebody stopped this one training, also before it had a run of its own: whoever did so wants the machine.
    if (ended.reason === 'stopped' && !signal.aborted && unlike === undefined) this.#halted = true;
    // It keeps no run: tried again, it begins anew and is asked again.
    const result: Partial<Entry> = unlike === undefined ? await outcome(this.folder, ended) : { state: 'failed', reason: unlike, run: undefined };
    const after = await changeSweep(this.folder, (now) => {
      const { state, run } = now.entries[index]!;
      // Stopped while it was prepared, it still has what it trained before.
      const left = result.state === 'waiting' && run !== undefined ? { ...result, state: 'stopped' as const } : result;
      return advanced(changed(now, index, state === 'skipped' && ended.reason === 'stopped' ? { ...result, state } : left));
    });
    this.options.onChange?.(after, index);
    this.#results = this.#results.then(async () => writeResults(this.folder, await readSweep(this.folder)));
    await this.#results;
  }
}

/** What has not begun has made nothing. */
const NOT_BEGUN: Ended = { type: 'ended', run: '', reason: 'error', message: '', metrics: {} };

async function trained(folder: string, record: SweepRecord, index: number, trainer: Trainer, onRun: (run: string) => Promise<void>, signal: AbortSignal): Promise<Ended> {
  const entry = record.entries[index]!;
  const before = entry.run === undefined ? undefined : path.resolve(folder, entry.run);
  const { values, set } = record.settings[entry.setting]!;
  const name = nameOf(record.name, `${describeSetting(values)}, seed ${entry.seed}`);
  const own = [`seed=${entry.seed}`, `name=${JSON.stringify(name)}`, ...(record.rounds.length > 1 ? [`train.epochs=${entry.epochs}`] : [])];
  try {
    if (before !== undefined && (await isResumable(before, signal))) return await trainer.resume(before, signal);
    return await trainer.start({ config: record.config, runs: path.dirname(folder), set: [...set, ...own], sweep: record.name }, onRun, signal);
  } catch (error) {
    const stopped = error instanceof Error && error.name === 'AbortError';
    return { type: 'ended', run: '', reason: stopped ? 'stopped' : 'error', message: stopped ? '' : reasonOf(error), metrics: {} };
  }
}

/** Longer ones no list has room for. */
const LONGEST_NAME = 80;

/** What tells a training from the others of its sweep is kept, the sweep's own name cut where both are too long; of what tells them apart, the end. */
function nameOf(sweep: string, what: string): string {
  const own = what.length > LONGEST_NAME - 16 ? `…${what.slice(what.length - (LONGEST_NAME - 17))}` : what;
  const room = LONGEST_NAME - 1 - own.length;
  return `${sweep.length > room ? `${sweep.slice(0, room - 1)}…` : sweep} ${own}`;
}

/** The process that trained it before may still be saving. */
async function isResumable(run: string, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + LEAVE_MS;
  for (;;) {
    const { state, resumable } = await readRun(run);
    if (state !== 'running' || Date.now() > deadline) return resumable;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function seenFrom(folder: string, run: string): string {
  return path.relative(folder, run).split(path.sep).join('/');
}

async function outcome(folder: string, { run, reason, message }: Ended): Promise<Partial<Entry>> {
  if (run === '') return reason === 'stopped' ? { state: 'waiting' } : { state: 'failed', reason: message };
  const place = { run: seenFrom(folder, run) };
  if (reason === 'stopped') return { ...place, state: 'stopped' };
  if (reason === 'error' || reason === 'non-finite') return { ...place, state: 'failed', reason: message };
  return { ...place, state: 'finished', ...(await measured(run)) };
}

/** What a run has reached: the best on its validation images, what that reaches on the test images, and how long it took. */
async function measured(run: string): Promise<Pick<Entry, 'val' | 'test' | 'seconds'>> {
  const [{ best, latest }, { seconds }, { train }] = await Promise.all([readRun(run), readRecord(run), readRunConfig(run)]);
  const val = (best ?? latest)[train.monitor];
  const test = latest['test/top1'];
  return { ...(val !== undefined && { val }), ...(test !== undefined && { test }), seconds };
}
