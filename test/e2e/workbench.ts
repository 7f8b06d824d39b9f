/** Page objects for VS Code's workbench: what a person does with it, in a person's words. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { inject } from 'vitest';
import { openBrowser } from '../../scripts/vscode-browser.mjs';

const artifacts = path.resolve('artifacts');

export type Theme = 'light' | 'dark';

export interface Workbench {
  readonly page: Page;
  close(): Promise<void>;
}

/**
 * Opens the shared VS Code in a fresh browser and waits until it is usable.
 *
 * @param own another VS Code on the same workspace, which speaks another language
 */
export async function openWorkbench(own?: { readonly url: string; readonly locale: string }): Promise<Workbench> {
  const browser: Browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, colorScheme: 'light' });
  if (own) await page.context().addCookies([{ name: 'vscode.nls.locale', value: own.locale, url: new URL(own.url).origin }]);
  await page.goto(own?.url ?? inject('url'));
  await page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
  await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  const before = await runsOf();
  return {
    page,
    async close() {
      await browser.close();
      // The next suite finds the workspace as this one did: more runs would push what it clicks out of the lists. A training or a
      // list that still writes into a folder makes it full again while it is emptied.
      const added = (await runsOf()).filter((name) => !before.includes(name));
      await Promise.all(added.map((name) => rm(path.join(inject('place').folder, 'runs', name), { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })));
    },
  };
}

function runsOf(): Promise<string[]> {
  return readdir(path.join(inject('place').folder, 'runs'));
}

/** Changes the theme as the system would: VS Code follows it by `window.autoDetectColorScheme`. */
export async function useTheme(page: Page, theme: Theme): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.locator(theme === 'light' ? '.monaco-workbench.vs' : '.monaco-workbench.vs-dark').waitFor({ timeout: 30_000 });
}

/** Keeps a picture of the whole window in artifacts/screenshots. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(path.join(artifacts, 'screenshots'), { recursive: true });
  await page.screenshot({ path: path.join(artifacts, 'screenshots', `${name}.png`) });
}

/** A picture of the surface in each theme, the light one last. */
export async function screenshots(page: Page, name: string): Promise<void> {
  for (const theme of ['dark', 'light'] as const) {
    await useTheme(page, theme);
    await page.waitForTimeout(700);
    await screenshot(page, `${name}-${theme}`);
  }
}

const quickInput = (page: Page): Locator => page.locator('.quick-input-widget');

/** Tries again what an editor that opens just then can undo, because it takes the focus: lists and menus close at that. */
async function insist(page: Page, action: () => Promise<void>): Promise<void> {
  for (let left = 4; left > 0; left--)
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      await page.keyboard.press('Escape');
    }
  await action();
}

/** Runs a command from the palette by its title. */
export function runCommand(page: Page, title: string): Promise<void> {
  return insist(page, async () => {
    await page.keyboard.press('F1');
    const input = quickInput(page).locator('input').first();
    await input.waitFor({ timeout: 5_000 });
    await input.fill(`>${title}`, { timeout: 5_000 });
    await quickInput(page).locator('.monaco-list-row', { hasText: title }).first().click({ timeout: 10_000 });
  });
}

/** Picks the entry that holds this text from the open list. */
export async function pick(page: Page, text: string | RegExp): Promise<void> {
  await quickInput(page).locator('.monaco-list-row', { hasText: text }).first().click({ timeout: 20_000 });
}

/** The entries of the open list. */
export const choices = (page: Page): Promise<string[]> => quickInput(page).locator('.monaco-list-row').allInnerTexts();

/** Opens the side bar's container that carries this name. */
export async function openContainer(page: Page, name: string): Promise<void> {
  const tab = page.locator('.activitybar').getByRole('tab', { name });
  // A click on the container that is open already would close the side bar.
  if (!/\bchecked\b/.test((await tab.getAttribute('class')) ?? '')) await tab.locator('a').first().click();
}

/** The rows of a view in the side bar, by the view's title. */
export function treeRows(page: Page, view: string): Locator {
  return page.locator('.pane', { has: page.locator(`.pane-header[aria-label^="${view}"]`) }).locator('.monaco-list-row');
}

/** Unfolds the explorer along a path and returns the last row. */
export async function revealInExplorer(page: Page, file: string): Promise<Locator> {
  await openContainer(page, 'Explorer');
  // The list holds only the rows in sight, so unfolded folders could hide the one that is looked for.
  await runCommand(page, 'Collapse Folders in Explorer');
  const rows = page.locator('.explorer-folders-view .monaco-list-row');
  let last = rows.first();
  for (const [depth, name] of file.split('/').entries()) {
    last = rows.and(page.locator(`[aria-level="${depth + 1}"]`)).filter({ has: page.getByText(name, { exact: true }) }).first();
    await last.waitFor({ timeout: 20_000 });
    if ((await last.getAttribute('aria-expanded')) === 'false') await last.click();
  }
  return last;
}

/** Right-clicks and chooses along submenus. */
export function chooseFromMenu(page: Page, target: Locator, ...labels: string[]): Promise<void> {
  return insist(page, async () => {
    await target.click({ button: 'right' });
    for (const [index, label] of labels.entries()) {
      const item = page.locator('.monaco-menu .action-item', { hasText: label }).last();
      await item.waitFor({ timeout: 10_000 });
      // A menu takes no click in its first tenth of a second, so that the one that opened it chooses nothing.
      await page.waitForTimeout(200);
      if (index < labels.length - 1) await item.hover({ timeout: 5_000 });
      else await item.click({ timeout: 5_000 });
    }
  });
}

/** The texts of the notifications that are on the screen. */
export const notifications = (page: Page): Promise<string[]> => page.locator('.notification-list-item-message').allInnerTexts();

/** Clears the messages, so that the next one is the one that is waited for. */
export async function closeNotifications(page: Page): Promise<void> {
  await runCommand(page, 'Notifications: Clear All Notifications');
}

/** Waits for the webview whose document holds `selector` and returns its inner frame. */
export async function webview(page: Page, selector: string, seconds = 60): Promise<Frame> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    for (const frame of page.frames())
      if (frame.url().includes('/webview/browser/pre') || frame.parentFrame()?.url().includes('/webview/browser/pre'))
        if (await frame.locator(selector).count().catch(() => 0)) return frame;
    await page.waitForTimeout(250);
  }
  await keepState(page, 'webview-missing');
  throw new Error(`No webview showed ${selector} within ${seconds} s; artifacts/webview-missing.* shows the window`);
}

/** Keeps the window's picture and every frame's text, for someone who looks at a failure afterwards. */
export async function keepState(page: Page, name: string): Promise<void> {
  await screenshot(page, name);
  const texts = await Promise.all(page.frames().map(async (frame) => `${frame.url()}\n${await frame.locator('body').innerText().catch(String)}\n`));
  await writeFile(path.join(artifacts, `${name}.txt`), texts.join('\n'));
}
