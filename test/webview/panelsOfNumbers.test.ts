import { describe, expect, test } from 'vitest';
import { called, settle, usePages } from './pages';

/** Compare and the results in a real browser, under VS Code's policy, with a host that plays along. */

const withPage = usePages();

describe('compare', () => {
  test('draws the groups, reads all runs under the pointer best first, keeps the charts while a run grows', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 320 }, async (page) => {
      expect(await page.locator('.chart-title').allTextContents()).toEqual(['train/loss, val/loss', 'val/top1', 'val/f1', 'lr']);
      await page.locator('.u-over').nth(1).hover({ position: { x: 150, y: 60 } });
      await settle(page);
      const values = (await page.locator('.tooltip-value').allTextContents()).map((text) => Number.parseFloat(text));
      expect(values).toHaveLength(3);
      expect(values).toEqual([...values].sort((a, b) => b - a));
      await page.evaluate(() => document.querySelectorAll('.uplot').forEach((plot) => ((plot as HTMLElement).dataset['old'] = 'yes')));
      await page.evaluate(() => window.growRuns(25));
      await settle(page);
      expect(await page.locator('.uplot[data-old="yes"]').count()).toBe(4);
    }));

  test('the tooltip reads the chart under the pointer, or that with the focus, and stands beside it', () =>
    withPage({ scene: { view: 'compare', runs: 2 }, width: 900, height: 700 }, async (page) => {
      const read = async () => ({
        values: await page.locator('.tooltip-value').allTextContents(),
        box: (await page.locator('.tooltip').boundingBox()) ?? { x: NaN, y: NaN, width: NaN, height: NaN },
      });
      // Loss and accuracy are charts 1 and 2, the learning rate is the last: it was the one that always spoke.
      for (const [chart, looks, count] of [[0, /^\d\.\d{3}$/, 4], [1, /^\d+\.\d%$/, 2], [3, /e-\d+$|^0\.0/, 2], [0, /^\d\.\d{3}$/, 4]] as const) {
        const over = page.locator('.u-over').nth(chart);
        await over.scrollIntoViewIfNeeded();
        await over.hover({ position: { x: 150, y: 60 } });
        await settle(page);
        const { values, box } = await read();
        expect(values).toHaveLength(count);
        for (const value of values) expect(value).toMatch(looks);
        const plot = (await over.boundingBox()) ?? { x: NaN, y: NaN };
        expect(Math.min(Math.abs(box.x - (plot.x + 150)), Math.abs(box.x + box.width - (plot.x + 150)))).toBeLessThanOrEqual(20);
        expect([box.x >= 0, box.y >= 0, box.x + box.width <= 900, box.y + box.height <= 700]).toEqual([true, true, true, true]);
        expect(Math.abs(box.y - (plot.y + 60))).toBeLessThanOrEqual(box.height + 20);
      }
      await page.mouse.move(2, 2);
      await settle(page);
      expect(await page.locator('.tooltip').isVisible()).toBe(false);
      await page.locator('.plot').nth(1).focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      const { values } = await read();
      expect(values).toHaveLength(2);
      for (const value of values) expect(value).toMatch(/%$/);
    }));

  test('a view of 300 × 250 shows a whole chart under one row of controls', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 300, height: 250 }, async (page) => {
      const plot = (await page.locator('.plot .uplot').first().boundingBox()) ?? { y: NaN, height: NaN };
      expect(plot.height).toBeGreaterThanOrEqual(120);
      expect(plot.y + plot.height).toBeLessThanOrEqual(250);
      expect(await page.locator('.smoothing input[type="range"]').isVisible()).toBe(false);
      await page.click('.smoothing summary');
      await page.locator('.smoothing input[type="range"]').fill('0.6');
      await settle(page);
      expect(await page.locator('.smoothing summary').textContent()).toBe('Smoothing 60%');
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
      await page.click('text=Open Wide');
      expect(await called(page, 'openWide')).toEqual([{}]);
    }));

  test('the wide page does not offer to open itself', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 1200 }, async (page) => {
      expect(await page.locator('text=Open Wide').isVisible()).toBe(false);
    }));

  test('sorts the table, keeps the focus on the heading, and saves every point', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 320 }, async (page) => {
      await page.focus('[data-sort="val/top1 best"]');
      await page.keyboard.press('Enter');
      await settle(page);
      const names = await page.locator('.metrics tbody .run-text').allTextContents();
      expect(names[0]).toBe('vit-p4-d128-l6 cifar10 long-name-of-a-run');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('data-sort'))).toBe('val/top1 best');
      await page.click('text=Save CSV…');
      const [saved] = (await called(page, 'saveCsv')) as { csv: string }[];
      expect(saved?.csv.split('\r\n')[0]).toBe('run,metric,step,epoch,seconds,value');
    }));

  test('the table is copied as a spreadsheet takes it', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 320 }, async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.click('text=Copy Table');
      await page.waitForSelector('text=Copied');
      const lines = (await page.evaluate(() => navigator.clipboard.readText())).trimEnd().split('\n');
      expect(lines).toHaveLength(4);
      expect(new Set(lines.map((line) => line.split('\t').length)).size).toBe(1);
      expect(lines[0]).toMatch(/^Run\t/);
    }));

  test('where the clipboard is refused it is said what happened and what to do, not what the browser says', () =>
    withPage({ scene: { view: 'compare', runs: 3 }, width: 320 }, async (page) => {
      await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new DOMException('Write permission denied.', 'NotAllowedError'))));
      await page.click('text=Copy Table');
      await page.waitForFunction(() => document.body.innerText.includes('This could not be copied: the clipboard was refused.'));
      expect(await page.locator('body').innerText()).not.toContain('permission denied');
    }));

  test('a drag zooms all charts, a double click and keys go back, and the zoom is kept', () =>
    withPage({ scene: { view: 'compare', runs: 2 }, width: 900, height: 700 }, async (page) => {
      const kept = () => page.evaluate(() => (window.kept as { zoom: readonly number[] | null }).zoom);
      const box = (await page.locator('.u-over').first().boundingBox()) ?? { x: NaN, y: NaN, width: NaN, height: NaN };
      await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 5 });
      await page.mouse.up();
      await settle(page);
      const [from = NaN, to = NaN] = (await kept()) ?? [];
      expect(from).toBeCloseTo(5, 0);
      expect(to).toBeCloseTo(15, 0);
      await page.click('text=Show All');
      await settle(page);
      expect(await kept()).toBeNull();
      await page.locator('.plot').first().focus();
      await page.keyboard.press('+');
      await settle(page);
      expect(await kept()).toEqual([5, 15]);
      await page.keyboard.press('0');
      await settle(page);
      expect(await kept()).toBeNull();
      await page.keyboard.press('+');
      await page.locator('.u-over').first().dblclick({ position: { x: 100, y: 60 } });
      await settle(page);
      expect(await kept()).toBeNull();
      await page.selectOption('.axis-choice select', 'time');
      await settle(page);
      expect(await page.evaluate(() => (window.kept as { axis: string }).axis)).toBe('time');
    }));

  test('a chart is saved as PNG, SVG and CSV by keys', () =>
    withPage({ scene: { view: 'compare', runs: 2 }, width: 900 }, async (page) => {
      for (const name of ['PNG', 'SVG', 'CSV']) {
        await page.locator('.chart-actions').nth(1).getByText(name).focus();
        await page.keyboard.press('Enter');
      }
      const pictures = (await called(page, 'savePicture', 2)) as { name: string; kind: string; bytes: Record<string, number> }[];
      expect(pictures.map(({ name, kind }) => [name, kind]).sort()).toEqual([['val-top1', 'png'], ['val-top1', 'svg']]);
      const [png, svg] = ['png', 'svg'].map((kind) => Buffer.from(Object.values(pictures.find((one) => one.kind === kind)?.bytes ?? {})));
      expect(png?.subarray(1, 4).toString()).toBe('PNG');
      // Twice 800 pixels wide.
      expect(png?.readUInt32BE(16)).toBe(1600);
      expect(svg?.toString()).toMatch(/^<svg.*<\/svg>$/s);
      const [csv] = (await called(page, 'saveCsv')) as { csv: string; name: string }[];
      expect(csv?.csv.split('\r\n')).toHaveLength(22);
    }));

  test('repetitions as one, hyperparameters by keys, the table says what is clearly best', () =>
    withPage({ scene: { view: 'compare', runs: 6 }, width: 900 }, async (page) => {
      await page.click('text=Mean over seeds');
      await settle(page);
      expect(await page.locator('.legend .run-text').allTextContents()).toHaveLength(4);
      await page.focus('.hyper > summary');
      await page.keyboard.press('Enter');
      await settle(page);
      await page.locator('.parallel [role="button"][tabindex="0"]').focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('.hyper .reading').first().textContent()).toMatch(/model\.patch_size \d+.*test\/top1/);
      expect(await page.locator('.best-mark').count()).toBe(1);
    }));

  test('two runs are evaluated side by side', () =>
    withPage({ scene: { view: 'compare', runs: 2 }, width: 900 }, async (page) => {
      await page.click('text=Evaluations Side by Side…');
      expect(((await called(page, 'showEvaluation')) as { runs: string[] }[])[0]?.runs).toHaveLength(2);
    }));

  test('without runs it offers to make one', () =>
    withPage({ scene: { view: 'compare', kind: 'empty' }, width: 320 }, async (page) => {
      await page.click('text=Start Training');
      expect(await called(page, 'runCommand')).toEqual([{ command: 'startTraining' }]);
    }));
});

