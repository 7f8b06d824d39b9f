import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { called, calls, settle, usePages } from './pages';

/** The inspector in a real browser, under VS Code's policy, with a host that plays along: hover, click, keys. */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const photos = path.join(process.env['VITLAB_DATA'] ?? path.resolve(root, '../shared/data'), 'photos');
const photo = path.join(photos, 'n02128925_jaguar.jpg');
if (!existsSync(photo)) console.warn(`No photographs at ${photos}: the panels are tested with a drawn picture.`);

const withPage = usePages();
let picture: Pick<Scene, 'seen' | 'original'>;
beforeAll(async () => {
  picture = await encodePicture(photo, 64, 48);
});

interface Kept {
  readonly layer: number | null;
  readonly head: number | 'mean';
  readonly query: number | null;
  readonly held: boolean;
  readonly tab: string;
}

const inspector = (change: Partial<Scene> = {}): Scene => ({
  view: 'inspector', rows: 6, columns: 8, layers: 4, heads: 12, ...picture, ...change,
});
const kept = (page: Page): Promise<Kept> => page.evaluate(() => window.kept as never);

describe('inspector', () => {
  test('asks from the class token first, and draws every head of every layer', () =>
    withPage({ scene: inspector() }, async (page) => {
      expect(await calls(page, 'attention')).toMatchObject([{ query: 0 }]);
      expect(await page.locator('.multiples [data-layer]').count()).toBe(4 * 13);
      // A cell that was never painted is transparent, or has the one grey of what is not there.
      const painted = await page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.multiples-canvas');
        const context = canvas?.getContext('2d');
        return [...document.querySelectorAll<HTMLElement>('.multiples [data-layer]')].map((cell) => {
          const pixels = context?.getImageData(cell.offsetLeft + 2, cell.offsetTop + 2, cell.offsetWidth - 4, cell.offsetHeight - 4).data ?? [];
          const colours = new Set(Array.from({ length: pixels.length / 4 }, (_, i) => [...pixels.slice(i * 4, i * 4 + 4)].join(' ')));
          return colours.size > 4 && [...colours].every((colour) => colour.endsWith(' 255'));
        });
      });
      expect(painted).toEqual(Array.from({ length: 4 * 13 }, () => true));
      expect(await page.locator('.summary').first().textContent()).toMatch(/^Layer 4, mean of the heads, from \[cls\]: \d+% on /);
    }));

  test('hover previews a query, a click holds it, Escape lets go', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.hover('.hero-cells [data-patch="20"]');
      await settle(page);
      expect(await page.locator('.readout-from').textContent()).toBe('From patch (3,5)');
      expect(await page.locator('.summary').first().textContent()).toContain('from patch (3,5)');
      await page.click('.hero-cells [data-patch="20"]');
      await page.hover('.hero-cells [data-patch="3"]');
      await settle(page);
      expect(await kept(page)).toMatchObject({ query: 21, held: true });
      expect(await page.locator('.readout-from').textContent()).toBe('Held at patch (3,5) (Esc)');
      expect(await page.locator('.readout-value').textContent()).toMatch(/^\(1,4\): /);
      await page.keyboard.press('Escape');
      await page.mouse.move(5, 5);
      await settle(page);
      expect(await kept(page)).toMatchObject({ query: null, held: false });
      expect(await page.locator('.readout-from').textContent()).toBe('From [cls]');
    }));

  test('hovering a small map previews it over the image and leaves it again; a click chooses it', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.hover('[data-layer="1"][data-head="2"]');
      await settle(page);
      expect(await page.locator('.summary').first().textContent()).toMatch(/^Layer 2, head 3/);
      await page.mouse.move(5, 5);
      await settle(page);
      expect(await page.locator('.summary').first().textContent()).toMatch(/^Layer 4, mean/);
      await page.click('[data-layer="1"][data-head="2"]');
      expect(await kept(page)).toMatchObject({ layer: 1, head: 2 });
    }));

  test('keys: arrows, Home, End, pages, digits, m, c, Space', () =>
    withPage({ scene: inspector() }, async (page) => {
      const press = async (...keys: string[]): Promise<Kept> => {
        for (const key of keys) await page.keyboard.press(key);
        await settle(page);
        return kept(page);
      };
      expect(await press('ArrowRight')).toMatchObject({ query: 1 + 3 * 8 + 4, held: true });
      expect(await press('ArrowRight', 'ArrowUp')).toMatchObject({ query: 1 + 2 * 8 + 5 });
      expect(await press('Home')).toMatchObject({ query: 1 + 2 * 8 });
      expect(await press('End')).toMatchObject({ query: 1 + 2 * 8 + 7 });
      expect(await press('Control+End')).toMatchObject({ query: 48 });
      expect(await press('PageUp', 'PageUp')).toMatchObject({ layer: 1 });
      expect(await press('PageDown')).toMatchObject({ layer: 2 });
      expect(await press('1', '2')).toMatchObject({ head: 11 });
      expect(await press('m')).toMatchObject({ head: 'mean' });
      expect(await press('c')).toMatchObject({ query: 0, held: true });
      expect(await press('Escape', ' ')).toMatchObject({ query: 0, held: true });
    }));

  test('the grids are reached by Tab and walked by arrows, and say where they are', () =>
    withPage({ scene: inspector({ kept: { query: 10, held: true, layer: 1, head: 0 } }) }, async (page) => {
      await page.focus('.hero-cells [tabindex="0"]');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^\(2,2\): .*%$/);
      await page.keyboard.press('ArrowDown');
      await settle(page);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('data-patch'))).toBe('17');
      await page.focus('.multiples [tabindex="0"]');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Layer 2, head 2');
      expect(await page.locator('.multiples [tabindex="0"]').count()).toBe(1);
      await expect.poll(() => page.locator('[aria-live="polite"].visually-hidden').textContent()).toMatch(/^Layer 2, head 2, from patch \(3,2\): \d+% on /);
    }));

  test('keeps its place over a reload', async () => {
    const place = { tab: 'rollout', layer: 2, head: 5, query: 12, held: true, fusion: 'max', discard: 0.3, opacity: 0.4, grid: false };
    await withPage({ scene: inspector({ kept: place }) }, async (page) => {
      expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Rollout');
      expect(await calls(page, 'rollout')).toMatchObject([{ fusion: 'max', discard: 0.3, query: 12 }, { fusion: 'mean' }, { fusion: 'min' }]);
      await page.click('[role="tab"] >> text=Position');
      expect(await kept(page)).toMatchObject({ ...place, tab: 'position' });
    });
  });

  test('an answer that is no longer wanted is not shown', () =>
    withPage({ scene: inspector({ delay: 150, stack: 'none' }) }, async (page) => {
      await page.evaluate(() => {
        for (const patch of [1, 2, 3, 4, 5, 6])
          document.querySelector(`.hero-cells [data-patch="${String(patch)}"]`)?.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
      });
      const asked = (await called(page, 'attention', 3)) as { query: number }[];
      await settle(page);
      // The first hover runs, the last one waits; what the pointer passed in between is never asked.
      expect(asked.map(({ query }) => query)).toEqual([0, 2, 7]);
      expect(await page.locator('.summary').first().textContent()).toContain('from patch (1,7)');
      expect(await page.locator('.main[aria-busy]').count()).toBe(0);
    }));

  test('empty states offer the way out', async () => {
    await withPage({ scene: inspector({ kind: 'noImage' }) }, async (page) => {
      const save = page.getByRole('button', { name: 'Export' });
      expect(await save.isDisabled()).toBe(true);
      await save.dispatchEvent('keydown', { key: 'Enter' });
      expect(await page.locator('.menu-list').isVisible()).toBe(false);
      await page.click('text=Open Image…');
      expect(await called(page, 'openImage')).toEqual([{}]);
    });
    await withPage({ scene: inspector({ kind: 'noCheckpoint' }) }, async (page) => {
      await page.click('text=Create Sample Workspace');
      await page.click('text=Start Training');
      expect(await called(page, 'runCommand', 2)).toEqual([{ command: 'createSample' }, { command: 'startTraining' }]);
    });
    await withPage({ scene: inspector({ kind: 'error' }) }, async (page) => {
      expect(await page.locator('.error-text').textContent()).toContain('Cannot read broken.png');
      await page.click('.empty >> text=Show Log');
      expect(await called(page, 'runCommand')).toEqual([{ command: 'showLog' }]);
    });
  });

  test('a network of convolutions has its picture, its answer and its sizes, and is asked for no attention', () =>
    withPage({ scene: inspector({ layers: 0, heads: 1, rows: 1, columns: 1, classToken: false }) }, async (page) => {
      for (const tab of ['Attention', 'Rollout', 'Position']) {
        await page.click(`[role="tab"] >> text=${tab}`);
        await settle(page);
        expect(await page.locator('.tabs').innerText()).toContain('This network is a ResNet');
        expect(await page.locator('[role="tabpanel"]:visible').count()).toBe(0);
      }
      for (const method of ['attention', 'rollout', 'positions']) expect(await calls(page, method)).toEqual([]);
      await page.click('[role="tab"] >> text=Patches');
      await page.locator('.facts:not(.plan-table)').waitFor();
      const facts = await page.locator('.tabs').innerText();
      expect(facts).toContain('resnet18-d64');
      expect(facts).toContain('Parameters');
      expect(facts).not.toMatch(/Patch P|Sequence|Tokens|Ω\(MSA\)|heads|This network is a ResNet/);
      expect(await page.locator('.prediction:not(.invisible)').count()).toBe(5);
    }));

  test('an image that cannot be read takes nothing over from the one before', () =>
    withPage({ scene: inspector(), width: 900, height: 640 }, async (page) => {
      const looks = () => page.evaluate(() => ({
        picture: document.querySelector('.hero-canvas')?.checkVisibility({ visibilityProperty: true }),
        maps: document.querySelector('.multiples-canvas')?.checkVisibility({ visibilityProperty: true }),
        predictions: [...document.querySelectorAll('.prediction')].filter((one) => one.checkVisibility({ visibilityProperty: true })).length,
        stage: JSON.stringify(document.querySelector('.stage')?.getBoundingClientRect()),
      }));
      const before = await looks();
      expect(before).toMatchObject({ picture: true, maps: true, predictions: 5 });
      const error = `Cannot read /photos/${'deep/'.repeat(30)}broken.png: the file is cut off after 1,204 of 88,120 bytes. Save it again.`;
      await page.evaluate((text) => window.emit({ ...window.host.inspector, file: '/photos/broken.png', error: text }), error);
      await settle(page);
      expect(await page.locator('.file').textContent()).toBe('broken.png');
      expect(await looks()).toEqual({ ...before, picture: false, maps: false, predictions: 0 });
      const shown = page.locator('.over .error-text');
      expect(await shown.textContent()).toBe(error);
      expect(await shown.evaluate((text) => text.scrollWidth - text.clientWidth)).toBeLessThanOrEqual(0);
      expect(await page.getByRole('button', { name: 'Export' }).isDisabled()).toBe(true);
      await page.keyboard.press('c');
      expect((await kept(page))?.held ?? false).toBe(false);
      // While the next one is read the old view stays, dimmed; then it is the new one's.
      await page.evaluate(() => window.emit({ ...window.host.inspector, file: '/photos/next.png', busy: 'Reading the image …' }));
      await settle(page);
      expect(await looks()).toEqual(before);
      expect(await page.locator('.main[aria-busy]').count()).toBe(1);
      await page.evaluate(() => window.emit(window.host.inspector));
      await settle(page);
      expect(await page.locator('.main[aria-busy], .over:not([hidden])').count()).toBe(0);
    }));

  test('pins, chooses a checkpoint, saves the figure', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.click('text=Pin');
      await settle(page);
      expect(await page.locator('[aria-pressed="true"]').textContent()).toBe('Pinned');
      await page.selectOption('.checkpoint', { index: 1 });
      expect(await called(page, 'chooseCheckpoint')).toHaveLength(1);
      await page.click('text=Export');
      await page.keyboard.press('Enter');
      const [saved] = (await called(page, 'save')) as { name: string; bytes: number[] }[];
      expect(saved?.name).toBe('jaguar-attention.png');
      expect(saved?.bytes.slice(0, 4)).toEqual([0x89, 0x50, 0x4e, 0x47]);
    }));

  test('nothing below or beside moves while the pointer moves', () =>
    withPage({ scene: inspector() }, async (page) => {
      const boxes = () => page.evaluate(() =>
        ['.hero-box', '.readout', '.legend', '.controls', '.top', '.multiples', '.strip-scroll'].map((name) => JSON.stringify(document.querySelector(name)?.getBoundingClientRect())));
      const before = await boxes();
      await page.hover('[data-layer="0"][data-head="3"]');
      await settle(page);
      expect(await boxes()).toEqual(before);
      await page.hover('.hero-cells [data-patch="30"]');
      await settle(page);
      expect(await boxes()).toEqual(before);
    }));

  test('tokens and patches are one Tab stop each, walked by arrows that say what is reached', () =>
    withPage({ scene: inspector({ kept: { query: 10, held: true } }) }, async (page) => {
      const focused = (name: string) => page.evaluate((attribute) => document.activeElement?.getAttribute(attribute), name);
      expect(await page.locator('.strip [tabindex="0"]').count()).toBe(1);
      await page.focus('.strip [tabindex="0"]');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await focused('data-token')).toBe('11');
      expect(await focused('aria-label')).toMatch(/^patch \(2,3\): .*%$/);
      await page.keyboard.press('Home');
      await settle(page);
      expect(await focused('data-token')).toBe('0');
      expect(await kept(page)).toMatchObject({ query: 0, held: true });
      await page.click('[role="tab"] >> text=Patches');
      await page.focus('.sequence [tabindex="0"]');
      await page.keyboard.press('End');
      await settle(page);
      expect(await focused('data-patch')).toBe('47');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowUp');
      await settle(page);
      expect([await focused('data-patch'), await focused('aria-label')]).toEqual(['38', '39, (5,7)']);
      expect(await page.locator('.sequence [tabindex="0"]').count()).toBe(1);
      await page.click('[role="tab"] >> text=Position');
      await page.waitForSelector('.grids');
      await page.focus('.grids');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await page.locator('.grids').getAttribute('aria-description')).toBe('Patch (5,8) against all');
    }));

  test('boxes and buttons answer to keys once, and only by the keys of a control', () =>
    withPage({ scene: inspector({ kept: { query: 10, held: false } }) }, async (page) => {
      const box = page.getByRole('checkbox', { name: 'Grid', exact: true });
      expect(await box.isChecked()).toBe(true);
      await box.focus();
      await page.keyboard.press(' ');
      await settle(page);
      expect(await kept(page)).toMatchObject({ grid: false, held: false });
      await page.locator('vscode-checkbox', { hasText: 'Grid' }).click();
      await settle(page);
      expect(await kept(page)).toMatchObject({ grid: true });
      // One ring, by the keyboard only: the component's own, not the page's around it as well.
      const rings = () => page.locator('vscode-button', { hasText: 'Pin' }).evaluate((host) => {
        const base = host.shadowRoot?.querySelector('.base');
        return [getComputedStyle(host).outlineStyle, base ? getComputedStyle(base).outlineStyle : ''];
      });
      const pin = page.getByRole('button', { name: 'Pin', exact: true });
      expect(await rings()).toEqual(['none', 'none']);
      await pin.focus();
      expect(await rings()).toEqual(['none', 'solid']);
      await page.keyboard.press(' ');
      // The button does the opposite of what it shows.
      await settle(page);
      await page.keyboard.press('Enter');
      expect(await called(page, 'pin', 2)).toEqual([{ pinned: true }, { pinned: false }]);
      expect(await kept(page)).toMatchObject({ held: false });
    }));

  test('the slider goes through the checkpoints of the run in their order, by keys too', () =>
    withPage({ scene: inspector({ rows: 8, columns: 8, heads: 4 }) }, async (page) => {
      const slider = page.getByRole('slider', { name: 'Epoch' });
      const { checkpoints, checkpoint } = await page.evaluate(() => window.host.inspector!);
      const run = checkpoints.find(({ path }) => path === checkpoint)!.run;
      const steps = checkpoints.filter((one) => one.run === run).sort((a, b) => a.step - b.step);
      expect(await slider.getAttribute('max')).toBe(String(steps.length - 1));
      expect(await slider.inputValue()).toBe(String(steps.findIndex(({ path }) => path === checkpoint)));
      await slider.focus();
      await page.keyboard.press('ArrowRight');
      expect(await called(page, 'chooseCheckpoint', 1)).toEqual([{ checkpoint: steps[1]!.path }]);
    }));

  test('a larger image is asked for with the select, and every question goes with it from then on', () =>
    withPage({ scene: inspector({ rows: 8, columns: 8, heads: 4 }) }, async (page) => {
      const size = page.getByRole('combobox', { name: 'Image size' });
      expect(await size.inputValue()).toBe('1');
      await size.selectOption('× 2');
      expect(await called(page, 'enlarge', 1)).toEqual([{ times: 2 }]);
      await settle(page);
      expect(await size.inputValue()).toBe('2');
      const asked = (await calls(page, 'attention')).map((q) => (q as { size?: unknown }).size);
      expect(asked.at(0)).toBeUndefined();
      expect(asked.at(-1)).toEqual({ times: 2 });
    }));

  test('beside an editor, 514 × 820, the image leaves room for the tabs and the first maps, and stays when they scroll', () =>
    withPage({ scene: inspector({ rows: 8, columns: 8, heads: 4 }), width: 514, height: 820 }, async (page) => {
      const box = async (name: string) => (await page.locator(name).first().boundingBox()) ?? { y: NaN, height: NaN };
      const [hero, tab, map] = [await box('.hero-box'), await box('[role="tab"]'), await box('.multiples [data-layer]')];
      expect(hero.height).toBeLessThanOrEqual(0.45 * 820);
      expect(tab.y + tab.height).toBeLessThan(820);
      expect(map.y + map.height).toBeLessThanOrEqual(820);
      await page.locator('.controls:not(.plan-controls)').scrollIntoViewIfNeeded();
      await page.evaluate(() => window.scrollTo(0, 100_000));
      await settle(page);
      const scrolled = await box('.hero-box');
      expect(scrolled.y).toBeGreaterThanOrEqual(0);
      expect(scrolled.y + scrolled.height).toBeLessThan(820);
    }));

  test('beside an image in a small window, 480 × 600, the first row of maps is in sight and long names end in an ellipsis', () =>
    withPage({ scene: inspector({ rows: 14, columns: 14, layers: 12, heads: 3, file: `/photos/${'a-very-long-name-'.repeat(6)}.jpg` }), width: 480, height: 600 }, async (page) => {
      const map = (await page.locator('.multiples [data-layer="0"]').first().boundingBox()) ?? { y: NaN, height: NaN };
      expect(map.y + map.height).toBeLessThanOrEqual(600);
      const file = page.locator('.file');
      expect(await file.getAttribute('title')).toMatch(/^\/photos\/a-very/);
      expect(await file.evaluate((name) => [name.scrollWidth > name.clientWidth, getComputedStyle(name).textOverflow])).toEqual([true, 'ellipsis']);
      expect(await page.locator('.checkpoint').evaluate((select) => [(select as HTMLSelectElement).title.length > 10, getComputedStyle(select).textOverflow])).toEqual([true, 'ellipsis']);
    }));

  test('few heads get large maps, many heads still fit, all alike', async () => {
    for (const [layers, heads, least] of [[2, 4, 110], [12, 3, 96], [12, 12, 40]] as const)
      await withPage({ scene: inspector({ rows: 8, columns: 8, layers, heads }) }, async (page) => {
        const widths = await page.locator('.multiples [data-layer]').evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().width));
        expect(Math.min(...widths)).toBeGreaterThanOrEqual(least);
        expect(Math.max(...widths) - Math.min(...widths)).toBeLessThan(1);
        expect(await page.locator('.panel').first().evaluate((panel) => panel.scrollWidth - panel.clientWidth)).toBeLessThanOrEqual(0);
      });
  });

  test('no text is cut off sideways at 500, 800 and 1400 pixels', async () => {
    for (const width of [500, 800, 1400])
      await withPage({ scene: inspector(), width }, async (page) => {
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wider).toBeLessThanOrEqual(0);
      });
  });
});
