/** What a network makes of an image inside, in a real VS Code: every view of the inspector's tab, with the sample's run. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { chooseFromMenu, keepState, openContainer, openWorkbench, revealInExplorer, runCommand, screenshots, treeRows, webview, type Workbench } from './workbench';

let workbench: Workbench;

beforeAll(async () => {
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(() => workbench?.close());

test('filters, colours, norms, similarity, lens, heads, shuffle, CKA and neighbours of the image in the editor', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  await expect.poll(() => treeRows(page, 'Checkpoints').allInnerTexts(), { timeout: 60_000 }).not.toEqual([]);
  const folder = 'images/test/star';
  const names = (await readdir(path.join(inject('place').folder, folder))).filter((name) => name.endsWith('.png')).sort();
  const row = await revealInExplorer(page, `${folder}/${names[0] ?? 'none.png'}`);
  await chooseFromMenu(page, row, 'Inspect Image');
  const frame = await webview(page, '.hero-canvas');
  await expect.poll(() => frame.locator('.prediction-label').first().innerText(), { timeout: 60_000 }).toBe('star');
  await frame.getByRole('tab', { name: 'Features' }).click();
  const open = async (view: string): Promise<void> => frame.locator(`.feature-views input[value="${view}"]`).check({ force: true });
  const summary = (): Promise<string> => frame.locator('.features .summary:visible').first().innerText();

  await open('filters');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/patch_embed\.proj\.weight/);
  await screenshots(page, 'features-filters');
  await open('colours');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/^64 of 64 patches; of their variance R \d/);
  await screenshots(page, 'features-colours');
  await open('norms');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/median norm of the patches/);
  await open('similarity');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/mean cosine of the patches/);
  await screenshots(page, 'features-similarity');
  await open('lens');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/star is the most probable class from/);
  await screenshots(page, 'features-lens');
  await open('heads');
  // A small network: each head is turned off unasked.
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/The logit of star is .* of 16 heads change the answer/);
  await frame.locator('[data-head-index="5"]').click();
  await expect.poll(() => frame.locator('.together').innerText(), { timeout: 30_000 }).toMatch(/layer 2, head 2 off: the logit of star changes by/);
  await screenshots(page, 'features-heads');
  await open('shuffle');
  await expect.poll(summary, { timeout: 30_000 }).toMatch(/^8 × 8 pieces in other places: star/);
  await expect.poll(() => frame.locator('.lines:visible').count(), { timeout: 30_000 }).toBe(1);
  await screenshots(page, 'features-shuffle');
  await open('alignment');
  await frame.getByRole('button', { name: 'Compare the Layers' }).click();
  await expect.poll(summary, { timeout: 60_000 }).toMatch(/^5 × 5 layers over \d+ images \(class token\)/);
  await screenshots(page, 'features-alignment');
});

test('the nearest image of the test is the image itself, and a click on another one looks inside it', async () => {
  const { page } = workbench;
  const frame = await webview(page, '.hero-canvas');
  await frame.locator('.feature-views input[value="neighbours"]').check({ force: true });
  const find = frame.getByRole('button', { name: 'Find Neighbours' });
  // Before it is there, the boxes of the view before are still those in sight.
  await find.waitFor();
  await frame.locator('.features select:visible').first().selectOption('test');
  await find.click();
  await expect.poll(() => frame.locator('.neighbour').count(), { timeout: 60_000 }).toBe(12);
  expect(await frame.locator('.neighbour').first().innerText()).toMatch(/star\s+1\.000\s+this image/);
  await screenshots(page, 'features-neighbours');
  const other = await frame.locator('.neighbour').nth(1).getAttribute('title');
  await frame.locator('.neighbour').nth(1).click();
  await expect.poll(() => frame.locator('.file').innerText(), { timeout: 60_000 }).toBe(path.basename(other ?? 'none'));
  // Its neighbours are found without a click: the features are known.
  await expect.poll(() => frame.locator('.neighbour').first().getAttribute('title'), { timeout: 60_000 }).toBe(other);
});

test('positions: structure, curves, and what they do to this image', async () => {
  const { page } = workbench;
  const frame = await webview(page, '.hero-canvas');
  await frame.getByRole('tab', { name: 'Position' }).click();
  await expect.poll(() => frame.locator('.structure').innerText(), { timeout: 30_000 }).toMatch(/Mean cosine of 4-neighbours/);
  await frame.locator('.strips').scrollIntoViewIfNeeded();
  await expect.poll(() => frame.locator('.encoding .summary').innerText(), { timeout: 30_000 }).toMatch(/‖P‖ \/ ‖X‖ is/);
  await screenshots(page, 'features-position');
});

test('a gallery of a folder: each image under where the network looks, sorted, and back into the inspector; it is there again after a reload', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  const folder = 'images/test/star';
  const row = await revealInExplorer(page, folder);
  await chooseFromMenu(page, row, 'Show Attention Gallery');
  const names = (await readdir(path.join(inject('place').folder, folder))).filter((name) => name.endsWith('.png'));
  const gallery = await webview(page, '.cards .map');
  await expect.poll(() => gallery.locator('.card').count(), { timeout: 60_000 }).toBe(names.length);
  await expect.poll(() => gallery.locator('.count').innerText(), { timeout: 30_000 }).toMatch(new RegExp(`^${names.length} images · \\d+ right`));
  await gallery.locator('.sorting select').selectOption('confidence');
  await screenshots(page, 'gallery');
  await gallery.locator('.card').first().focus();
  await page.keyboard.press('ArrowRight');
  const chosen = await gallery.locator('.card').nth(1).locator('.picture').getAttribute('title');
  await page.keyboard.press('Enter');
  const frame = await webview(page, '.hero-canvas');
  await expect.poll(() => frame.locator('.file').innerText(), { timeout: 60_000 }).toBe(path.basename(chosen ?? 'none'));
  // The inspector's title leads back.
  await frame.locator('.file').click();
  await page.locator('.editor-actions a[aria-label^="Show Attention Gallery"]').first().waitFor({ timeout: 15_000 });
  // The workbench writes down which editors are open some seconds after they are.
  await page.waitForTimeout(8000);
  await page.reload();
  await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  const again = await webview(page, '.cards .map', 120);
  await expect.poll(() => again.locator('.card').count(), { timeout: 60_000 }).toBe(names.length);
  expect(await again.locator('.sorting select').inputValue()).toBe('confidence');
});
