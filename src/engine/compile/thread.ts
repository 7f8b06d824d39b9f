import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as l10n from '@vscode/l10n';
import { connect, type Client, type Port } from '../../rpc';
import { UserError } from '../userError';
import { withoutTelemetry } from './onnx/home';
import { weightsIn } from './onnx/transfer';

/** The native libraries that compute in a thread of their own, by the names that people know. */
export type Library = 'ONNX Runtime' | 'TensorFlow';

/** A thread that answers, started when it is first called and again when it has ended. */
export interface Thread<Api> {
  /** Asks the thread; while an answer is due the process stays, else the thread does not hold it. */
  ask<T>(question: (api: Client<Api>) => Promise<T>): Promise<T>;
  /** Ends it; what it still owes ends with an error. */
  end(): Promise<void>;
}

/** What a thread does: it holds the sessions of a library, or it helps such a thread with a batch (`lanes.ts`). */
export type Role = 'sessions' | 'lane';

/** What a thread is told when it starts. */
export interface ThreadJob {
  readonly library: Library;
  readonly role: Role;
}

interface Started<Api> {
  readonly worker: Worker;
  readonly api: Client<Api>;
  due: number;
}

/** @throws Error when the thread's bundle is not there */
export function createThread<Api>(library: Library, role: Role = 'sessions'): Thread<Api> {
  const file = process.env['VITLAB_ONNX_WORKER'] || path.join(__dirname, 'onnxWorker.js');
  return startThread(file, library, () => {
    withoutTelemetry();
    return { library, role } satisfies ThreadJob;
  });
}

/**
 * @param name for people: "The thread of {name} has ended"
 * @param prepare what is done before a start, and what the thread is told
 * @throws Error when the thread's bundle is not there
 */
export function startThread<Api>(file: string, name: string, prepare: () => unknown): Thread<Api> {
  if (!existsSync(file)) throw new Error(l10n.t('{0} is missing', file));
  let started: Started<Api> | undefined;
  const start = (): Started<Api> => {
    const worker = new Worker(file, { name, workerData: prepare() });
    worker.unref();
    const own: Started<Api> = { worker, api: connect<Api>(portOf(worker, name)), due: 0 };
    worker.once('exit', () => {
      if (started === own) started = undefined;
    });
    return own;
  };
  return {
    async ask(question) {
      const own = (started ??= start());
      if (own.due++ === 0) own.worker.ref();
      try {
        return await question(own.api);
      } catch (error) {
        throw error instanceof Error && error.name === 'UserError' ? new UserError(error.message) : error;
      } finally {
        if (--own.due === 0) own.worker.unref();
      }
    },
    async end() {
      await started?.worker.terminate();
    },
  };
}

function portOf(worker: Worker, library: string): Port {
  let reason = l10n.t('The thread of {0} has ended.', library);
  worker.on('error', (error: Error) => (reason = l10n.t('The thread of {0} has ended: {1}', library, error.message)));
  return {
    send: (message) => worker.postMessage(message, weightsIn(message)),
    onMessage: (listener) => void worker.on('message', listener),
    onClose: (listener) => void worker.once('exit', () => listener(reason)),
  };
}
