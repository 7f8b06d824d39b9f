import { describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { called, calls, settle, usePages } from './pages';

/** The evaluation in a real browser, under VS Code's policy, with a host that plays along. */

const withPage = usePages();
const scene: Scene = { view: 'evaluation' };

describe('evaluation', () => {
  test('shows metrics with their intervals, every class, and both diagrams', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      expect(await page.locator('.source').textContent()).toBe('vit-p4-d64-l6 cifar10 · epoch 12 · 400 test images');
      const top1 = page.locator('.metrics tr', { hasText: 'test/top1' });
      expect(await top1.innerText()).toMatch(/^test\/top1\s+\d+\.\d%\s+\d+\.\d–\d+\.\d%$/);
      expect(await page.locator('.classes tbody tr').count()).toBe(10);
      expect(await page.locator('.bin').count()).toBeGreaterThan(5);
      expect(await page.locator('.curve').count()).toBe(1);
    }));

  test('the diagrams have words for those who do not see them', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      expect(await page.getByRole('img', { name: /^Reliability\. ECE \d/ }).count()).toBe(1);
      expect(await page.getByRole('img', { name: /^ROC curve of airplane\. Area under the curve/ }).count()).toBe(1);
      await page.click('text=As a table');
      expect(await page.locator('details table tbody tr').count()).toBe(15);
      expect(await page.locator('.bin title').first().textContent()).toMatch(/^0\.\d\d–0\.\d\d: \d+ images, mean probability \d+%, right \d+%$/);
    }));

  test('sorts by a heading and keeps it; the keys choose a class, and its curve follows', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await page.click('.column-f1 button');
      await settle(page);
      expect(await page.locator('th.column-f1').getAttribute('aria-sort')).toBe('ascending');
      const shares = (await page.locator('td.column-f1').allTextContents()).map(Number.parseFloat);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      await page.focus('tr[aria-current]');
      await page.keyboard.press('End');
      await settle(page);
      const last = await page.locator('.classes tbody tr').last().locator('th').textContent();
      expect(await page.locator('figcaption').last().textContent()).toBe(`Curve of ${last ?? ''}`);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('true');
      expect(await page.evaluate(() => window.kept)).toMatchObject({ column: 'f1', descending: false });
    }));

  test('the curve is read under the pointer and by keys', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      const reading = page.locator('.curve-figure .reading');
      const summary = await reading.textContent();
      expect(summary).toMatch(/^Area under the curve \(AUC\): 0\.\d{4}$/);
      await page.locator('.curve-figure svg').hover({ position: { x: 120, y: 90 } });
      expect(await reading.textContent()).toMatch(/^False positives \d.* · True positives \d/);
      await page.mouse.move(2, 2);
      expect(await reading.textContent()).toBe(summary);
      await page.locator('.curve-figure svg').focus();
      await page.keyboard.press('End');
      expect(await reading.textContent()).toBe('False positives 100% · True positives 100%');
      await page.check('input[value="pr"]');
      await settle(page);
      expect(await reading.textContent()).toMatch(/^Average precision/);
    }));

  test('a class without images says why it has no curve; a report without any says that', async () => {
    await withPage({ scene: { ...scene, kept: { chosen: 9 } }, width: 1200 }, async (page) => {
      expect(await page.locator('.curve-figure .reading').textContent()).toBe('No image of this class, so that there is no curve.');
    });
    await withPage({ scene: { ...scene, kind: 'noPosition' }, width: 1200 }, async (page) => {
      expect(await page.locator('main').innerText()).toContain('more than 64 MiB');
    });
  });

  test('saves the classes, all digits', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      await page.getByRole('button', { name: 'Save CSV…' }).click();
      const [saved] = (await called(page, 'saveCsv')) as { csv: string; name: string }[];
      expect(saved?.name).toBe('classes');
      expect(saved?.csv.trim().split('\r\n')).toHaveLength(11);
    }));

  test('without a report it offers to make one, where that can be done', async () => {
    await withPage({ scene: { ...scene, kind: 'empty' } }, async (page) => {
      await page.click('text=Evaluate Now');
      expect(await called(page, 'evaluate')).toEqual([{}]);
    });
    await withPage({ scene: { ...scene, kind: 'noCheckpoint' } }, async (page) => {
      expect(await page.getByRole('button', { name: 'Evaluate Now' }).isVisible()).toBe(false);
      expect(await page.locator('.empty').innerText()).toContain('comes to its end');
    });
    await withPage({ scene: { ...scene, kind: 'busy' } }, async (page) => {
      expect(await page.locator('.progress-text').textContent()).toBe('128 of 400');
      await page.click('text=Cancel');
      expect(await called(page, 'cancel')).toEqual([{}]);
    });
  });

  test('images that lie elsewhere now are asked for', async () => {
    await withPage({ scene: { ...scene, moved: true }, width: 1200 }, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('no longer at /data/animals');
      await page.getByRole('button', { name: 'Locate the Images…' }).click();
      expect(await called(page, 'locate')).toEqual([{}]);
    });
    await withPage({ scene: { ...scene, kind: 'error' }, width: 1200 }, async (page) => expect(await page.getByRole('button', { name: 'Locate the Images…' }).isVisible()).toBe(false));
  });

  test('an error is told beside what is there', () =>
    withPage({ scene: { ...scene, kind: 'error' }, width: 1200 }, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('is damaged');
      expect(await page.locator('.classes tbody tr').count()).toBe(10);
    }));

  test('fits into 500 pixels, and another run takes its place', () =>
    withPage({ scene, width: 500 }, async (page) => {
      expect(await page.locator('.body').evaluate((body) => body.scrollWidth - body.clientWidth)).toBeLessThanOrEqual(0);
      expect(await calls(page, 'evaluate')).toEqual([]);
      await page.evaluate(() => window.emit({ run: 'other', report: null, busy: null, evaluable: true, error: null }));
      await settle(page);
      expect(await page.locator('.source').textContent()).toBe('other');
      expect(await page.locator('main').isVisible()).toBe(false);
    }));
});

