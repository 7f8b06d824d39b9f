import * as vscode from 'vscode';
import { assignSlots } from '../runSlots';
import { contextKeys } from './ids';

const STATE_KEY = 'comparedRuns';
const SLOTS_KEY = 'comparedSlots';

/** Which runs are compared: the ticked ones of the Runs view. */
export class Compared implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#setContext();
  }

  get runs(): readonly string[] {
    return this.#memory.get<readonly string[]>(STATE_KEY, []);
  }

  /** Place of each of them in the palette; kept beside them, so that no run changes its colour while it is compared. */
  get slots(): Readonly<Record<string, number>> {
    return assignSlots(this.#memory.get<Record<string, number>>(SLOTS_KEY, {}), this.runs);
  }

  has(run: string): boolean {
    return this.runs.includes(run);
  }

  async set(runs: readonly string[]): Promise<void> {
    const slots = assignSlots(this.slots, [...new Set(runs)]);
    await this.#memory.update(STATE_KEY, [...new Set(runs)]);
    await this.#memory.update(SLOTS_KEY, slots);
    this.#setContext();
    this.#changed.fire();
  }

  add(runs: readonly string[]): Promise<void> {
    return this.set([...this.runs, ...runs]);
  }

  remove(runs: readonly string[]): Promise<void> {
    return this.set(this.runs.filter((run) => !runs.includes(run)));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #setContext(): void {
    void vscode.commands.executeCommand('setContext', contextKeys.comparing, this.runs.length > 0);
  }
}
