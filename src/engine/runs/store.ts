import * as l10n from '@vscode/l10n';
import type { FilteredRuns, FilterWords, RunSummary, StoreApi } from '../../protocol';
import type { Server } from '../../rpc';
import { type FlatOptions, flatConfigs, recipesOf } from './configs';
import { fieldNames, knownValues, numberNames, parseFilter, valuesOf } from './filter';
import { readRuns } from './listing';
import { changeNotes } from './notes';
import { exportRun, importRun } from './oneFile';
import { emptyTrash, listTrash, restoreRuns, trashRuns } from './trash';

/** What of the run store the protocol has beside trainings. */
export function storeApi(): Server<StoreApi> {
  return {
    changeNotes: ({ runs, change }) => changeNotes(runs, change),
    filterRuns: ({ runs, filter }, { signal, progress }) => filterRuns(runs, filter, { signal, onProgress: (done, of) => progress({ done, of }) }),
    filterWords: ({ runs }, { signal }) => filterWords(runs, { signal }),
    recipes: ({ runs }, { signal, progress }) => recipesOf(runs, { signal, onProgress: (done, of) => progress({ done, of }) }),
    trashRuns: ({ runs }) => trashRuns(runs),
    listTrash: ({ runs }) => listTrash(runs),
    restoreRuns: ({ trashed }) => restoreRuns(trashed),
    emptyTrash: ({ runs }) => emptyTrash(runs),
    exportRun: (q, { signal, progress }) => exportRun(q, { signal, onProgress: (done, of) => progress({ done, of }) }),
    importRun: (q, { signal, progress }) => importRun(q, { signal, onProgress: (done, of) => progress({ done, of }) }),
  };
}

/** Those of the runs that a filter lets through, in their order. Configurations are read only of what the rest lets through. */
export async function filterRuns(runs: readonly string[], text: string, options: FlatOptions = {}): Promise<FilteredRuns> {
  const { bySummary, byConfig, problems } = parseFilter(text);
  if (problems.length > 0) return { runs: [], problems };
  const summaries = await readRuns(runs);
  const left = summaries.filter(bySummary).map(({ path: run }) => run);
  if (!byConfig) return { runs: left, problems: [] };
  const configs = await flatConfigs(left, options);
  return { runs: left.filter((_, i) => byConfig(configs[i] ?? null)), problems: [] };
}

const MOST_VALUES = 50;
/** Of so many runs, the newest, configurations are read for the words that a filter may have. */
const MOST_CONFIGS = 500;

/** What may stand in a filter of these runs. */
export async function filterWords(runs: readonly string[], options: FlatOptions = {}): Promise<FilterWords> {
  const summaries = await readRuns(runs);
  const configs = await flatConfigs(runs.slice(0, MOST_CONFIGS), options);
  const metrics = new Set(summaries.flatMap(({ latest, best }) => [...Object.keys(latest), ...Object.keys(best ?? {})]));
  const keys = new Map<string, Set<string>>();
  for (const config of configs)
    for (const [key, value] of Object.entries(config ?? {})) keys.set(key, (keys.get(key) ?? new Set()).add(value));
  return {
    fields: fieldNames.map((name) => ({ name, explained: explain(name), values: knownValues[name] ?? occurring(summaries, name) })),
    numbers: [...[...metrics].filter((name) => name.includes('/')).sort(), ...numberNames],
    keys: [...keys].map(([name, values]) => ({ name, values: [...values].filter((value) => value.length <= 40).slice(0, MOST_VALUES) })).sort((a, b) => a.name.localeCompare(b.name)),
  };
}

function occurring(summaries: readonly RunSummary[], field: string): readonly string[] {
  if (field === 'note') return [];
  return [...new Set(summaries.flatMap((run) => valuesOf(run, field)))].filter((value) => value !== '').sort().slice(0, MOST_VALUES);
}

function explain(field: string): string {
  switch (field) {
    case 'state':
      return l10n.t('how it ended, or that it runs');
    case 'is':
      return l10n.t('starred, archived, damaged, resumable, fine-tuned, with warnings');
    case 'tag':
      return l10n.t('one of its tags');
    case 'dataset':
      return l10n.t('the data that it was trained on');
    case 'sweep':
      return l10n.t('the sweep that it is part of');
    case 'engine':
      return l10n.t('what it was computed with');
    case 'note':
      return l10n.t('a part of its note');
    default:
      return l10n.t('a part of its name');
  }
}

