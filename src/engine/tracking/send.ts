import * as l10n from '@vscode/l10n';
import type { TrackReport } from '../../trackingProtocol';
import type { Config } from '../config/schema';
import type { Looker } from '../looking';
import { isSame, readSent, trackingFiles, writeSent, type Sent } from '../runs/tracking';
import { ensureFolder } from '../atomic';
import { readRecord, type RunRecord } from '../runs/files';
import { claim, isOwned, thisProcess } from '../runs/owner';
import { readRun, readRunConfig } from '../runStore';
import { UserError } from '../userError';
import type { Server } from './access';
import { artifactsOf, bestCheckpoint, isFirst, type Artifact } from './artifacts';
import { datasetOf, ID_TAG, identityOf, newMetrics, paramsOf, statusOf, tagsOf } from './content';
import { Refused } from './failure';
import { batches, keysOf, MOST, SHORT_PARAM } from './limits';
import { artifactPlace, pageOf, type Mlflow } from './mlflow';
import { sendModel } from './sendModel';
import { tailOf } from './tail';

export interface Target {
  readonly server: Server;
  readonly experiment: string;
  readonly api: Mlflow;
}

export interface SendOptions {
  readonly looker?: Looker | undefined;
  /** Beside those of the configuration. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Begins a new run on the server, also where it has this one. */
  readonly again?: boolean;
  /** The run on the server that this one belongs to: that of its sweep. */
  readonly parent?: (experimentId: string) => Promise<string | undefined>;
  readonly onProgress?: (message: string) => void;
}

/** Sends one run to one server, as often as there may be something new. What the server has is written down in the run. */
export interface Sender {
  /**
   * Sends what is new: of a run that trains the metrics, of one that has ended everything.
   *
   * @returns whether all is there that there will ever be
   * @throws Unavailable what may pass; UserError what does not
   */
  pass(): Promise<boolean>;
  report(): TrackReport;
  /** Writes down why it waits. */
  fail(problem: string): Promise<void>;
  /** Lets others send this run. */
  release(): Promise<void>;
}

const NOTHING = { experimentId: '', runId: '', artifactUri: '', described: false, steps: {}, artifacts: {}, status: '', complete: false };

/**
 * @throws UserError when another process sends this run at the moment
 */
export async function openSender(run: string, target: Target, options: SendOptions): Promise<Sender> {
  const folder = trackingFiles.folder(run);
  await ensureFolder(folder);
  if (await isOwned(folder)) throw new UserError(l10n.t('Another process is sending {0} to MLflow at the moment.', run));
  const release = await claim(folder, await thisProcess());
  try {
    const known = (await readSent(run)).find((one) => isSame(one, { uri: target.server.uri, experiment: target.experiment }));
    const begun: Sent = known && !options.again ? known : { uri: target.server.uri, experiment: target.experiment, ...NOTHING };
    return new RunSender(run, target, options, begun, release);
  } catch (error) {
    await release();
    throw error;
  }
}

class RunSender implements Sender {
  readonly #tail;
  readonly #keyFor = keysOf();
  readonly #notes = new Set<string>();
  readonly #done = { params: 0, tags: 0, metrics: 0, artifacts: [] as { path: string; bytes: number }[] };
  readonly #known;
  #sent: Sent;

  constructor(
    readonly run: string,
    readonly target: Target,
    readonly options: SendOptions,
    sent: Sent,
    readonly release: () => Promise<void>,
  ) {
    this.#sent = sent;
    this.#tail = tailOf(run);
    this.#known = { metrics: Object.keys(sent.steps).length, artifacts: Object.keys(sent.artifacts).length };
  }

