/**
 * The one RPC of ViT Lab: host and engine process, host and webview, and their tests speak it.
 *
 * An interface is the protocol: `connect<EngineApi>(port)` gives its methods as calls, `serve<EngineApi>(port, {...})`
 * answers them. Every request ends: with a result, an error, or a disconnect.
 */

/** One end of a message channel. */
export interface Port {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other end is gone; `reason` is written for the user. */
  onClose(listener: (reason: string) => void): void;
}

/** A protocol: methods of one parameter object. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the variance of method parameters needs it
export type Api = Record<string, (params: any) => any>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: unknown) => void;
}

/** What a handler gets beside the parameters. */
export interface Call {
  readonly signal: AbortSignal;
  progress(value: unknown): void;
}

type Methods<A> = { [K in keyof A as A[K] extends (params: never) => unknown ? K : never]: A[K] };

/** The calling end of a protocol. */
export type Client<A> = {
  [K in keyof Methods<A>]: A[K] extends (params: infer P) => infer R
    ? (params: P, options?: CallOptions) => Promise<Awaited<R>>
    : never;
};

/** The answering end of a protocol. */
export type Server<A> = {
  [K in keyof Methods<A>]: A[K] extends (params: infer P) => infer R
    ? (params: P, call: Call) => R | Promise<Awaited<R>>
    : never;
};

/** Where in which file an error is, when a file is at fault. Lines and columns count from 1. */
export interface ErrorPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The run whose images were not found, and where they were: a window can ask where they lie now. */
  readonly missing?: { readonly run: string; readonly images: string };
}

/** An error as it crosses a port. */
export interface RemoteFailure {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly place?: ErrorPlace;
}

/** Rejects a call whose handler threw, or whose other end went away (`name` is then `Disconnected`). */
export class RemoteError extends Error {
  readonly place: ErrorPlace | undefined;
  /** The stack of the other end, for the log. */
  readonly remoteStack: string | undefined;
  constructor(failure: RemoteFailure) {
    super(failure.message);
    this.name = failure.name;
    this.place = failure.place;
    this.remoteStack = failure.stack;
  }
}

type Message =
  | { readonly rpc: 'call'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly rpc: 'abort'; readonly id: number }
  | { readonly rpc: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly rpc: 'ok'; readonly id: number; readonly value: unknown }
  | { readonly rpc: 'error'; readonly id: number; readonly failure: RemoteFailure }
  | { readonly rpc: 'event'; readonly name: string; readonly value: unknown };

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'rpc' in value && typeof value.rpc === 'string';
}

/** Opens the calling end: a proxy whose methods send requests. `onEvent` gets what the other end emits. */
export function connect<A>(port: Port, onEvent?: (name: string, value: unknown) => void): Client<A> {
  interface Pending {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: Error) => void;
    readonly onProgress: ((progress: unknown) => void) | undefined;
  }
  const pending = new Map<number, Pending>();
  let closed: string | undefined;
  // A webview that is loaded again reuses its channel: its ids must not meet answers to the page before it.
  let lastId = Math.floor(Math.random() * 2 ** 40);

  port.onMessage((message) => {
    if (!isMessage(message)) return;
    if (message.rpc === 'event') return onEvent?.(message.name, message.value);
    if (message.rpc === 'call' || message.rpc === 'abort') return;
    const request = pending.get(message.id);
    if (!request) return;
    if (message.rpc === 'progress') return request.onProgress?.(message.value);
    pending.delete(message.id);
    if (message.rpc === 'ok') request.resolve(message.value);
    else request.reject(new RemoteError(message.failure));
  });
  port.onClose((reason) => {
    closed = reason;
    for (const request of pending.values()) request.reject(disconnected(reason));
    pending.clear();
  });

  const call = (method: string, params: unknown, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed !== undefined) return reject(disconnected(closed));
      if (options.signal?.aborted) return reject(aborted());
      const id = ++lastId;
      pending.set(id, { resolve, reject, onProgress: options.onProgress });
      options.signal?.addEventListener('abort', () => {
        if (!pending.delete(id)) return;
        port.send({ rpc: 'abort', id } satisfies Message);
        reject(aborted());
      });
      port.send({ rpc: 'call', id, method, params } satisfies Message);
    });

  return new Proxy({} as Client<A>, {
    // A thenable proxy would be called by `await`; only own method names are calls.
    get: (_, method) =>
      typeof method === 'string' && method !== 'then'
        ? (params: unknown, options?: CallOptions) => call(method, params, options)
        : undefined,
  });
}

/** Opens the answering end. Returns `emit`, which sends an event to the other end. */
export function serve<A, E extends object = Record<never, never>>(
  port: Port,
  handlers: Server<A>,
): <K extends keyof E & string>(name: K, value: E[K]) => void {
  const running = new Map<number, AbortController>();
  const table = handlers as Record<string, ((params: unknown, call: Call) => unknown) | undefined>;

  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = Object.hasOwn(table, method) ? table[method] : undefined;
      if (!handler) throw new Error(`No such method: ${method}`);
      const progress = (value: unknown): void => port.send({ rpc: 'progress', id, value } satisfies Message);
      const value = await handler(params, { signal: controller.signal, progress });
      port.send({ rpc: 'ok', id, value } satisfies Message);
    } catch (error) {
      port.send({ rpc: 'error', id, failure: failureOf(error) } satisfies Message);
    } finally {
      running.delete(id);
    }
  };

  port.onMessage((message) => {
    if (!isMessage(message)) return;
    if (message.rpc === 'call') void answer(message.id, message.method, message.params);
    if (message.rpc === 'abort') running.get(message.id)?.abort(aborted());
  });
  port.onClose(() => {
    for (const controller of running.values()) controller.abort(aborted());
  });
  return (name, value) => port.send({ rpc: 'event', name, value } satisfies Message);
}

function failureOf(error: unknown): RemoteFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const place = 'place' in error ? (error.place as ErrorPlace | undefined) : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(place === undefined ? {} : { place }),
  };
}

function disconnected(reason: string): RemoteError {
  return new RemoteError({ name: 'Disconnected', message: reason });
}

/** The error of a cancelled call, as `AbortSignal` users expect it. */
export function aborted(): Error {
  const error = new Error('Cancelled');
  error.name = 'AbortError';
  return error;
}
