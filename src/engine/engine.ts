import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineApi, EngineEvents, ModelFacts, RunEvent, RunSummary } from '../protocol';
import type { Call, Server } from '../rpc';
import { classify } from './classify';
import type { Executor } from './compile/executor';
import { buildTensorFlow, defaultBuildFolder } from './compile/tensorflow/build';
import { collectGarbage } from './collect';
import { createAssist } from './assist/assist';
import { loadConfig } from './config/load';
import type { EngineConfig } from './config/schema';
import { compareModels } from './compareModels';
import { describeConfig, isConfigFile } from './describe';
import { examine } from './doctor';
import { evaluationApi } from './evaluateWeights';
import { estimateTraining } from './estimate/estimate';
import { createExecutors, type Executors } from './executors';
import { exportCheckpoint } from './export/export';
import { startFacts } from './finetune/start';
import { importWeights } from './importWeights';
import { getModel } from './hub/getModel';
import { listModels } from './hub/listModels';
import { createExplainer } from './explaining';
import { createFollower } from './flowing';
import { featureServer } from './features/api';
import { galleryServer } from './gallery/api';
import { createLooker, type Looker } from './looking';
import { newConfig } from './newConfig';
import { newProject } from './project/newProject';
import { checkPipeline } from './project/pipelineFile';
import { writePractical } from './practicals/write';
import { measurePrecision } from './precision';
import { batchPreviewer } from './previewBatch';
import { previewSchedule } from './previewSchedule';
import { writeReport } from './report/report';
import { compareRuns, indexWritten, listCheckpoints, listRuns, readConfusion, readEvaluation, readMetrics, readProbe, readRun, requestStop, type RunWriter } from './runStore';
import { compareWithRecord, prepareRerun } from './rerun';
import { createScorer } from './scoring';
import { storeApi } from './runs/store';
import { createSample } from './sample';
import { createSweeps } from './sweep/sweeps';
import { createTracking, type Tracking } from './tracking/tracking';
import { prepareNew, prepareResume, runTraining, type Prepared, type TrainingTools } from './training';
import { UserError } from './userError';
import { verdictApi } from './verdicts';

export interface EngineOptions {
  readonly emit: <K extends keyof EngineEvents>(name: K, value: EngineEvents[K]) => void;
  /** Folder with the trained run of the sample workspace. */
  readonly media: string;
  /** The bundle of this engine, for processes that train beside this one. */
  readonly engineFile?: string;
  /** Folder with the files of the WebAssembly backend. */
  readonly wasmFolder?: string;
}

/** The engine: what it answers, and how it is put to rest. */
export interface Engine {
  readonly api: Server<EngineApi>;
  /** For the stages that the terminal shows and the protocol does not have. */
  readonly executor: (wish?: EngineConfig) => Promise<Executor>;
  readonly looker: Looker;
  readonly tracking: Tracking;
  /** Stops a training with a checkpoint and resolves when it is written. */
  close(): Promise<void>;
}

interface Job {
  readonly stop: AbortController;
  /** Set when the run folder is there. */
  run?: string;
  readonly done: Promise<void>;
}

