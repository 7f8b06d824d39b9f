import * as l10n from '@vscode/l10n';

/** Where in a paper something stands, in the user's language; its title stays as it is. */
export function citation(source: string): string {
  return source
    .replace(/\bappendix ([A-Z][.\d]*)/g, (_, place: string) => l10n.t('appendix {0}', place))
    .replace(/\bappendix$/, () => l10n.t('appendix'))
    .replace(/\bTable (\d+)/g, (_, place: string) => l10n.t('Table {0}', place))
    .replace(/\bfigure (\d+)/g, (_, place: string) => l10n.t('figure {0}', place));
}
