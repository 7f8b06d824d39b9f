import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineApi } from '../../protocol';
import type { TrackingAccess, TrackQuestion, TrackReport } from '../../trackingProtocol';
import type { Call, Server as RpcServer } from '../../rpc';
import { reasonOf } from '../atomic';
import type { Config } from '../config/schema';
import type { LogLevel } from '../log';
import type { Looker } from '../looking';
import { readRecord } from '../runs/files';
import { readRunConfig } from '../runStore';
import { isSweep } from '../sweep/sweep';
import type { Prepared } from '../training';
import { UserError } from '../userError';
import { isExposed, serverFor, type Server, type Wish } from './access';
import { dryRun } from './dryRun';
import { openHttp } from './http';
import { PATIENCE, sendNow, trackLive, waitingRuns, type Live, type Patience } from './live';
import { mlflowOver, pageOf } from './mlflow';
import { openSender, type Sender, type Target } from './send';
import { parentRun, runsOfSweep, sendSweep, sweepFolderOf } from './sweepParent';
import { writeDocument, writeTables } from './tables';
import { openTensorboard } from './tensorboard/live';
import { writeTensorboard } from './tensorboard/write';

type Requests = Pick<EngineApi, 'useTracking' | 'trackRun' | 'settleTracking' | 'writeRun'>;

