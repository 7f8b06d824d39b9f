import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineApi, EngineEvents, ModelFacts, RunSummary } from '../protocol';
import type { Call, Server } from '../rpc';
import { classify } from './classify';
import { openExecutor } from './compile/backends';
import type { Executor } from './compile/executor';
import { loadConfig, parseConfig } from './config/load';
import { configSchema, type EngineConfig } from './config/schema';
import { describeConfig, isConfigFile } from './describe';
import { examine } from './doctor';
import { exportOnnx } from './exportOnnx';
import { createLooker, type Looker } from './looking';
import { newConfig } from './newConfig';
import { measurePrecision } from './precision';
import { compareRuns, listCheckpoints, listRuns, readConfusion, readMetrics, readRun, requestStop } from './runStore';
import { createSample } from './sample';
import { prepareNew, prepareResume, runTraining, type Prepared, type TrainingTools } from './training';
import { UserError } from './userError';

export interface EngineOptions {
  readonly emit: <K extends keyof EngineEvents>(name: K, value: EngineEvents[K]) => void;
  /** Folder with the trained run of the sample workspace. */
  readonly media: string;
  /** Folder with the files of the WebAssembly backend. */
  readonly wasmFolder?: string;
}

/** The engine: what it answers, and how it is put to rest. */
export interface Engine {
  readonly api: Server<EngineApi>;
  /** For the stages that the terminal shows and the protocol does not have. */
  readonly executor: (wish?: EngineConfig) => Promise<Executor>;
  readonly looker: Looker;
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
export function createEngine({ emit, media, wasmFolder }: EngineOptions): Engine {
  const executor = executors(emit, wasmFolder);
  const looker = createLooker(() => executor());
  const training = oneTraining(executor, emit);

  const api: Server<EngineApi> = {
    examine: (_, call) => examine(async () => (await executor()).info, call.signal, (progress) => call.progress(progress)),
    about: async () => (await executor()).info,
    checkConfig: ({ file, text }) => parseConfig(text, file).problems,
    describe: (q) => describe(q.path, looker),
    startTraining: (q, call) => training.begin((tools) => prepareNew(q, tools), call),
    resumeTraining: ({ run }, call) => training.begin((tools) => prepareResume(run, tools), call),
    stopTraining: async ({ run }, { signal }) => (training.run() === path.resolve(run) ? training.stop() : stopElsewhere(run, signal)),
    listRuns: ({ runs }) => listRuns(runs),
    readMetrics: ({ run, since }) => readMetrics(run, since),
    compareRuns: ({ runs }) => compareRuns(runs),
    listCheckpoints: ({ run }) => listCheckpoints(run),
    readConfusion: ({ run }) => readConfusion(run),
    classify: (q, call) => classify(q, looker, call.signal, (progress) => call.progress(progress)),
    measurePrecision: (q, call) => measurePrecision(q, looker, call.signal, (progress) => call.progress(progress)),
    exportOnnx: (q, call) => exportOnnx(q, call.signal, (message) => call.progress(message)),
    viewImage: (q, call) => looker.viewImage(q, call.signal),
    viewAttention: (q, call) => looker.viewAttention(q, call.signal),
    viewRollout: (q, call) => looker.viewRollout(q, call.signal),
    viewPositions: ({ checkpoint }) => looker.viewPositions(checkpoint),
    createSample: ({ folder }, call) => createSample(folder, media, call.signal, (progress) => call.progress(progress)),
    newConfig: ({ file, dataset }) => newConfig(file, dataset),
  };
  return {
    api,
    executor,
    looker,
    async close() {
      await training.stop();
      looker.close();
    },
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

function oneTraining(executor: TrainingTools['executor'], emit: EngineOptions['emit']): OneTraining {
  let job: Job | null = null;
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
        const prepared = await prepare({ executor, emit: (event) => call.progress(event), signal: AbortSignal.any([call.signal, stop.signal]) });
        own.run = prepared.writer.path;
        void runTraining(prepared, stop, (event) => emit('run', event)).finally(end);
        return { run: prepared.writer.path };
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

/** Opens each engine once. Looking asks for the best; a training may wish for another. */
function executors(emit: EngineOptions['emit'], wasmFolder: string | undefined): (wish?: EngineConfig) => Promise<Executor> {
  const open = new Map<string, Promise<Executor>>();
  const log = (message: string): void => emit('log', { level: 'info', message });
  return (config = configSchema.shape.engine.parse({})) => {
    const { backend, ...options } = { ...config, ...wished(config, process.env) };
    const key = JSON.stringify([backend, options]);
    const opened = open.get(key) ?? openExecutor(backend, { log, ...options, ...(wasmFolder === undefined ? {} : { wasmFolder }) });
    open.set(key, opened);
    opened.catch(() => open.delete(key));
    return opened;
  };
}

/** What a configuration leaves to `auto`, the user's settings may decide: they come by `VITLAB_BACKEND` and `VITLAB_PROVIDER`. */
function wished({ backend, provider }: Pick<EngineConfig, 'backend' | 'provider'>, env: NodeJS.ProcessEnv): Pick<EngineConfig, 'backend' | 'provider'> {
  const { backend: backends, provider: providers } = configSchema.shape.engine.unwrap().shape;
  return {
    backend: backend === 'auto' && provider === 'auto' ? setting('VITLAB_BACKEND', backends.unwrap().options, env) : backend,
    provider: provider === 'auto' && (backend === 'auto' || backend === 'onnx') ? setting('VITLAB_PROVIDER', providers.unwrap().options, env) : provider,
  };
}

function setting<T extends string>(name: string, choices: readonly (T | 'auto')[], env: NodeJS.ProcessEnv): T | 'auto' {
  const value = env[name] || 'auto';
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UserError(l10n.t('{0} is {1}; it can be {2}.', name, value, choices.join(', ')));
  return found;
}

async function describe(file: string, looker: Looker): Promise<ModelFacts> {
  if (isConfigFile(file)) return describeConfig(await loadConfig(file), file);
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
