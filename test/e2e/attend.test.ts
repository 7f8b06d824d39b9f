/** Two images beside each other in a real VS Code, a second inspector, the panel as a page, a picture that is pasted; all of it again after a reload. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { chooseFromMenu, keepState, openWorkbench, revealInExplorer, runCommand, screenshots } from './workbench';

const classFolder = 'images/test/square';
let workbench: Workbench;
let names: string[];

beforeAll(async () => {
  names = (await readdir(path.join(inject('place').folder, classFolder))).filter((name) => name.endsWith('.png')).sort();
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(() => workbench?.close());

/** The inspectors that are open, with a picture each; those that a reload left behind are gone. */
async function inspectors(page: Page): Promise<Frame[]> {
  const found = await Promise.all(page.frames().map(async (frame) => ((await frame.locator('.hero-canvas').count().catch(() => 0)) > 0 ? [frame] : [])));
  return found.flat();
}

const inspector = async (page: Page): Promise<Frame> => {
  await expect.poll(async () => (await inspectors(page)).length, { timeout: 60_000 }).toBeGreaterThan(0);
  return (await inspectors(page)).at(-1)!;
};

test('two images that are selected in the explorer stand beside each other, with the difference in numbers', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  const second = await revealInExplorer(page, `${classFolder}/${names[1]!}`);
  const first = await revealInExplorer(page, `${classFolder}/${names[0]!}`);
  await first.click();
  // The explorer reveals what the first click opens, which would take the second one out of the selection again.
  await page.locator('.tab.active', { hasText: names[0]! }).waitFor();
  await expect.poll(async () => {
    if ((await second.getAttribute('aria-selected')) !== 'true') await second.click({ modifiers: ['ControlOrMeta'] });
    await page.waitForTimeout(500);
    return [await first.getAttribute('aria-selected'), await second.getAttribute('aria-selected')];
  }, { timeout: 20_000 }).toEqual(['true', 'true']);
  await chooseFromMenu(page, second, 'Compare Two Images in the Inspector');
  const frame = await inspector(page);
  await expect.poll(() => frame.locator('.trio-tile:visible').count(), { timeout: 60_000 }).toBe(3);
  await expect.poll(() => frame.locator('.beside-predictions tbody tr').count(), { timeout: 30_000 }).toBeGreaterThan(1);
  await frame.locator('.trio-tile[data-side="difference"]').click();
  await expect.poll(() => frame.locator('.summary').first().innerText(), { timeout: 30_000 }).toMatch(/^B − A, layer 4/);
  await screenshots(page, 'inspector-against');
  const [a, b] = [await frame.locator('.file').first().innerText(), await frame.locator('.beside .file').innerText()];
  await frame.getByRole('button', { name: 'Swap' }).click();
  await expect.poll(() => frame.locator('.file').first().innerText(), { timeout: 30_000 }).toBe(b);
  expect(await frame.locator('.beside .file').innerText()).toBe(a);
});

test('all attention is moved once, and its scores before the softmax come by layer', async () => {
  const { page } = workbench;
  const frame = await inspector(page);
  await frame.locator('.trio-tile[data-side="a"]').click();
  await frame.locator('[data-layer="1"][data-head="2"]').click();
  await frame.getByText('Scores before the softmax').click();
  await expect.poll(() => frame.locator('.section .summary').innerText(), { timeout: 60_000 }).toMatch(/^Layer 2, head 3, .*d = \d+: scores over a range of/);
  await frame.locator('.section').first().scrollIntoViewIfNeeded();
  await frame.getByRole('button', { name: 'Over the Validation Images' }).click();
  await expect.poll(() => frame.locator('.head-dot.hollow').count(), { timeout: 120_000 }).toBe(2 * 4 * 4);
  await screenshots(page, 'inspector-scores');
});

test('a picture of the clipboard is looked into', async () => {
  const { page } = workbench;
  const frame = await inspector(page);
  const png = (await readFile(path.join(inject('place').folder, classFolder, names[3]!))).toString('base64');
  await frame.evaluate((base64) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], 'clip.png', { type: 'image/png' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, png);
  await expect.poll(() => frame.locator('.file').first().innerText(), { timeout: 30_000 }).toBe('clip.png');
  await expect.poll(() => frame.locator('.readout-from').innerText(), { timeout: 30_000 }).toMatch(/cls/);
  expect(await frame.locator('.over:not([hidden])').count()).toBe(0);
});

test('the panel is saved as a page', async () => {
  const { page } = workbench;
  const frame = await inspector(page);
  await frame.getByRole('button', { name: 'Export' }).click();
  await frame.getByRole('menuitem', { name: 'Panel as a Web Page…' }).click();
  await page.locator('.quick-input-widget input').first().waitFor({ timeout: 60_000 });
  await page.keyboard.press('Enter');
  const file = path.join(inject('place').folder, 'clip.html');
  await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 30_000 }).toMatch(/<\/html>\s*$/);
  expect((await readFile(file, 'utf8')).includes(inject('place').folder)).toBe(false);
});

test('a second inspector opens beside the first, and both are there again after a reload, one of them with B', async () => {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: Inspect Image in Another Panel');
  const told = async (): Promise<string[]> =>
    (await Promise.all((await inspectors(page)).map(async (frame) => {
      const [file, held, beside] = await Promise.all([frame.locator('.file').first().innerText(), frame.locator('[aria-pressed="true"]').allInnerTexts(), frame.locator('.beside .file').allInnerTexts()]);
      return `${file} ${held.join()} ${beside.join()}`.trim();
    }).map((one) => one.catch(() => '')))).sort();
  const both = ['clip.png A | B ' + names[0]!, 'clip.png Pinned'];
  await expect.poll(told, { timeout: 60_000 }).toEqual(both);
  await screenshots(page, 'inspector-two');
  // The workbench writes down which editors are open some seconds after they are.
  await page.waitForTimeout(8000);
  await page.reload();
  await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  await expect.poll(told, { timeout: 120_000 }).toEqual(both);
});
