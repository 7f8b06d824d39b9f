import * as l10n from '@vscode/l10n';
import type { Block, ReportDocument } from './document';

/** Figures and tables are counted through the report, alike on the page and in Markdown. */
export function numbered(document: ReportDocument): ReadonlyMap<Block, string> {
  const names = new Map<Block, string>();
  let [figures, tables] = [0, 0];
  for (const { blocks } of document.sections)
    for (const block of blocks) {
      if (block.kind === 'figure') names.set(block, l10n.t('Figure {0}', ++figures));
      if (block.kind === 'table') names.set(block, l10n.t('Table {0}', ++tables));
    }
  return names;
}

/** The numbers by which references are cited. */
export function citation(document: ReportDocument, keys: readonly string[]): readonly { readonly key: string; readonly number: number }[] {
  const order = document.references.map(({ key }) => key);
  return keys.map((key) => ({ key, number: order.indexOf(key) + 1 })).filter(({ number }) => number > 0).sort((a, b) => a.number - b.number);
}

export function ownWords(): string {
  return l10n.t('Your words');
}
