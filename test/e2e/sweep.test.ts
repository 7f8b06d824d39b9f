/**
 * A sweep as a person runs it: the lens over its configuration shows a batch and starts it, its trainings stand in a view of their
 * own, where they are reordered and paused, and its results fill while it goes on. The tests build on each other.
 */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { closeNotifications, keepState, openContainer, openWorkbench, revealInExplorer, runCommand, screenshots, treeRows, webview } from './workbench';

let workbench: Workbench;

const CONFIG = `name: small sweep
dataset: { format: shapes, shapes: { images: 600, size: 32 } }
image: { size: 32 }
model: { patch_size: 8, depth: 2, num_heads: 2, embed_dim: 32 }
train: { epochs: 12, batch_size: 32, warmup_epochs: 1, cutmix: 1, augment: { hflip: true } }
sweep: { parameters: { model.patch_size: [8, 16], model.embed_dim: [16, 32] }, seeds: 2 }
`;

beforeAll(async () => {
  await writeFile(path.join(inject('place').folder, 'small-sweep.vit.yaml'), CONFIG);
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await rm(path.join(inject('place').folder, 'small-sweep.vit.yaml'), { force: true });
});

const rows = (): ReturnType<typeof treeRows> => treeRows(workbench.page, 'Sweeps');
const labels = (): Promise<string[]> => rows().evaluateAll((all) => {
  // The list keeps its elements in any order; their index tells where they are.
  const sorted = [...all].sort((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')));
  return sorted.map((row) => row.getAttribute('aria-label') ?? '');
});
/** The trainings that wait, as the view has them. */
const queued = async (): Promise<string[]> => (await labels()).filter((label) => label.includes('queued'));

test('the lens shows the first batch with its labels, and the learning rate', async () => {
  const { page } = workbench;
  await (await revealInExplorer(page, 'small-sweep.vit.yaml')).dblclick();
  const lens = page.locator('.codelens-decoration a', { hasText: 'Preview' });
  await lens.waitFor({ timeout: 60_000 });
  expect(await page.locator('.codelens-decoration').first().innerText()).toContain('Run Sweep');
  await lens.click();
  const frame = await webview(page, '.tile canvas');
  await expect.poll(() => frame.locator('.tile').count(), { timeout: 60_000 }).toBe(32);
  expect(await frame.locator('.label').first().innerText()).toMatch(/^(\d+% )?(circle|square|triangle|ring|cross|star)/);
  expect(await frame.locator('.place').innerText()).toMatch(/Step 1 of \d+, epoch 1 · 32 images · 32 × 32 px · seed 0 · CutMix, λ 0\.\d\d/);
  await screenshots(page, 'preview');
  await frame.locator('vscode-button', { hasText: 'Next Batch' }).click();
  await expect.poll(() => frame.locator('.place').innerText(), { timeout: 30_000 }).toContain('Step 2 of');
  await frame.locator('.segment', { hasText: 'As the network gets it' }).click();
  await screenshots(page, 'preview-network');
});

test('a sweep starts from its lens; what waits is reordered by keys and dragging; a pause checkpoints', async () => {
  const { page } = workbench;
  await page.locator('.codelens-decoration a', { hasText: 'Run Sweep' }).click();
  await expect.poll(async () => (await labels()).some((label) => label.includes('running') && label.includes('seed')), { timeout: 90_000 }).toBe(true);
  await openContainer(page, 'ViT Lab');
  const before = await queued();
  expect(before.length).toBeGreaterThan(4);
  // The last of the queue goes up by one, and then to the front.
  const last = before.at(-1)!;
  const row = rows().and(page.locator(`[aria-label="${last}"]`));
  await row.click();
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(async () => (await queued()).indexOf(last), { timeout: 20_000 }).toBe((await queued()).length - 2);
  await page.keyboard.press('Alt+Home');
  await expect.poll(async () => (await queued()).indexOf(last), { timeout: 20_000 }).toBe(0);
  const second = (await queued())[2]!;
  await rows().and(page.locator(`[aria-label="${second}"]`)).dragTo(rows().and(page.locator(`[aria-label="${last}"]`)));
  await expect.poll(async () => (await queued()).indexOf(second), { timeout: 20_000 }).toBe(0);
  await screenshots(page, 'sweep-running');
  await runCommand(page, 'ViT Lab: Pause Sweep');
  await expect.poll(async () => (await labels())[0], { timeout: 60_000 }).toMatch(/small sweep, paused/);
  expect((await labels()).some((label) => label.includes('running'))).toBe(false);
});

test('it goes on, and its results fill', async () => {
  const { page } = workbench;
  await closeNotifications(page);
  await runCommand(page, 'View: Close All Editors');
  await runCommand(page, 'ViT Lab: Resume Sweep');
  await expect.poll(async () => (await labels())[0], { timeout: 60_000 }).toMatch(/small sweep, running/);
  // A window that closes takes it along; the next one tells so and goes on.
  await page.reload();
  await page.locator('.notification-list-item', { hasText: 'The sweep small sweep was stopped when the window closed.' }).locator('.monaco-button', { hasText: 'Resume' }).click({ timeout: 90_000 });
  await expect.poll(async () => (await labels())[0], { timeout: 60_000 }).toMatch(/small sweep, running/);
  await runCommand(page, 'ViT Lab: Show Results of the Sweep');
  const frame = await webview(page, '.combinations tbody tr');
  await expect.poll(() => frame.locator('.combinations tbody tr').count(), { timeout: 120_000 }).toBe(4);
  await expect.poll(async () => (await labels())[0], { timeout: 240_000 }).toMatch(/small sweep, done · 8\/8/);
  await expect.poll(() => frame.locator('.count').innerText(), { timeout: 30_000 }).toContain('done · 8 of 8 trainings');
  await closeNotifications(page);
  await frame.locator('.combinations tbody tr').first().click();
  await expect.poll(() => frame.locator('.trials button.link').count()).toBe(2);
  // A heat map, two keys and the cost.
  expect(await frame.locator('figure').count()).toBe(4);
  await screenshots(page, 'sweep-results');
  await frame.locator('.run').first().click();
  await expect.poll(() => treeRows(page, 'Runs').and(page.locator('.selected')).getAttribute('aria-label'), { timeout: 30_000 }).toMatch(/small sweep patch_size/);
  await screenshots(page, 'sweep-run');
}, 400_000);
