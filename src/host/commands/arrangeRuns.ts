import * as vscode from 'vscode';
import type { FilterWords } from '../../protocol';
import { complete } from '../filterCompletion';
import { inBackground } from '../failures';
import type { Lab } from '../lab';
import { groupings, sortings, type GroupBy, type SortBy } from '../views/runGroups';

/** Which runs the Runs view lists, and in which order. */

export async function clearRunsFilter(lab: Lab): Promise<void> {
  await lab.runsShown.set({ filter: '' });
}

export function showArchivedRuns(lab: Lab): Promise<void> {
  return lab.runsShown.set({ archived: true });
}

export function hideArchivedRuns(lab: Lab): Promise<void> {
  return lab.runsShown.set({ archived: false });
}

export async function sortRuns(lab: Lab): Promise<void> {
  const { sort, ascending } = lab.runsShown.now;
  const names: Record<SortBy, string> = { created: vscode.l10n.t('Time of creation'), name: vscode.l10n.t('Name'), metric: vscode.l10n.t('A metric …'), duration: vscode.l10n.t('Duration of the training') };
  const items = sortings.map((by) => ({ label: names[by], by, ...(by === sort && { description: ascending ? vscode.l10n.t('now, rising') : vscode.l10n.t('now, falling') }) }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Sort runs by what? Once more turns the order round.') });
  if (!chosen) return;
  if (chosen.by === 'metric') return sortByMetric(lab);
  const rising = chosen.by === 'name';
  await lab.runsShown.set({ sort: chosen.by, ascending: chosen.by === sort ? !ascending : rising });
}

async function sortByMetric(lab: Lab): Promise<void> {
  const names = [...new Set(lab.runs.all.flatMap(({ latest, best }) => [...Object.keys(latest), ...Object.keys(best ?? {})]))].sort();
  const { sort, metric: before, ascending } = lab.runsShown.now;
  const metric = await vscode.window.showQuickPick(names, { title: vscode.l10n.t('Sort runs by which metric?') });
  if (metric === undefined) return;
  const lowerIsBetter = /loss|ece|mce|brier/.test(metric);
  await lab.runsShown.set({ sort: 'metric', metric, ascending: sort === 'metric' && metric === before ? !ascending : lowerIsBetter });
}

export async function groupRuns(lab: Lab): Promise<void> {
  const { group } = lab.runsShown.now;
  const words: Record<GroupBy, readonly [label: string, detail: string]> = {
    none: [vscode.l10n.t('No groups'), ''],
    sweep: [vscode.l10n.t('Sweep'), vscode.l10n.t('The trainings of a sweep together')],
    seed: [vscode.l10n.t('Repetitions'), vscode.l10n.t('The same configuration, other seeds')],
    date: [vscode.l10n.t('Date'), vscode.l10n.t('By the day of their beginning')],
    dataset: [vscode.l10n.t('Dataset'), vscode.l10n.t('By what they were trained on')],
  };
  const items = groupings.map((by) => ({ label: words[by][0], detail: words[by][1], by, ...(by === group && { description: vscode.l10n.t('now') }) }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Group runs by what?') });
  if (chosen) await lab.runsShown.set({ group: chosen.by });
}

interface Item extends vscode.QuickPickItem {
  /** What the filter becomes; without one the item is nothing but words. */
  readonly filter?: string;
  readonly apply?: boolean;
}

/** Asks for a filter: what is typed is completed, and how many runs it lets through is told as it is typed. */
export async function filterRuns(lab: Lab): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = vscode.l10n.t('Filter runs: all parts must hold, a minus before one turns it round, quotes keep spaces together');
  pick.placeholder = vscode.l10n.t('e.g. state:finished tag:cct model.depth>=6 val/top1>0.7 text');
  pick.value = lab.runsShown.now.filter;
  pick.ignoreFocusOut = false;
  let words: FilterWords = { fields: [], numbers: [], keys: [] };
  let told = '';
  const draw = (): void => {
    pick.items = itemsFor(pick.value, words, told, lab.runsShown.now.recent);
  };
  const count = debounced(async () => {
    const filter = pick.value;
    const client = await lab.looker.client();
    const all = lab.runs.all.map((run) => run.path);
    const { runs, problems } = await client.filterRuns({ runs: all, filter });
    if (filter !== pick.value) return;
    told = problems.length > 0 ? problems.join(' ') : vscode.l10n.t('{0} of {1} runs', runs.length, all.length);
    draw();
  }, lab);
  inBackground(
    lab.looker.client().then(async (client) => {
      words = await client.filterWords({ runs: lab.runs.all.map((run) => run.path) });
      draw();
    }),
    lab.log,
  );
  const chosen = await new Promise<string | undefined>((resolve) => {
    pick.onDidChangeValue(() => {
      told = '';
      draw();
      count();
    });
    pick.onDidAccept(() => {
      const item = pick.activeItems[0];
      if (item?.filter === undefined || item.apply) return resolve(item?.filter ?? pick.value);
      pick.value = item.filter;
      told = '';
      draw();
      count();
    });
    pick.onDidHide(() => resolve(undefined));
    draw();
    if (pick.value !== '') count();
    pick.show();
  });
  pick.dispose();
  if (chosen !== undefined) await lab.runsShown.set({ filter: chosen.trim() });
}

function itemsFor(filter: string, words: FilterWords, told: string, recent: readonly string[]): Item[] {
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const apply: Item = { label: filter === '' ? vscode.l10n.t('Show all runs') : vscode.l10n.t('Show: {0}', filter), description: told, alwaysShow: true, filter, apply: true };
  const completions = complete(filter, words).filter((one) => one.filter !== filter);
  return [
    apply,
    ...(filter === '' && recent.length > 0 ? [separator(vscode.l10n.t('Before')), ...recent.map((label): Item => ({ label, filter: label, apply: true, alwaysShow: true }))] : []),
    ...(completions.length > 0 ? [separator(vscode.l10n.t('Continue with'))] : []),
    ...completions.map(({ filter: next, label, explained }): Item => ({ label, description: explained, filter: next, alwaysShow: true })),
  ];
}

/** Not at every key: the last call of a quarter of a second counts. */
function debounced(work: () => Promise<void>, lab: Lab): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => inBackground(work(), lab.log), 250);
  };
}
