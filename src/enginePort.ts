import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Port } from './rpc';

export interface EngineStart {
  /** The engine's bundle. */
  readonly file: string;
  /** A Node of the user's choice; without it, the one that runs this process. */
  readonly nodePath: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Everything the process prints, line by line. */
  readonly onLine: (line: string) => void;
  /** Says for people why the process ended. */
  readonly describeDeath: (death: EngineDeath) => string;
}

export type EngineDeath =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed to start'; readonly reason: string };

/**
 * For the engine that rests between questions: has glibc (`mallopt(3)`) ask the system for large pieces one by one, and give
 * them back when they are freed. By itself it begins to keep them once a few were freed: a session of ViT-B/16 then took 1.08 GB
 * in place of 0.36, of which nothing came back. A training frees and takes the same pieces at every step, and is better off without.
 */
export const givesMemoryBack: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: String(2 ** 20) };

/** A running engine process and the channel to it. */
export interface EngineProcess {
  readonly pid: number | undefined;
  readonly port: Port;
  /** Lets the process save and leave; kills it when it has not after five seconds. */
  end(): void;
}

/** Starts the engine: for a window, or for a sweep that trains side by side. Typed arrays pass as they are (structured clone), not as text. */
export function startEngine(start: EngineStart): EngineProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = fork(start.file, [], {
    cwd: path.dirname(start.file),
    env: { ...inherited, ...start.env },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(start.nodePath === undefined ? {} : { execPath: start.nodePath }),
  });
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', start.onLine);
  return { pid: child.pid, port: portOf(child, start.describeDeath), end: () => end(child) };
}

function portOf(child: ChildProcess, describe: EngineStart['describeDeath']): Port {
  let death: string | undefined;
  const listeners: ((reason: string) => void)[] = [];
  const close = (how: EngineDeath): void => {
    if (death !== undefined) return;
    death = describe(how);
    for (const listener of listeners) listener(death);
  };
  child.on('error', (error) => {
    // An error after the start is a message that could not be sent; the exit that follows says more.
    if (child.pid === undefined) close({ kind: 'failed to start', reason: error.message });
  });
  child.on('exit', (code, signal) => close(signal ? { kind: 'signal', signal } : { kind: 'exit', code: code ?? 0 }));
  return {
    send: (message) => {
      if (child.connected && isSerialisable(message)) child.send(message, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => (death === undefined ? void listeners.push(listener) : listener(death)),
  };
}

function isSerialisable(message: unknown): message is object {
  return typeof message === 'object' && message !== null;
}

function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.connected) child.disconnect();
  setTimeout(() => child.kill('SIGKILL'), 5000).unref();
}
