/** What a saved page of the inspector answers: all that was asked and answered, without the folders of this machine. */
import { answerKey } from './answerKey';
import { halfOf } from './half';
import type { AttentionStack, InspectorState, NeighboursView } from './protocol';
import type { CallOptions } from './rpc';

/** Answers that are remembered: more, and the oldest go. */
const KEPT = 300;

/** What changes something, or is large and can be told by `state`: no answer of it is worth keeping. */
const commands = new Set(['state', 'chooseCheckpoint', 'chooseFrame', 'pin', 'enlarge', 'openImage', 'takeImage', 'compareWith', 'swapSides', 'runCommand', 'save', 'savePage', 'measureHeads']);

/** Attention of more bytes goes to a page in half precision. */
const EXACT = 4 * 2 ** 20;

/** How a panel names the images of a dataset; another name is that of a folder. */
const splits: ReadonlySet<string> = new Set(['train', 'val', 'test']);

export interface Answer {
  readonly method: string;
  readonly params: unknown;
  readonly value: unknown;
}

export interface Recording<C> {
  readonly client: C;
  /** What was asked and answered so far, oldest first. */
  readonly answers: () => readonly Answer[];
  /** Forgets the answers that are about something else: attention of images that are not shown any more would pile up. */
  keepOnly(isWanted: (params: unknown) => boolean): void;
}

/** A client that remembers what it was told, so that a saved page can tell it again. */
export function recording<C extends object>(client: C): Recording<C> {
  const known = new Map<string, Answer>();
  const record = (method: string, params: unknown, value: unknown): void => {
    const key = answerKey(method, params);
    known.delete(key);
    known.set(key, { method, params, value });
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  };
  const calls = client as unknown as Record<string, (params: unknown, options?: CallOptions) => Promise<unknown>>;
  const recorded = new Proxy(client, {
    get(_, method) {
      if (typeof method !== 'string' || commands.has(method)) return Reflect.get(client, method) as unknown;
      return async (params: unknown, options?: CallOptions) => {
        const value = await calls[method]?.(params, options);
        record(method, params, value);
        return value;
      };
    },
  });
  return {
    client: recorded,
    answers: () => [...known.values()],
    keepOnly(isWanted) {
      for (const [key, { params }] of known) if (!isWanted(params)) known.delete(key);
    },
  };
}

/** Answers as a page holds them: by name, without folders, and large attention in half precision. */
export function answersOf(answers: readonly Answer[], clean: <T>(value: T) => T): readonly (readonly [key: string, value: unknown])[] {
  return answers.map(({ method, params, value }) => [answerKey(method, clean(params)), clean(slim(value))] as const);
}

/** A large stack in half precision; neighbours by the names of their files. */
function slim(value: unknown): unknown {
  const found = value as Partial<NeighboursView> | null;
  if (found && Array.isArray(found.neighbours)) return { ...found, neighbours: (found as NeighboursView).neighbours.map((one) => ({ ...one, name: baseOf(one.name) })) };
  const stack = value as Partial<AttentionStack> | null;
  if (!stack || !(stack.weights instanceof Float32Array) || stack.weights.byteLength <= EXACT || stack.layers === undefined) return value;
  return { ...stack, weights: Uint16Array.from(stack.weights, halfOf) };
}

function baseOf(file: string): string {
  return file.split(/[\\/]/).pop() ?? file;
}

/**
 * The state with nothing in it but what is shown: other checkpoints and frames have no answers on a page.
 *
 * @param compared a checkpoint whose layers are compared with those of the one that is shown
 */
export function shownAlone(state: InspectorState, compared: string | null = null): InspectorState {
  const shown = new Set([state.checkpoint, state.against?.checkpoint, compared]);
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

/**
 * A copy in which folders of this machine are left out: a page goes to others. Files of one name in two folders stay apart.
 *
 * @param more what is named beside the state, such as a folder of images
 */
export function withoutFolders(state: InspectorState, more: readonly (string | null)[] = []): <T>(value: T) => T {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const name = (given: string | null | undefined): void => {
    if (!given || names.has(given)) return;
    const base = baseOf(given);
    let free = base;
    for (let i = 2; taken.has(free); i++) free = `${String(i)}-${base}`;
    taken.add(free);
    names.set(given, free);
  };
  for (const view of [state.view, state.against?.view]) for (const one of [view?.file, view?.checkpoint.path, view?.checkpoint.run]) name(one);
  for (const one of [state.file, state.checkpoint, state.against?.file, state.against?.checkpoint, state.probe?.run]) name(one);
  for (const one of state.checkpoints) for (const part of [one.path, one.run]) name(part);
  // A folder that is called as a split stays a folder.
  for (const one of more) {
    if (one === null || splits.has(one)) continue;
    if (splits.has(baseOf(one))) names.set(one, `./${baseOf(one)}`);
    else name(one);
  }
  for (const image of state.probe?.images ?? []) for (const one of [image.file, image.source, ...image.frames.map(({ path }) => path)]) name(one);
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value;
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
  };
  return <T>(value: T) => clean(value) as T;
}
