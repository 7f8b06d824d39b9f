import { randomBytes } from 'node:crypto';

export type PageName = 'inspector' | 'compare' | 'results' | 'evaluation' | 'gallery' | 'sweep' | 'preview' | 'glossary';

/** What a page is made of; `vscode.Webview` and `vscode.env` give it. */
export interface PageParts {
  readonly name: PageName;
  readonly title: string;
  readonly language: string;
  /** Translated texts, English as the key. */
  readonly texts: Readonly<Record<string, unknown>>;
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
}

/**
 * The HTML of every webview. Nothing is allowed but our own style sheet, our own script by a fresh nonce, and pictures
 * that the page makes itself.
 */
export function renderPage(page: PageParts): string {
  const nonce = randomBytes(24).toString('base64');
  const policy = [
    "default-src 'none'",
    `img-src ${page.cspSource} data: blob:`,
    `style-src ${page.cspSource}`,
    `font-src ${page.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(page.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="stylesheet" href="${escapeHtml(page.style)}">
</head>
<body>
<div id="app"></div>
<script type="application/json" id="l10n" nonce="${nonce}">${escapeJson(page.texts)}</script>
<script nonce="${nonce}" src="${escapeHtml(page.script)}"></script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that cannot end its script element. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}
