import { describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { called, calls, settle, usePages } from './pages';

/** The panel of a sweep and the preview in a real browser, under VS Code's policy, with a host that plays along. */

const withPage = usePages();
const sweep: Scene = { view: 'sweep', ended: 14 };
const preview: Scene = { view: 'preview', mix: 'cutmix' };

describe('sweep', () => {
  test('shows how far it is, means with their deviations, a heat map, every key and the cost', () =>
    withPage({ scene: sweep }, async (page) => {
      expect(await page.locator('.count').textContent()).toBe('running · 13 of 18 trainings · 1 failed');
      const best = page.locator('.combinations tbody tr').first();
      expect(await best.innerText()).toMatch(/^4\s+128\s+\d\d\.\d% ± \d\.\d%\s/);
      expect(await page.locator('figcaption').allTextContents()).toEqual(['val/top1 by patch_size and embed_dim', 'val/top1 against patch_size', 'val/top1 against embed_dim', 'Cost against accuracy']);
      expect(await page.locator('g.cell').count()).toBe(6);
      // Of two keys, a line for each value of the other.
      expect(await page.locator('figure').nth(1).locator('.plot .series-line').count()).toBe(2);
      expect(await page.locator('figure').nth(2).locator('.series li').allInnerTexts()).toEqual(['patch_size 4', 'patch_size 8', 'patch_size 16']);
      // 13 of 14 trainings have a result, in each of three scatters.
      expect(await page.locator('.run').count()).toBe(3 * 13);
    }));

  test('a point opens its run; pointer and keys read it; a combination is marked everywhere', () =>
    withPage({ scene: sweep }, async (page) => {
      const figure = page.locator('figure').nth(1);
      await figure.getByRole('button', { name: /^patch_size 4, embed_dim 64, seed 2/ }).click();
      expect(await called(page, 'openRun')).toEqual([{ run: expect.stringMatching(/^\/lab\/runs\/r\d+$/) as unknown }]);
      expect(await figure.locator('.reading').textContent()).toMatch(/^patch_size 4, embed_dim 64, seed 2: val\/top1 \d/);
      await figure.locator('[tabindex="0"]').focus();
      await page.keyboard.press('End');
      expect(await figure.locator('.reading').textContent()).toMatch(/^patch_size 16/);
      await page.keyboard.press('Enter');
      await settle(page);
      expect((await calls(page, 'openRun')).length + (await page.locator('tr[aria-current]').count())).toBeGreaterThan(1);
      await page.locator('g.cell').nth(1).click();
      await settle(page);
      expect(await page.locator('tr[aria-current]').innerText()).toMatch(/^4\s+128/);
      expect(await page.locator('.run.chosen').count()).toBe(3 * 3);
      expect(await page.locator('.trials button.link').count()).toBe(3);
      await page.click('text=Compare Runs');
      expect(await called(page, 'compareRuns')).toEqual([{ runs: ['/lab/runs/r1', '/lab/runs/r7', '/lab/runs/r13'] }]);
    }));

  test('what has no place on an axis of tokens or of attention is named below it', async () => {
    await withPage({ scene: { ...sweep, ended: 18, convolved: [1, 2, 3, 5], kept: { cost: 'tokens' } } }, async (page) => {
      const figure = page.locator('figure').last();
      expect(await figure.locator('.caption').textContent()).toMatch(/^Without tokens, and not drawn: patch_size \d+, embed_dim \d+; .*, and 1 more\.$/);
      await figure.locator('select').selectOption('omegaMsa');
      await settle(page);
      expect(await figure.locator('.caption').textContent()).toMatch(/^Without attention, and not drawn: /);
      await figure.locator('select').selectOption('params');
      await settle(page);
      expect(await figure.locator('.caption').count()).toBe(0);
    });
    await withPage({ scene: { ...sweep, ended: 18, convolved: [0, 1, 2, 3, 4, 5], kept: { cost: 'omegaMsa' } } }, async (page) => {
      expect(await page.locator('figure').last().locator('.caption').textContent()).toBe('None of these networks has attention.');
    });
  });

  test('what successive halving ended early is hollow, and says after how many epochs', () =>
    withPage({ scene: { ...sweep, ended: 18, halving: true } }, async (page) => {
      const figure = page.locator('figure').nth(1);
      // Four of six combinations ended early, with three seeds each, one of which failed.
      expect(await figure.locator('.run.early').count()).toBe(4 * 3 - 1);
      expect(await figure.locator('.run:not(.early)').count()).toBe(2 * 3);
      expect(await figure.locator('.words').textContent()).toContain('Hollow: ended in an earlier round');
      expect(await figure.getByRole('button', { name: /^patch_size 8, embed_dim 64, epochs 5, seed 0/ }).count()).toBe(1);
      // Of the page's colour, so that the bar of the mean is not seen through it.
      const colours = await figure.locator('.run.early').first().evaluate((dot) => [getComputedStyle(dot).fill, getComputedStyle(dot).fillOpacity, getComputedStyle(dot).stroke]);
      expect(colours.slice(0, 2)).toEqual(['rgb(31, 31, 31)', '1']);
      expect(colours[2]).not.toBe(colours[0]);
      // No line between those that had other epochs; colours still tell the other key.
      expect(await page.locator('.plot .series-line').count()).toBe(0);
      expect(await figure.locator('.series li').allInnerTexts()).toEqual(['embed_dim 64', 'embed_dim 128']);
      expect(await page.locator('figure').first().locator('.words').textContent()).toContain('in an earlier round had fewer epochs');
    }));

  test('where a key was drawn from a range, dots stand where its numbers are, in place of cells', () =>
    withPage({ scene: { ...sweep, ended: 18, drawn: true } }, async (page) => {
      const figure = page.locator('figure').first();
      expect(await figure.locator('.words').textContent()).toContain('Each dot is a combination');
      expect(await figure.locator('.empty-cell').count()).toBe(0);
      const dots = await figure.locator('g.cell rect').evaluateAll((all) => all.map((rect) => ['x', 'width', 'rx'].map((name) => Number(rect.getAttribute(name)))));
      expect(dots).toHaveLength(6);
      expect(dots.every(([, width, rx]) => width === 13 && rx === 7.5)).toBe(true);
      expect(new Set(dots.map(([x]) => x)).size).toBe(2);
      await figure.getByRole('button', { name: /^patch_size 8, embed_dim 128: / }).click();
      await settle(page);
      expect(await page.locator('tr[aria-current]').innerText()).toMatch(/^8\s+128/);
    }));

  test('a combination whose trainings have all failed is told from one that waits', () =>
    withPage({ scene: { ...sweep, ended: 5 } }, async (page) => {
      // The fifth training fails, and the sixth combination waits.
      expect(await page.locator('.empty-cell').count()).toBe(2);
      expect(await page.locator('.failed-cell').count()).toBe(1);
      expect(await page.locator('.ramp').innerText()).toMatch(/^\d+\.\d%\s*\d+\.\d%$/);
    }));

  test('a cell has the deviation of the metric that is shown', () =>
    withPage({ scene: { ...sweep, ended: 18 } }, async (page) => {
      await page.locator('.segment', { hasText: 'test/top1' }).click();
      await settle(page);
      const [, val, test] = /(\S+% ± \S+%)\s+(\S+% ± \S+%)/.exec(await page.locator('.combinations tbody tr').first().innerText())!;
      expect(test).not.toBe(val);
      expect(await page.locator('g.cell').nth(1).getAttribute('aria-label')).toBe(`patch_size 4, embed_dim 128: ${test!}`);
    }));

  test('sorts by a heading, keeps it, and chooses rows by keys', () =>
    withPage({ scene: sweep }, async (page) => {
      await page.click('.column-params button');
      await settle(page);
      expect(await page.locator('th.column-params').getAttribute('aria-sort')).toBe('ascending');
      await page.locator('.combinations tbody tr').first().focus();
      await page.keyboard.press('ArrowDown');
      await settle(page);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('true');
      expect(await page.evaluate(() => window.kept)).toMatchObject({ column: 'params', descending: false });
    }));

  test('tokens, Ω(MSA), multiply-adds and seconds are axes, too, each with its table', () =>
    withPage({ scene: sweep }, async (page) => {
      const figure = page.locator('figure').last();
      for (const [cost, name] of [['tokens', 'Tokens N = HW/P²'], ['omegaMsa', 'Ω(MSA) of one block'], ['macs', 'Multiply-adds of an image'], ['seconds', 'Seconds of a training']]) {
        await figure.locator('select').selectOption(cost ?? '');
        await settle(page);
        expect(await figure.locator('.axis-name').textContent()).toBe(name);
        // Of the patches alone, as N is: no class token.
        if (cost === 'tokens') expect(await figure.locator('.plot text').allTextContents()).toEqual(expect.arrayContaining(['4', '16', '64']));
      }
      await figure.locator('summary').click();
      expect(await figure.locator('table tbody tr').count()).toBe(6);
    }));

  test('grows while it runs, without taking the focus or folding what was unfolded', () =>
    withPage({ scene: { ...sweep, ended: 8 } }, async (page) => {
      const figure = page.locator('figure').nth(1);
      await figure.locator('summary').click();
      await figure.locator('.mean').first().focus();
      const before = await page.locator('.run').count();
      await page.evaluate(() => window.playSweep(9));
      await settle(page);
      expect(await page.locator('.run').count()).toBeGreaterThan(before);
      expect(await figure.locator('details').evaluate((details: HTMLDetailsElement) => details.open)).toBe(true);
    }));

  test('with three keys the heat map asks which two; saves; pauses', () =>
    withPage({ scene: { ...sweep, three: true } }, async (page) => {
      await page.locator('figure select').nth(1).selectOption({ label: 'pos_embed' });
      await settle(page);
      expect(await page.locator('figcaption').first().textContent()).toBe('val/top1 by patch_size and pos_embed');
      expect(await page.locator('figure').first().locator('.words').textContent()).toContain('over the seeds and over embed_dim.');
      // Of three keys, colours tell one: names before numbers.
      expect(await page.locator('figure').nth(1).locator('.series li').allInnerTexts()).toEqual(['learned', 'none']);
      expect(await page.locator('figure').nth(1).locator('.mean-line').count()).toBe(1);
      expect(await page.locator('figure').last().locator('.series li').allInnerTexts()).toEqual(['learned', 'none']);
      expect(await page.locator('figure').nth(1).locator('.border').count()).toBe(2);
      await page.click('text=Save PNG…');
      expect(await called(page, 'savePicture')).toEqual([{ as: 'png', metric: 'val' }]);
      await page.click('text=Pause');
      expect(await called(page, 'runCommand')).toEqual([{ command: 'pauseSweep' }]);
    }));

  test('before the first training has ended it says what will be there; an error is told', async () => {
    await withPage({ scene: { view: 'sweep', kind: 'empty' } }, async (page) => {
      expect(await page.locator('.empty').innerText()).toContain('appear with the first one');
      expect(await page.locator('main').isVisible()).toBe(false);
    });
    await withPage({ scene: { ...sweep, kind: 'error' } }, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('is damaged');
    });
  });
});

