/**
 * The main job, as a person does it in a fresh VS Code with the installed package: look at the sample's model,
 * train one, watch the trees fill, classify a picture, look inside with it, compare. The tests build on each other.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import {
  chooseFromMenu,
  closeNotifications,
  keepState,
  notifications,
  openContainer,
  openWorkbench,
  pick,
  revealInExplorer,
  runCommand,
  screenshots,
  treeRows,
  webview,
} from './workbench';

const classFolder = 'images/test/circle';
let workbench: Workbench;

/** The first picture of a class folder of the sample, relative to the workspace. */
async function pictureOf(folder: string): Promise<string> {
  const names = (await readdir(path.join(inject('place').folder, folder))).filter((name) => name.endsWith('.png')).sort();
  return `${folder}/${names[0] ?? 'none.png'}`;
}

beforeAll(async () => {
  const { folder } = inject('place');
  const sample = await readFile(path.join(folder, 'shapes.vit.yaml'), 'utf8');
  // The sample's own configuration, made quick: fewer and larger patches, and eight epochs of about half a second, enough to see the curve move.
  const changes = { name: 'quick', epochs: '8', warmup_epochs: '1', patch_size: '8', depth: '2' };
  const quick = Object.entries(changes).reduce((text, [key, value]) => text.replace(new RegExp(`^(\\s*${key}:).*`, 'm'), `$1 ${value}`), sample);
  expect(quick).toMatch(/^ {2}epochs: 8$/m);
  await writeFile(path.join(folder, 'quick.vit.yaml'), quick);
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(() => workbench?.close());

/** The text that a person reads in a webview. */
const textOf = (frame: Frame): Promise<string> => frame.locator('body').innerText();

/** How many different colours a canvas shows: a picture has many, an empty or plain one has one. */
async function coloursOf(frame: Frame, selector: string): Promise<number> {
  return frame.locator(selector).first().evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: new Uint8ClampedArray() };
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += 4) colours.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
    return colours.size;
  });
}

test('the sample brings a run and checkpoints that fill the trees', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  await expect.poll(() => treeRows(page, 'Runs').allInnerTexts(), { timeout: 60_000 }).not.toEqual([]);
  await expect.poll(() => treeRows(page, 'Checkpoints').allInnerTexts(), { timeout: 60_000 }).not.toEqual([]);
  await screenshots(page, 'sidebar');
});

test('a training starts from the palette, moves in the Runs tree and ends', async () => {
  const { page } = workbench;
  const before = await treeRows(page, 'Runs').count();
  await runCommand(page, 'ViT Lab: Start Training');
  await pick(page, 'quick.vit.yaml');
  await expect.poll(() => treeRows(page, 'Runs').count(), { timeout: 60_000 }).toBe(before + 1);
  const row = treeRows(page, 'Runs').filter({ hasText: 'quick' });
  await expect.poll(() => row.first().innerText(), { timeout: 120_000 }).toMatch(/[1-7]\/8/);
  await screenshots(page, 'training');
  await expect.poll(() => row.first().getAttribute('aria-label'), { timeout: 180_000, interval: 500 }).toMatch(/finished.*8 of 8 epochs/);
});

test('a right click in the explorer classifies a picture', async () => {
  const { page } = workbench;
  await closeNotifications(page);
  const row = await revealInExplorer(page, await pictureOf(classFolder));
  await chooseFromMenu(page, row, 'Classify Image');
  await expect.poll(() => notifications(page).then(String), { timeout: 60_000 }).toMatch(/circle-\d+\.png: \w+ [\d.]+\s?%/);
  await screenshots(page, 'classified');
  await closeNotifications(page);
});

test('a folder is classified into a table', async () => {
  const { page } = workbench;
  const row = await revealInExplorer(page, classFolder);
  await chooseFromMenu(page, row, 'Classify Image');
  const frame = await webview(page, 'table tbody tr');
  await expect.poll(() => frame.locator('tbody tr').count(), { timeout: 60_000 }).toBeGreaterThan(3);
  expect(await frame.locator('.known').textContent()).toMatch(/^6 classes: /);
  expect(await textOf(frame)).toMatch(/circle-\d+\.png/);
  await screenshots(page, 'results');
});

