import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { PageBundles } from '../../standalonePage';
import { UserError } from '../userError';

/** The scripts of the panel, which lie beside this program. */
export async function pageBundles(panel: 'inspector' | 'gallery', language: string): Promise<PageBundles> {
  const folder = process.env['VITLAB_WEBVIEW'] ?? path.join(__dirname, 'webview');
  if (!existsSync(path.join(folder, 'standalone.js'))) throw new UserError(l10n.t('Cannot make a page: {0} is missing. Install ViT Lab again.', path.join(folder, 'standalone.js')));
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
  const [host, script, style] = await Promise.all([read('standalone.js'), read(`${panel}.js`), read(`${panel}.css`)]);
  const words = path.join(folder, '../../l10n', `bundle.l10n.${language}.json`);
  return { host, script, style, texts: existsSync(words) ? (JSON.parse(await readFile(words, 'utf8')) as Record<string, unknown>) : {} };
}
