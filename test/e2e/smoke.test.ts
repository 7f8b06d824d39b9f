import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Workbench } from './workbench';
import { openContainer, openWorkbench, screenshots, treeRows } from './workbench';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await openWorkbench();
});
afterAll(() => workbench?.close());

test('the installed package brings its container with its views', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  const titles = page.locator('.sidebar .pane-header .title');
  await expect.poll(() => titles.allInnerTexts(), { timeout: 20_000 }).toEqual(expect.arrayContaining([expect.stringMatching(/runs/i)]));
  await expect.poll(() => treeRows(page, 'Runs').count(), { timeout: 30_000, message: 'the sample brings a run' }).toBeGreaterThan(0);
  await screenshots(page, 'sidebar');
});
