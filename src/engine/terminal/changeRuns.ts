import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { dateTime } from '../../dateTime';
import type { NotesChange } from '../../protocol';
import { mebibytes } from '../units';
import { counting, text, texts, UsageError, type Command, type Terminal } from './command';

/** What `vit-lab runs` does beside listing: notes, the trash, runs as one file. */

export const changeOptions: Command['options'] = {
  star: { type: 'boolean' },
  unstar: { type: 'boolean' },
  tag: { type: 'string', multiple: true },
  untag: { type: 'string', multiple: true },
  note: { type: 'string' },
  archive: { type: 'boolean' },
  unarchive: { type: 'boolean' },
  delete: { type: 'boolean' },
  restore: { type: 'boolean' },
  trash: { type: 'boolean' },
  'empty-trash': { type: 'boolean' },
  export: { type: 'string' },
  import: { type: 'string' },
  force: { type: 'boolean' },
};

export function changeHelp(): Command['help'] {
  return {
    star: l10n.t('mark the runs'),
    unstar: l10n.t('take the mark off'),
    tag: l10n.t('TAG: put it on the runs'),
    untag: l10n.t('TAG: take it off'),
    note: l10n.t('TEXT: the note of the runs; an empty one takes it off'),
    archive: l10n.t('leave the runs out of lists'),
    unarchive: l10n.t('put them back'),
    delete: l10n.t('move the runs to the trash of their folder'),
    restore: l10n.t('move runs back out of the trash'),
    trash: l10n.t('list what is in the trash of --runs'),
    'empty-trash': l10n.t('delete what is in the trash of --runs, for good'),
    export: l10n.t('FILE: write the run as one file, e.g. mine.vitrun'),
    import: l10n.t('FILE: unpack such a file into --runs'),
    force: l10n.t('replace a file that is there'),
  };
}

/** Does what the options wish. False where they wish nothing but a list. */
export async function changed(terminal: Terminal, folder: string): Promise<boolean> {
  const { engine, output, values } = terminal;
  if (text(terminal, 'import') !== undefined) return await importOne(terminal, folder);
  if (values['trash'] === true) return await showTrash(terminal, folder);
  if (values['empty-trash'] === true) {
    await engine.api.emptyTrash({ runs: folder }, terminal.call());
    return true;
  }
  const change = notesChange(terminal);
  const wished = [values['delete'] === true, values['restore'] === true, text(terminal, 'export') !== undefined, change !== null].filter(Boolean).length;
  if (wished === 0) return false;
  if (wished > 1) throw new UsageError(l10n.t('one thing at a time: notes, --delete, --restore or --export'));
  const runs = terminal.args.map((run) => path.resolve(run));
  if (runs.length === 0) throw new UsageError(l10n.t('name the runs that are meant'));
  if (text(terminal, 'export') !== undefined) return await exportOne(terminal, runs);
  if (change) await engine.api.changeNotes({ runs, change }, terminal.call());
  else {
    const moved = values['delete'] === true ? await engine.api.trashRuns({ runs }, terminal.call()) : await engine.api.restoreRuns({ trashed: runs }, terminal.call());
    if (output.json) output.document(moved);
    for (const place of moved) output.print(path.relative('', place));
  }
  return true;
}

function notesChange(terminal: Terminal): NotesChange | null {
  const flag = (on: string, off: string): boolean | undefined => (terminal.values[on] === true ? true : terminal.values[off] === true ? false : undefined);
  const [starred, archived, note] = [flag('star', 'unstar'), flag('archive', 'unarchive'), text(terminal, 'note')];
  const [addTags, removeTags] = [texts(terminal, 'tag'), texts(terminal, 'untag')];
  const change: NotesChange = {
    ...(starred !== undefined && { starred }),
    ...(archived !== undefined && { archived }),
    ...(note !== undefined && { note }),
    ...(addTags.length > 0 && { addTags }),
    ...(removeTags.length > 0 && { removeTags }),
  };
  return Object.keys(change).length === 0 ? null : change;
}

async function exportOne(terminal: Terminal, [run, ...more]: readonly string[]): Promise<true> {
  if (run === undefined || more.length > 0) throw new UsageError(l10n.t('--export takes one run'));
  const { engine, output, values } = terminal;
  const onProgress = counting(output, l10n.t('Bytes'));
  const done = await engine.api.exportRun({ run, file: text(terminal, 'export')!, force: values['force'] === true }, terminal.call(onProgress));
  if (output.json) output.document(done);
  else output.print(`${path.relative('', done.file)} (${mebibytes(done.bytes)})`);
  return true;
}

async function importOne(terminal: Terminal, folder: string): Promise<true> {
  const { engine, output } = terminal;
  const done = await engine.api.importRun({ file: text(terminal, 'import')!, runs: folder }, terminal.call(counting(output, l10n.t('Bytes'))));
  if (output.json) output.document(done);
  else output.print(path.relative('', done.run));
  return true;
}

async function showTrash({ engine, output, call }: Terminal, folder: string): Promise<true> {
  const trashed = await engine.api.listTrash({ runs: folder }, call());
  if (output.json) output.document(trashed);
  else if (trashed.length === 0) output.print(l10n.t('The trash is empty.'));
  else for (const { path: place, deleted, bytes } of trashed) output.print(`${path.relative('', place)}  ${dateTime(deleted)}  ${mebibytes(bytes)}`);
  return true;
}
