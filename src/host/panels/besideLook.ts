import * as vscode from 'vscode';
import type { Against, AgainstState, CheckpointInfo, ImageView } from '../../protocol';
import type { Core } from '../core';

/** A's side of the question. */
interface Asked {
  readonly path: string;
  readonly file: string;
  readonly times: number;
}

/** B, beside what a panel shows: which checkpoint and image it is, and what the engine said of them. */
export class BesideLook {
  readonly #core: Core;
  readonly #changed: () => void;
  #against: Against | null;
  #view: ImageView | null = null;
  #error: string | null = null;
  #shown = '';
  #looking: AbortController | undefined;

  constructor(core: Core, against: Against | null, changed: () => void) {
    this.#core = core;
    this.#against = against;
    this.#changed = changed;
  }

  get against(): Against | null {
    return this.#against;
  }

  get state(): AgainstState | null {
    return this.#against && { ...this.#against, view: this.#view, error: this.#error };
  }

  set(against: Against | null): void {
    this.#against = against;
    if (against) return;
    this.#looking?.abort();
    [this.#view, this.#error, this.#shown] = [null, null, ''];
  }

  /** Whether a question is about B. */
  isAbout(checkpoint: string, file: string): boolean {
    return this.#view?.file === file && this.#view.checkpoint.path === checkpoint;
  }

  /** Asks the engine about B; what it follows of A is A's of this moment. `known` is its entry in the list of checkpoints. */
  async look(a: Asked, known: (file: string) => CheckpointInfo | undefined): Promise<void> {
    if (!this.#against) return;
    const [checkpoint, file] = [this.#against.checkpoint ?? a.path, this.#against.file ?? a.file];
    if (checkpoint === a.path && file === a.file) return this.#nothingToTell();
    const info = known(checkpoint);
    const identity = JSON.stringify([checkpoint, info?.modified, file, a.times]);
    if (identity === this.#shown) return;
    this.#looking?.abort();
    this.#shown = identity;
    const looking = (this.#looking = new AbortController());
    try {
      const client = await this.#core.looker.client();
      const view = await client.viewImage({ checkpoint, file, ...(a.times !== 1 && { size: { times: a.times } }) }, { signal: looking.signal });
      if (looking.signal.aborted) return;
      this.#view = { ...view, checkpoint: { ...view.checkpoint, runName: info?.runName ?? view.checkpoint.runName, last: info?.last ?? false } };
      this.#error = null;
    } catch (error) {
      if (looking.signal.aborted) return;
      // The old picture under a new name would be taken for the new one's.
      [this.#view, this.#shown, this.#error] = [null, '', error instanceof Error ? error.message : String(error)];
      this.#core.log.error(`[looker] B, ${file}: ${this.#error}`);
    }
    this.#changed();
  }

  /** B is A for the moment: it is not taken away, because the next checkpoint or image may be another one. */
  #nothingToTell(): void {
    const error = vscode.l10n.t('The same checkpoint and image as A: there is nothing to tell apart. Choose another one for either.');
    if (this.#error === error) return;
    this.#looking?.abort();
    [this.#view, this.#shown, this.#error] = [null, '', error];
    this.#changed();
  }

  dispose(): void {
    this.#looking?.abort();
  }
}
