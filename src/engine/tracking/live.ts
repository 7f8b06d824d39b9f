import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import type { LogLevel } from '../log';
import { trackingOf } from '../runs/tracking';
import { listRuns } from '../runStore';
import { UserError } from '../userError';
import { Unavailable } from './failure';
import type { Sender } from './send';

/** How patient a live tracking is, in milliseconds; tests are less so. */
export interface Patience {
  /** From one look at the run to the next. */
  readonly every: number;
  /** Before the second try after a failure; doubled for each one more. */
  readonly first: number;
  readonly longest: number;
  /** Tries after the training has ended; then the rest stays for another time. */
  readonly lastTries: number;
}

export const PATIENCE: Patience = { every: 3000, first: 5000, longest: 300_000, lastTries: 3 };

export interface LiveOptions {
  readonly open: () => Promise<Sender>;
  /** For the log of the run, too. */
  readonly log: (level: LogLevel, message: string) => void;
  /** For whoever watches, when the run's log is sent already. */
  readonly say: (message: string) => void;
  readonly patience?: Patience;
  /** Leaves what is missing for another time. */
  readonly signal: AbortSignal;
}

/** Sends a run while it trains, beside the training: nothing here waits for a step, and no step for it. */
export interface Live {
  /** The training has ended: sends the rest. Resolves with whether all of it is there; else it is left for another time. */
  end(): Promise<boolean>;
}

export function trackLive(run: string, { open, log, say, signal, patience = PATIENCE }: LiveOptions): Live {
  const wake = new Wake();
  signal.addEventListener('abort', () => wake.now(), { once: true });
  const state = { ended: false };
  const done = follow(run, { open, log, say, signal, patience, wake, ended: () => state.ended });
  return {
    end() {
      state.ended = true;
      wake.now();
      return done;
    },
  };
}

interface Loop extends LiveOptions {
  readonly patience: Patience;
  readonly wake: Wake;
  readonly ended: () => boolean;
}

async function follow(run: string, { open, log, say, signal, patience, wake, ended }: Loop): Promise<boolean> {
  let sender: Sender | undefined;
  let failures = 0;
  let last = 0;
  try {
    for (;;) {
      const over = ended();
      let pause = patience.every;
      try {
        sender ??= await open();
        const complete = await sender.pass();
        if (failures > 0) say(l10n.t('MLflow: the server answers again; what it had missed was sent.'));
        failures = 0;
        if (complete) tellEnd(sender, say);
        if (over || complete) return complete;
      } catch (error) {
        const why = signal.aborted ? l10n.t('somebody did not want to wait') : reasonOf(error);
        await sender?.fail(why).catch(() => undefined);
        if (failures++ === 0 && !over && error instanceof Unavailable) log('warning', l10n.t('MLflow: {0}. The training goes on, and what is missing is sent when it answers again.', why));
        const words = lastWords(error, { aborted: signal.aborted, why, run: quoted(run), tried: over && ++last >= patience.lastTries });
        if (words !== null) {
          if (signal.aborted) say(words);
          else log('warning', words);
          return false;
        }
        if (!(error instanceof Unavailable)) return false;
        pause = over ? patience.first : Math.min(patience.longest, error.after ?? patience.first * 2 ** Math.min(failures - 1, 10));
      }
      await wake.sleep(pause);
    }
  } finally {
    await sender?.release().catch(() => undefined);
  }
}

/** Why nothing more is tried, and what to do; null where it is tried again. */
function lastWords(error: unknown, { aborted, why, run, tried }: { readonly aborted: boolean; readonly why: string; readonly run: string; readonly tried: boolean }): string | null {
  if (aborted) return l10n.t('MLflow: not all of the run was sent. All of it is kept in its folder: the next training sends it, or: vit-lab track {0}', run);
  // What asking again cannot heal is told once, and left for whoever puts it right.
  if (!(error instanceof Unavailable)) return l10n.t('MLflow: {0} The training goes on. What is missing on the server can be sent later: vit-lab track {1}', why, run);
  return tried ? l10n.t('MLflow: {0}. All of it is kept in the folder of the run: the next training sends it, or: vit-lab track {1}', why, run) : null;
}

function tellEnd(sender: Sender, say: LiveOptions['say']): void {
  const { url, notes } = sender.report();
  for (const note of notes) say(`MLflow: ${note}`);
  if (url !== undefined) say(l10n.t('MLflow: all of the run is on the server: {0}', url));
}

function quoted(run: string): string {
  const seen = path.relative('', run);
  return /\s/.test(seen) ? `"${seen}"` : seen;
}

/** A pause that can be cut short; a call before it begins counts for the next one. */
class Wake {
  #abort = new AbortController();

  now(): void {
    this.#abort.abort();
  }

  async sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#abort.signal, ref: true }).catch(() => undefined);
    this.#abort = new AbortController();
  }
}

/** Runs of a folder of which something is still to be sent to a server, oldest first. */
export async function waitingRuns(runs: string, uri: string): Promise<readonly string[]> {
  const ended = (await listRuns(runs)).filter(({ problem, state }) => problem === undefined && state !== 'running');
  const states = await Promise.all(ended.map(async ({ path: run }) => ({ run, tracking: await trackingOf(run, false) })));
  return states.filter(({ tracking }) => tracking?.uri === uri && tracking.state === 'waiting').map(({ run }) => run).reverse();
}

/**
 * Sends a run now, and tries again a few times where the server has trouble.
 *
 * @throws UserError that says what to do where it does not pass
 */
export async function sendNow(sender: Sender, { signal, first }: { readonly signal: AbortSignal; readonly first: number }): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      await sender.pass();
      return;
    } catch (error) {
      signal.throwIfAborted();
      const why = reasonOf(error);
      await sender.fail(why).catch(() => undefined);
      if (!(error instanceof Unavailable)) throw error;
      if (failures >= 3) throw new UserError(l10n.t('Not all was sent: {0}. What is missing is kept in the folder of the run; the same command goes on from there.', why));
      await sleep(error.after ?? first * 2 ** failures, undefined, { signal });
    }
  }
}