/** Joins the stages. Nothing is loaded before it is needed, so that the process answers at once. */
export function createEngine({ emit, media, wasmFolder, engineFile = path.join(__dirname, 'engine.js') }: EngineOptions): Engine {
  const log = (message: string): void => emit('log', { level: 'info', message });
  const executors = createExecutors({ log, ...(wasmFolder !== undefined && { wasmFolder }) });
  const looker = createLooker((precision) => executors.open(executors.wishFor(precision)));
  const follower = createFollower(looker);
  const scorer = createScorer(looker);
  const tracking = createTracking({ looker, log: (level, message) => emit('log', { level, message }) });
  const training = oneTraining(executors, tracking, emit);
  const previews = batchPreviewer();
  const sweeps = createSweeps({ engineFile, log, access: tracking.access, onEnd: tracking.sweepEnded });

  const api: Server<EngineApi> = {
    ...sweeps.api,
    ...readings,
    ...viewsOf(looker),
    ...follower.api,
    ...featureServer(looker),
    ...galleryServer(looker),
    ...scorer.api,
    ...tracking.api,
    ...createAssist(),
    ...storeApi(),
    ...writings(media),
    ...verdictApi(looker),
    ...evaluationApi(looker, () => executors.open()),
    letGo: () => letGo(looker),
    examine: (_, call) => examine(executors, call.signal, (progress) => call.progress(progress)),
    about: async (_, call) => (await executors.open(undefined, call.signal)).info,
    buildTensorFlow: (_, call) => buildInCache(call),
    estimateTraining: (q, { signal, progress }) => estimateTraining(q, { signal, executor: (wish) => executors.open(wish, signal), emit: (event) => progress(sentenceOf(event)) }),
    previewSchedule: (q, call) => previewSchedule(q, call.signal, (progress) => call.progress(progress)),
    previewBatch: (q, call) => previews(q, call.signal, (progress) => call.progress(progress)),
    describe: (q) => describe(q.path, looker),
    importWeights: (q) => importWeights(q),
    compareModels: (q) => compareModels(q, (file) => looker.withCheckpoint(file, ({ facts }) => Promise.resolve(facts))),
    startTraining: (q, call) => training.begin((tools) => prepareNew(q, tools), call),
    resumeTraining: (q, call) => training.begin((tools) => prepareResume(q, tools), call),
    compareWithRecord: (q, { signal }) => compareWithRecord(q, { executor: (wish) => executors.open(wish, signal), signal, emit: () => undefined }),
    rerunTraining: (q, call) => training.begin((tools) => prepareRerun(q, tools), call),
    stopTraining: async ({ run }, { signal }) => (training.run() === path.resolve(run) ? training.stop() : stopElsewhere(run, signal)),
    writeReport: (q, { signal, progress }) => writeReport(q, looker, { signal, onProgress: (message) => progress(message) }),
    classify: (q, call) => classify(q, looker, call.signal, (progress) => call.progress(progress)),
    listClasses: ({ checkpoint, precision }) => looker.withCheckpoint(checkpoint, ({ meta }) => Promise.resolve(meta.classes), precision),
    measurePrecision: (q, call) => measurePrecision(q, looker, call.signal, (progress) => call.progress(progress)),
    exportCheckpoint: (q, call) => exportCheckpoint(q, call.signal, (message) => call.progress(message)),
    getModel: (q, call) => getModel(q, call),
    listModels: (q) => listModels(q),
  };
  return {
    api,
    executor: (wish) => executors.open(wish),
    looker,
    tracking,
    async close() {
      executors.close();
      await Promise.all([training.stop(), sweeps.close()]).then(() => tracking.close());
      looker.close();
      await indexWritten();
    },
  };
}

/** What writes files for a person to begin with. */
function writings(media: string): Pick<Server<EngineApi>, 'createSample' | 'newConfig' | 'newProject' | 'checkPipeline' | 'writePractical'> {
  return {
    createSample: ({ folder }, call) => createSample(folder, media, call.signal, (progress) => call.progress(progress)),
    newConfig: (q) => newConfig(q),
    newProject: (q, { signal, progress }) => newProject(q, signal, (done, of) => progress({ done, of })),
    checkPipeline: ({ file, text }) => checkPipeline(text, file).problems,
    writePractical: (q, call) => writePractical(q, media, { signal: call.signal, onProgress: (progress) => call.progress(progress) }),
  };
}

/** How long a thread may take to end the sessions of networks that were let go of. */
const ENDING_MS = 500;

/** Empties all memories, and gives what they held back to the system. */
function letGo(looker: Looker): void {
  looker.close();
  setTimeout(collectGarbage, ENDING_MS).unref();
}

/** What is read from run folders. */
const readings = {
  listRuns: ({ runs, parts }, { progress }) => listRuns(runs, parts ? progress : undefined),
  readMetrics: ({ run, since }) => readMetrics(run, since),
  compareRuns: ({ runs }) => compareRuns(runs),
  listCheckpoints: ({ run }) => listCheckpoints(run),
  readConfusion: ({ run }) => readConfusion(run),
  readProbe: ({ run }) => readProbe(run),
  readEvaluation: ({ run }) => readEvaluation(run),
} satisfies Partial<Server<EngineApi>>;

