import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { called, calls, settle, usePages } from './pages';

/** The tab of representations in a real browser, with a host that plays along. */

const withPage = usePages();
let picture: Pick<Scene, 'seen' | 'original'>;
beforeAll(async () => {
  picture = await encodePicture(null, 56, 56);
});

const scene = (features: object, change: Partial<Scene> = {}): Scene => ({
  view: 'inspector', rows: 14, columns: 14, layers: 4, heads: 3, ...picture, kept: { tab: 'features', features }, ...change,
});
const kept = (page: Page): Promise<{ features: Record<string, unknown> }> => page.evaluate(() => window.kept as never);
const summary = async (page: Page): Promise<string | null> => page.locator('.features .summary >> visible=true').first().textContent();

describe('features', () => {
  test('one view at a time, chosen by click and by arrow keys, kept over a reload; the query patch stays', () =>
    withPage({ scene: scene({}) }, async (page) => {
      expect(await calls(page, 'viewColours')).toMatchObject([{ layer: 5, foreground: 'all' }]);
      await page.click('input[value="norms"]');
      await called(page, 'viewTokens');
      await settle(page);
      expect(await summary(page)).toContain('median norm of the patches');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await kept(page)).toMatchObject({ query: null, features: { view: 'similarity' } });
      expect(await page.locator('.features .large-picture >> visible=true').count()).toBe(0);
    }));

  test('the threshold asks for the foreground, and the hero shows the first component', () =>
    withPage({ scene: scene({ view: 'colours' }) }, async (page) => {
      await page.click('input[value="above"]');
      await called(page, 'viewColours', 2);
      await settle(page);
      expect((await calls(page, 'viewColours')).at(-1)).toMatchObject({ foreground: 'above', threshold: 0.5 });
      expect(await summary(page)).toMatch(/^\d+ of 196 patches; of their variance R 31%/);
      expect(await page.locator('.legend-number').first().textContent()).not.toBe('');
    }));

  test('a click on a head holds it off, arrows move, and what several do together is told', () =>
    withPage({ scene: scene({ view: 'heads' }) }, async (page) => {
      // Twelve passes through a network of this size are asked for first.
      expect(await calls(page, 'ablateHeads')).toEqual([]);
      await page.click('text=Turn Each Head Off');
      await called(page, 'ablateHeads');
      await settle(page);
      const cell = page.locator('[data-head-index="4"]');
      expect(await cell.textContent()).toMatch(/^-?\d\.\d\d$/);
      await cell.click();
      expect(await called(page, 'viewWithoutHeads')).toMatchObject([{ off: [4] }]);
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await called(page, 'viewWithoutHeads', 2);
      await settle(page);
      expect(await kept(page)).toMatchObject({ features: { off: [4, 5] } });
      expect(await cell.getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('.together [role="status"]').textContent()).toMatch(/^layer 2, head 2; layer 2, head 3 off: the logit of .* changes by .* Each by itself they come to /);
      await page.click('text=Turn All On');
      await settle(page);
      expect(await kept(page)).toMatchObject({ features: { off: [] } });
    }));

  test('layers are compared when that is asked for, and again after a reload; the table has a number in every cell', () =>
    withPage({ scene: scene({ view: 'alignment' }) }, async (page) => {
      expect(await calls(page, 'measureAlignment')).toEqual([]);
      await page.click('text=Compare the Layers');
      expect(await called(page, 'measureAlignment')).toMatchObject([{ images: { split: 'val' }, most: 256, read: 'class' }]);
      await settle(page);
      expect(await page.locator('.cells td.cell >> visible=true').count()).toBe(25);
      expect(await summary(page)).toMatch(/^5 × 5 layers over 256 images \(class token\)/);
      expect(Object.keys((await kept(page)).features['begun'] as object)).toEqual(['alignment']);
      // Another question has no answer yet: the old one is not shown for it.
      await page.selectOption('.features select >> visible=true >> nth=1', '128');
      await settle(page);
      expect(await page.locator('.cells td.cell >> visible=true').count()).toBe(0);
    }));

  test('what takes long can be given up', () =>
    withPage({ scene: scene({ view: 'alignment', most: 1024 }) }, async (page) => {
      await page.click('text=Compare the Layers');
      await called(page, 'measureAlignment');
      await page.waitForFunction(() => document.querySelector('.start [role="status"]')?.textContent === '96 of 256 …' || [...document.querySelectorAll('.start [role="status"]')].some((one) => one.textContent === '96 of 256 …'));
      await page.click('vscode-button:visible:has-text("Cancel")');
      await settle(page);
      expect(await page.locator('text=Compare the Layers').isVisible()).toBe(true);
      expect((await kept(page)).features['begun']).toEqual({});
    }));

  test('neighbours: progress, a vote, a folder, an error in its own place, and a click that opens', () =>
    withPage({ scene: scene({ view: 'neighbours' }) }, async (page) => {
      await page.click('text=Find Neighbours');
      expect(await called(page, 'findNeighbours')).toMatchObject([{ images: { split: 'val' }, count: 12 }]);
      await settle(page);
      expect(await page.locator('.neighbour').count()).toBe(12);
      expect(await summary(page)).toMatch(/^12 nearest of 1,800 images, by 192 features\. 6 of the 11 others are jaguar\./);
      await page.click('.neighbour >> nth=2');
      expect(await called(page, 'openNeighbour')).toMatchObject([{ index: 6, images: { split: 'val' } }]);
      const images = page.locator('.features select >> visible=true >> nth=0');
      await images.selectOption({ label: 'Choose a folder…' });
      await called(page, 'chooseFolder');
      await settle(page);
      expect(await kept(page)).toMatchObject({ features: { images: '/lab/photos' } });
      await images.selectOption('test');
      await page.click('text=Find Neighbours');
      await settle(page);
      expect(await page.locator('.start [role="alert"] >> visible=true').textContent()).toContain('are no longer at /data/animals');
    }));

  for (const [view, label, method] of [['neighbours', 'Find Neighbours', 'findNeighbours'], ['alignment', 'Compare the Layers', 'measureAlignment']] as const)
    test(`${view} of a network that came without its images are asked for over a folder`, () =>
      withPage({ scene: scene({ view }, { withoutImages: true }) }, async (page) => {
        const begin = page.locator('vscode-button:visible', { hasText: label });
        expect(await begin.getAttribute('aria-disabled')).toBe('true');
        expect(await page.locator('.without-images:visible').innerText()).toContain('This network comes without the images it was trained on');
        const images = page.locator('.features select >> visible=true >> nth=0');
        expect(await images.locator('option:checked').textContent()).toBe('none chosen');
        expect(await images.locator('optgroup').evaluate((group) => [(group as HTMLOptGroupElement).disabled, (group as HTMLOptGroupElement).label])).toEqual([true, 'These images did not come with the network']);
        await page.locator('.without-images:visible vscode-button').click();
        await called(page, 'chooseFolder');
        await settle(page);
        expect(await page.locator('.without-images:visible').count()).toBe(0);
        await begin.click();
        expect(await called(page, method)).toMatchObject([{ images: { folder: '/lab/photos' } }]);
      }));

  test('numbers stand behind each picture, and the shuffled order can be another', () =>
    withPage({ scene: scene({ view: 'shuffle' }) }, async (page) => {
      await settle(page);
      await page.click('text=Another Order');
      await called(page, 'viewShuffled', 2);
      expect((await calls(page, 'viewShuffled')).at(-1)).toMatchObject({ seed: 1, grid: 3 });
      await page.click('text=Measure All Sizes of Pieces');
      await called(page, 'measureShuffle');
      await page.click('.numbers summary >> visible=true');
      expect(await page.locator('.number-table >> visible=true').first().textContent()).toContain('14 × 14');
    }));

  test('a ResNet has what it has, and says what it has not', () =>
    withPage({ scene: scene({ view: 'norms' }, { layers: 0, rows: 1, columns: 1, classToken: false }) }, async (page) => {
      expect(await page.locator('.features .without').textContent()).toContain('is a ResNet');
      expect(await calls(page, 'viewTokens')).toEqual([]);
      await page.click('input[value="filters"]');
      await called(page, 'viewFilters');
      await settle(page);
      expect(await page.locator('.filters canvas').count()).toBe(28);
    }));
});

test('the tab of positions has the structure in numbers, curves by dimension, and X, P and Z', () =>
  withPage({ scene: scene({}, { kept: { tab: 'position', query: 20, held: true } }) }, async (page) => {
    await called(page, 'viewEmbedding');
    await settle(page);
    expect(await page.locator('.structure .number-table').textContent()).toContain('Mean cosine of 4-neighbours0.710');
    const field = page.locator('.dimensions input');
    await field.fill('3, 63, 99');
    await field.press('Enter');
    await settle(page);
    expect(await page.locator('.dimension-maps li').allTextContents()).toEqual([expect.stringMatching(/^d = 3: /), expect.stringMatching(/^d = 63: /)]);
    await page.hover('.strips canvas >> nth=2', { position: { x: 5, y: 5 } });
    await settle(page);
    expect(await page.locator('.encoding .reading').textContent()).toMatch(/^Patch \(1,\d\): ‖P‖ \/ ‖X‖ = .*; d = \d: X .* \+ P .* = Z /);
  }));
