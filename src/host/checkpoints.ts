import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, RunSummary } from '../protocol';
import { runsInFolder } from './bundled';
import type { EngineClient } from './engineClient';
import { contextKeys } from './ids';
import { ImportedModels } from './imported';
import type { Runs } from './runs';

/** What is looked into: a file, or the moving `best` or `last` of a run, which a training moves on. */
interface Choice {
  readonly path: string;
  readonly run: string;
  readonly follow?: 'best' | 'last';
}

const STATE_KEY = 'activeCheckpoint';
const UNTRAINED_KEY = 'untrainedCheckpoints';

/** The checkpoints of all runs and the bundled one, and which of them is active. */
export class Checkpoints implements vscode.Disposable {
  readonly #looker: EngineClient;
  readonly #runs: Runs;
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #bundledRuns: string;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #subscription: vscode.Disposable;
  /** Weights of other projects. */
  readonly imported: ImportedModels;
  #all: readonly CheckpointInfo[] = [];
  /** The checkpoints of the workspace that are copies of bundled ones, by the paths of those. */
  #copies: ReadonlyMap<string, CheckpointInfo> = new Map();
  #loaded = false;
  #signature = '';
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(looker: EngineClient, runs: Runs, memory: vscode.Memento, log: vscode.LogOutputChannel, bundledRuns: string) {
    this.#looker = looker;
    this.#runs = runs;
    this.#memory = memory;
    this.#log = log;
    this.#bundledRuns = bundledRuns;
    this.imported = new ImportedModels(memory);
    this.#subscription = runs.onDidChange(() => void this.refresh());
  }

  /** Newest run first, best and last before the epochs; then those of other projects; bundled ones that the workspace has no copy of at the end. */
  get all(): readonly CheckpointInfo[] {
    return this.#all;
  }

  /** Whether the list has been read, with all runs known. */
  get loaded(): boolean {
    return this.#loaded;
  }

  isBundled(checkpoint: CheckpointInfo): boolean {
    return path.dirname(checkpoint.run) === this.#bundledRuns;
  }