export interface TrackingOptions {
  readonly looker: Looker;
  readonly log: (level: LogLevel, message: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly patience?: Patience;
}

export interface Tracking {
  readonly api: RpcServer<Requests>;
  /** Follows a training that begins. @returns what to call when it has ended */
  begin(prepared: Pick<Prepared, 'config' | 'writer' | 'from'>): () => void;
  /** What this process was told of servers. */
  readonly access: () => TrackingAccess;
  /** Nothing of a sweep is trained any more: its table and pictures follow its runs. Never rejects. */
  readonly sweepEnded: (folder: string) => Promise<void>;
  /** Resolves when what can be sent is sent. */
  close(): Promise<void>;
}

/** What this process sends to others: of trainings while they go on, and of runs and sweeps when somebody asks. */
export function createTracking({ looker, log, env = process.env, patience = PATIENCE }: TrackingOptions): Tracking {
  let access: TrackingAccess = {};
  const under = new Map<string, { readonly done: Promise<unknown>; readonly stop: AbortController }>();
  const follow = (run: string, work: Promise<unknown>, stop: AbortController): void => {
    const own = { stop, done: work.catch((error: unknown) => log('warning', reasonOf(error))).finally(() => under.get(run) === own && under.delete(run)) };
    under.set(run, own);
  };
  const all = (): Promise<unknown> => Promise.all([...under.values()].map(({ done }) => done));
  const serverOf = (wish: Wish, config: Config): ReturnType<typeof serverFor> => serverFor(wish, config.tracking.mlflow ?? {}, access, env);

  return {
    api: {
      useTracking: (given) => void (access = given),
      trackRun: (q, call) => trackOne(q, { looker, call, serverOf, patience }),
      async settleTracking({ run }, { signal }) {
        const work = under.get(path.resolve(run));
        if (!work) return;
        const leave = (): void => work.stop.abort(signal.reason);
        signal.addEventListener('abort', leave);
        await work.done.finally(() => signal.removeEventListener('abort', leave));
      },
      writeRun: (q, call) => writeRun(q, looker, call),
    },
    begin({ config, writer, from }) {
      const run = writer.path;
      const tell = (level: LogLevel, message: string): void => {
        log(level, message);
        // A run whose folder is gone by now needs it no more.
        writer.log(level, message).catch(() => undefined);
      };
      const stop = new AbortController();
      const board = config.tracking.tensorboard ? openTensorboard(run, tell, { looker, ...(from && { since: from.state.step }) }) : undefined;
      const live = config.tracking.mlflow || access.always ? begun(run, config, { tell, say: (message) => log('info', message), looker, serverOf, patience, stop: stop.signal }) : undefined;
      if (!live && !board) return () => undefined;
      let ended = (): void => undefined;
      const training = new Promise<void>((resolve) => (ended = resolve));
      // From the beginning, so that whoever hears of the end and asks at once does not come too early.
      follow(run, training.then(() => Promise.all([live?.end(), board?.end()])), stop);
      return ended;
    },
    access: () => access,
    async sweepEnded(folder) {
      // Its runs first, which may be on their way yet.
      const stop = new AbortController();
      follow(folder, all().then(() => sendEndedSweep(folder, access, serverOf, stop.signal)), stop);
      await under.get(folder)?.done;
    },
    async close() {
      await all();
    },
  };
}

interface Begin {
  readonly tell: (level: LogLevel, message: string) => void;
  readonly say: (message: string) => void;
  readonly looker: Looker;
  readonly serverOf: (wish: Wish, config: Config) => ReturnType<typeof serverFor>;
  readonly patience: Patience;
  readonly stop: AbortSignal;
}

/** A wish that cannot be followed is told, and trained is all the same. */
function begun(run: string, config: Config, { tell, say, looker, serverOf, patience, stop }: Begin): Live | undefined {
  let found: ReturnType<typeof serverFor>;
  try {
    found = serverOf({}, config);
  } catch (error) {
    tell('warning', `MLflow: ${reasonOf(error)}`);
    return undefined;
  }
  if (found === null) {
    tell('warning', l10n.t('MLflow: no server is named, so that nothing is sent. Set tracking.mlflow.uri, the setting vitLab.tracking.mlflowUri, or MLFLOW_TRACKING_URI.'));
    return undefined;
  }
  const { server, experiment } = found;
  if (isExposed(server)) tell('warning', l10n.t('MLflow: {0} is not encrypted, and gets the credentials as anybody on the way can read them. An address that begins with https:// protects them.', server.uri));
  const targeted = targetOf(server, experiment, stop);
  const live = trackLive(run, { open: async () => senderOf(run, await targeted, looker, {}), log: tell, say, patience, signal: stop });
  return {
    async end() {
      const complete = await live.end();
      const target = await targeted;
      try {
        if (complete) await sendWaiting(path.dirname(run), target, looker, say);
        return complete;
      } finally {
        await target.api.close();
      }
    },
  };
}

/** What earlier trainings could not send. One that fails leaves the rest for another time. */
async function sendWaiting(runs: string, target: Target, looker: Looker, say: Begin['say']): Promise<void> {
  for (const run of await waitingRuns(runs, target.server.uri)) {
    const sender = await senderOf(run, target, looker, {}).catch(() => null);
    if (!sender) continue;
    try {
      await sender.pass();
      say(l10n.t('MLflow: what was missing of {0} was sent.', path.basename(run)));
    } catch {
      return;
    } finally {
      await sender.release();
    }
  }
}

async function sendEndedSweep(folder: string, access: TrackingAccess, serverOf: Begin['serverOf'], signal: AbortSignal): Promise<void> {
  const [first] = await runsOfSweep(folder);
  const config = first === undefined ? undefined : await readRunConfig(first);
  const found = config && (config.tracking.mlflow || access.always) ? serverOf({}, config) : null;
  if (!found) return;
  const target = await targetOf(found.server, found.experiment, signal);
  await sendSweep(folder, target).finally(() => target.api.close());
}

async function targetOf(server: Server, experiment: string, signal: AbortSignal): Promise<Target> {
  return { server, experiment, api: mlflowOver(await openHttp({ server, signal })) };
}

async function senderOf(run: string, target: Target, looker: Looker, more: Pick<Parameters<typeof openSender>[2], 'tags' | 'again' | 'onProgress'>): Promise<Sender> {
  const { sweep } = await readRecord(run);
  const parent = async (experimentId: string): Promise<string | undefined> => {
    const folder = sweep === undefined ? undefined : await sweepFolderOf(run, sweep);
    return folder === undefined ? undefined : parentRun(folder, target, experimentId);
  };
  return openSender(run, target, { looker, parent, ...more });
}

interface Asked {
  readonly looker: Looker;
  readonly call: Call;
  readonly serverOf: Begin['serverOf'];
  readonly patience: Patience;
}

/** A run, or the folder of a sweep with all that it has trained. */
async function trackOne(q: TrackQuestion, { looker, call, serverOf, patience }: Asked): Promise<readonly TrackReport[]> {
  const place = path.resolve(q.run);
  const sweep = isSweep(place);
  const runs = sweep ? await runsOfSweep(place) : [place];
  if (runs.length === 0) throw new UserError(l10n.t('{0} has trained nothing yet.', place));
  const found = serverOf({ uri: q.uri, experiment: q.experiment }, await readRunConfig(runs[0]!));
  if (found === null) throw new UserError(l10n.t('No MLflow server is named. Give --mlflow URI, set tracking.mlflow.uri in the configuration, MLFLOW_TRACKING_URI, or in VS Code the setting vitLab.tracking.mlflowUri.'));
  const { server, experiment } = found;
  if (q.dryRun) return Promise.all(runs.map((run) => dryRun(run, { server, experiment, ...(q.again && { again: true }), looker })));
  const target = await targetOf(server, experiment, call.signal);
  const reports: TrackReport[] = [];
  try {
    for (const [i, run] of runs.entries()) {
      const onProgress = (message: string): void => call.progress(runs.length === 1 ? message : `[${i + 1}/${runs.length}] ${message}`);
      const sender = await senderOf(run, target, looker, { ...(q.tags && { tags: q.tags }), ...(q.again && { again: true }), onProgress });
      try {
        await sendNow(sender, { signal: call.signal, first: patience.first / 5 });
        const report = sender.report();
        reports.push(isExposed(server) ? { ...report, notes: [...report.notes, l10n.t('{0} is not encrypted, and got the credentials as anybody on the way can read them.', server.uri)] } : report);
      } finally {
        await sender.release();
      }
    }
    if (!sweep) return reports;
    const { runId, experimentId } = await sendSweep(place, target, (message) => call.progress(message));
    return [{ run: place, uri: server.uri, experiment, runId, url: pageOf(server.uri, experimentId, runId), params: 0, metrics: 0, tags: 0, artifacts: [], known: { metrics: 0, artifacts: 0 }, notes: [] }, ...reports];
  } finally {
    await target.api.close();
  }
}

async function writeRun({ run, folder, as }: Parameters<Requests['writeRun']>[0], looker: Looker, call: Call): Promise<readonly string[]> {
  const place = path.resolve(run);
  if (as === 'csv') return writeTables(place, folder);
  if (as === 'json') return writeDocument(place, folder);
  return writeTensorboard(place, folder, { looker, signal: call.signal, onProgress: (message) => call.progress(message) });
}
