import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { MetricRow } from '../../../protocol';
import { disk, ensureFolder, reasonOf } from '../../atomic';
import type { LogLevel } from '../../log';
import { readRecord } from '../../runs/files';
import { trackingFiles } from '../../runs/tracking';
import { listCheckpoints, readRun, readRunConfig } from '../../runStore';
import type { Looker } from '../../looking';
import { tailOf } from '../tail';
import { endRecord, figureRecords, rowRecord, sessionRecord, weightRecords } from './write';
import { fileVersion, restart } from './events';

const EVERY = 2000;
/** Reading larger checkpoints would take the training's time; `vit-lab track --tensorboard` reads them afterwards. */
const MOST_WEIGHTS = 64 * 2 ** 20;

/** Event files beside a training. */
export interface Board {
  /** Writes the rest: what came last, the pictures, and how it ended. */
  end(): Promise<void>;
}

/** Writes event files into the run's folder `tensorboard` while it trains. What goes wrong here is told once, and ends no training. @param since the step that the run goes on from */
export function openTensorboard(run: string, log: (level: LogLevel, message: string) => void, { looker, since }: { readonly looker?: Looker; readonly since?: number }): Board {
  const writer = new BoardWriter(run, looker, since);
  let failed = false;
  let line = Promise.resolve();
  const turn = (work: () => Promise<void>): Promise<void> =>
    (line = line.then(work).catch((error: unknown) => {
      if (!failed) log('warning', l10n.t('The event files of TensorBoard cannot be written: {0} The training goes on.', reasonOf(error)));
      failed = true;
    }));
  void turn(() => writer.open());
  const timer = setInterval(() => void (failed || turn(() => writer.pass())), EVERY);
  timer.unref();
  return {
    async end() {
      clearInterval(timer);
      if (!failed) await turn(() => writer.close());
    },
  };
}

class BoardWriter {
  readonly #tail;
  readonly #weighed = new Set<string>();
  #file = '';
  #start = 0;
  #last = { seconds: 0, step: 0 };

  constructor(
    readonly run: string,
    readonly looker: Looker | undefined,
    readonly since: number | undefined,
  ) {
    this.#tail = tailOf(run);
  }

  /** A run that goes on gets a file of its own, which takes back what the earlier ones have told of later steps. */
  async open(): Promise<void> {
    const record = await readRecord(this.run);
    const config = await readRunConfig(this.run, record);
    this.#start = Date.parse(record.created) / 1000;
    const folder = trackingFiles.tensorboard(this.run);
    const earlier = await disk.readdir(folder).then((names) => names.filter((name) => name.startsWith('events.out.tfevents.')).length, () => 0);
    await ensureFolder(folder);
    // TensorBoard reads the files of a folder in the order of their names, which begin with a time of ten digits.
    this.#file = path.join(folder, `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${process.pid}.${earlier}.vit-lab`);
    const at = { seconds: this.#start, step: 0 };
    const head = [fileVersion(at.seconds), sessionRecord(at, path.basename(this.run), config, record.params)];
    if (earlier === 0 || this.since === undefined) return this.#write(head);
    const { since } = this;
    for (const { path: file, step } of await listCheckpoints(this.run)) if (step <= since) this.#weighed.add(file);
    const rows = await this.#tail.read();
    this.#advance(rows);
    await this.#write([...head, restart({ seconds: this.#last.seconds, step: since + 1 }), ...rows.filter(({ step }) => step > since).map((row) => rowRecord(row, this.#start))]);
  }

  async pass(): Promise<void> {
    const rows = await this.#tail.read();
    this.#advance(rows);
    await this.#write(rows.map((row) => rowRecord(row, this.#start)));
    for (const checkpoint of [...(await listCheckpoints(this.run))].reverse()) {
      if (this.#weighed.has(checkpoint.path)) continue;
      this.#weighed.add(checkpoint.path);
      if (checkpoint.bytes <= MOST_WEIGHTS) await this.#write(await weightRecords(checkpoint, this.#last.seconds));
    }
  }

  async close(): Promise<void> {
    await this.pass();
    const { state } = await readRun(this.run);
    await this.#write([...(await figureRecords(this.run, this.looker, this.#last)), endRecord(this.#last, state)]);
  }

  #advance(rows: readonly MetricRow[]): void {
    const last = rows.at(-1);
    if (last) this.#last = { seconds: this.#start + last.time, step: last.step };
  }

  async #write(records: readonly Uint8Array[]): Promise<void> {
    if (records.length > 0) await disk.appendFile(this.#file, Buffer.concat(records));
  }
}
