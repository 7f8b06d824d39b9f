/** Weights of another project, as a person opens them: a right click on a model's folder, a look inside, the page of the mapping. */
import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { chooseFromMenu, choices, closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, revealInExplorer, screenshots, treeRows, webview } from './workbench';

const golden = path.resolve(import.meta.dirname, '../golden/schemes');
let workbench: Workbench;

beforeAll(async () => {
  const { folder } = inject('place');
  await cp(path.join(golden, 'hf-v4'), path.join(folder, 'models/hf-vit'), { recursive: true });
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(() => workbench?.close());

test('a right click on the folder of a model opens it, and it becomes the active checkpoint', async () => {
  const { page } = workbench;
  await chooseFromMenu(page, await revealInExplorer(page, 'models/hf-vit'), 'Import Weights');
  await expect.poll(() => notifications(page), { timeout: 60_000 }).toContainEqual(expect.stringMatching(/hf-vit: \d+ tensors of hf-v4, all matched\. It is now the active checkpoint\./));
  await screenshots(page, 'import-done');
  await openContainer(page, 'ViT Lab');
  await expect.poll(() => treeRows(page, 'Checkpoints').allInnerTexts()).toContainEqual(expect.stringMatching(/weights of hf-v4[^]*active/));
});

test('the mapping says what became of each tensor', async () => {
  const { page } = workbench;
  await page.locator('.notification-list-item', { hasText: 'hf-v4' }).getByRole('button', { name: 'Show Mapping' }).click();
  const frame = await webview(page, 'h2');
  const text = await frame.locator('body').innerText();
  expect(text).toMatch(/Converted \(\d+\)/);
  expect(text).toContain('blocks.0.attn.qkv.weight');
  await screenshots(page, 'import-mapping');
  await closeNotifications(page);
});

test('a picture of the workspace is looked at with it', async () => {
  const { page } = workbench;
  const { folder } = inject('place');
  const [name] = (await readdir(path.join(folder, 'images/test/circle'))).filter((file) => file.endsWith('.png')).sort();
  await chooseFromMenu(page, await revealInExplorer(page, `images/test/circle/${name}`), 'Inspect Image');
  const frame = await webview(page, 'canvas');
  await expect.poll(() => frame.locator('body').innerText(), { timeout: 30_000 }).toMatch(/hf-vit · hf-v4/);
  await screenshots(page, 'import-inspector');
  // Larger, it has four times the patches.
  await frame.getByRole('combobox', { name: 'Image size' }).selectOption('× 2');
  await expect.poll(() => frame.locator('body').innerText(), { timeout: 30_000 }).toMatch(/24 × 24/);
  await screenshots(page, 'import-inspector-larger');
});

test('what came in goes out again: a folder for timm, with a card to read', async () => {
  const { page } = workbench;
  const { folder } = inject('place');
  await openContainer(page, 'ViT Lab');
  await chooseFromMenu(page, treeRows(page, 'Checkpoints').filter({ hasText: 'weights of hf-v4' }).first(), 'Export…');
  await expect.poll(() => choices(page)).toHaveLength(5);
  await screenshots(page, 'export-targets');
  await pick(page, 'timm (PyTorch)');
  await page.getByRole('button', { name: 'Export Here' }).click();
  await expect.poll(() => notifications(page), { timeout: 60_000 }).toContainEqual(expect.stringMatching(/Exported hf-vit-timm/));
  expect((await readdir(path.join(folder, 'hf-vit-timm'))).sort()).toEqual(['README.md', 'config.json', 'model.safetensors', 'predict.py']);
  await page.locator('.notification-list-item', { hasText: 'hf-vit-timm' }).getByRole('button', { name: 'Open Model Card' }).click();
  const card = await webview(page, '#limits');
  expect(await card.locator('body').innerText()).toContain('python predict.py IMAGE');
  await screenshots(page, 'export-card');
  await closeNotifications(page);
});

test('taken off the list, it leaves the others as they were', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  const row = treeRows(page, 'Checkpoints').filter({ hasText: 'weights of hf-v4' });
  await chooseFromMenu(page, row.first(), 'Remove from List');
  await expect.poll(() => row.count()).toBe(0);
  await expect.poll(() => treeRows(page, 'Checkpoints').allInnerTexts()).toContainEqual(expect.stringMatching(/shapes sample/));
});
