import * as l10n from '@vscode/l10n';

/** Takes the translations that the host put into the page. English needs none: the literals are the keys. */
export function loadWords(): void {
  const text = document.getElementById('l10n')?.textContent?.trim();
  if (!text) return;
  const contents: unknown = JSON.parse(text);
  if (typeof contents === 'object' && contents !== null) l10n.config({ contents: contents as l10n.l10nJsonFormat });
}
