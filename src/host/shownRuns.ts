import * as vscode from 'vscode';
import { dateTime } from '../dateTime';
import type { RunSummary } from '../protocol';
import type { EngineClient } from './engineClient';
import type { Runs } from './runs';
import type { RunsShown } from './runsShown';
import { grouped, sorted, type RunGroup } from './views/runGroups';

/** What the Runs view lists: runs, or headings with runs under them. */
export interface Listed {
  readonly roots: readonly RunSummary[] | readonly RunGroup[];
  readonly grouped: boolean;
  /** How many of how many, without archived ones that are not wished. */
  readonly count: number;
  readonly of: number;
  /** Archived ones that are left out. */
  readonly hidden: number;
  /** What of the filter cannot be understood, or why it could not be asked. */
  readonly problem: string | undefined;
}

const NOTHING: Listed = { roots: [], grouped: false, count: 0, of: 0, hidden: 0, problem: undefined };

/** The runs as they are wished: filtered by the engine, which knows their configurations, sorted and under headings. */
export class ShownRuns implements vscode.Disposable {
  readonly #runs: Runs;
  readonly #shown: RunsShown;
  readonly #looker: EngineClient;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: vscode.Disposable[];
  #work: AbortController | undefined;
  #listed = NOTHING;
  #parents = new Map<string, RunGroup>();

  constructor(runs: Runs, shown: RunsShown, looker: EngineClient) {
    this.#runs = runs;
    this.#shown = shown;
    this.#looker = looker;
    this.#subscriptions = [runs.onDidChange(() => void this.#arrange()), runs.onDidReadPart(() => void this.#arrange()), shown.onDidChange(() => void this.#arrange())];
  }

  get listed(): Listed {
    return this.#listed;
  }

  /** The heading that a run stands under. */
  parentOf(run: string): RunGroup | undefined {
    return this.#parents.get(run);
  }

  dispose(): void {
    this.#work?.abort();
    this.#changed.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #arrange(): Promise<void> {
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    const wished = this.#shown.now;
    const all = this.#runs.all;
    // A filter that asks for archived ones means them.
    const withArchived = wished.archived || /(^|[\s,:])archived\b/.test(wished.filter);
    const visible = withArchived ? all : all.filter(({ notes }) => notes?.archived !== true);
    let [runs, recipes, problem]: [readonly RunSummary[], ReadonlyMap<string, string>, string | undefined] = [visible, new Map<string, string>(), undefined];
    try {
      if (wished.filter !== '') ({ runs, problem } = await this.#filter(visible, wished.filter, work.signal));
      if (wished.group === 'seed') recipes = await this.#recipes(runs, work.signal);
    } catch (error) {
      if (work.signal.aborted) return;
      problem = error instanceof Error ? error.message : String(error);
    }
    if (work.signal.aborted) return;
    const inOrder = sorted(runs, wished);
    const roots = wished.group === 'none' ? inOrder : grouped(inOrder, wished.group, recipes, words());
    this.#parents = new Map(roots.flatMap((root) => ('group' in root ? root.runs.map((run) => [run.path, root] as const) : [])));
    this.#listed = { roots, grouped: wished.group !== 'none', count: runs.length, of: visible.length, hidden: all.length - visible.length, problem };
    this.#changed.fire();
  }

  async #filter(runs: readonly RunSummary[], filter: string, signal: AbortSignal): Promise<{ runs: readonly RunSummary[]; problem: string | undefined }> {
    const client = await this.#looker.client();
    const { runs: through, problems } = await client.filterRuns({ runs: runs.map((run) => run.path), filter }, { signal });
    const paths = new Set(through);
    return { runs: runs.filter((run) => paths.has(run.path)), problem: problems.length > 0 ? problems.join(' ') : undefined };
  }

  async #recipes(runs: readonly RunSummary[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const client = await this.#looker.client();
    const recipes = await client.recipes({ runs: runs.map((run) => run.path) }, { signal });
    return new Map(runs.flatMap((run, i) => (recipes[i] == null ? [] : [[run.path, recipes[i]] as const])));
  }
}

function words() {
  return {
    alone: vscode.l10n.t('Others'),
    day: (date: Date) => dateTime(date.toISOString()).slice(0, 10),
    recipe: ({ name }: RunSummary, count: number) => vscode.l10n.t('{0} × {1}', count, name.replace(/ [·#].*$/, '')),
  };
}