  /** Whether it is the bundled one or the copy of it that the sample workspace brings. */
  isSample(checkpoint: CheckpointInfo): boolean {
    return this.isBundled(checkpoint) || [...this.#copies.values()].some((copy) => copy.path === checkpoint.path);
  }

  /** The checkpoint that classifies and is looked into; undefined when there is none at all. */
  get active(): CheckpointInfo | undefined {
    return this.#chosen ?? this.#default();
  }

  /** The best of a run, else its first one. */
  bestOf(run: string): CheckpointInfo | undefined {
    const own = this.#all.filter((checkpoint) => checkpoint.run === run);
    return own.find(({ best }) => best) ?? own[0];
  }

  /** Makes a checkpoint the active one. Best and last of a running run are followed as they move. */
  async choose(file: string): Promise<void> {
    const info = this.#all.find((checkpoint) => checkpoint.path === file);
    if (!info) throw new Error(vscode.l10n.t('The checkpoint {0} is not there any more.', file));
    const running = this.#runs.find(info.run)?.state === 'running';
    await this.#memory.update(STATE_KEY, choiceOf(info, running && info.last ? 'last' : roleOf(info)));
    this.#changed.fire();
  }

  /** Adds initial weights of a configuration, which no run has. */
  async addUntrained(info: CheckpointInfo): Promise<void> {
    await this.#memory.update(UNTRAINED_KEY, [info, ...this.#untrained.filter(({ path: file }) => file !== info.path)]);
  }

  isUntrained({ path: file }: Pick<CheckpointInfo, 'path'>): boolean {
    return this.#untrained.some((info) => info.path === file);
  }

  /** Remembers the checkpoint that has answered a question, so that the next training does not take its place unasked. */
  async keep({ path: file }: CheckpointInfo): Promise<void> {
    // Before all runs are listed, the one that was chosen may be missing only for now.
    if (!this.#loaded) return;
    const info = this.active;
    if (info?.path === file && !this.#chosen) await this.#memory.update(STATE_KEY, choiceOf(info, roleOf(info)));
  }

  refresh(): Promise<void> {
    this.#again = this.#reading !== undefined;
    this.#reading ??= this.#readUntilDone().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** Those whose files are still there. */
  get #untrained(): readonly CheckpointInfo[] {
    return this.#memory.get<readonly CheckpointInfo[]>(UNTRAINED_KEY, []).filter(({ path: file }) => existsSync(file));
  }

  /** The remembered one; where it was deleted, the best of the same run. */
  get #chosen(): CheckpointInfo | undefined {
    const choice = this.#memory.get<Choice>(STATE_KEY);
    if (!choice) return undefined;
    const { path: file, run, follow } = { ...choice, ...this.#copies.get(choice.path) };
    const ofRun = this.#all.filter((checkpoint) => checkpoint.run === run);
    const followed = follow && ofRun.find((checkpoint) => checkpoint[follow]);
    return followed ?? ofRun.find((checkpoint) => checkpoint.path === file) ?? ofRun.find(({ best }) => best) ?? ofRun[0];
  }

  #default(): CheckpointInfo | undefined {
    // A run that was interrupted in its first epoch has learned next to nothing: it takes the place of none that has.
    const newest = (this.#all.find((info) => this.#isTrained(info)) ?? this.#all[0])?.run;
    const ofNewest = this.#all.filter(({ run }) => run === newest);
    return ofNewest.find(({ best }) => best) ?? ofNewest[0];
  }

  /** Whether a whole epoch is in it, or it comes from elsewhere. */
  #isTrained(info: CheckpointInfo): boolean {
    return info.epoch > 0 || info.scheme !== undefined || this.#runs.find(info.run)?.state === 'finished';
  }

  async #readUntilDone(): Promise<void> {
    do {
      this.#again = false;
      try {
        this.#set(await this.#list());
        if (this.#runs.loaded) this.#setLoaded();
      } catch (error) {
        this.#log.warn(error instanceof Error ? error.message : String(error));
      }
    } while (this.#again);
  }

  async #list(): Promise<readonly CheckpointInfo[]> {
    const readable = this.#runs.all.filter(({ problem }) => problem === undefined);
    const folders = [...readable.map((run) => run.path), ...runsInFolder(this.#bundledRuns)];
    const client = await this.#looker.client();
    const bundled = await client.listRuns({ runs: this.#bundledRuns });
    const lists = await Promise.all(folders.map((run) => this.#listOf(client.listCheckpoints({ run }), run)));
    const both = lists.flatMap((list) => [...list].sort(byImportance)).map((info) => this.#asRead(info, bundled));
    this.#copies = copiesOf(both, bundled, this.#runs.all);
    const own = both.filter((info) => !this.#copies.has(info.path));
    const first = own.findIndex((info) => this.isBundled(info));
    return own.toSpliced(first < 0 ? own.length : first, 0, ...this.imported.all.map(({ checkpoint }) => checkpoint), ...this.#untrained);
  }

  /** With the name under which the run is listed, and as the last one only when the run ended there. */
  #asRead(info: CheckpointInfo, bundled: readonly RunSummary[]): CheckpointInfo {
    const run = this.#runs.find(info.run) ?? bundled.find(({ path: folder }) => folder === info.run);
    const last = info.last && !(run?.state === 'finished' && info.step < run.step);
    return { ...info, last, runName: this.#nameOf(info) };
  }

  /** A bundled run may share its name with one of the workspace. */
  #nameOf(info: CheckpointInfo): string {
    const listed = this.#runs.find(info.run)?.name;
    if (listed !== undefined || !this.isBundled(info)) return listed ?? info.runName;
    const clash = this.#runs.all.some(({ name }) => name === info.runName);
    return clash ? vscode.l10n.t('{0} (bundled)', info.runName) : info.runName;
  }

  /** One run that cannot be read must not hide the others. */
  async #listOf(list: Promise<readonly CheckpointInfo[]>, run: string): Promise<readonly CheckpointInfo[]> {
    try {
      return await list;
    } catch (error) {
      this.#log.warn(`${run}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  #setLoaded(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    void vscode.commands.executeCommand('setContext', contextKeys.checkpointsLoaded, true);
    this.#changed.fire();
  }

  #set(all: readonly CheckpointInfo[]): void {
    const signature = JSON.stringify(all);
    this.#all = all;
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#changed.fire();
  }
}

/**
 * The sample workspace brings a copy of a bundled run. Of the two the workspace's is listed: its run is in the Runs view, with
 * curves and evaluation, can be trained on and travels with the workspace. What only one of them has stays.
 */
function copiesOf(all: readonly CheckpointInfo[], bundled: readonly RunSummary[], runs: readonly RunSummary[]): ReadonlyMap<string, CheckpointInfo> {
  const copies = new Map<string, CheckpointInfo>();
  for (const { path: folder, created } of bundled) {
    const copied = runs.filter((run) => created !== '' && run.created === created).map((run) => run.path);
    for (const info of all.filter(({ run }) => run === folder)) {
      const copy = all.find((other) => copied.includes(other.run) && path.basename(other.path) === path.basename(info.path) && other.step === info.step && other.bytes === info.bytes);
      if (copy) copies.set(info.path, copy);
    }
  }
  return copies;
}

function roleOf({ best, last }: CheckpointInfo): Choice['follow'] {
  return best ? 'best' : last ? 'last' : undefined;
}

function choiceOf({ path: file, run }: CheckpointInfo, follow: Choice['follow']): Choice {
  return { path: file, run, ...(follow === undefined ? {} : { follow }) };
}

function byImportance(a: CheckpointInfo, b: CheckpointInfo): number {
  return Number(b.best) - Number(a.best) || Number(b.last) - Number(a.last) || b.epoch - a.epoch || b.step - a.step;
}
