import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { called, calls, settle, usePages } from './pages';

/** The gallery in a real browser, under VS Code's policy, with a host that plays along. */

const withPage = usePages();
const scene: Scene = { view: 'gallery', images: 30, rows: 8, columns: 8 };

/** All cards are there, and nothing is asked any more. */
const loaded = (page: Page, cards: number): Promise<unknown> => page.waitForFunction((n) => document.querySelectorAll('.card').length === n && document.querySelector('.progress')?.hasAttribute('hidden'), cards, { timeout: 15_000 });

const field = (page: Page, name: string): Locator => page.locator('.field', { has: page.locator('.field-name', { hasText: new RegExp(`^${name}$`) }) }).locator('select');

const confidences = async (page: Page): Promise<number[]> => (await page.locator('.said .number').allTextContents()).map((text) => Number.parseFloat(text));

describe('gallery', () => {
  test('shows every image with its map, what it was taken for and what it is', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      expect(await page.locator('.source').textContent()).toBe('Test images');
      expect(await page.locator('.model').textContent()).toBe('vit-p16-d192-l12 animals · epoch 12 (best) · 91% · vit_tiny_patch16_224');
      expect(await page.locator('.count').textContent()).toBe('30 images · 23 right (79%), 6 wrong · 1 could not be read');
      // A pixel for each patch; how strongly it covers is left to the style sheet.
      expect(await page.locator('.map').first().evaluate((map) => [(map as HTMLCanvasElement).width, (map as HTMLCanvasElement).height, getComputedStyle(map).opacity])).toEqual([8, 8, '0.6']);
      const wrong = page.locator('.card[data-index="3"]');
      expect(await wrong.innerText()).toMatch(/^✗ wrong\s+\d+%\s+tiger\s+is cheetah\s+H \d\.\d\d · map \d\.\d\d$/);
      expect(await wrong.getAttribute('aria-label')).toMatch(/^IMG_4003.*\.jpg, taken for tiger with \d+%, is cheetah, wrong, entropy of the prediction \d\.\d\d nats, entropy of the map \d\.\d\d nats, look inside$/);
      expect(await page.locator('.card[data-index="7"]').innerText()).toContain('Cannot read IMG_4007 a long walk to the river.jpg: the file is cut off');
      expect(await calls(page, 'look')).toEqual([{ version: 1, method: 'rollout', indices: Array.from({ length: 30 }, (_, i) => i) }]);
    }));

  test('sorts by each number both ways, and keeps it', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.selectOption('.sorting select', 'confidence');
      await settle(page);
      const down = await confidences(page);
      expect(down).toEqual([...down].sort((a, b) => b - a));
      await page.click('.sorting vscode-button');
      await settle(page);
      expect(await confidences(page)).toEqual([...down].reverse());
      await page.selectOption('.sorting select', 'correct');
      await settle(page);
      const verdicts = (await page.locator('.verdict').allTextContents()).map((text) => text[0]);
      expect(verdicts.join('')).toBe('✗'.repeat(6) + '✓'.repeat(23));
      // What could not be read has no number, and comes last.
      expect(await page.locator('.card').last().getAttribute('data-index')).toBe('7');
      expect(await page.evaluate(() => window.kept)).toMatchObject({ sort: 'correct', descending: false, wish: { images: { split: 'test' } } });
      expect(await page.locator('[aria-live="polite"]').textContent()).toBe('30 images · 23 right (79%), 6 wrong · 1 could not be read. Correctness: Wrong first');
    }));

  test('one Tab stop; arrows go over the grid, Home and End to its ends, Enter looks inside', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      expect(await page.locator('.card[tabindex="0"]').count()).toBe(1);
      const at = (): Promise<string | undefined> => page.evaluate(() => (document.activeElement as HTMLElement).dataset['index']);
      await page.focus('.card[tabindex="0"]');
      await page.keyboard.press('ArrowRight');
      expect(await at()).toBe('1');
      await page.keyboard.press('ArrowDown');
      const across = Number(await at()) - 1;
      expect(across).toBeGreaterThan(3);
      await page.keyboard.press('End');
      expect(await at()).toBe('29');
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      expect(await called(page, 'inspect')).toEqual([{ version: 1, index: 1 }]);
      // The focus stays on its image when the order changes; an image without a picture opens nothing.
      await page.selectOption('.sorting select', 'entropy');
      await settle(page);
      await page.click('.card[data-index="7"]', { force: true });
      await settle(page);
      expect(await calls(page, 'inspect')).toHaveLength(1);
    }));

  test('another map asks again; the opacity does not', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.getByRole('slider', { name: 'Opacity' }).evaluate((range) => {
        (range as HTMLInputElement).value = '0.25';
        range.dispatchEvent(new Event('input'));
      });
      await settle(page);
      expect(await page.locator('.map').first().evaluate((map) => getComputedStyle(map).opacity)).toBe('0.25');
      expect(await calls(page, 'look')).toHaveLength(1);
      await field(page, 'Map').selectOption('chefer');
      await settle(page);
      await loaded(page, 30);
      expect((await called(page, 'look', 2))[1]).toMatchObject({ method: 'chefer' });
      expect(await page.locator('.map-words').textContent()).toContain('Chefer’s relevance');
    }));

  test('cards come as they are computed; that is stopped, and goes on', () =>
    withPage({ scene: { ...scene, images: 100, stall: 16 }, width: 1200 }, async (page) => {
      await page.waitForFunction(() => document.querySelectorAll('.card').length === 16);
      expect(await page.locator('.progress-text').textContent()).toBe('16 of 100');
      expect(await page.locator('.card-blank').count()).toBe(84);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await loaded(page, 16);
      expect(await page.locator('.card-blank').count()).toBe(0);
      await page.getByRole('button', { name: 'Go On' }).click();
      expect(((await called(page, 'look', 2)) as { indices: number[] }[])[1]!.indices).toEqual(Array.from({ length: 84 }, (_, i) => 16 + i));
    }));

  test('of many the first, and more by a button; the limit is kept', () =>
    withPage({ scene: { ...scene, images: 450 }, width: 1200 }, async (page) => {
      await loaded(page, 200);
      expect(await page.locator('.count').textContent()).toMatch(/^200 of 450 images/);
      expect(await page.locator('main .words').first().textContent()).toBe('Listed in a mixed order, the same each time.');
      await page.getByRole('button', { name: 'Look at 200 More' }).click();
      await loaded(page, 400);
      expect(((await called(page, 'look', 2)) as { indices: number[] }[])[1]!.indices).toHaveLength(200);
      expect(await page.getByRole('button', { name: 'Look at 50 More' }).isVisible()).toBe(true);
      expect(await page.evaluate(() => (window.kept as { limit: number }).limit)).toBe(400);
    }));

  test('filters by class, by what it is taken for, by right and wrong', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.check('input[value="wrong"]', { force: true });
      expect(await called(page, 'choose')).toEqual([{ filter: { right: false } }]);
      await loaded(page, 6);
      expect(await page.locator('.source').textContent()).toBe('Test images · wrong only');
      await field(page, 'Class').selectOption('1');
      expect((await called(page, 'choose', 2))[1]).toEqual({ filter: { right: false, is: 1 } });
      await page.getByRole('button', { name: 'Show All Images' }).click();
      expect((await called(page, 'choose', 3))[2]).toEqual({ filter: {} });
      await field(page, 'Images').selectOption('val');
      expect((await called(page, 'choose', 4))[3]).toEqual({ images: { split: 'val' }, filter: {} });
      await field(page, 'Images').selectOption('choose');
      await called(page, 'chooseFolder');
      await field(page, 'Network').selectOption({ index: 1 });
      await called(page, 'chooseCheckpoint');
    }));

  test('a network that came without its images offers folders alone, and says why', () =>
    withPage({ scene: { ...scene, folder: true, withoutImages: true }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      const group = field(page, 'Images').locator('optgroup');
      expect(await group.evaluate((one) => [(one as HTMLOptGroupElement).disabled, (one as HTMLOptGroupElement).label])).toEqual([true, 'These images did not come with the network']);
      await field(page, 'Images').selectOption('choose');
      await called(page, 'chooseFolder');
      expect(await page.locator('.why').isVisible()).toBe(false);
      // As where another network was chosen for the images of a split.
      await page.evaluate(() => window.emit({ wish: { checkpoint: '/lab/runs/vit-p16-d192-l12 animals/checkpoints/epoch-12.safetensors', images: { split: 'test' }, filter: {} } }));
      await settle(page);
      expect(await page.locator('.why').textContent()).toBe('This network comes without the images it was trained on; choose a folder of your own images.');
    }));

  test('a cell of the evaluation says so, and what is taken otherwise without augmentation', () =>
    withPage({ scene: { ...scene, images: 3, filter: { is: 1, as: 2, indices: [0, 1, 2] } }, width: 1200 }, async (page) => {
      await loaded(page, 3);
      expect(await page.locator('.source').textContent()).toBe('Test images · leopard taken for snow leopard');
      expect(await page.locator('.given').textContent()).toBe('Chosen in the evaluation');
      expect(await page.locator('main .words').first().textContent()).toMatch(/^2 of them are taken for another class here than in the evaluation/);
      await page.check('input[value="right"]', { force: true });
      expect(await called(page, 'choose')).toEqual([{ filter: { is: 1, as: 2, right: true } }]);
    }));

  test('the numbers stand in a table, in the same order, and in a CSV with all digits', () =>
    withPage({ scene: { ...scene, kept: { sort: 'confidence', descending: true } }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.click('.as-table summary');
      await settle(page);
      expect(await page.locator('.numbers-table tbody tr').count()).toBe(30);
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Numbers as CSV…' }).click();
      const [saved] = (await called(page, 'save')) as { name: string; bytes: number[] }[];
      const lines = Buffer.from(saved!.bytes).toString('utf8').trimEnd().split('\r\n');
      expect([saved!.name, lines.length, lines[0]]).toEqual(['gallery-vit-p16-d192-l12-animals-test.csv', 31, 'image,class,predicted,correct,confidence,prediction_entropy_nats,map_entropy_nats,error']);
      const column = lines.slice(1, 30).map((line) => Number(line.split(',')[4]));
      expect(column).toEqual([...column].sort((a, b) => b - a));
      expect(lines[30]).toContain('cut off');
    }));

  test('a sheet with its caption as PNG and SVG', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      for (const [i, name] of ['Picture as PNG…', 'Picture as SVG…'].entries()) {
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menuitem', { name }).click();
        await page.waitForFunction((count) => window.calls.filter(({ method }) => method === 'save').length > count, i);
      }
      // Bytes by the hundred thousand come slowly out of a browser: they are read there.
      const [sign, text] = await page.evaluate(() => {
        const [png, svg] = window.calls.filter(({ method }) => method === 'save').map(({ params }) => Uint8Array.from((params as { bytes: number[] }).bytes));
        return [String.fromCharCode(...png!.subarray(1, 4)), new TextDecoder().decode(svg).replace(/href="[^"]*"/g, '')] as const;
      });
      expect(sign).toBe('PNG');
      for (const words of ['<title>Test images</title>', 'vit-p16-d192-l12 animals', 'Rollout: attention followed back', '30 images', '✗ wrong', '(cheetah)']) expect(text).toContain(words);
      expect(text.match(/<image /g)).toHaveLength(2 * 29);
    }));

  test('maps have scales of their own or share one, with its numbers in the legend and in the caption; it is kept', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await loaded(page, 30);
      const ends = (): Promise<string[]> => page.locator('.map-legend .legend-number').allTextContents();
      /** How yellow the strongest patch of each map is: red of viridis. */
      const strongest = (): Promise<number[]> => page.locator('canvas.map').evaluateAll((all) => all.map((canvas) => {
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, (canvas as HTMLCanvasElement).width, (canvas as HTMLCanvasElement).height);
        return Math.max(...data.filter((_, i) => i % 4 === 0));
      }));
      expect(await ends()).toEqual(['least of its map', 'most of its map']);
      expect(new Set(await strongest()).size).toBe(1);
      await field(page, 'Scale').selectOption('Shared by all maps');
      await settle(page);
      expect(await ends()).toEqual(['0%', expect.stringMatching(/^\d+%$/) as string]);
      const shared = await strongest();
      expect(new Set(shared).size).toBeGreaterThan(10);
      expect(await calls(page, 'look')).toHaveLength(1);
      expect(await page.evaluate(() => window.kept)).toMatchObject({ scale: 'shared' });
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Picture as SVG…' }).click();
      await called(page, 'save');
      const svg = await page.evaluate(() => new TextDecoder().decode(Uint8Array.from((window.calls.find(({ method }) => method === 'save')?.params as { bytes: number[] }).bytes)).replace(/href="[^"]*"/g, ''));
      expect(svg).toContain(`Violet to yellow: from ${(await ends()).join(' to ')}, one scale for all maps.`);
      await field(page, 'Scale').selectOption('Fixed');
      await page.locator('.field', { hasText: 'up to' }).locator('input').evaluate((input) => {
        (input as HTMLInputElement).value = '0.5';
        input.dispatchEvent(new Event('input'));
      });
      await settle(page);
      expect(await ends()).toEqual(['0%', '≥ 50%']);
      expect(new Set(await strongest()).size).toBeLessThan(new Set(shared).size);
      expect(await page.evaluate(() => window.kept)).toMatchObject({ scale: 'fixed', ceiling: 0.5 });
      // Relevance is no share: no fixed scale of shares fits it.
      await field(page, 'Map').selectOption('chefer');
      await settle(page);
      await loaded(page, 30);
      // The old maps are there until the new ones come.
      await expect.poll(() => field(page, 'Scale').inputValue()).toBe('shared');
      expect(await field(page, 'Scale').locator('option[value="fixed"]').isDisabled()).toBe(true);
      await field(page, 'Map').selectOption('rollout');
      await settle(page);
      await loaded(page, 30);
      await field(page, 'Scale').selectOption('This map');
      await settle(page);
      expect(new Set(await strongest()).size).toBe(1);
    }));

  test('the maps are one array for NumPy, in the order of the table; where there are none, that is said', async () => {
    await withPage({ scene: { ...scene, kept: { sort: 'confidence', descending: true } }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Maps as .npy…' }).click();
      const [saved] = (await called(page, 'save')) as { name: string; bytes: number[] }[];
      const bytes = Uint8Array.from(saved!.bytes);
      const head = 10 + bytes[8]! + 256 * bytes[9]!;
      expect([saved!.name, new TextDecoder().decode(bytes.subarray(10, head)).trim()]).toEqual(['gallery-vit-p16-d192-l12-animals-test.npy', "{'descr': '<f4', 'fortran_order': False, 'shape': (30, 8, 8), }"]);
      const values = new Float32Array(bytes.slice(head).buffer);
      expect(values).toHaveLength(30 * 64);
      // What could not be read comes last, and has no map.
      expect(values.subarray(29 * 64).every(Number.isNaN)).toBe(true);
      expect(values.subarray(0, 29 * 64).every(Number.isFinite)).toBe(true);
    });
    await withPage({ scene: { ...scene, layers: 0 }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Maps as .npy…' }).click();
      await expect.poll(() => page.getByRole('alert').textContent()).toBe('There are no maps here that a file could hold.');
    });
  });

  test('without attention there are answers and no maps; without a class there are no verdicts', async () => {
    await withPage({ scene: { ...scene, layers: 0 }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      expect(await page.locator('.map').count()).toBe(0);
      expect(await page.locator('.map-legend').isVisible()).toBe(false);
    });
    await withPage({ scene: { ...scene, folder: true, kept: { sort: 'correct' } }, width: 1200 }, async (page) => {
      await loaded(page, 30);
      expect(await page.locator('.verdict').count()).toBe(0);
      expect(await page.locator('input[value="wrong"]').isVisible()).toBe(false);
      expect(await page.locator('.source').textContent()).toBe('photos/holidays in the mountains');
      // What cannot be told of these images cannot be chosen, and an order that was kept from others is not theirs.
      const correct = page.locator('.sorting option[value="correct"]');
      expect([await correct.isDisabled(), await correct.textContent()]).toEqual([true, 'Correctness (of no image the class is known)']);
      expect(await page.locator('.sorting select').inputValue()).toBe('given');
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Numbers as CSV…' }).click();
      expect(await called(page, 'save')).toMatchObject([{ name: 'gallery-holidays-in-the-mountains.csv' }]);
    });
  });

  test('while there are no images it says why, with the way out', async () => {
    await withPage({ scene: { ...scene, kind: 'noCheckpoint' } }, async (page) => {
      await page.getByRole('button', { name: 'Create Sample Workspace' }).click();
      expect(await called(page, 'runCommand')).toEqual([{ command: 'createSample' }]);
    });
    await withPage({ scene: { ...scene, kind: 'error' } }, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('There is no image in');
      await page.getByRole('button', { name: 'Choose Folder…' }).click();
      await called(page, 'chooseFolder');
    });
    await withPage({ scene: { ...scene, moved: true } }, async (page) => {
      await page.getByRole('button', { name: 'Locate the Images…' }).click();
      expect(await called(page, 'locate')).toEqual([{}]);
    });
    await withPage({ scene: { ...scene, kind: 'empty' } }, async (page) => {
      expect(await page.locator('.empty').innerText()).toContain('No image fits');
    });
    await withPage({ scene: { ...scene, kind: 'busy' } }, async (page) => {
      expect(await page.locator('.progress-text').textContent()).toBe('640 of 2,000');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await called(page, 'cancel');
    });
  });

  test('fits into 350 pixels', () =>
    withPage({ scene, width: 350 }, async (page) => {
      await loaded(page, 30);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
      expect(await page.locator('.card').first().evaluate((card) => card.scrollWidth - card.clientWidth)).toBeLessThanOrEqual(0);
    }));
});
