/**
 * Runs as a person keeps them: found by a filter, starred, deleted and brought back; two of them compared and evaluated image by
 * image. The tests build on each other.
 */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, runCommand, screenshots, treeRows, webview } from './workbench';

let workbench: Workbench;
const runs = (): string => path.join(inject('place').folder, 'runs');
const rows = () => treeRows(workbench.page, 'Runs');

beforeAll(async () => {
  workbench = await openWorkbench();
  // Beside the sample's run a copy with another name, and one that is damaged.
  await cp(path.join(runs(), 'shapes-sample'), path.join(runs(), 'second'), { recursive: true });
  const record = path.join(runs(), 'second', 'run.json');
  await writeFile(record, (await readFile(record, 'utf8')).replace(/"name": "[^"]*"(?=,\n {2}"state")/, '"name": "second <b>run</b>"'));
  await cp(path.join(runs(), 'shapes-sample'), path.join(runs(), 'torn'), { recursive: true });
  await writeFile(path.join(runs(), 'torn', 'run.json'), '{"format": 1, "na');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  for (const name of ['second', 'torn', '.trash']) await rm(path.join(runs(), name), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

const message = () => workbench.page.locator('.pane', { has: workbench.page.locator('.pane-header[aria-label^="Runs"]') }).locator('.message').innerText();

test('a damaged run hides no other; a filter is typed, told and taken off', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  await expect.poll(() => rows().count(), { timeout: 60_000 }).toBe(3);
  await runCommand(page, 'ViT Lab: Filter Runs…');
  await page.locator('.quick-input-widget input').first().fill('state:finished -is:damaged second');
  await expect.poll(() => page.locator('.quick-input-widget').innerText(), { timeout: 20_000 }).toContain('1 of 3 runs');
  await screenshots(page, 'runs-filter-typed');
  await page.keyboard.press('Enter');
  await expect.poll(() => rows().count(), { timeout: 20_000 }).toBe(1);
  expect(await message()).toContain('Filter: state:finished -is:damaged second (1 of 3 runs)');
  await screenshots(page, 'runs-filtered');
  await runCommand(page, 'ViT Lab: Clear Filter of Runs');
  await expect.poll(() => rows().count(), { timeout: 20_000 }).toBe(3);
});

test('stars, groups; a deleted run comes back by Undo', async () => {
  const { page } = workbench;
  const second = rows().filter({ hasText: 'second' });
  await second.hover();
  await second.locator('.action-label[aria-label="Star"]').click();
  await expect.poll(() => second.innerText(), { timeout: 20_000 }).toContain('★');
  await runCommand(page, 'ViT Lab: Group Runs…');
  await pick(page, 'Dataset');
  await expect.poll(() => rows().first().getAttribute('aria-expanded'), { timeout: 20_000 }).toBe('false');
  await screenshots(page, 'runs-grouped');
  await runCommand(page, 'ViT Lab: Group Runs…');
  await pick(page, 'No groups');
  await expect.poll(() => rows().count(), { timeout: 20_000 }).toBe(3);
  await closeNotifications(page);
  await rows().filter({ hasText: 'second' }).click();
  await page.keyboard.press('Delete');
  await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Move to Trash' }).click();
  await expect.poll(() => rows().count(), { timeout: 20_000 }).toBe(2);
  expect((await notifications(page)).join()).toContain('to the trash');
  await page.locator('.notification-list-item .monaco-button', { hasText: 'Undo' }).click();
  await expect.poll(() => rows().count(), { timeout: 20_000 }).toBe(3);
});

test('two runs are compared, and evaluated image by image; an image opens in the inspector', async () => {
  const { page } = workbench;
  for (const name of ['second', 'shapes']) await rows().filter({ hasText: name }).first().locator('.monaco-custom-toggle').click();
  await runCommand(page, 'ViT Lab: Open Comparison in Editor');
  const compare = await webview(page, '.compare .hyper');
  await compare.locator('.axis-choice select').first().waitFor();
  await screenshots(page, 'compare-wide');
  await compare.locator('vscode-button', { hasText: 'Evaluations Side by Side…' }).click();
  const evaluation = await webview(page, '.pair-table, .offer:visible');
  await evaluation.locator('vscode-button', { hasText: 'Evaluate Image by Image' }).click();
  await expect.poll(() => evaluation.locator('.paired').innerText(), { timeout: 90_000 }).toContain('chance alone could explain the difference (p = 1)');
  await evaluation.locator('.cell').first().scrollIntoViewIfNeeded();
  await screenshots(page, 'evaluation-two');
  // The first one's weights, on the images that it has seen, each with its mirror image.
  await evaluation.locator('vscode-button', { hasText: 'Show Alone' }).click();
  await evaluation.locator('.weigh input[value="train"]').check();
  await evaluation.locator('.weigh vscode-checkbox').click();
  await evaluation.locator('vscode-button', { hasText: 'Evaluate Weights' }).click();
  await expect.poll(() => evaluation.locator('.weights-table tbody tr').count(), { timeout: 90_000 }).toBeGreaterThanOrEqual(1);
  expect(await evaluation.locator('.weights-table .in-words').first().innerText()).toMatch(/^[\d,]+ training images, mirrored too$/);
  await evaluation.locator('.weights').scrollIntoViewIfNeeded();
  await screenshots(page, 'evaluation-weights');
  await evaluation.locator('.gallery-bar select').selectOption('unsure');
  await evaluation.locator('.tile img').first().waitFor();
  await evaluation.locator('.tile').first().click();
  await webview(page, '.hero, .tabs');
  await screenshots(page, 'evaluation-inspected');
  // From a cell of the matrix to its images to their attention.
  const cell = evaluation.locator('.cell[aria-label*="taken for"]:not(:empty)').first();
  const count = Number(await cell.innerText());
  await cell.click();
  await evaluation.getByRole('button', { name: 'Show Where the Network Looks' }).click();
  const gallery = await webview(page, '.cards .map');
  await expect.poll(() => gallery.locator('.card').count(), { timeout: 60_000 }).toBe(count);
  expect(await gallery.locator('.given').innerText()).toBe('Chosen in the evaluation');
  expect(await gallery.locator('.verdict').allInnerTexts()).toEqual(Array.from({ length: count }, () => '✗ wrong'));
  await screenshots(page, 'gallery-cell');
});
