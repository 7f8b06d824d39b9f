import * as vscode from 'vscode';
import type { Metrics, RunEvent, RunsPart, RunSummary } from '../protocol';
import type { EngineClient } from './engineClient';
import { contextKeys } from './ids';
import { Poller } from './poller';
import { distinctNames, type RowName, rowNames } from './runNames';
import { runsFolders } from './settings';

/** The training that a process of this window runs. */
export interface LiveTraining {
  readonly run: string;
  readonly name: string;
  readonly epochs: number;
  readonly epoch: number;
  readonly steps: number;
  readonly step: number;
  readonly loss: number | undefined;
  readonly metrics: Metrics;
  /** Of the newest step, once there is one. */
  readonly pace?: { readonly imagesPerSecond: number; readonly dataShare: number; readonly secondsLeft?: number; readonly lr: number; readonly gradNorm: number };
  readonly startedAt: number;
  /** Images of its validation and its test. */
  readonly sizes: { readonly val: number; readonly test: number };
}

/** Parts of the first list are drawn this far apart: each drawing arranges all that are there. */
const PART_MS = 500;

export type StartedEvent = Extract<RunEvent, { type: 'started' }>;
export type WarningEvent = Extract<RunEvent, { type: 'warning' }>;
export type EndedEvent = Extract<RunEvent, { type: 'ended' }>;

/**
 * The runs of the workspace. They are files that a terminal or another window may change, and not every host has a
 * native watcher, so the list is asked for again while somebody looks or a training runs; our own engine's events come
 * at once.
 */
export class Runs implements vscode.Disposable {
  readonly #looker: EngineClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #readPart = new vscode.EventEmitter<void>();
  readonly #progressed = new vscode.EventEmitter<LiveTraining | undefined>();
  readonly #started = new vscode.EventEmitter<StartedEvent>();
  readonly #ended = new vscode.EventEmitter<{ readonly event: EndedEvent; readonly training: LiveTraining | undefined }>();
  readonly #warned = new vscode.EventEmitter<WarningEvent>();
  /** Something seems to go wrong in this window's training. */
  readonly onDidWarn = this.#warned.event;
  readonly onDidChange = this.#changed.event;
  /** Every step of this window's training; undefined when it is over. */
  readonly onDidProgress = this.#progressed.event;
  /** A training of this window began or went on. */
  readonly onDidStart = this.#started.event;
  readonly onDidEnd = this.#ended.event;
  /** More of the first list is there; it is not all as yet. */
  readonly onDidReadPart = this.#readPart.event;
  readonly #poller = new Poller(() => this.#read());
  #all: readonly RunSummary[] = [];
  /** Made when a row is first drawn: not every list is. */
  #rows: (() => ReadonlyMap<string, RowName>) | ReadonlyMap<string, RowName> = new Map();
  #loaded = false;
  #reading: { readonly done: number; readonly of: number } | undefined;
  #signature = '';
  #problem: string | undefined;
  #live: LiveTraining | undefined;

  constructor(looker: EngineClient, log: vscode.LogOutputChannel) {
    this.#looker = looker;
    this.#log = log;
  }

  /** Newest first. Runs of one name are told apart by what is added to it. */
  get all(): readonly RunSummary[] {
    return this.#all;
  }

  get live(): LiveTraining | undefined {
    return this.#live;
  }

  /** Whether the list has been read at least once. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** How much of the first list is there, where that takes time. */
  get reading(): { readonly done: number; readonly of: number } | undefined {
    return this.#reading;
  }

