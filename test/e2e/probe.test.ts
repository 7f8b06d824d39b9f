/** A training is watched on an image: chosen in the explorer, shown live in the inspector, scrubbed through afterwards, and trained once more. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import {
  chooseFromMenu, choices, closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, revealInExplorer, runCommand, screenshots, treeRows, webview, type Workbench,
} from './workbench';

let workbench: Workbench;

beforeAll(async () => {
  const { folder } = inject('place');
  const sample = await readFile(path.join(folder, 'shapes.vit.yaml'), 'utf8');
  const changes = { name: 'watched', epochs: '6', warmup_epochs: '1', patch_size: '4', depth: '3' };
  const watched = Object.entries(changes).reduce((text, [key, value]) => text.replace(new RegExp(`^(\\s*${key}:).*`, 'm'), `$1 ${value}`), sample);
  await writeFile(path.join(folder, 'watched.vit.yaml'), watched);
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(() => workbench?.close());

test('an image of the explorer is looked into after every epoch, live, back and forth, and the run is trained once more', async () => {
  const { page } = workbench;
  const names = (await readdir(path.join(inject('place').folder, 'images/test/star'))).filter((name) => name.endsWith('.png')).sort();
  const row = await revealInExplorer(page, `images/test/star/${names[0] ?? 'none.png'}`);
  await chooseFromMenu(page, row, 'Use as Probe Image');
  await expect.poll(() => notifications(page).then(String), { timeout: 30_000 }).toMatch(/is looked into after every epoch/);
  await closeNotifications(page);

  await openContainer(page, 'ViT Lab');
  await runCommand(page, 'ViT Lab: Start Training');
  await expect.poll(() => choices(page).then(String)).toMatch(/Probe image: star-\d+\.png/);
  await pick(page, 'watched.vit.yaml');
  const run = treeRows(page, 'Runs').filter({ hasText: 'watched' }).first();
  await expect.poll(() => run.innerText(), { timeout: 120_000 }).toMatch(/[23]\/6/);
  await chooseFromMenu(page, run, 'Show Probe Image');
  const frame = await webview(page, '.prediction-plot polyline');
  const epoch = (): Promise<string> => frame.locator('.epoch-label').innerText();
  await expect.poll(() => frame.locator('.following').isVisible()).toBe(true);
  await screenshots(page, 'probe-live');
  // Nobody touches the slider: the newest epoch comes by itself.
  await expect.poll(epoch, { timeout: 240_000, interval: 500 }).toBe('epoch 6');

  await expect.poll(() => run.getAttribute('aria-label'), { timeout: 60_000, interval: 500 }).toMatch(/finished.*6 of 6 epochs/);
  await closeNotifications(page);
  await frame.getByRole('slider', { name: 'Epoch' }).focus();
  for (let back = 0; back < 6; back++) await page.keyboard.press('ArrowLeft');
  await expect.poll(epoch).toBe('epoch 0');
  await expect.poll(() => frame.locator('.status-text').innerText()).toMatch(/kept by the training/);
  await screenshots(page, 'probe');
  // The same look is there again when the window is.
  await page.keyboard.press('ArrowRight');
  await expect.poll(epoch).toBe('epoch 1');
  // The workbench writes down what a panel kept some seconds later.
  await page.waitForTimeout(8000);
  await page.reload();
  const again = await webview(page, '.prediction-plot polyline', 120);
  await expect.poll(() => again.locator('.epoch-label').innerText(), { timeout: 60_000 }).toBe('epoch 1');
  await openContainer(page, 'ViT Lab');

  await chooseFromMenu(page, run, 'Run Again');
  await expect.poll(() => treeRows(page, 'Runs').filter({ hasText: 'watched' }).count(), { timeout: 60_000 }).toBeGreaterThan(1);
  await runCommand(page, 'ViT Lab: Stop Training');
});
