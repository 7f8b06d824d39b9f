/**
 * A report as a person writes one: from the menu of a run, in a language that is chosen. A VS Code in the browser cannot open a
 * file of the server's machine in a browser of its own, so that it shows the Markdown.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { choices, chooseFromMenu, closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, runCommand, screenshots, treeRows } from './workbench';

let workbench: Workbench;
const reports = (): string => path.join(inject('place').folder, 'reports');

beforeAll(async () => {
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await rm(reports(), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** The folders of reports that are there. */
async function written(): Promise<readonly string[]> {
  return (await readdir(reports()).catch(() => [])).sort();
}

test('a run’s menu writes a report in Spanish, shows it and its folder', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  const run = treeRows(page, 'Runs').first();
  await run.waitFor({ timeout: 60_000 });
  await chooseFromMenu(page, run, 'Write Report…');
  await expect.poll(() => choices(page), { timeout: 20_000 }).toEqual(['English', 'Español']);
  await pick(page, 'Español');
  await expect.poll(() => written(), { timeout: 120_000 }).toHaveLength(1);
  await expect.poll(() => notifications(page), { timeout: 120_000 }).toEqual([expect.stringContaining('The report is in reports/')]);
  const folder = path.join(reports(), (await written())[0]!);
  expect((await readdir(folder)).sort()).toEqual(['figures', 'references.bib', 'report.html', 'report.md']);
  const html = await readFile(path.join(folder, 'report.html'), 'utf8');
  expect(html).toContain('<html lang="es">');
  expect(html).toContain('data:image/png;base64,');
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'report.html' }).waitFor({ timeout: 20_000 });
  await screenshots(page, 'report');
  await closeNotifications(page);
});

test('from the palette it asks which runs, and leaves when nothing is chosen', async () => {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: Write Report…');
  await expect.poll(() => choices(page), { timeout: 20_000 }).not.toHaveLength(0);
  await page.keyboard.press('Escape');
  await page.waitForTimeout(1000);
  expect(await written()).toHaveLength(1);
});