describe('images of an evaluation', () => {
  test('are offered, and shown once they are judged; the keys choose a cell, its images open in the inspector', () =>
    withPage({ scene: { ...scene, judged: true }, width: 1200 }, async (page) => {
      await page.focus('.cell[tabindex="0"]');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await page.locator('.confusion .reading').textContent()).toMatch(/^airplane taken for automobile: \d+ of 45 images/);
      await page.keyboard.press('Enter');
      await settle(page);
      expect(await page.locator('.gallery-bar select').inputValue()).toBe('cell');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-pressed'))).toBe('true');
      const [count = ''] = (await page.locator('.gallery-count').textContent())?.split(' ') ?? [];
      expect(await page.locator('.tile').count()).toBe(Number(count));
      await page.focus('.tile[tabindex="0"]');
      await page.keyboard.press('ArrowRight');
      const index = await page.evaluate(() => Number((document.activeElement as HTMLElement).dataset['index']));
      await page.keyboard.press('Enter');
      expect(await called(page, 'inspect')).toEqual([{ index, which: 0 }]);
      await page.getByRole('button', { name: 'Show Where the Network Looks' }).click();
      const [gallery] = (await called(page, 'showGallery')) as { which: number; indices: number[]; cell: number[] }[];
      expect(gallery).toMatchObject({ which: 0, cell: [0, 1] });
      expect(gallery!.indices).toEqual(await page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => Number((tile as HTMLElement).dataset['index']))));
    }));

  test('before, the matrix of the test is there and a button evaluates', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      expect(await page.locator('.matrix .cell').count()).toBe(100);
      expect(await page.locator('.tile').count()).toBe(0);
      await page.click('text=Evaluate Image by Image');
      expect(await called(page, 'judge')).toEqual([{}]);
      await page.check('input[value="true"]');
      await settle(page);
      expect(await page.evaluate(() => (window.kept as { norm: string }).norm)).toBe('true');
    }));

  test('two runs: what is fixed and broken, the paired test in words, and back', () =>
    withPage({ scene: { ...scene, two: true, judged: true }, width: 1200 }, async (page) => {
      expect(await page.locator('.pair-table tbody tr').count()).toBe(13);
      // A difference of shares is in points; 65 % more would be something else.
      const changes = await page.locator('.pair-table tbody td:last-child').allTextContents();
      expect(changes.filter((text) => text.includes('%'))).toEqual([]);
      expect(changes.some((text) => /^[+−-]?[\d.]+ points/.test(text))).toBe(true);
      expect(await page.locator('.paired').innerText()).toContain('larger than chance explains (p = 0.02)');
      for (const kind of ['fixed', 'broken', 'wrong']) {
        await page.selectOption('.gallery-bar select', kind);
        await settle(page);
        const marks = await page.locator('.tile').first().locator('.said').allTextContents();
        expect(marks.map((text) => text[0]).join('')).toBe({ fixed: '✗✓', broken: '✓✗', wrong: '✗✗' }[kind]);
      }
      await page.check('input[value="change"]');
      await settle(page);
      expect(await page.locator('.cell').allTextContents()).toContainEqual(expect.stringMatching(/^\+\d/));
      await page.check('input[value="true"]');
      await settle(page);
      expect(await page.locator('.legend-step').last().textContent()).toMatch(/^\+[\d.]+ points$/);
      await page.click('text=Show Alone');
      expect(await called(page, 'dropOther')).toEqual([{}]);
    }));

  test('weights are set side by side on the images that are chosen, and saved', () =>
    withPage({ scene, width: 1200 }, async (page) => {
      const section = page.locator('.weights');
      expect(await section.locator('table').count()).toBe(0);
      await section.locator('input[value="val"]').check();
      await section.locator('vscode-checkbox').click();
      await settle(page);
      await section.getByRole('button', { name: 'Evaluate Weights' }).click();
      expect(await called(page, 'weigh')).toEqual([{ split: 'val', tta: 'flip' }]);
      // A run without validation images is not asked for them.
      await page.evaluate(() => window.emit({ ...window.host.evaluation!, sizes: { train: 2000, val: 0, test: 400 } }));
      await settle(page);
      expect(await section.locator('input[value="val"]').isDisabled()).toBe(true);
      expect(await section.locator('input[value="test"]').isChecked()).toBe(true);
    }));

  test('weights that were set side by side stand with the best first, with intervals, and what is averaged says so', () =>
    withPage({ scene: { ...scene, weighed: true }, width: 1200 }, async (page) => {
      const rows = page.locator('.weights-table tbody tr');
      expect(await rows.locator('th').allTextContents()).toEqual(['best, averaged (EMA)', 'last, averaged (EMA)', 'last, not averaged', 'best, averaged (EMA)']);
      expect(await rows.locator('td:nth-child(3)').allTextContents()).toEqual([...new Array<string>(3).fill('400 test images'), '400 test images, mirrored too']);
      expect(await rows.first().locator('td:nth-child(5)').textContent()).toMatch(/^\d+\.\d% \d+\.\d–\d+\.\d%$/);
      await page.locator('.weights').getByRole('button', { name: 'Save CSV…' }).click();
      const [saved] = (await called(page, 'saveCsv')) as { csv: string; name: string }[];
      expect(saved?.name).toBe('weights');
      expect(saved?.csv).toMatch(/^weights,averaged,split,tta,epoch,images,loss,loss_low,loss_high,top1,top1_low,top1_high/);
      expect(saved?.csv.trim().split('\r\n')).toHaveLength(5);
      // Other images than the run's are told, and marked in their row.
      expect(await page.locator('.warning:visible').count()).toBe(0);
      await page.evaluate(() => {
        const [first, ...others] = window.host.evaluation!.weighed;
        window.emit({ ...window.host.evaluation!, weighed: [{ ...first!, otherImages: { then: '245 + 61 + 120 images, fingerprint a', now: '240 + 59 + 120 images, fingerprint b' } }, ...others] });
      });
      await settle(page);
      expect(await page.locator('.weights .warning').textContent()).toMatch(/^These are not the images that the run was trained with \(then 245 \+ 61 \+ 120 images/);
      expect(await rows.locator('td:nth-child(3)').allTextContents()).toContain('400 test images, mirrored too ⚠');
      // Beside another run the weights of the first would only be in the way.
      await page.evaluate(() => window.emit({ ...window.host.evaluation!, other: { run: 'other', report: window.host.evaluation!.report, confusion: null } }));
      await settle(page);
      expect(await page.locator('.weights').isVisible()).toBe(false);
    }));

  test('an evaluation says how it was made', () =>
    withPage({ scene }, async (page) => {
      expect(await page.locator('.source').textContent()).not.toMatch(/EMA|mirror/);
      await page.evaluate(() => window.emit({ ...window.host.evaluation!, report: { ...window.host.evaluation!.report!, averaged: true, tta: 'flip' } }));
      await settle(page);
      expect(await page.locator('.source').textContent()).toMatch(/ · averaged weights \(EMA\) · with mirror images$/);
    }));

  test('runs of other classes are set beside each other, and not judged', () =>
    withPage({ scene: { ...scene, two: true } }, async (page) => {
      expect(await page.locator('.verdict').count()).toBeGreaterThan(0);
      await page.evaluate(() => {
        const state = window.host.evaluation!;
        const report = { ...state.other!.report!, classes: state.other!.report!.classes.map((one) => ({ ...one, label: `other ${one.label}` })) };
        window.emit({ ...state, other: { ...state.other!, run: 'shapes', report } });
      });
      await settle(page);
      expect(await page.locator('.pair .warning').textContent()).toContain('They know other classes');
      expect(await page.locator('.verdict').count()).toBe(0);
    }));

  test('two runs: both reliability diagrams, both curves of a class with what is read of both, recall side by side', () =>
    withPage({ scene: { ...scene, two: true, judged: true }, width: 1200 }, async (page) => {
      expect(await page.locator('.metrics').isVisible()).toBe(false);
      expect(await page.getByRole('img', { name: /^Reliability, first: vit-p4/ }).count()).toBe(1);
      expect(await page.getByRole('img', { name: /^Reliability, second: cct-p4/ }).count()).toBe(1);
      const ece = async (which: number): Promise<number> => Number.parseFloat((await page.locator('.reliability .figure').nth(which).locator('.reading').first().textContent())!.replace(/^ECE /, ''));
      const words = await page.locator('.reliability .reading').last().textContent();
      const change = /^Against the first, in points: ECE ([+−])([\d.]+),/.exec(words ?? '')!;
      expect(Number(change[2]) * (change[1] === '+' ? 1 : -1)).toBeCloseTo((await ece(1)) - (await ece(0)), 0);
      expect(await page.locator('.curve-figure polyline').count()).toBe(2);
      const reading = page.locator('.curve-figure .reading');
      expect(await reading.textContent()).toMatch(/^AUC: first 0\.\d{4}, second 0\.\d{4} \([+−]0\.\d{4}\)$/);
      await page.locator('.curve-figure svg.diagram').focus();
      await page.keyboard.press('End');
      expect(await reading.textContent()).toBe('False positives 100% · True positives: first 100%, second 100%');
      const row = page.locator('.classes tbody tr').first();
      const [first, second, changed] = await Promise.all(['recall', 'second', 'change'].map(async (column) => Number.parseFloat((await row.locator(`.column-${column}`).textContent()) ?? '')));
      expect(changed).toBeCloseTo(second! - first!, 0);
      expect((await page.locator('td.column-change').allTextContents()).join()).not.toContain('%');
      await page.click('.column-change button');
      await settle(page);
      const changes = (await page.locator('td.column-change').allTextContents()).map(Number.parseFloat).filter(Number.isFinite);
      expect(changes).toEqual([...changes].sort((a, b) => a - b));
      await page.focus('tr[aria-current]');
      await page.evaluate(() => window.emit(structuredClone(window.host.evaluation)));
      await settle(page);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('true');
    }));

  test('a hundred classes: those that are confused most', () =>
    withPage({ scene: { ...scene, classes: 100, judged: true }, width: 1200 }, async (page) => {
      expect(await page.locator('.matrix tbody tr').count()).toBe(40);
      expect(await page.locator('.confusion').innerText()).toContain('The 40 classes that are confused most, of 100.');
    }));
});
