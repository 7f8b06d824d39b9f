import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../scripts/vscode-browser.mjs';
import { packed, standalonePage } from '../../src/standalonePage';
import type { GalleryCard, GalleryState, StandalonePage } from '../../src/protocol';
import { parse } from '../../webview/standalone/unpack';
import { buildWebviews, encodePicture, openWebview, themeCss, type Bundles } from './harness';
import { called, settle } from './pages';
import { pictureUrl } from './syntheticEvaluation';

/** The panel as a page: saved from the panel in a browser, opened again from the disk with no network. */

let browser: Browser;
let bundles: Bundles;
let folder: string;
beforeAll(async () => {
  [browser, bundles, folder] = await Promise.all([openBrowser(), buildWebviews(), mkdtemp(path.join(os.tmpdir(), 'vit-page-'))]);
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

test('typed arrays come through the packing as they were', () => {
  const all = { a: Float32Array.of(0.1, -3e-9, 7), b: Uint16Array.of(1, 65535), c: [Uint8Array.of(250)], d: null, e: 'x' };
  expect(parse(packed(all))).toEqual(all);
});

/** Saves the panel, and gives the page that the host would write. */
async function save(scene: object, visit: readonly string[] = []): Promise<{ html: string; page: StandalonePage & { name: string } }> {
  const picture = await encodePicture(null, 64, 48);
  const { page } = await openWebview(browser, bundles, { scene: { view: 'inspector', rows: 6, columns: 8, layers: 4, heads: 3, ...picture, ...scene } });
  for (const name of visit) {
    await page.locator('.feature-views label', { hasText: name }).click();
    await settle(page);
  }
  await settle(page);
  await page.click('text=Export');
  await page.click('.menu-item >> text=Panel as a Web Page…');
  await called(page, 'savePage');
  // Typed arrays do not come out of the browser as such: they are packed there.
  const json = await page.evaluate(() => JSON.stringify(window.calls.find(({ method }) => method === 'savePage')?.params, (_, part: unknown) =>
    ArrayBuffer.isView(part) ? { $array: part.constructor.name, base64: btoa(Array.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), (byte) => String.fromCharCode(byte)).join('')) } : part));
  await page.close();
  const given = parse(json) as StandalonePage & { name: string };
  const variables = /:root \{([^}]*)\}/.exec(themeCss('dark', false))?.[1] ?? '';
  const html = await standalonePage({ ...given, theme: { ...given.theme, variables } }, {
    host: bundles.files.get('standalone.js') ?? '', script: bundles.files.get('inspector.js') ?? '', style: bundles.files.get('inspector.css') ?? '', texts: {},
  });
  return { html, page: given };
}

