import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as l10n from '@vscode/l10n';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { disk, reasonOf, writeFileAtomic } from '../atomic';
import { complaints } from '../config/words';
import { exists, readText } from '../runs/files';
import { UserError } from '../userError';

/** Beside `pipeline.yaml`; to be committed with it. */
export const LOCK_FILE = 'pipeline.lock';

const step = z.strictObject({
  /** `begun`: a training that was not finished; its run may be resumed as long as the inputs are the same. */
  state: z.enum(['begun', 'done']),
  /** What the step was made from, as it was before it began. */
  inputs: z.record(z.string(), z.string()),
  /** sha256 of what it made, by path from the project. */
  outputs: z.record(z.string(), z.string()).default({}),
  /** What of its result matters to the steps behind it, where that is not the very files. */
  result: z.string().optional(),
  /** The run folder of a training, from the project. */
  run: z.string().optional(),
  seconds: z.number().optional(),
  finished: z.string().optional(),
});

const lockSchema = z.strictObject({ format: z.literal(1), steps: z.record(z.string(), step) });

export type LockedStep = z.output<typeof step>;

/** What was done, and from what. */
export interface Lock {
  of(name: string): LockedStep | undefined;
  /** Writes it down at once, so that whatever happens next finds it. */
  set(name: string, step: LockedStep): Promise<void>;
}

/** @throws UserError when the file is damaged or cannot be read */
export async function openLock(folder: string): Promise<Lock> {
  const file = path.join(folder, LOCK_FILE);
  const steps = new Map<string, LockedStep>((await exists(file)) ? Object.entries(await readLock(file)) : []);
  return {
    of: (name) => steps.get(name),
    async set(name, value) {
      steps.set(name, value);
      await writeFileAtomic(file, lockText(Object.fromEntries(steps)));
    },
  };
}

async function readLock(file: string): Promise<Record<string, LockedStep>> {
  const damaged = (why: string): UserError => new UserError(l10n.t('{0} is damaged: {1} Take it from version control, or delete it: then every step runs again.', file, why), { file });
  const text = await readText(file);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw damaged(`${reasonOf(error).split('\n', 1)[0]!}.`);
  }
  const parsed = lockSchema.safeParse(value);
  if (!parsed.success) throw damaged(complaints(parsed.error, value));
  return parsed.data.steps;
}

function lockText(steps: Record<string, LockedStep>): string {
  const comment = l10n.t('What each step was made from and what it made. Written by vit-lab pipeline; commit it, and change nothing.');
  return `# ${comment}\n${stringify({ format: 1, steps }, { lineWidth: 0 })}`;
}

/** sha256 of a file; of a folder, over the names and contents of all files in it; null when there is nothing. */
export async function digestOf(place: string): Promise<string | null> {
  const stats = await disk.stat(place).catch(() => null);
  if (!stats) return null;
  const hash = createHash('sha256');
  if (!stats.isDirectory()) {
    await pipeline(createReadStream(place), hash);
    return hash.digest('hex');
  }
  const entries = await disk.readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).sort();
  for (const file of files) hash.update(`${path.relative(place, file).split(path.sep).join('/')}\0${await digestOf(file)}\n`);
  return hash.digest('hex');
}

/** One digest for all that a step made, whatever its files are called. */
export function resultOf({ result, outputs }: LockedStep): string {
  return result ?? createHash('sha256').update(Object.values(outputs).sort().join('\n')).digest('hex');
}
