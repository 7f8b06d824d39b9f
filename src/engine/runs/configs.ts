import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'yaml';
import { disk, ensureFolder, writeFileAtomic } from '../atomic';
import { cacheFolder } from '../cacheFolder';
import { isObject } from '../json';
import { VERSION } from '../version';
import { files, readRecord, readText } from './files';
import { flatten } from './flat';
import { stampsOf } from './stamps';

/** Configurations of many runs as flat keys, for filters and groups. Reading YAML is slow, so what was read is kept. */

export type FlatConfig = Readonly<Record<string, string>>;

interface Kept {
  readonly stamp: string;
  readonly flat: FlatConfig;
}

const known = new Map<string, Kept>();
const opened = new Set<string>();

/** So many must have been read before the cache is written again. */
const WRITE_AT = 16;

export interface FlatOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** The configuration of each run; null where it cannot be read. */
export async function flatConfigs(runs: readonly string[], { signal, onProgress }: FlatOptions = {}): Promise<readonly (FlatConfig | null)[]> {
  const stores = [...new Set(runs.map((run) => path.dirname(run)))];
  for (const store of stores) await open(store);
  const fresh = new Map<string, number>();
  const found: (FlatConfig | null)[] = [];
  const stamps = await stampsOf(runs.map((run) => [files.config(run)]));
  for (const [i, run] of runs.entries()) {
    if (i % 32 === 0) {
      // A filter that nobody waits for any more stops here, and other questions are answered meanwhile.
      await setImmediate();
      signal?.throwIfAborted();
      onProgress?.(i, runs.length);
    }
    const before = known.get(run);
    const flat = before?.stamp === stamps[i] ? before!.flat : await read(run, stamps[i]!);
    if (flat && known.get(run) !== before) fresh.set(path.dirname(run), (fresh.get(path.dirname(run)) ?? 0) + 1);
    found.push(flat);
  }
  onProgress?.(runs.length, runs.length);
  for (const [store, count] of fresh) if (count >= WRITE_AT) await save(store);
  return found;
}

async function read(run: string, stamp: string): Promise<FlatConfig | null> {
  const flat = await readText(files.config(run)).then(parseFlat).catch(() => null);
  if (flat) known.set(run, { stamp, flat });
  else known.delete(run);
  return flat;
}

/** Older and newer versions have other keys; what there is can be asked for. */
function parseFlat(text: string): FlatConfig | null {
  const value: unknown = parse(text, { maxAliasCount: 0, logLevel: 'silent' });
  return isObject(value) ? Object.fromEntries(flatten(value)) : null;
}

/** What may differ between repetitions of one recipe: where things lie, what computes, how the run is called and watched. */
const FREE = /^(seed|name|dataset\.(path|memory)|finetune\.from|engine\..*|probe\..*|sweep\..*)$/;

/** A name for what a run trains with, all but its seed: configuration, data, and the weights of its start. null where it cannot be read. */
export async function recipesOf(runs: readonly string[], options: FlatOptions = {}): Promise<readonly (string | null)[]> {
  const configs = await flatConfigs(runs, options);
  return await Promise.all(configs.map(async (flat, i) => (flat ? recipeOf(runs[i]!, flat).catch(() => null) : null)));
}

const recipes = new WeakMap<FlatConfig, string>();

async function recipeOf(run: string, flat: FlatConfig): Promise<string> {
  const before = recipes.get(flat);
  if (before !== undefined) return before;
  const { dataset, start } = await readRecord(run);
  const keys = Object.keys(flat).filter((key) => !FREE.test(key)).sort();
  const text = JSON.stringify([dataset.fingerprint, start?.sha256, keys.map((key) => [key, flat[key]])]);
  const recipe = createHash('sha256').update(text).digest('hex').slice(0, 12);
  recipes.set(flat, recipe);
  return recipe;
}

// ---------------------------------------------------------------------------------------------------------------------
// The cache on the disk, which can always be made again.

function cacheFile(store: string): string | undefined {
  const folder = cacheFolder();
  return folder === undefined ? undefined : path.join(folder, 'runs', `${createHash('sha256').update(store).digest('hex').slice(0, 24)}.configs.json`);
}

async function open(store: string): Promise<void> {
  const file = cacheFile(store);
  if (file === undefined || opened.has(store)) return;
  opened.add(store);
  const text = await disk.readFile(file, 'utf8').catch(() => '');
  for (const [name, kept] of entriesOf(text)) if (!known.has(path.join(store, name))) known.set(path.join(store, name), kept);
}

/** Many runs have the same values: the file has each pair of key and value once. */
interface Packed {
  readonly version: string;
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly runs: Readonly<Record<string, readonly [stamp: string, pairs: readonly number[]]>>;
}

function entriesOf(text: string): readonly (readonly [string, Kept])[] {
  try {
    const { version, pairs, runs } = JSON.parse(text) as Packed;
    if (version !== VERSION) return [];
    return Object.entries(runs).map(([name, [stamp, places]]) => [name, { stamp, flat: Object.fromEntries(places.map((at) => pairs[at]!)) }]);
  } catch {
    return [];
  }
}

async function save(store: string): Promise<void> {
  const file = cacheFile(store);
  if (file === undefined) return;
  const places = new Map<string, number>();
  const pairs: [string, string][] = [];
  const place = (key: string, value: string): number => {
    const text = `${key}\n${value}`;
    if (!places.has(text)) places.set(text, pairs.push([key, value]) - 1);
    return places.get(text)!;
  };
  const mine = [...known].filter(([run]) => path.dirname(run) === store);
  const runs = mine.map(([run, { stamp, flat }]) => [path.basename(run), [stamp, Object.entries(flat).map(([key, value]) => place(key, value))]] as const);
  const packed: Packed = { version: VERSION, pairs, runs: Object.fromEntries(runs) };
  await ensureFolder(path.dirname(file)).then(() => writeFileAtomic(file, JSON.stringify(packed))).catch(() => undefined);
}
