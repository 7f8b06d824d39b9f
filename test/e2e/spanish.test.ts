/** The extension in a real VS Code that asks for Spanish: commands, views, panels and what the engine says. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { quietSettings, startCodeServer, writeLanguagePack, writeSettings, type Server } from '../../scripts/vscode-browser.mjs';
import type { Workbench } from './workbench';
import { keepState, openContainer, openWorkbench, revealInExplorer, runCommand, screenshots, treeRows, webview } from './workbench';

let server: Server;
let workbench: Workbench;
/** Ours by key, and every text by its English one. */
let titles: Readonly<Record<string, string>>;
let texts: Readonly<Record<string, string>>;

beforeAll(async () => {
  const { extension, ...place } = inject('place');
  const read = async (file: string): Promise<Record<string, string>> => JSON.parse(await readFile(path.join(extension, file), 'utf8')) as Record<string, string>;
  [titles, texts] = await Promise.all([read('package.nls.es.json'), read('l10n/bundle.l10n.es.json')]);
  const userData = path.join(path.dirname(place.userData), 'user-es');
  await writeSettings(userData, { ...quietSettings, 'window.autoDetectColorScheme': true });
  await writeLanguagePack(userData, 'es');
  server = await startCodeServer({ ...place, userData, locale: 'es' });
  workbench = await openWorkbench({ url: server.url, locale: 'es' });
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await server?.close();
});

test('a command is found by its Spanish name, and the inspector speaks Spanish, its notes from the engine too', async () => {
  const { page } = workbench;
  const classFolder = 'images/test/triangle';
  const [image] = (await readdir(path.join(inject('place').folder, classFolder))).filter((name) => name.endsWith('.png')).sort();
  await (await revealInExplorer(page, `${classFolder}/${image!}`)).click();
  await runCommand(page, titles['command.inspectImage']!);
  const frame = await webview(page, '.hero-canvas');
  await expect.poll(() => frame.locator('.predictions').first().innerText().catch(() => ''), { timeout: 60_000 }).toMatch(/%/);
  expect(await frame.locator('html').getAttribute('lang')).toBe('es');
  const tabs = await frame.getByRole('tab').allInnerTexts();
  expect(tabs).toEqual(expect.arrayContaining([texts['Attention'], texts['Explain'], texts['Patches']]));
  // A share as Spanish writes it.
  expect(await frame.locator('body').innerText()).toMatch(/\d,\d+\s%/);
  await screenshots(page, 'inspector-spanish');
});

test('views and their rows are Spanish', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  const runs = treeRows(page, titles['view.runs']!);
  await runs.first().waitFor({ timeout: 30_000 });
  // The sample's accuracy, with a comma.
  expect((await runs.allInnerTexts()).join(' ')).toMatch(/\d,\d\s%/);
  const [row] = await runs.all();
  expect(await row!.getAttribute('aria-label')).toContain(texts['finished']);
  await screenshots(page, 'views-spanish');
});
