import { fork, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { EngineApi } from '../../src/protocol';
import { connect, type Client, type Port } from '../../src/rpc';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** Bundles an entry of the engine as `scripts/build.mjs` does, so that a test can start it as a process of its own. */
export async function bundle(entry: 'main' | 'cli'): Promise<string> {
  const outfile = path.join(root, '.cache/test', `${entry}-${process.pid}.js`);
  await build({
    absWorkingDir: root,
    entryPoints: [`src/engine/${entry}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    keepNames: true,
    logLevel: 'error',
    external: ['sharp', 'onnxruntime-node', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
  });
  return outfile;
}

export interface EngineProcess {
  readonly child: ChildProcess;
  readonly api: Client<EngineApi>;
  /** Resolves with the exit code or the signal that ended it. */
  readonly gone: Promise<number | NodeJS.Signals | null>;
}

/** Starts an engine process and connects to it, as the extension does. */
export function startEngine(file: string, onEvent?: (name: string, value: unknown) => void, env: Record<string, string> = {}): EngineProcess {
  const child = fork(file, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, ...env } });
  const port: Port = {
    send: (message) => void (child.connected && child.send(message as object)),
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => void child.once('exit', (code, signal) => listener(`engine ended: ${code ?? signal}`)),
  };
  const gone = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  return { child, api: connect<EngineApi>(port, onEvent), gone };
}

/** A promise with its key outside. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((keep) => (resolve = keep));
  return { promise, resolve };
}
