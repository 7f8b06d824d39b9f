import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { StandalonePage } from './panelProtocol';

/** The bundles that the page is made of, as text. */
export interface PageBundles {
  /** `standalone.js`: answers in the place of the host. */
  readonly host: string;
  /** `inspector.js` or `gallery.js` and its style sheet: the panel itself. */
  readonly script: string;
  readonly style: string;
  /** Translated texts, English as the key. */
  readonly texts: Readonly<Record<string, unknown>>;
}

/**
 * A panel as one HTML file: its scripts, its style and all that it was told. It asks no network, and its policy forbids
 * it to; a browser opens it from the disk.
 */
export async function standalonePage(page: StandalonePage<unknown>, bundles: PageBundles): Promise<string> {
  const nonce = randomBytes(24).toString('base64');
  const policy = `default-src 'none'; img-src data: blob:; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  const data = await promisify(gzip)(packed({ state: page.state, answers: page.answers }));
  return `<!DOCTYPE html>
<html lang="${escapeHtml(page.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ViT Lab">
<title>${escapeHtml(page.title)}</title>
<style nonce="${nonce}">
:root { ${inStyle(page.theme.variables)} }
html { background: var(--vscode-editor-background, #fff); color: var(--vscode-editor-foreground, #333); }
${inStyle(bundles.style)}
</style>
</head>
<body class="${escapeHtml(page.theme.classes)}">
<div id="app"></div>
<script type="application/json" id="l10n" nonce="${nonce}">${escapeJson(bundles.texts)}</script>
<script type="application/json" id="kept" nonce="${nonce}">${escapeJson(page.kept ?? null)}</script>
<script type="text/plain" id="data" nonce="${nonce}">${data.toString('base64')}</script>
<script nonce="${nonce}">${inScript(bundles.host)}</script>
<script nonce="${nonce}">${inScript(bundles.script)}</script>
</body>
</html>
`;
}

/** JSON in which typed arrays stand as the name of their kind and base64, as `webview/standalone/unpack.ts` reads them. */
export function packed(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (!ArrayBuffer.isView(part)) return part;
    return { $array: part.constructor.name === 'Buffer' ? 'Uint8Array' : part.constructor.name, base64: Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64') };
  });
}

/** JSON that cannot end its script element. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

/** A program that cannot end its script element: `<` stands before a slash or `!` only in its strings, where a backslash changes nothing. */
function inScript(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*$/gm, '').replace(/<(?=\/script|!--)/gi, '\\x3c');
}

function inStyle(text: string): string {
  return text.replace(/^\/\*# sourceMappingURL=.*$/gm, '').replace(/<\/style/gi, '');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
