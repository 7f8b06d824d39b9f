import * as path from 'node:path';
import type { ListedModel } from '../../protocol';
import { codeOf, disk } from '../atomic';
import { CATALOGUE } from './catalogue';
import { readRecord, type ModelRecord } from './modelFolder';

/** The catalogue in its order, each with where it lies in a folder of models; then what else has been downloaded there. */
export async function listModels({ models }: { readonly models: string }): Promise<ListedModel[]> {
  const local = await downloaded(models);
  const known = CATALOGUE.map(({ repo, params, licence, what }) => ({ source: repo, params, licence, what: what(), folder: local.get(repo)?.folder ?? null }));
  const names = new Set(known.map(({ source }) => source));
  const others = [...local].filter(([source]) => !names.has(source)).map(([source, { folder, record }]) => ({ source, params: null, licence: record.licence, what: '', folder }));
  return [...known, ...others];
}

async function downloaded(models: string): Promise<Map<string, { folder: string; record: ModelRecord }>> {
  const found = new Map<string, { folder: string; record: ModelRecord }>();
  for (const name of await namesIn(models)) {
    const folder = path.join(models, name);
    const record = name.startsWith('.') ? undefined : await readRecord(folder);
    if (record) found.set(record.source, { folder, record });
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await disk.readdir(folder)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
