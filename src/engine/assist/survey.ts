import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import type { DatasetConfig } from '../config/schema';
import { surveyDataset, type Survey } from '../dataset/open';

export type SurveyOf = (dataset: DatasetConfig, folder: string) => Promise<Survey>;

/** Files may come into a folder below without a trace in the folder itself: what was listed is believed so long. */
const BELIEVED_MS = 60_000;
const KEPT = 8;

/** Lists the data of configurations; while somebody moves the pointer over a text, once. */
export function rememberingSurvey(): SurveyOf {
  const known = new Map<string, { readonly at: number; readonly survey: Promise<Survey> }>();
  return async (dataset, folder) => {
    const place = dataset.path === undefined ? '' : path.resolve(folder, dataset.path);
    const changed = place === '' ? 0 : await stat(place).then(({ mtimeMs }) => mtimeMs, () => 0);
    const { workers: _, ...asked } = dataset;
    const key = JSON.stringify([folder, asked, changed]);
    const found = known.get(key);
    if (found && performance.now() - found.at < BELIEVED_MS) return found.survey;
    known.delete(key);
    const survey = surveyDataset(dataset, folder);
    survey.catch(() => known.delete(key));
    known.set(key, { at: performance.now(), survey });
    for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest);
    return survey;
  };
}
