import type { Port } from '../src/rpc';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export interface HostLink {
  readonly port: Port;
  /** What `keep` was last given, also before a reload; undefined at first. */
  readonly kept: unknown;
  keep(state: unknown): void;
}

/** Opens the channel to the extension host. May be called once per page: VS Code hands its API out once. */
export function openPort(): HostLink {
  const api = acquireVsCodeApi();
  const port: Port = {
    send: (message) => api.postMessage(message),
    onMessage: (listener) =>
      window.addEventListener('message', (event: MessageEvent<unknown>) => listener(event.data)),
    // A webview goes away together with its page: there is nobody left to tell.
    onClose: () => undefined,
  };
  return { port, kept: api.getState(), keep: (state) => api.setState(state) };
}