/** What a network makes of one image. */
function viewsOf(looker: Looker): Pick<Server<EngineApi>, 'viewImage' | 'viewAttention' | 'viewRollout' | 'viewPositions' | 'explain' | 'scoreExplanations'> {
  const explainer = createExplainer(looker);
  return {
    viewImage: (q, call) => looker.viewImage(q, call.signal),
    viewAttention: (q, call) => looker.viewAttention(q, call.signal),
    viewRollout: (q, call) => looker.viewRollout(q, call.signal),
    viewPositions: ({ checkpoint, size }) => looker.viewPositions(checkpoint, size),
    explain: (q, { signal, progress }) => explainer.explain(q, { signal, onProgress: (done, of) => progress({ done, of }) }),
    scoreExplanations: (q, { signal, progress }) => explainer.score(q, { signal, onProgress: (done, of) => progress({ done, of }) }),
  };
}

/** The one training of this process. */
interface OneTraining {
  /** Prepares and begins a training; resolves when its run folder exists. */
  begin(prepare: (tools: TrainingTools) => Promise<Prepared>, call: Call): Promise<{ run: string }>;
  /** Checkpoints and stops; resolves when that is done, at once when nothing is trained. */
  stop(): Promise<void>;
  /** The run folder, when there is one. */
  run(): string | undefined;
}

function oneTraining(executors: Executors, tracking: Tracking, emit: EngineOptions['emit']): OneTraining {
  let job: Job | null = null;
  /** What a training does not say itself; a run whose folder is gone by now needs it no more. */
  const tellBeside = (writer: RunWriter, message: string): void => {
    emit('log', { level: 'info', message });
    writer.log('info', message).catch(() => undefined);
  };
  return {
    async begin(prepare, call) {
      if (job) throw new UserError(l10n.t('This process is already training {0}. Stop it first, or wait until it ends.', job.run ?? l10n.t('another run')));
      const stop = new AbortController();
      let settle = (): void => undefined;
      const own: Job = { stop, done: new Promise<void>((resolve) => (settle = resolve)) };
      job = own;
      const end = (): void => {
        job = null;
        settle();
      };
      try {
        const signal = AbortSignal.any([call.signal, stop.signal]);
        const prepared = await prepare({ executor: (wish) => executors.open(wish, signal), emit: (event) => call.progress(event), signal });
        const { writer, config } = prepared;
        own.run = writer.path;
        const search = once(() => executors.search(config.engine, (message) => tellBeside(writer, message)));
        const tell = (event: RunEvent): void => {
          emit('run', event);
          // A test in the background shall not hold up the first step.
          if (event.type === 'step') search();
        };
        const tracked = tracking.begin(prepared);
        // At once, so that who hears of the end can begin the next one.
        void runTraining(prepared, stop, tell).finally(() => {
          tracked();
          end();
        });
        return { run: writer.path };
      } catch (error) {
        end();
        throw error;
      }
    },
    async stop() {
      job?.stop.abort();
      await job?.done;
    },
    run: () => job?.run,
  };
}

function sentenceOf(event: RunEvent): string {
  if (event.type !== 'preparing') return '';
  return event.of === undefined ? event.message : `${event.message} ${event.done ?? 0}/${event.of}`;
}

function once(work: () => unknown): () => void {
  let done = false;
  return () => {
    if (!done) void work();
    done = true;
  };
}

let building = false;

/** One build at a time: two would install into one folder. */
async function buildInCache({ signal, progress }: Call): Promise<{ folder: string; version: string }> {
  if (building) throw new UserError(l10n.t('Native TensorFlow is being built already; its progress is shown until it is done.'));
  building = true;
  try {
    const folder = defaultBuildFolder();
    const { version } = await buildTensorFlow({ folder, signal, onLine: progress });
    return { folder, version };
  } finally {
    building = false;
  }
}

async function describe(file: string, looker: Looker): Promise<ModelFacts> {
  if (isConfigFile(file)) return describeConfig(await loadConfig(file, [], undefined, startFacts), file);
  return looker.withCheckpoint(file, ({ facts }) => Promise.resolve(facts));
}

/** Asks the process that trains the run to stop, and waits until it has. */
async function stopElsewhere(run: string, signal: AbortSignal): Promise<void> {
  const running = async (): Promise<RunSummary | null> => {
    const summary = await readRun(run);
    return summary.state === 'running' ? summary : null;
  };
  if (!(await running())) return;
  await requestStop(run);
  while (await running()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