test('the inspector shows the patches, every head, positions, rollout and predictions of the picture', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  const row = await revealInExplorer(page, await pictureOf(classFolder));
  await chooseFromMenu(page, row, 'Inspect Image');
  const frame = await webview(page, '.hero-canvas');
  // The run that has just ended is the active one. 32 px in patches of 8 px: 4 × 4; 2 layers × 4 heads and the mean of each layer.
  await expect.poll(() => frame.locator('.hero-cells [data-patch]').count(), { timeout: 60_000 }).toBe(16);
  await expect.poll(() => coloursOf(frame, '.hero-canvas'), { timeout: 30_000 }).toBeGreaterThan(10);
  await frame.getByRole('tab', { name: 'Attention' }).click();
  await expect.poll(() => frame.locator('.multiples [data-layer]').count(), { timeout: 30_000 }).toBe(2 * 5);
  await expect.poll(() => textOf(frame), { timeout: 30_000 }).toMatch(/Entropy \d\.\d\d nats/);
  const fromClassToken = await textOf(frame);
  expect(fromClassToken).toMatch(/circle.*\d\s?%/s);
  await screenshots(page, 'inspector-beside');
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await screenshots(page, 'inspector-attention');

  await frame.locator('.hero-cells [data-patch="5"]').click();
  await expect.poll(() => textOf(frame)).not.toBe(fromClassToken);
  for (const name of ['Rollout', 'Position', 'Patches']) {
    await frame.getByRole('tab', { name }).click();
    await expect.poll(() => frame.locator('[role="tabpanel"]:not([hidden])').innerText(), { timeout: 30_000 }).toMatch(/patch/i);
    await screenshots(page, `inspector-${name.toLowerCase()}`);
  }
});

test('what speaks for a class is told by seven methods, and which of them to believe', async () => {
  const { page } = workbench;
  const frame = await webview(page, '.hero-canvas');
  await frame.getByRole('tab', { name: 'Explain' }).click();
  // A small network: occlusion comes unasked.
  await expect.poll(() => frame.locator('.method canvas:not(.second):not(.empty)').count(), { timeout: 60_000 }).toBe(7);
  await frame.getByRole('combobox', { name: 'and beside it for' }).selectOption({ index: 2 });
  await expect.poll(() => frame.locator('.method canvas.second:not(.empty)').count(), { timeout: 60_000 }).toBe(7);
  await frame.getByRole('button', { name: 'Measure the Methods' }).click();
  await expect.poll(() => frame.locator('.score-table tbody tr').count(), { timeout: 60_000 }).toBe(8);
  expect(await frame.locator('.score-table').innerText()).toMatch(/Random order/);
  await frame.getByRole('radio', { name: /Occlusion/ }).click();
  await screenshots(page, 'inspector-explain');
  await frame.locator('.score-table').scrollIntoViewIfNeeded();
  await screenshots(page, 'inspector-explain-scores');
});

test('the inspector follows the image in the editor', async () => {
  const { page } = workbench;
  const frame = await webview(page, '.hero-canvas');
  const row = await revealInExplorer(page, await pictureOf('images/test/square'));
  const before = await textOf(frame);
  await row.dblclick();
  await runCommand(page, 'ViT Lab: Inspect Image');
  const after = await webview(page, '.hero-canvas');
  await expect.poll(() => textOf(after), { timeout: 30_000 }).not.toBe(before);
});

test('two ticked runs are compared: curves, metrics, and only the keys that differ', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  const boxes = treeRows(page, 'Runs').locator('.custom-view-tree-node-item-checkbox');
  await boxes.first().waitFor();
  for (let i = 0; i < (await boxes.count()); i++) {
    if ((await boxes.nth(i).getAttribute('aria-checked')) === 'true') continue;
    await boxes.nth(i).click();
    // The hover that follows the pointer would cover the next box.
    await page.mouse.move(900, 500);
    await expect.poll(() => boxes.nth(i).getAttribute('aria-checked'), { timeout: 15_000 }).toBe('true');
  }
  await runCommand(page, 'ViT Lab: Open Comparison in Editor');
  const frame = await webview(page, '.charts canvas');
  await expect.poll(() => textOf(frame), { timeout: 30_000 }).toMatch(/model\.patch_size/);
  const text = await textOf(frame);
  expect(text).toMatch(/quick/);
  expect(text).not.toMatch(/train\.batch_size|model\.embed_dim/);
  await screenshots(page, 'compare');
});
