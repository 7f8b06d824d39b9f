/** A project from the palette, and its pipeline in a terminal of VS Code, to the report. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { choices, closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, revealInExplorer, runCommand, screenshot, screenshots, treeRows } from './workbench';

let workbench: Workbench;
const project = (...names: string[]): string => path.join(inject('place').folder, 'vit-project', ...names);

beforeAll(async () => {
  workbench = await openWorkbench();
  // Commands are in the palette when the extension has been found.
  await openContainer(workbench.page, 'ViT Lab');
  await treeRows(workbench.page, 'Runs').first().waitFor({ timeout: 60_000 });
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await rm(project(), { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
});

/** So small that all trainings take seconds. */
async function shrink(): Promise<void> {
  const edit = async (name: string, change: (text: string) => string): Promise<void> => writeFile(project(name), change(await readFile(project(name), 'utf8')));
  const short = (text: string): string => text.replace('epochs: 70', 'epochs: 3');
  await edit('configs/vit.vit.yaml', (text) => short(text).replace(/depth: \d+/, 'depth: 1'));
  await edit('configs/cnn.vit.yaml', (text) => short(text).replace(/layers: .*\]/, 'layers: [1]'));
  await edit('pipeline.yaml', (text) => text.replace('seeds: [0, 1, 2]', 'seeds: [0, 1]'));
}

test('a folder that has files of these names is refused, and says which', async () => {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: New Project…');
  await expect.poll(() => choices(page), { timeout: 20_000 }).toEqual([expect.stringContaining('sample-workspace'), expect.stringContaining('New folder…')]);
  await pick(page, 'sample-workspace');
  await pick(page, 'Drawn sample');
  await expect.poll(() => notifications(page), { timeout: 60_000 }).toEqual([expect.stringContaining('has files of these names already: README.md')]);
  expect(await readdir(inject('place').folder)).not.toContain('pipeline.yaml');
  await closeNotifications(page);
});

test('a new folder: where, its name, with which images; nothing is asked twice', async () => {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: New Project…');
  await pick(page, 'New folder…');
  const input = page.locator('.quick-input-widget input').first();
  await expect.poll(() => input.inputValue(), { timeout: 20_000 }).toContain(inject('place').folder);
  await page.locator('.quick-input-widget .quick-input-action a', { hasText: 'Create Here' }).click();
  await expect.poll(() => input.inputValue(), { timeout: 20_000 }).toBe('vit-project');
  await page.keyboard.press('Enter');
  await expect.poll(() => choices(page), { timeout: 20_000 }).toEqual([expect.stringContaining('Drawn sample'), expect.stringContaining('A folder of images…'), expect.stringContaining('A zip or data file…')]);
  await screenshot(page, 'new-project-images');
  await pick(page, 'Drawn sample');
  // It lies in the workspace, whose README of it is shown at once.
  await page.locator('.tab', { hasText: 'Preview README.md' }).waitFor({ timeout: 60_000 });
  expect(await readdir(project('data/raw/shapes/test'))).toHaveLength(6);
  await screenshots(page, 'new-project');
});

test('the pipeline runs in a terminal, says why each step runs, and ends with the report', async () => {
  const { page } = workbench;
  await shrink();
  await (await revealInExplorer(page, 'vit-project/pipeline.yaml')).click();
  await page.locator('.codelens-decoration a', { hasText: 'Run Pipeline' }).waitFor({ timeout: 60_000 });
  await screenshots(page, 'pipeline-file');
  await page.locator('.codelens-decoration a', { hasText: 'Run Pipeline' }).click();
  await page.locator('.terminal-outer-container').waitFor({ timeout: 60_000 });
  await expect.poll(() => notifications(page), { timeout: 200_000 }).toEqual([expect.stringContaining('The pipeline is done.')]);
  await screenshots(page, 'pipeline-done');
  await page.locator('.notification-list-item .monaco-button', { hasText: 'Open Report' }).click();
  await page.locator('.tab', { hasText: 'Preview report.md' }).waitFor({ timeout: 60_000 });
  await screenshot(page, 'pipeline-report');
  expect((await readdir(project('models'))).filter((name) => name !== '.gitkeep')).toHaveLength(4);
  await closeNotifications(page);
});

test('a second time everything is skipped; a key that is misspelt is underlined and put right', async () => {
  const { page } = workbench;
  const before = await readFile(project('pipeline.lock'), 'utf8');
  await runCommand(page, 'ViT Lab: Run Pipeline');
  await expect.poll(() => notifications(page), { timeout: 120_000 }).toEqual([expect.stringContaining('The pipeline is done.')]);
  expect(await readFile(project('pipeline.lock'), 'utf8')).toBe(before);
  expect(await readFile(project('logs/pipeline.log'), 'utf8')).toMatch(/INFO {4}report: Skipped: nothing has changed\n$/);
  await closeNotifications(page);
  await writeFile(project('pipeline.yaml'), (await readFile(project('pipeline.yaml'), 'utf8')).replace('seeds:', 'sedes:'));
  await openContainer(page, 'Explorer');
  await (await revealInExplorer(page, 'vit-project/pipeline.yaml')).click();
  await page.locator('.squiggly-error').first().waitFor({ timeout: 60_000 });
  await screenshot(page, 'pipeline-problem');
});

test('a task of tasks.json runs a command of the terminal that comes with the extension', async () => {
  const { page } = workbench;
  const { folder } = inject('place');
  const tasks = path.join(folder, '.vscode/tasks.json');
  await mkdir(path.dirname(tasks), { recursive: true });
  await writeFile(tasks, JSON.stringify({ version: '2.0.0', tasks: [{ label: 'another project', type: 'vit-lab', command: 'new', args: ['vit-project/inner', '--lang', 'es'], problemMatcher: [] }] }));
  // VS Code hears of the file after a while, and a list that is open already does not.
  await expect.poll(async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'Tasks: Run Task');
    await page.waitForTimeout(1000);
    return String(await choices(page));
  }, { timeout: 60_000 }).toContain('another project');
  await pick(page, 'another project');
  await expect.poll(() => readFile(project('inner/README.md'), 'utf8').catch(() => ''), { timeout: 60_000 }).toContain('## Un solo comando');
  await expect.poll(() => readdir(project('inner/data/raw/shapes')).catch(() => []), { timeout: 60_000 }).toEqual(['test', 'train', 'val']);
  await rm(path.dirname(tasks), { recursive: true });
});
