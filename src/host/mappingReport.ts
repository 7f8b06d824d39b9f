import * as vscode from 'vscode';
import type { Origin } from '../protocol';
import type { Core } from './core';
import { Refusal } from './failures';
import { showMarkdown } from './markdownPage';

const SCHEME = 'vitlab-mapping';

/** What became of the tensors of foreign weights, as a page that can be read and searched. */
export function registerMappingReport({ checkpoints }: Core): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent({ query }) {
      const model = checkpoints.imported.find(query);
      return model ? markdown(model.checkpoint.runName, model.origin) : vscode.l10n.t('{0} was not imported in this workspace.', query);
    },
  });
}

export async function openMappingReport({ checkpoints }: Core, file: string): Promise<void> {
  const model = checkpoints.imported.find(file);
  if (!model) throw new Refusal(vscode.l10n.t('{0} was not imported in this workspace.', file));
  const title = vscode.l10n.t('Mapping of {0}', model.checkpoint.runName.replaceAll('/', '-'));
  await showMarkdown(vscode.Uri.from({ scheme: SCHEME, path: `/${title}.md`, query: file }));
}

function markdown(name: string, { file, scheme, report, facts, preprocessing }: Origin): string {
  const { matched, converted, resized, missing, unexpected, replaced } = report;
  const shape = (sides: readonly number[]): string => `[${sides.join(',\u00a0')}]`;
  return [
    `# ${escaped(name)}`,
    '',
    escaped(vscode.l10n.t('{0}. Names of {1}. {2}', file, scheme, preprocessing.source)),
    ...preprocessing.notes.map((note) => `- ${escaped(note)}`),
    '',
    ...table(vscode.l10n.t('Missing'), [vscode.l10n.t('tensor'), vscode.l10n.t('shape')], missing.map((row) => [row.name, shape(row.shape)])),
    ...table(vscode.l10n.t('Replaced'), [vscode.l10n.t('tensor'), vscode.l10n.t('shape'), vscode.l10n.t('how')], replaced.map((row) => [row.name, shape(row.to), row.how])),
    ...table(vscode.l10n.t('Resized'), [vscode.l10n.t('tensor'), vscode.l10n.t('from'), vscode.l10n.t('to'), vscode.l10n.t('how')], resized.map((row) => [row.name, shape(row.from), shape(row.to), row.how])),
    ...table(vscode.l10n.t('Not needed, or unexpected'), [vscode.l10n.t('tensor'), vscode.l10n.t('shape'), vscode.l10n.t('why')], unexpected.map((row) => [row.name, shape(row.shape), row.reason ?? '–'])),
    ...table(vscode.l10n.t('Converted'), [vscode.l10n.t('tensor'), vscode.l10n.t('from'), vscode.l10n.t('shape'), vscode.l10n.t('how')], converted.map((row) => [row.name, row.from.join(', '), shape(row.shape), row.how.map(changeWords).join(', ')])),
    ...table(vscode.l10n.t('As they are'), [vscode.l10n.t('tensor'), vscode.l10n.t('from'), vscode.l10n.t('shape')], matched.map((row) => [row.name, row.from.join(', '), shape(row.shape)])),
    ...table(vscode.l10n.t('The network, and where each value is from'), [vscode.l10n.t('key'), vscode.l10n.t('from')], Object.entries(facts).map(([key, from]) => [key, from])),
  ].join('\n');
}

/** What was done to a tensor; a change of type says itself. */
function changeWords(change: string): string {
  const words: Readonly<Record<string, string>> = {
    transposed: vscode.l10n.t('transposed'),
    reshaped: vscode.l10n.t('reshaped'),
    joined: vscode.l10n.t('joined'),
    split: vscode.l10n.t('cut out'),
    folded: vscode.l10n.t('position added'),
    added: vscode.l10n.t('zeros'),
    grey: vscode.l10n.t('summed over the colours'),
  };
  return words[change] ?? change;
}

/** A table with its heading and count; nothing without rows. */
function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [`## ${title} (${rows.length})`, '', `| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...rows.map((row) => `| ${row.map(escaped).join(' | ')} |`), ''];
}

/** Names come from strangers' files: nothing in them may become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>&~-]/g, (sign) => `\\${sign}`).replace(/\s+/g, ' ');
}
