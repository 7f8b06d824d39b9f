import { availableParallelism } from 'node:os';
import * as l10n from '@vscode/l10n';
import { openExecutor, type BackendOptions } from './compile/backends';
import type { Executor, Precision } from './compile/executor';
import { searchFaster } from './compile/search';
import { withNearest } from './config/nearest';
import { configSchema, type EngineConfig } from './config/schema';
import { UserError } from './userError';

/** What the user's settings force where a configuration leaves it open, and what to call that. */
export interface Forced {
  readonly backend: EngineConfig['backend'];
  readonly provider: EngineConfig['provider'];
  readonly by: string;
}

/** The engines of this process, each opened once. */
export interface Executors {
  /** Looking asks for the best; a training may wish for another. */
  open(wish?: EngineConfig, signal?: AbortSignal): Promise<Executor>;
  /** Beside a training that leaves its engine open: tests what has no verdict yet, for the next training. */
  search(wish: EngineConfig, tell: (message: string) => void): Promise<void>;
  /** What to wish for to compute in a precision: fewer bits are ONNX Runtime's alone, so `auto` means it then. */
  wishFor(precision?: Precision): EngineConfig | undefined;
  /** What computes where nothing is wished is forced by this, if it is. */
  forced(): Forced | undefined;
  /** Ends tests that are under way. */
  close(): void;
}

export interface ExecutorsOptions {
  readonly log: (message: string) => void;
  /** Folder with the files of the WebAssembly backend. */
  readonly wasmFolder?: string;
}

const DEFAULT = configSchema.shape.engine.parse({});

export function createExecutors({ log, wasmFolder }: ExecutorsOptions): Executors {
  const opened = new Map<string, Promise<Executor>>();
  const closing = new AbortController();
  return {
    open(wish = DEFAULT, signal) {
      const { backend, ...options } = { ...wish, ...wished(wish, process.env), threads: threadsOf(wish) };
      const key = JSON.stringify([backend, options]);
      const more: BackendOptions = { log, ...(signal && { signal }), ...(wasmFolder !== undefined && { wasmFolder }) };
      const found = opened.get(key) ?? openExecutor(backend, { ...more, ...options, asks: asking(wish, process.env) });
      opened.set(key, found);
      found.catch(() => opened.delete(key));
      return found;
    },
    async search(wish, tell) {
      const { backend, provider } = wished(wish, process.env);
      const leftOpen = backend === 'auto' && provider === 'auto' && wish.execution === 'compiled' && wish.precision === 'fp32';
      // What is open already was chosen without these verdicts.
      if (leftOpen && (await searchFaster({ signal: closing.signal, tell }))) opened.clear();
    },
    wishFor: (precision = 'fp32') => (precision === 'fp32' || wished(DEFAULT, process.env).backend !== 'auto' ? undefined : { ...DEFAULT, backend: 'onnx' }),
    forced() {
      const wish = wished(DEFAULT, process.env);
      const { backend, provider } = asking(DEFAULT, process.env);
      if (wish.backend === 'auto' && wish.provider === 'auto') return undefined;
      return { ...wish, by: wish.provider === 'auto' ? backend : provider };
    },
    close: () => closing.abort(),
  };
}

/**
 * Threads of ONNX Runtime: as many as are wished, and no more than there are cores. More of them wait for each other
 * instead of computing, a hundred times as long; a configuration may come from a larger machine.
 */
function threadsOf({ threads }: EngineConfig): number {
  return Math.min(threads, availableParallelism());
}

/** What of a configuration's engine this machine does in another way, as a sentence. */
export function* engineWarnings({ threads }: EngineConfig): Generator<string> {
  const cores = availableParallelism();
  if (threads > cores) yield l10n.t('engine.threads is {0}, but there are {1} cores here: {1} threads are used.', threads, cores);
}

type Choice = Pick<EngineConfig, 'backend' | 'provider'>;

/** What a configuration leaves to `auto`, the user's settings may decide: they come by `VITLAB_BACKEND` and `VITLAB_PROVIDER`. */
function wished({ backend, provider }: Choice, env: NodeJS.ProcessEnv): Choice {
  const { backend: backends, provider: providers } = configSchema.shape.engine.unwrap().shape;
  return {
    backend: backend === 'auto' && provider === 'auto' ? setting('VITLAB_BACKEND', backends.unwrap().options, env) : backend,
    provider: provider === 'auto' && (backend === 'auto' || backend === 'onnx') ? setting('VITLAB_PROVIDER', providers.unwrap().options, env) : provider,
  };
}

/** What to call what decided: the key of the configuration, or where the user's settings are. */
function asking({ backend, provider }: Choice, env: NodeJS.ProcessEnv): { backend: string; provider: string } {
  return { backend: backend === 'auto' ? called('VITLAB_BACKEND', env) : 'engine.backend', provider: provider === 'auto' ? called('VITLAB_PROVIDER', env) : 'engine.provider' };
}

/** The extension passes its settings on as environment variables. */
function called(name: 'VITLAB_BACKEND' | 'VITLAB_PROVIDER', env: NodeJS.ProcessEnv): string {
  const id = name === 'VITLAB_BACKEND' ? 'vitLab.engine.backend' : 'vitLab.engine.provider';
  return env['VITLAB_ROLE'] ? l10n.t('the setting {0}', id) : l10n.t('the environment variable {0}', name);
}

function setting<T extends string>(name: 'VITLAB_BACKEND' | 'VITLAB_PROVIDER', choices: readonly (T | 'auto')[], env: NodeJS.ProcessEnv): T | 'auto' {
  const value = env[name] || 'auto';
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UserError(withNearest(l10n.t('There is no {0}, which {1} asks for; it can be {2}.', value, called(name, env), choices.join(', ')), value, choices));
  return found;
}
