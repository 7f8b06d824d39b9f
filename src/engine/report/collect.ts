import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { stringify } from 'yaml';
import { reasonOf } from '../atomic';
import { parseConfig } from '../config/load';
import { configSchema, type Config } from '../config/schema';
import { isObject } from '../json';
import { vitSpec } from '../model/spec';
import { configChanges } from '../runs/compare';
import { readEvaluation } from '../runs/evaluation';
import { exists, files, readRecord, readText } from '../runs/files';
import { readRun } from '../runs/listing';
import { readConfusion, readMetrics, readRunConfig } from '../runs/read';
import { UserError } from '../userError';
import type { RunFolder } from './material';

/** So much of a log is told. */
const MOST_LOGGED = 20;

/**
 * Reads a run folder as far as it goes: what is damaged costs what is in it and nothing else.
 *
 * @throws UserError when there is no such folder, or nothing in it is of a run
 */
export async function collectRun(given: string): Promise<RunFolder> {
  const folder = path.resolve(given);
  if (!(await exists(folder))) throw new UserError(l10n.t('There is no run at {0}.', folder), { file: folder });
  const known = await Promise.all([files.record(folder), files.config(folder), files.metrics(folder)].map((file) => exists(file)));
  if (!known.some(Boolean)) throw new UserError(l10n.t('{0} is no run: it has no run.json, no config.yaml and no metrics.jsonl.', folder), { file: folder });
  const problems: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      problems.push(reasonOf(error));
      return null;
    }
  };
  const record = await attempt(() => readRecord(folder));
  const config = await attempt(() => readRunConfig(folder, record ?? undefined));
  const rows = (await attempt(() => readMetrics(folder))) ?? [];
  return {
    folder, record, config, rows,
    summary: await readRun(folder),
    ...((await attempt(() => writtenConfig(folder, config))) ?? { configText: null, asWritten: true }),
    torn: (await attempt(() => linesOf(files.metrics(folder))))!.length - rows.length,
    recorded: await attempt(() => readEvaluation(folder)),
    confusion: await attempt(() => readConfusion(folder)),
    spec: await attempt(() => Promise.resolve(config && record ? vitSpec(config.image, config.model, record.dataset.classes.length) : null)),
    logged: (await attempt(() => loggedIn(folder))) ?? [],
    // A record that is damaged is the reason for whatever needs it, too; once is enough.
    problems: [...new Set(problems)],
  };
}

/**
 * The file of the author with its comments, where it is all that was said; else, as after `--set` or in a sweep, what of the
 * configuration is not the default.
 */
async function writtenConfig(folder: string, config: Config | null): Promise<Pick<RunFolder, 'configText' | 'asWritten'>> {
  const source = (await exists(files.source(folder))) ? await readText(files.source(folder)) : null;
  if (!config) {
    const resolved = source === null && (await exists(files.config(folder))) ? await readText(files.config(folder)) : null;
    return { configText: source ?? resolved, asWritten: true };
  }
  const written = source === null ? undefined : parseConfig(source, files.source(folder)).config;
  if (source !== null && written && configChanges(written, config).length === 0) return { configText: source, asWritten: true };
  return { configText: stringify(beyond(withoutFolders(config), configSchema.parse({})) ?? {}), asWritten: false };
}

/** A run knows its files by whole paths, of one machine and of its owner: a report tells their names. */
function withoutFolders<T>(value: T): T {
  if (typeof value === 'string') return (path.isAbsolute(value) ? path.basename(value) : value) as T;
  if (Array.isArray(value)) return value.map(withoutFolders) as T;
  return (isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutFolders(inner)])) : value) as T;
}

/** What differs, by section; undefined where nothing does. */
function beyond(value: unknown, usual: unknown): unknown {
  if (!isObject(value) || !isObject(usual)) return JSON.stringify(value) === JSON.stringify(usual) ? undefined : value;
  const parts = Object.entries(value).flatMap(([key, inner]) => {
    const differs = beyond(inner, usual[key]);
    return differs === undefined ? [] : [[key, differs] as const];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await exists(file)) ? (await readText(file)).split('\n').filter((line) => line.trim() !== '') : [];
}

/** Warnings and errors, each once; a line that is none is passed over. */
async function loggedIn(folder: string): Promise<readonly string[]> {
  const said = (await linesOf(files.log(folder))).flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return isObject(entry) && (entry['level'] === 'warning' || entry['level'] === 'error') && typeof entry['message'] === 'string' ? [entry['message']] : [];
    } catch {
      return [];
    }
  });
  return [...new Set(said.map(namesAlone))].slice(0, MOST_LOGGED);
}

/** A message with the names of its files in place of their whole paths; an address on the web stays. */
export function namesAlone(message: string): string {
  return message.replace(/(?<![\w/:.\\])(?:\/|[A-Za-z]:\\)(?:[^\s/\\:'"“”]+[/\\])+([^\s/\\:'"“”]+)/g, '$1');
}