  /** Why the list could not be read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  find(run: string): RunSummary | undefined {
    return this.#all.find(({ path }) => path === run);
  }

  /** What a run is called in a narrow row. */
  rowOf({ path, name }: RunSummary): RowName {
    if (typeof this.#rows === 'function') this.#rows = this.#rows();
    return this.#rows.get(path) ?? { name, label: name };
  }

  /** Says that somebody looks at the runs, or no longer does. */
  watch(viewer: string, looking: boolean): void {
    this.#poller.watch(viewer, looking);
  }

  /** Whether a list or a comparison of runs is in sight, where a training is seen to end. */
  get inSight(): boolean {
    return ['runs view', 'compare view', 'compare panel'].some((viewer) => this.#poller.isWatchedBy(viewer));
  }

  /** Reads the list now. Calls while one is under way share the one that follows it. */
  refresh(): Promise<void> {
    return this.#poller.refresh();
  }

  /** Takes what the training process says. */
  onEvent(event: RunEvent): void {
    if (event.type === 'preparing') return;
    const before = this.#live;
    this.#live = advance(before, event, this.#all);
    this.#progressed.fire(this.#live);
    if (Boolean(before) !== Boolean(this.#live)) this.#setTraining();
    if (event.type !== 'step') void this.refresh();
    if (event.type === 'started') this.#started.fire(event);
    if (event.type === 'warning') this.#warned.fire(event);
    if (event.type === 'ended') this.#ended.fire({ event, training: before });
  }

  /** The training process died: what it trained is no longer under way. Returns that training. */
  onTrainerDeath(): LiveTraining | undefined {
    const lost = this.#live;
    this.#live = undefined;
    this.#progressed.fire(undefined);
    this.#setTraining();
    void this.refresh();
    return lost;
  }

  dispose(): void {
    this.#poller.dispose();
    this.#changed.dispose();
    this.#readPart.dispose();
    this.#progressed.dispose();
    this.#started.dispose();
    this.#ended.dispose();
    this.#warned.dispose();
  }

  #setTraining(): void {
    void vscode.commands.executeCommand('setContext', contextKeys.training, this.#live !== undefined);
    this.watch('training', this.#live !== undefined);
  }

  async #read(): Promise<void> {
    try {
      const all = await this.#list();
      this.#set(all);
      this.#setLoaded();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#log.warn(this.#problem);
      this.#set(this.#all);
    }
  }

  async #list(): Promise<readonly RunSummary[]> {
    const folders = runsFolders();
    // The workspace's files are untrusted input until the user says otherwise.
    this.#problem = undefined;
    if (folders.length === 0 || !vscode.workspace.isTrusted) return [];
    const client = await this.#looker.client();
    // A mount that is away hides none of the runs that are here.
    const onProgress = this.#loaded ? undefined : this.#partsOf(folders);
    const lists = await Promise.allSettled(folders.map((runs, i) => client.listRuns({ runs, ...(onProgress && { parts: true }) }, onProgress && { onProgress: onProgress(i) })));
    const failed = lists.flatMap((list) => (list.status === 'rejected' ? [list.reason as unknown] : []));
    if (failed.length === lists.length) throw failed[0];
    this.#problem = failed.length > 0 ? failed.map((one) => (one instanceof Error ? one.message : String(one))).join(' ') : undefined;
    return this.#named(lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : [])));
  }

  /** Newest first, under names that tell them apart. */
  #named(runs: readonly RunSummary[]): readonly RunSummary[] {
    const all = [...runs].sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0));
    const names = distinctNames(all);
    this.#rows = () => rowNames(all, names);
    return all.map((run) => ({ ...run, name: names.get(run.path) ?? run.name }));
  }

  /** Shows the first list as it comes: of a folder far away it takes its time. Each folder counts for itself. */
  #partsOf(folders: readonly string[]): (folder: number) => (part: unknown) => void {
    const parts = folders.map(() => ({ done: 0, of: 0, runs: [] as RunSummary[] }));
    let shown = 0;
    return (folder) => (part) => {
      const { done, of, runs } = part as RunsPart;
      const before = parts[folder]!;
      before.runs.push(...runs);
      Object.assign(before, { done, of });
      if (Date.now() - shown < PART_MS) return;
      shown = Date.now();
      this.#reading = { done: parts.reduce((sum, one) => sum + one.done, 0), of: parts.reduce((sum, one) => sum + one.of, 0) };
      this.#all = this.#named(parts.flatMap((one) => one.runs));
      this.#readPart.fire();
    };
  }

  /** Until the first list is there, an empty view says nothing about the runs. */
  #setLoaded(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#reading = undefined;
    void vscode.commands.executeCommand('setContext', contextKeys.loaded, true);
    this.#changed.fire();
  }

  #set(all: readonly RunSummary[]): void {
    const signature = JSON.stringify([all, this.#problem]);
    // The old objects stay while nothing changed: a tree knows its items by them.
    if (signature === this.#signature) return;
    this.#all = all;
    this.#signature = signature;
    this.#changed.fire();
  }
}

function advance(live: LiveTraining | undefined, event: Exclude<RunEvent, { type: 'preparing' }>, known: readonly RunSummary[]): LiveTraining | undefined {
  if (event.type === 'ended') return undefined;
  if (event.type === 'started') {
    const { run, name, epochs, steps, dataset: { sizes } } = event;
    // A run that goes on is where it stopped, not at its beginning, until the first step says more.
    const before = event.resumedFrom === undefined ? undefined : known.find((each) => each.path === run);
    const metrics = before?.latest ?? {};
    return { run, name, epochs, steps, epoch: before?.epoch ?? 0, step: event.resumedFrom ?? 0, loss: undefined, metrics, startedAt: Date.now(), sizes };
  }
  if (!live || event.type === 'checkpoint' || event.type === 'warning' || event.type === 'note') return live;
  if (event.type === 'step') {
    const { epoch, step, loss, imagesPerSecond, dataShare, secondsLeft, lr, gradNorm } = event;
    return { ...live, epoch, step, loss, pace: { imagesPerSecond, dataShare, lr, gradNorm, ...(secondsLeft !== undefined && { secondsLeft }) } };
  }
  return { ...live, epoch: event.epoch, step: event.step, metrics: event.metrics };
}
