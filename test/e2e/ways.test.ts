/** The ways into the inspector that are no right click: the button over an image, and two versions of an image in a comparison. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Workbench } from './workbench';
import { chooseFromMenu, keepState, openWorkbench, revealInExplorer, runCommand, screenshots, webview } from './workbench';

const classFolder = 'images/test/triangle';
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

const inspector = (page: Page): Promise<Frame> => webview(page, '.hero-canvas');
const shown = async (page: Page): Promise<string> => (await inspector(page)).locator('.file').first().innerText();

test('the button over an open image looks into it', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  await (await revealInExplorer(page, `${classFolder}/${names[0]!}`)).click();
  await page.locator('.editor-actions').getByRole('button', { name: 'Inspect Image' }).first().click({ timeout: 20_000 });
  await expect.poll(() => shown(page), { timeout: 60_000 }).toBe(names[0]);
  await screenshots(page, 'inspector-by-button');
});

test('an open inspector follows to the newer side of a comparison of two images', async () => {
  const { page } = workbench;
  await chooseFromMenu(page, await revealInExplorer(page, `${classFolder}/${names[1]!}`), 'Select for Compare');
  await chooseFromMenu(page, await revealInExplorer(page, `${classFolder}/${names[2]!}`), 'Compare with Selected');
  await expect.poll(() => shown(page), { timeout: 60_000 }).toBe(names[2]);
  await screenshots(page, 'inspector-with-comparison');
});
