import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { codeOf, diskError, ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';

export const NAMES = { html: 'report.html', markdown: 'report.md', bibliography: 'references.bib', figures: 'figures' } as const;

/** Which pages are ours: by a word that each of them says of itself. */
const MARK = /name="generator" content="ViT Lab /;

/**
 * An author may have written into an earlier report for hours.
 *
 * @throws UserError where the folder is a file, has something else in it, or an earlier report that nobody said to replace
 */
export async function refuseOccupied(folder: string, force: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw codeOf(error) === 'ENOTDIR' ? new UserError(l10n.t('{0} is a file. A folder is written here: give another name.', folder), { file: folder }) : new UserError(l10n.t('Cannot read {0}: {1}', folder, reasonOf(error)), { file: folder });
  });
  if (names.length === 0) return;
  const page = await readFile(path.join(folder, NAMES.html), 'utf8').catch(() => '');
  if (!MARK.test(page.slice(0, 2000))) throw new UserError(l10n.t('{0} is not empty, and there is no earlier report in it. Choose another folder.', folder), { file: folder });
  if (!force) throw new UserError(l10n.t('{0} has an earlier report, and perhaps words of its author. Choose another folder, or give --force to replace it.', folder), { file: folder });
}

/**
 * Writes the files of a report; the page last, so that it never names a figure that is not there.
 *
 * @throws UserError naming the file and the reason; an abort when stopped
 */
export async function writeReportFolder(folder: string, files: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
  try {
    await ensureFolder(folder);
    await ensureFolder(path.join(folder, NAMES.figures));
  } catch (error) {
    throw await diskError(folder, error, 0);
  }
  for (const [name, content] of files) {
    signal.throwIfAborted();
    await writeFileAtomic(path.join(folder, name), content);
  }
}
