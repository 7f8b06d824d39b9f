const POLL_MS = 2000;

/**
 * Reads something again and again while somebody looks: files that a terminal or another window may change, and not every host
 * has a native watcher.
 */
export class Poller {
  readonly #read: () => Promise<void>;
  readonly #viewers = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #again = false;

  /** @param read must not reject */
  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  /** Says that somebody looks, or no longer does. */
  watch(viewer: string, looking: boolean): void {
    if (looking === this.#viewers.has(viewer)) return;
    if (looking) this.#viewers.add(viewer);
    else this.#viewers.delete(viewer);
    if (looking) this.#poll();
  }

  isWatchedBy(viewer: string): boolean {
    return this.#viewers.has(viewer);
  }

  /** Reads now. Calls while a reading is under way share the one that follows it. */
  refresh(): Promise<void> {
    this.#again = this.#reading !== undefined;
    this.#reading ??= this.#readUntilDone().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#viewers.clear();
  }

  #poll(): void {
    clearTimeout(this.#timer);
    void this.refresh().then(() => {
      clearTimeout(this.#timer);
      if (this.#viewers.size > 0) this.#timer = setTimeout(() => this.#poll(), POLL_MS);
    });
  }

  async #readUntilDone(): Promise<void> {
    do {
      this.#again = false;
      await this.#read();
    } while (this.#again);
  }
}
