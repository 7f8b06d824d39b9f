import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { openBrowser } from '../../scripts/vscode-browser.mjs';
import type { Scene } from './fakeHost';
import { buildWebviews, openWebview, settle, type Bundles, type OpenOptions } from './harness';

export { settle };

/** Opens pages in one browser for all tests of a file, and fails a test whose page had a script error or a refusal. */
export function usePages(): (options: Omit<OpenOptions, 'scene'> & { readonly scene: Scene }, work: (page: Page) => Promise<void>) => Promise<void> {
  let browser: Browser | undefined;
  let bundles: Bundles | undefined;
  beforeAll(async () => {
    [browser, bundles] = await Promise.all([openBrowser(), buildWebviews()]);
  });
  afterAll(() => browser?.close());
  return async (options, work) => {
    if (!browser || !bundles) throw new Error('The browser did not open.');
    const { page, problems } = await openWebview(browser, bundles, options);
    try {
      await work(page);
      // Script errors and refusals of the content policy land here.
      expect(problems).toEqual([]);
    } finally {
      await page.close();
    }
  };
}

export const calls = (page: Page, method: string): Promise<unknown[]> =>
  page.evaluate((name) => window.calls.filter((call) => call.method === name).map((call) => call.params), method);

/** The calls of a method once there are `count`: they arrive a moment after the click. */
export async function called(page: Page, method: string, count = 1): Promise<unknown[]> {
  await page.waitForFunction(([name, n]) => window.calls.filter((call) => call.method === name).length >= Number(n), [method, String(count)] as const, { timeout: 20_000 });
  return calls(page, method);
}