describe('results', () => {
  test('filters, sorts, and acts on a row by mouse and by keys', () =>
    withPage({ scene: { view: 'results', rowsOfResults: 40 } }, async (page) => {
      await page.fill('input[type="search"]', 'frog');
      await settle(page);
      expect(await page.locator('.count').textContent()).toBe('4 of 40 images');
      await page.getByRole('button', { name: 'Save CSV (4 of 40)…' }).click();
      const [part] = (await called(page, 'saveCsv')) as { csv: string }[];
      expect(part?.csv.trim().split('\r\n')).toHaveLength(1 + 4);
      await page.fill('input[type="search"]', '');
      await page.getByRole('button', { name: 'Save CSV…', exact: true }).click();
      const [, all] = (await called(page, 'saveCsv', 2)) as { csv: string }[];
      expect(all?.csv.trim().split('\r\n')).toHaveLength(1 + 40);
      await page.fill('input[type="search"]', 'frog');
      await settle(page);
      await page.click('text=Probability');
      await settle(page);
      const values = (await page.locator('td.column-probability').allTextContents()).map((text) => Number.parseFloat(text));
      expect(values).toEqual([...values].sort((a, b) => b - a));
      await page.focus('tbody tr >> nth=0');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Control+Enter');
      const file = await page.locator('tbody tr[data-file]').nth(1).getAttribute('data-file');
      expect(await called(page, 'inspect')).toEqual([{ file }]);
      expect(await called(page, 'open')).toEqual([{ file }]);
    }));

  test('says what the numbers were computed in, and what that was measured to change', async () => {
    await withPage({ scene: { view: 'results' } }, async (page) => {
      expect(await page.locator('.source').textContent()).toMatch(/ · fp32$/);
      expect(await page.locator('.known').textContent()).toBe('10 classes: airplane, automobile, … truck. A picture of anything else is given one of these, too.');
    });
    // Not before the network has answered.
    await withPage({ scene: { view: 'results', kind: 'busy' } }, async (page) => expect(await page.locator('.known').isVisible()).toBe(false));
    await withPage({ scene: { view: 'results', precision: 'int8' } }, async (page) => {
      expect(await page.locator('.source').textContent()).toMatch(/ · int8$/);
      expect(await page.locator('.source').getAttribute('title')).toContain('top-1 98.9%, in float32 98.9%');
    });
  });

  test('folders called like classes are held against the labels; one image is one image', async () => {
    await withPage({ scene: { view: 'results', rowsOfResults: 40 } }, async (page) => {
      const differing = await page.locator('.column-folder.differs').count();
      const rows = await page.locator('td.column-label', { hasNotText: '–' }).count();
      expect(differing).toBeGreaterThan(0);
      expect(await page.locator('.agrees').textContent()).toMatch(new RegExp(`^Folder = label: ${String(rows - differing)} of ${String(rows)} `));
      await page.click('text=Folder >> nth=-1');
      await settle(page);
      expect(await page.locator('th.column-folder').getAttribute('aria-sort')).toBe('ascending');
    });
    await withPage({ scene: { view: 'results', rowsOfResults: 1 } }, async (page) => {
      expect(await page.locator('.count').textContent()).toBe('1 image');
    });
  });

  test('why a file has no answer stands under it in a row of its own, and not among the labels', () =>
    withPage({ scene: { view: 'results', rowsOfResults: 40 } }, async (page) => {
      const broken = page.locator('tr.with-reason');
      expect(await broken.count()).toBe(2);
      const cells = await broken.first().locator('td').allTextContents();
      expect(cells.slice(2, 6)).toEqual(['–', '', '', 'unreadable']);
      const reason = page.locator('tr.reason').first();
      expect(await reason.textContent()).toMatch(/^The file is cut off after \d+ of 88,120 bytes\.$/);
      expect(await broken.first().getAttribute('aria-describedby')).toBe(await reason.locator('td').getAttribute('id'));
      expect(await broken.first().evaluate((row) => row.nextElementSibling?.className)).toBe('reason');
      // The arrows go from file to file.
      await broken.first().focus();
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(() => document.activeElement?.previousElementSibling?.className)).toBe('reason');
    }));

  test('no column is cut at 500 pixels', () =>
    withPage({ scene: { view: 'results', rowsOfResults: 40 }, width: 500 }, async (page) => {
      expect(await page.locator('.rows').evaluate((rows) => rows.scrollWidth - rows.clientWidth)).toBeLessThanOrEqual(0);
      const cut = await page.locator('th button, td.column-label, td.column-folder, td.column-actions').evaluateAll((cells) =>
        {
        // A table cell tells no scroll width, so the text itself is measured.
        const text = document.createRange();
        return cells.filter((cell) => {
          text.selectNodeContents(cell);
          return getComputedStyle(cell).visibility !== 'hidden' && text.getBoundingClientRect().right > cell.getBoundingClientRect().right - Number.parseFloat(getComputedStyle(cell).paddingRight) + 0.5;
        }).map((cell) => cell.textContent);
      });
      expect(cut).toEqual([]);
    }));

  test('2,000 rows are there within a second, and a cancel is heard', () =>
    withPage({ scene: { view: 'results', rowsOfResults: 2000, kind: 'busy' } }, async (page) => {
      const before = Date.now();
      await page.waitForFunction(() => document.querySelectorAll('tbody tr[data-file]').length === 2000);
      expect(Date.now() - before).toBeLessThan(1000);
      await page.click('text=Cancel');
      expect(await called(page, 'cancel')).toEqual([{}]);
    }));
});
