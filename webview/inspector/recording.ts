import { answerKey } from '../../src/answerKey';
import type { InspectorApi, InspectorState } from '../../src/protocol';
import type { CallOptions, Client } from '../../src/rpc';

/** Answers that are remembered: more, and the oldest go. */
const KEPT = 300;

/** What changes something, or is large and can be told by `state`: no answer of it is worth keeping. */
const commands = new Set(['state', 'chooseCheckpoint', 'chooseFrame', 'pin', 'enlarge', 'openImage', 'takeImage', 'compareWith', 'swapSides', 'runCommand', 'save', 'savePage', 'measureHeads']);

export interface Recording {
  readonly client: Client<InspectorApi>;
  /** What was asked and answered so far, oldest first. */
  readonly answers: () => readonly { readonly method: string; readonly params: unknown; readonly value: unknown }[];
}

/** A client that remembers what it was told, so that a saved page can tell it again. */
export function recording(client: Client<InspectorApi>): Recording {
  const known = new Map<string, { method: string; params: unknown; value: unknown }>();
  const record = (method: string, params: unknown, value: unknown): void => {
    known.set(answerKey(method, params), { method, params, value });
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  };
  const calls = client as unknown as Record<string, (params: unknown, options?: CallOptions) => Promise<unknown>>;
  const recorded = new Proxy(client, {
    get(_, method) {
      if (typeof method !== 'string' || commands.has(method)) return Reflect.get(client, method);
      return async (params: unknown, options?: CallOptions) => {
        const value = await calls[method]?.(params, options);
        record(method, params, value);
        return value;
      };
    },
  });
  return { client: recorded, answers: () => [...known.values()] };
}

/** The state with nothing in it but what is shown: other checkpoints and frames have no answers on a page. */
export function shownAlone(state: InspectorState): InspectorState {
  const shown = new Set([state.checkpoint, state.against?.checkpoint]);
  const { probe } = state;
  return {
    ...state,
    standalone: true,
    pinned: true,
    busy: null,
    checkpoints: state.checkpoints.filter(({ path }) => shown.has(path)),
    probe: probe?.frame == null ? null : { ...probe, following: false, images: probe.images.map((image) => ({ ...image, frames: image.frames.filter(({ path }) => shown.has(path)) })) },
  };
}

/** A copy in which folders of this machine are left out: a page goes to others. Files of one name in two folders stay apart. */
export function withoutFolders(state: InspectorState): <T>(value: T) => T {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const name = (given: string | null | undefined): void => {
    if (!given || names.has(given)) return;
    const base = given.split(/[\\/]/).pop() ?? given;
    let free = base;
    for (let i = 2; taken.has(free); i++) free = `${String(i)}-${base}`;
    taken.add(free);
    names.set(given, free);
  };
  for (const view of [state.view, state.against?.view]) for (const one of [view?.file, view?.checkpoint.path, view?.checkpoint.run]) name(one);
  for (const one of [state.file, state.checkpoint, state.against?.file, state.against?.checkpoint, state.probe?.run]) name(one);
  for (const one of state.checkpoints) for (const part of [one.path, one.run]) name(part);
  for (const image of state.probe?.images ?? []) for (const one of [image.file, image.source, ...image.frames.map(({ path }) => path)]) name(one);
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value;
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
  };
  return <T>(value: T) => clean(value) as T;
}
