import type { GlossaryLink } from '../src/protocol';
import type { Client } from '../src/rpc';
import { connect } from '../src/rpc';
import { openPort } from './port';
import { onOpenGlossary } from './term';

/** A page of snapshots: the newest one, what its user has chosen, and why the last request failed. */
export interface Page<Api, State, Kept> {
  readonly client: Client<Api>;
  /** Null before the first one. */
  readonly state: State | null;
  readonly problem: string | null;
  /** Survives a reload. */
  readonly kept: Kept;
  set(change: Partial<Kept>): void;
  /** Tells when a request fails. */
  call(request: Promise<unknown>): void;
  /** Asks for the first snapshot. */
  begin(): void;
}

export interface PageOptions<State, Kept> {
  /** What was kept is whatever an earlier version wrote. */
  readonly readKept: (kept: unknown) => Kept;
  readonly render: () => void;
  /** Each snapshot is a copy: what says the same may keep its identity, so that what is drawn of it stays. */
  readonly known?: (next: State, before: State) => State;
  /** What a snapshot changes of the user's choices. */
  readonly onState?: (next: State, kept: Kept) => Partial<Kept>;
}

/** Opens the channel to the host; once per page. */
export function openPage<Api extends { state(q: Record<string, never>): State }, State, Kept extends object>({ readKept, render, known, onState }: PageOptions<State, Kept>): Page<Api, State, Kept> {
  const link = openPort();
  let [state, problem, kept]: [State | null, string | null, Kept] = [null, null, readKept(link.kept)];
  const receive = (next: State): void => {
    state = known && state !== null ? known(next, state) : next;
    problem = null;
    if (onState) set(onState(next, kept));
    else render();
  };
  const fail = (error: unknown): void => {
    problem = error instanceof Error ? error.message : String(error);
    render();
  };
  const set = (change: Partial<Kept>): void => {
    kept = { ...kept, ...change };
    link.keep(kept);
    render();
  };
  const client = connect<Api>(link.port, (name, value) => {
    if (name === 'state') receive(value as State);
  });
  onOpenGlossary((term) => void (client as unknown as Client<GlossaryLink>).openGlossary({ term }).catch(fail));
  return {
    client,
    get state() {
      return state;
    },
    get problem() {
      return problem;
    },
    get kept() {
      return kept;
    },
    set,
    call: (request) => void request.catch(fail),
    begin: () => void (client as unknown as { state(q: Record<string, never>): Promise<State> }).state({}).then(receive, fail),
  };
}