  async pass(): Promise<boolean> {
    const record = await readRecord(this.run);
    const config = await readRunConfig(this.run, record);
    // Before what it has written is read: a run that ends meanwhile is asked once more.
    const { state, problem } = await readRun(this.run);
    if (problem !== undefined) throw new UserError(problem);
    if (this.#sent.runId === '') await this.#begin(record, config);
    else await this.#goOn(state === 'running');
    if (!this.#sent.described) await this.#describe(record, config);
    await this.#sendMetrics(record);
    if (state === 'running') {
      await this.#keep({ complete: false, problem: undefined });
      return false;
    }
    await this.#sendFiles(await artifactsOf(this.run, config, this.options.looker));
    if (config.tracking.mlflow?.model ?? true) await this.#sendModel();
    const status = statusOf(state);
    if (this.#sent.status !== status) await this.target.api.update(this.#sent.runId, status, endOf(record));
    await this.#keep({ status, complete: true, problem: undefined });
    return true;
  }

  report(): TrackReport {
    const { uri, experiment, experimentId, runId } = this.#sent;
    const { params, tags, metrics, artifacts } = this.#done;
    return { run: this.run, uri, experiment, ...(runId !== '' && { runId, url: pageOf(uri, experimentId, runId) }), params, metrics, tags, artifacts, known: this.#known, notes: [...this.#notes] };
  }

  async fail(problem: string): Promise<void> {
    await this.#keep({ problem });
  }

  /** What the server has of it is found by its tag, where what was written of that is lost. */
  async #begin(record: RunRecord, config: Config): Promise<void> {
    const { api, experiment } = this.target;
    this.#say(l10n.t('Opening the experiment {0}', experiment));
    const experimentId = await api.experiment(experiment);
    const own = this.options.again ? null : await api.find(experimentId, { key: ID_TAG, value: identityOf(this.run, record) });
    const parent = await this.options.parent?.(experimentId);
    const tags = [...tagsOf(this.run, record, { ...config.tracking.mlflow?.tags, ...this.options.tags }, parent)];
    const made = own ?? (await api.create({ experiment: experimentId, name: record.name, start: Date.parse(record.created), tags: tags.slice(0, 100) }));
    this.#done.tags = tags.length;
    await this.#keep({ ...NOTHING, experimentId, runId: made.info.run_id, artifactUri: made.info.artifact_uri, status: 'RUNNING' });
    if (own) await api.log(own.info.run_id, { tags: tags.slice(0, 100), params: [], metrics: [] });
  }

  /** A run that goes on goes on there, too. One that was deleted there begins anew, since nothing of it is left. */
  async #goOn(running: boolean): Promise<void> {
    const { api } = this.target;
    const there = await api.get(this.#sent.runId);
    if (there === null) {
      this.#sent = { ...this.#sent, ...NOTHING };
      const record = await readRecord(this.run);
      return this.#begin(record, await readRunConfig(this.run, record));
    }
    if (there.info.lifecycle_stage === 'deleted') throw new UserError(l10n.t('The run was deleted on {0}. Restore it there, or send it as a new one: vit-lab track --again.', this.#sent.uri));
    if (!running || this.#sent.status === 'RUNNING') return;
    await api.update(this.#sent.runId, 'RUNNING');
    await this.#keep({ status: 'RUNNING', complete: false });
  }

  async #describe(record: RunRecord, config: Config): Promise<void> {
    const { api } = this.target;
    this.#say(l10n.t('Sending the parameters'));
    // Parameters are written once: what an earlier try has left there stays as it is.
    const there = new Set(((await api.get(this.#sent.runId))?.data.params ?? []).map(({ key }) => key));
    const send = async (longest?: number): Promise<void> => {
      const { values, notes } = paramsOf(config, record, longest);
      const missing = values.filter(({ key }) => !there.has(key));
      for (const batch of batches({ params: missing, tags: [], metrics: [] })) await api.log(this.#sent.runId, batch);
      for (const note of notes) this.#notes.add(note);
      this.#done.params = missing.length;
    };
    await send().catch((error: unknown) => {
      if (!isTooLong(error)) throw error;
      return send(SHORT_PARAM);
    });
    await api.input(this.#sent.runId, datasetOf(record, config)).catch((error: unknown) => {
      // Servers before MLflow 2.4 know no datasets; its name and fingerprint are tags as well.
      if (!(error instanceof Refused) || (error.status !== 404 && error.status !== 405)) throw error;
    });
    await this.#sendFiles((await artifactsOf(this.run, config, undefined)).filter(isFirst));
    await this.#keep({ described: true });
  }

  async #sendMetrics({ created }: RunRecord): Promise<void> {
    const all = newMetrics(await this.#tail.read(), { created, steps: this.#sent.steps, keyFor: this.#keyFor });
    const steps = { ...this.#sent.steps };
    try {
      for (let at = 0; at < all.length; at += MOST.metrics) {
        const part = all.slice(at, at + MOST.metrics);
        this.#say(l10n.t('Sending metrics: {0} of {1}', at, all.length));
        await this.target.api.log(this.#sent.runId, { metrics: part.map(({ name: _, ...metric }) => metric), params: [], tags: [] });
        this.#done.metrics += part.length;
        for (const { name, step } of part) steps[name] = step;
      }
    } catch (error) {
      // Once more next time. What has arrived although its answer was lost is the same again, which MLflow keeps once.
      this.#tail.rewind();
      throw error;
    } finally {
      if (all.length > 0) await this.#keep({ steps });
    }
  }

  /** Those that are there already, and are as they were, are not sent again. */
  async #sendFiles(all: readonly Artifact[]): Promise<void> {
    const changed = all.filter(({ path, stamp }) => this.#sent.artifacts[path] !== stamp);
    if (changed.length === 0) return;
    const place = artifactPlace(this.#sent.artifactUri);
    if (place === null) {
      this.#notes.add(unsentNote(this.#sent.artifactUri));
      return;
    }
    for (const [i, { path, bytes, stamp, body }] of changed.entries()) {
      this.#say(l10n.t('Sending {0} ({1} of {2})', path, i + 1, changed.length));
      const content = await body();
      await this.target.api.put(place, path, content);
      this.#done.artifacts.push({ path, bytes: 'bytes' in content ? content.bytes.length : bytes });
      await this.#keep({ artifacts: { ...this.#sent.artifacts, [path]: stamp } });
    }
  }

  async #sendModel(): Promise<void> {
    const best = await bestCheckpoint(this.run);
    if (!best || this.#sent.artifacts['model'] === best.stamp) return;
    if (artifactPlace(this.#sent.artifactUri) === null) return;
    this.#say(l10n.t('Making the model'));
    const sent = await sendModel(this.target.api, this.#sent, best, {
      onFile: (path) => this.#say(l10n.t('Sending {0}', path)),
      onMade: (model) => this.#keep({ model: { ...model, stamp: best.stamp } }),
    });
    this.#done.artifacts.push(...sent);
    await this.#keep({ artifacts: { ...this.#sent.artifacts, model: best.stamp } });
  }

  async #keep(change: { [K in keyof Sent]?: Sent[K] | undefined }): Promise<void> {
    const next = { ...this.#sent, ...change } as Sent;
    const waits = change.problem !== undefined;
    this.#sent = waits ? next : { ...next, at: new Date().toISOString() };
    await writeSent(this.run, this.#sent);
  }

  #say(message: string): void {
    this.options.onProgress?.(message);
  }
}

function endOf({ ended, created, seconds }: RunRecord): number {
  return ended === undefined ? Math.round(Date.parse(created) + seconds * 1000) : Date.parse(ended);
}

function isTooLong(error: unknown): boolean {
  return error instanceof Refused && error.status === 400 && /length|exceed/i.test(error.said);
}

/** The server keeps its files where only Python's client can write them. */
function unsentNote(artifactUri: string): string {
  const scheme = /^[\w+-]+:/.exec(artifactUri)?.[0] ?? artifactUri;
  return l10n.t('The server keeps the files of its runs in {0} and takes none itself, so that checkpoints, figures, log and model were not sent; parameters, metrics and tags were. With mlflow server --serve-artifacts it takes them.', scheme);
}

