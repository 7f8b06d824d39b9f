import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import type { NotesChange, RunNotes } from '../../protocol';
import { disk, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';
import { exists, files, parsed, readJson, readText } from './files';

/** What people say of a run, in a file that no training writes: whatever happens to a run.json, this stays. */

const MOST_TAGS = 100;
const MOST_NOTE = 100_000;

/** What a later version adds is kept, whatever it is. */
const notesSchema = z.looseObject({
  format: z.literal(1),
  starred: z.boolean().default(false),
  archived: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  note: z.string().default(''),
});

export const noNotes: RunNotes = { starred: false, archived: false, tags: [], note: '' };

/**
 * The notes of a run; of one without the file, none.
 *
 * @throws UserError naming the file when it is damaged or of a newer version
 */
export async function readNotes(run: string): Promise<RunNotes> {
  if (!(await exists(files.notes(run)))) return noNotes;
  return notesFrom(run, await readText(files.notes(run)));
}

/** @throws UserError as `readNotes` */
export function notesFrom(run: string, written: string): RunNotes {
  const { starred, archived, tags, note } = parsed(files.notes(run), written, notesSchema);
  return { starred, archived, tags, note };
}

/** One change of this process after the other: each reads what the one before has written. */
let tail: Promise<unknown> = Promise.resolve();

/**
 * Changes the notes of runs, each atomically.
 *
 * @throws UserError when there is no such run, a tag has white space or is too long, or the notes are damaged: what cannot be
 *   read is not written over
 */
export async function changeNotes(runs: readonly string[], change: NotesChange): Promise<void> {
  checkTags(change.addTags ?? []);
  if ((change.note?.length ?? 0) > MOST_NOTE) throw new UserError(l10n.t('A note can have at most {0} characters.', MOST_NOTE));
  const work = tail.then(async () => {
    for (const run of runs) await changeOne(run, change);
  });
  tail = work.catch(() => undefined);
  await work;
}

async function changeOne(run: string, change: NotesChange): Promise<void> {
  const stats = await disk.stat(run).catch(() => null);
  if (!stats?.isDirectory()) throw new UserError(l10n.t('There is no run at {0}.', run), { file: run });
  const file = files.notes(run);
  const before = (await exists(file)) ? await readJson(file, notesSchema) : { format: 1 as const, ...noNotes };
  const tags = [...new Set([...before.tags, ...(change.addTags ?? [])])].filter((tag) => !change.removeTags?.includes(tag)).sort();
  if (tags.length > MOST_TAGS) throw new UserError(l10n.t('A run can have at most {0} tags.', MOST_TAGS), { file });
  const after = {
    ...before,
    starred: change.starred ?? before.starred,
    archived: change.archived ?? before.archived,
    tags,
    note: change.note ?? before.note,
  };
  await writeFileAtomic(file, `${JSON.stringify(after, null, 1)}\n`);
}

function checkTags(tags: readonly string[]): void {
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw new UserError(l10n.t('"{0}" is no tag: a tag is a word of 1 to 64 characters without white space and quotes.', wrong));
}

export function isTag(tag: string): boolean {
  return /^[^\s"\p{C}]{1,64}$/u.test(tag);
}