test('a saved page answers hovering by itself, asks no network, and keeps to its policy', async () => {
  const { html, page: given } = await save({ kept: { layer: 1, head: 0, query: 21, held: false } });
  expect(given.name).toBe('jaguar.html');
  // Folders of this machine are not in it, not even inside what is packed.
  expect(JSON.stringify(given)).not.toMatch(/\/lab\//);
  const file = path.join(folder, given.name);
  await writeFile(file, html);
  const context = await browser.newContext({ offline: true, viewport: { width: 1300, height: 850 }, acceptDownloads: true });
  const page = await context.newPage();
  const [problems, asked]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator('.multiples [data-layer]').first().waitFor();
  await settle(page);
  const summary = () => page.locator('.summary').first().textContent();
  const before = await summary();
  await page.hover('.hero-cells [data-patch="40"]');
  await settle(page);
  expect(await summary()).not.toBe(before);
  expect(await summary()).toContain('from patch (6,1)');
  await page.keyboard.press('t');
  await settle(page);
  expect(await summary()).toContain('to patch (6,1)');
  for (const tab of ['Rollout', 'Explain', 'Position', 'Patches', 'Flow', 'Features']) {
    await page.click(`[role="tab"] >> text=${tab}`);
    await settle(page);
    expect(await page.locator('.status.problem').count()).toBe(0);
  }
  // The views of the last tab, but for those that need a dataset, are there as they begin.
  for (const name of ['Filters', 'Colours', 'Norms', 'Similarity', 'Logit lens', 'Heads off', 'Shuffle']) {
    await page.locator('.feature-views label', { hasText: name }).click();
    await settle(page);
    expect({ name, problem: await page.locator('.status.problem').count() }).toEqual({ name, problem: 0 });
  }
  // There is nothing else to choose, and what can be taken out is.
  for (const name of ['Pin', 'A | B']) expect(await page.getByText(name, { exact: true }).isVisible()).toBe(false);
  await page.click('[role="tab"] >> text=Attention');
  await page.click('text=Export');
  expect(await page.getByText('Panel as a Web Page…').isVisible()).toBe(false);
  const download = page.waitForEvent('download');
  await page.click('.menu-item >> text=Picture as PNG…');
  expect((await download).suggestedFilename()).toBe('jaguar-attention.png');
  expect(problems).toEqual([]);
  expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
  await context.close();
});

test('neighbours and the alignment of layers that were found are in the page, without folders; what was not found is not begun', async () => {
  const checkpoint = ['/lab/runs/vit-p16-d192-l12 animals/checkpoints/epoch-12.safetensors', '2026-11-20T10:02:00Z'];
  const other = '/lab/runs/vit-p4-d64-l6 cifar10/checkpoints/epoch-8.safetensors';
  const [images, most, read] = ['/lab/photos/holidays', 256, 'class'];
  const features = { view: 'neighbours', images, other, most, read, count: 6, begun: { neighbours: JSON.stringify([checkpoint, images]), alignment: JSON.stringify([checkpoint, images, other, most, read]) } };
  const { html, page: given } = await save({ kept: { tab: 'features', features } }, ['Neighbours', 'CKA']);
  const file = path.join(folder, 'neighbours.html');
  await writeFile(file, html);
  expect([html, JSON.stringify(given)].filter((text) => text.includes('/lab/'))).toEqual([]);
  const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
  await page.goto(pathToFileURL(file).href);
  const view = (name: string) => page.locator('.feature-views label', { hasText: name });
  await view('Neighbours').click();
  await page.locator('.neighbour').first().waitFor();
  expect(await page.locator('.neighbour').count()).toBe(6);
  // Small pictures, drawn; there is nothing behind them to open.
  expect(await page.locator('.neighbour canvas').first().evaluate((canvas) => (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(4, 4, 1, 1).data[3])).toBe(255);
  expect(await page.locator('.neighbour').first().getAttribute('aria-disabled')).toBe('true');
  await page.locator('.neighbour').first().click({ force: true });
  expect(await page.locator('.features select:visible').evaluateAll((all) => all.map((select) => (select as HTMLSelectElement).disabled))).toEqual([true, true]);
  await view('CKA').click();
  await page.locator('.cell').first().waitFor();
  expect(await page.locator('.features .summary:visible').textContent()).toMatch(/layers over 256 images/);
  await page.locator('vscode-checkbox:visible', { hasText: 'Debiased' }).click();
  await settle(page);
  expect(await page.locator('.cell').count()).toBeGreaterThan(10);
  expect(await page.locator('.status.problem, .start-problem:visible').count()).toBe(0);
  await page.close();

  const { html: without } = await save({ kept: { tab: 'features' } });
  await writeFile(file, without);
  const bare = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
  await bare.goto(pathToFileURL(file).href);
  await bare.locator('.feature-views label', { hasText: 'Neighbours' }).click();
  await settle(bare);
  expect(await bare.locator('.start:visible').innerText()).toContain('has no engine to ask for more');
  expect(await bare.getByRole('button', { name: 'Find Neighbours' }).count()).toBe(0);
  await bare.close();
});

test('a map that was not computed is said to need the program, and is waited for in vain by nobody', async () => {
  const { html } = await save({ kept: { tab: 'explain' } });
  const file = path.join(folder, 'explained.html');
  await writeFile(file, html);
  const page = await browser.newPage({ viewport: { width: 1300, height: 850 } });
  await page.goto(pathToFileURL(file).href);
  const caption = page.locator('[data-method="occlusion"] .caption');
  await caption.waitFor();
  await settle(page);
  const words = 'not computed when this page was saved: it needs ViT Lab';
  expect(await caption.textContent()).toBe(words);
  await page.click('[data-method="occlusion"]');
  await settle(page);
  expect(await caption.textContent()).toBe(words);
  expect(await page.locator('[data-method="chefer"] .caption').textContent()).not.toBe(words);
  // Nor were the methods measured: said where the button is, which is not pressed twice.
  const measure = page.getByRole('button', { name: 'Measure the Methods' });
  await measure.click();
  await page.getByText('not measured when this page was saved: it needs ViT Lab').waitFor();
  expect(await measure.getAttribute('aria-disabled') ?? String(await measure.isDisabled())).toBe('true');
  await page.close();
});

test('what was compared is compared in the page, and a text that would end a script does not', async () => {
  const { html } = await save({ file: '/lab/photos/</script><b>x.jpg', against: { checkpoint: 1 }, kept: { side: 'difference', layer: 1, head: 0 } });
  expect(html.match(/<script/g)).toHaveLength(5);
  const file = path.join(folder, 'compared.html');
  await writeFile(file, html);
  const page = await browser.newPage({ viewport: { width: 1300, height: 850 } });
  await page.goto(pathToFileURL(file).href);
  await page.locator('.trio-tile').first().waitFor();
  await settle(page);
  expect(await page.locator('.trio-tile:visible').count()).toBe(3);
  expect(await page.locator('.summary').first().textContent()).toMatch(/^B − A, layer 2/);
  await page.close();
});

test('a gallery as a page sorts by itself, opens nothing, and gives its numbers', async () => {
  const cards = [0.9, 0.4, 0.7].map((confidence, index): GalleryCard => ({ index, name: `star/${String(index)}.png`, truth: 0, guess: index === 1 ? 1 : 0, confidence, entropy: 1 - confidence, map: Float32Array.of(1, 2, 3, 4 + index), spread: 1.2, url: pictureUrl(index) }));
  const state: GalleryState = {
    wish: { checkpoint: 'run/best', images: { split: 'test' }, filter: {} }, place: null, checkpoints: [], version: 1, busy: null, error: null, missing: false, saved: { cards, method: 'attention' },
    list: { indices: Int32Array.of(0, 1, 2), order: 'name', size: 3, classes: ['star', 'ring'], labelled: true, grid: { rows: 2, columns: 2 }, classToken: true, imageSize: [32, 32], model: 'vit' },
  };
  const variables = /:root \{([^}]*)\}/.exec(themeCss('light', false))?.[1] ?? '';
  const page0 = { title: 'Gallery', language: 'en', state, kept: { sort: 'confidence', descending: true }, answers: [], theme: { variables, classes: 'vscode-body vscode-light' } };
  const file = path.join(folder, 'gallery.html');
  await writeFile(file, await standalonePage(page0, { host: bundles.files.get('standalone.js') ?? '', script: bundles.files.get('gallery.js') ?? '', style: bundles.files.get('gallery.css') ?? '', texts: {} }));
  const context = await browser.newContext({ offline: true, viewport: { width: 900, height: 700 }, acceptDownloads: true });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
  await page.goto(pathToFileURL(file).href);
  await page.locator('.card .map').nth(2).waitFor();
  const order = () => page.locator('.card').evaluateAll((all) => all.map((card) => (card as HTMLElement).dataset['index']).join(''));
  await expect.poll(order).toBe('021');
  await page.selectOption('.sorting select', 'correct');
  await expect.poll(order).toBe('102');
  expect(await page.locator('.map-words').textContent()).toContain('Last attention');
  await page.focus('.card[tabindex="0"]');
  await page.keyboard.press('Enter');
  await settle(page);
  expect(await page.getByRole('alert').isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Numbers as CSV…' }).click();
  expect((await download).suggestedFilename()).toBe('gallery-test.csv');
  expect(problems).toEqual([]);
  await context.close();
});
