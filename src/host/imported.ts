import { existsSync } from 'node:fs';
import type * as vscode from 'vscode';
import type { CheckpointInfo, Origin } from '../protocol';

/** A network that was trained elsewhere, as this workspace remembers it. */
export interface ImportedModel {
  readonly checkpoint: CheckpointInfo;
  readonly origin: Origin;
}

const STATE_KEY = 'importedModels';

/** The weights of other projects that were opened in this workspace, newest first. The files stay where they are. */
export class ImportedModels {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** Those whose files are still there. */
  get all(): readonly ImportedModel[] {
    return this.#memory.get<readonly ImportedModel[]>(STATE_KEY, []).filter(({ checkpoint }) => existsSync(checkpoint.path));
  }

  find(file: string): ImportedModel | undefined {
    return this.all.find(({ checkpoint }) => checkpoint.path === file);
  }

  async add({ checkpoint, origin }: ImportedModel): Promise<void> {
    await this.#memory.update(STATE_KEY, [{ checkpoint, origin }, ...this.all.filter((other) => other.checkpoint.path !== checkpoint.path)]);
  }

  async forget(files: readonly string[]): Promise<void> {
    await this.#memory.update(STATE_KEY, this.all.filter(({ checkpoint }) => !files.includes(checkpoint.path)));
  }
}
