import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import type { Config } from '../config/schema';
import { modelFacts } from '../facts';
import { isObject } from '../json';
import { fitToPatch, vitSpec } from '../model/spec';
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
    configText: await attempt(() => writtenConfig(folder)),
    torn: (await attempt(() => linesOf(files.metrics(folder))))!.length - rows.length,
    recorded: await attempt(() => readEvaluation(folder)),
    confusion: await attempt(() => readConfusion(folder)),
    ...(await attempt(() => Promise.resolve(networkOf(config, record?.dataset.classes.length)))) ?? { spec: null, facts: null },
    logged: (await attempt(() => loggedIn(folder))) ?? [],
    // A record that is damaged is the reason for whatever needs it, too; once is enough.
    problems: [...new Set(problems)],
  };
}

async function writtenConfig(folder: string): Promise<string | null> {
  const file = [files.source(folder), files.config(folder)];
  for (const one of file) if (await exists(one)) return readText(one);
  return null;
}

function networkOf(config: Config | null, classes: number | undefined): Pick<RunFolder, 'spec' | 'facts'> {
  if (!config || classes === undefined) return { spec: null, facts: null };
  const spec = vitSpec(config.image, config.model, classes);
  return { spec, facts: modelFacts(spec, Math.ceil(config.train.batch_size / config.train.grad_accum_steps), fitToPatch(config.image, config.model)) };
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
  return [...new Set(said)].slice(0, MOST_LOGGED);
}