describe('preview', () => {
  test('who makes up for rare classes already is not told how', async () => {
    const words = '.counts .words';
    await withPage({ scene: preview, width: 1000 }, async (page) => expect(await page.locator(words).textContent()).toContain('class_weights'));
    await withPage({ scene: { ...preview, evened: true }, width: 1000 }, async (page) => expect(await page.locator(words).textContent()).toMatch(/1\.8 times .*; the configuration makes up for that\.$/));
  });

  test('shows every image with both labels and their shares, the classes, and the learning rate', () =>
    withPage({ scene: preview, width: 1000 }, async (page) => {
      expect(await page.locator('.tile').count()).toBe(64);
      expect(await page.locator('.tile').first().innerText()).toMatch(/^62% \w+\s+38% \w+$|^\w+$/);
      // Two of one class are nothing to tell apart.
      const labels = await page.locator('.tile').allInnerTexts();
      expect(labels.filter((text) => /^\w+$/.test(text)).length).toBeGreaterThan(0);
      expect(await page.locator('.place').textContent()).toBe('Step 1 of 490, epoch 1 · 64 images · 32 × 32 px · seed 0 · CutMix, λ 0.62 · label smoothing 0.1');
      expect(await page.locator('.counts tbody tr').count()).toBe(10);
      expect(await page.locator('.counts .words').textContent()).toContain('1.8 times');
      // Warm-up and cool-down are one epoch each.
      expect(await page.locator('.phases li').first().textContent()).toBe('warm-up 0–1 · cosine 1–9 · cool-down 9–10');
      expect(await page.locator('.schedule .edge').count()).toBe(2);
      expect(await page.locator('.warnings').isVisible()).toBe(false);
      expect(await page.getByRole('img', { name: /^Learning rate\. Peak 1e-3 at step 49, epoch 1\.0; at the end 1e-5$/ }).count()).toBe(1);
    }));

  test('natural colours are (x · std + mean) · 255, and the network’s have grey at 0', async () => {
    const first = (network: boolean): Promise<number[]> =>
      new Promise((resolve, reject) => {
        withPage({ scene: { view: 'preview', kept: { colours: network ? 'network' : 'natural' } } }, async (page) => {
          resolve(await page.locator('.tile canvas').first().evaluate((canvas: HTMLCanvasElement) => [...canvas.getContext('2d')!.getImageData(0, 0, 1, 1).data]));
        }).catch(reject);
      });
    const [natural, network] = [await first(false), await first(true)];
    // Both tell the same number x; mean and std of the scene are 0.5.
    for (const c of [0, 1, 2]) expect((natural[c]! / 255 - 0.5) / 0.5).toBeCloseTo((network[c]! - 127.5) / 42.5, 1);
  });

  test('the next batch, another seed and the training are asked for; the curve is read by keys', () =>
    withPage({ scene: preview, width: 700 }, async (page) => {
      await page.click('text=Next Batch');
      expect(await called(page, 'show')).toEqual([{ step: 1, seed: 0 }]);
      await settle(page);
      expect(await page.locator('.place').textContent()).toContain('Step 2 of 490');
      await page.click('text=Another Seed');
      expect(await called(page, 'show', 2)).toEqual([{ step: 1, seed: 0 }, { step: 1, seed: 1 }]);
      await page.locator('.schedule svg').focus();
      await page.keyboard.press('End');
      expect(await page.locator('.schedule .reading').textContent()).toMatch(/^Step 490, epoch 9\.98: 1e-5$/);
      await page.click('text=Train');
      expect(await called(page, 'startTraining')).toEqual([{}]);
      expect(await page.locator('.body').evaluate((body) => body.scrollWidth - body.clientWidth)).toBeLessThanOrEqual(0);
    }));

  test('a press on the schedule, or Enter, goes to a step', () =>
    withPage({ scene: preview }, async (page) => {
      const plot = page.locator('.schedule .plot');
      await plot.click({ position: { x: 200, y: 60 } });
      const [{ step }] = (await called(page, 'show')) as [{ step: number }];
      expect(step).toBeGreaterThan(100);
      await page.click('.schedule summary');
      await plot.focus();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      expect((await called(page, 'show', 2)).at(-1)).toMatchObject({ step: 489 });
      await page.waitForFunction(() => document.querySelector('.place')?.textContent?.startsWith('Step 490 of 490'));
      // Also one step at a time, and an epoch at a time, from the step that is shown.
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press(' ');
      expect((await called(page, 'show', 3)).at(-1)).toMatchObject({ step: 488 });
      await page.keyboard.press('PageUp');
      await page.keyboard.press('Enter');
      expect((await called(page, 'show', 4)).at(-1)).toMatchObject({ step: 439 });
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await called(page, 'show', 5);
      await page.waitForFunction(() => document.querySelector('.place')?.textContent?.startsWith('Step 490 of 490'));
      // Who reads by keys goes on where they are, and what they opened stays open.
      expect(await plot.evaluate((element) => document.activeElement === element)).toBe(true);
      expect(await page.locator('.schedule .reading').textContent()).toMatch(/^Step 490,/);
      expect(await page.locator('.schedule details').getAttribute('open')).not.toBeNull();
      expect(await page.locator('.schedule .now').evaluate((line) => Number(line.getAttribute('x1')))).toBeGreaterThan(440);
    }));

  test('what is odd about the configuration is told', () =>
    withPage({ scene: { ...preview, warnings: ['Line 3: the whole training is warm-up', 'Line 5: train.mixup_prob changes nothing'] } }, async (page) => {
      expect(await page.locator('.warnings li').allTextContents()).toEqual(['Line 3: the whole training is warm-up', 'Line 5: train.mixup_prob changes nothing']);
      expect(await page.getByRole('button', { name: 'Train' }).isEnabled()).toBe(true);
    }));

  test('an error of the configuration is told beside what was there', () =>
    withPage({ scene: { ...preview, kind: 'error' } }, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('batch_size must be');
      expect(await page.getByRole('button', { name: 'Train' }).isDisabled()).toBe(true);
      expect(await page.locator('.tile').count()).toBe(64);
    }));
});
