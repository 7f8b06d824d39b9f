import * as path from 'node:path';
import type { DatasetFacts } from '../../protocol';
import { loadConfig } from '../config/load';
import type { Config } from '../config/schema';
import type { Split } from '../dataset/dataset';
import { evensOut } from '../dataset/findings';
import { describeDataset, openDataset } from '../dataset/open';
import { startFacts } from '../finetune/start';
import { stemOf, type Plan } from './pipelineFile';

export const SPLITS = ['train', 'val', 'test'] as const;

/** An image of a dataset. */
export interface Row {
  readonly split: (typeof SPLITS)[number];
  readonly label: number;
  /** Seen from the dataset, so that it is the same wherever that lies. */
  readonly name: string;
  readonly sha256: string;
}

/** A dataset that one or more configurations train on. */
export interface Data {
  /** The first of those configurations, by its name; of a single dataset an empty text. */
  readonly suffix: string;
  readonly facts: DatasetFacts;
  /** Whether all of them make up for rare classes. */
  readonly evened: boolean;
  readonly rows: readonly Row[];
}

/** Opens each dataset once. What is remembered are lists; the images are let go. */
export interface DataReader {
  config(file: string): Promise<Config>;
  /** That of a configuration. */
  of(file: string): Promise<Data>;
  /** Each once, in the order of the configurations. */
  all(): Promise<readonly Data[]>;
}

export function dataReader(plan: Plan, signal: AbortSignal, progress: (done: number, of: number) => void): DataReader {
  const configs = new Map<string, Promise<Config>>();
  const opened = new Map<string, Promise<Data>>();
  const config = (file: string): Promise<Config> => remembered(configs, file, () => loadConfig(path.resolve(plan.folder, file), [], undefined, startFacts));
  const keyOf = async (file: string): Promise<string> => {
    const { dataset } = await config(file);
    const { workers: _, sampling: __, ...rest } = dataset;
    return JSON.stringify({ ...rest, ...(dataset.path !== undefined && { path: path.resolve(plan.folder, path.dirname(file), dataset.path) }) });
  };
  const of = async (file: string): Promise<Data> => {
    const keys = await Promise.all(plan.configs.map(keyOf));
    const key = await keyOf(file);
    const suffix = new Set(keys).size > 1 ? `-${stemOf(plan.configs[keys.indexOf(key)]!)}` : '';
    const own = plan.configs.filter((_, i) => keys[i] === key);
    const evened = (await Promise.all(own.map(config))).every(evensOut);
    return remembered(opened, key, async () => ({ suffix, evened, ...(await open(await config(file), path.resolve(plan.folder, path.dirname(file)), signal, progress)) }));
  };
  return {
    config,
    of,
    async all() {
      const found = new Set<Data>();
      for (const file of plan.configs) found.add(await of(file));
      return [...found];
    },
  };
}

/** What failed is tried again: after a `raw` step the data are there. */
function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const there = known.get(key);
  if (there) return there;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

async function open(config: Config, folder: string, signal: AbortSignal, progress: (done: number, of: number) => void): Promise<Pick<Data, 'facts' | 'rows'>> {
  const dataset = await openDataset(config, folder, { signal, onProgress: progress });
  return { facts: describeDataset(dataset), rows: SPLITS.flatMap((name) => rowsOf(dataset.splits[name], name, dataset.path)) };
}

function rowsOf(split: Split, name: Row['split'], place: string): Row[] {
  const wanted = split.shared?.wanted(Int32Array.from({ length: split.size }, (_, i) => i)) ?? [];
  return wanted.map((one, i) => ({ split: name, label: split.labels[i]!, name: seenFrom(place, one.name), sha256: one.sha256 }));
}

/** What follows the dataset's path: `train/cat/1.png`, or a member of an archive. */
function seenFrom(place: string, name: string): string {
  return place !== '' && name.startsWith(place) ? name.slice(place.length).replace(/^[\\/!#]/, '').replaceAll('\\', '/') : name;
}
