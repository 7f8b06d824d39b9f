import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointInfo } from '../../src/protocol';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { firstAgainst } from '../../webview/inspector/toolbar';
import { knownWords } from '../../webview/knownWords';
import { called, settle, usePages } from './pages';
import { checkpoint } from './syntheticModel';

/** The inspector of networks that are not the one of the paper, and of pictures that are not theirs. */

const withPage = usePages();
let picture: Pick<Scene, 'seen' | 'original'>;
beforeAll(async () => {
  picture = await encodePicture(null, 64, 48);
});

const inspector = (change: Partial<Scene> = {}): Scene => ({ view: 'inspector', rows: 6, columns: 8, layers: 4, heads: 12, ...picture, ...change });

describe('a network with convolutions before its tokens and no class token', () => {
  test('nothing is said of it that only a ViT has', () =>
    withPage({ scene: inspector({ compact: true }) }, async (page) => {
      await page.click('.keys summary');
      expect(await page.locator('.keys').innerText()).not.toContain('class token');
      expect(await page.locator('.keys').innerText()).toContain('head; two digits');
      await page.click('[role="tab"] >> text=Patches');
      const text = page.locator('.patches');
      await text.locator('.facts:not(.plan-table)').waitFor();
      const said = await text.locator('section:not(:has(.plan-table)), .explain').allInnerTexts();
      expect(said.join(' ')).toContain('the convolutions see up to 14 × 14 pixels around this part of the image');
      expect(said.join(' ')).toMatch(/tokens, one for each place of the last map/);
      expect(said.join(' ')).not.toMatch(/numbers become|is all that the Transformer sees|Patch P|patches, and no token/);
      // Hidden, until the engine has planned, it has the words of a ViT.
      await text.locator('.plan-table tr').first().waitFor();
      expect(await text.locator('section:has(.plan-table)').innerText()).not.toMatch(/Patch P|Half the patch|H·W/);
    }));
});

describe('a network without a class token', () => {
  const shown = (tab: object, change: Partial<Scene>, look: (page: Page) => Promise<void>): Promise<void> => withPage({ scene: inspector({ compact: true, kept: tab, ...change }) }, look);

  test('a rollout from no patch is told to be the mean over all, and that the network weighs them by itself', async () => {
    const unlike = /weighs all rows alike\. This network itself does not/;
    await shown({ tab: 'rollout' }, {}, async (page) => {
      expect(await page.locator('.readout-from').textContent()).toBe('Mean over all patches');
      expect(await page.locator('.panel:visible').innerText()).toMatch(unlike);
      await page.click('.hero-cells [data-patch="20"]');
      await settle(page);
      expect(await page.locator('.readout-from').textContent()).toBe('Held at patch (3,5) (Esc)');
      expect(await page.locator('.panel:visible').innerText()).not.toMatch(unlike);
    });
    // Its head reads the mean.
    await shown({ tab: 'rollout' }, { compact: false, classToken: false }, async (page) => {
      expect(await page.locator('.readout-from').textContent()).toBe('Mean over all patches');
      expect(await page.locator('.panel:visible').innerText()).not.toMatch(unlike);
    });
  });

  test('has no tokens before the patches, and they are not spoken of', async () => {
    for (const tab of [{ tab: 'attention', spread: true }, { tab: 'features', features: { view: 'similarity' } }, { tab: 'position' }])
      await shown(tab, {}, async (page) => {
        const said = await page.locator('.panel:visible').innerText();
        expect(said).toMatch(/This image\.|lies over the image\.|X is what the convolutions make of the image/);
        expect(said).not.toMatch(/Prefix tokens|before the patches|projection makes/);
      });
    await shown({ tab: 'attention', spread: true }, { compact: false }, async (page) => expect(await page.locator('.panel:visible').innerText()).toContain('Prefix tokens are left out'));
  });
});

describe('what a network knows', () => {
  test('stands where its answers stand, with the ways to another network', () =>
    withPage({ scene: inspector() }, async (page) => {
      const line = page.locator('.known-classes');
      expect(await line.locator('span').first().textContent()).toBe('10 classes: jaguar, leopard, … class 9. A picture of anything else is given one of these, too.');
      await line.getByText('Import a Network…').click();
      expect(await called(page, 'runCommand')).toEqual([{ command: 'importWeights' }]);
      await line.getByText('Choose Another Network').click();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Checkpoint');
      // It is no warning.
      expect(await line.getAttribute('role')).toBeNull();
    }));

  test('can be read to its end at every width, and takes two lines at most', async () => {
    for (const width of [380, 560, 800, 1400])
      await withPage({ scene: inspector(), width }, async (page) => {
        const lines = await page.locator('.known-classes').evaluate((line) => {
          const text = line.querySelector('span')!;
          return { lines: Math.floor(line.clientHeight / (text.getClientRects()[0]?.height ?? 1)), cut: text.scrollWidth > text.clientWidth && getComputedStyle(text).overflow !== 'visible' };
        });
        expect([width, lines.lines <= 2, lines.cut]).toEqual([width, true, false]);
      });
  });

  test('is told by names where they are few, and by their number where they are many', () => {
    expect(knownWords(['circle', 'square'])).toBe('2 classes: circle, square. A picture of anything else is given one of these, too.');
    expect(knownWords(Array.from({ length: 15 }, (_, i) => `c${String(i)}`))).toContain('15 classes: c0, c1, … c14. A');
    expect(knownWords(Array.from({ length: 1000 }, (_, i) => `c${String(i)}`))).toBe('Probability, shared out among the 1,000 classes that this network knows.');
  });
});

describe('what B is at first', () => {
  const [own, sibling, other, alike] = [
    { ...checkpoint('a', 3, true, false, 0.9), classKey: 'x' }, { ...checkpoint('a', 1, false, false, 0.5), classKey: 'x' },
    { ...checkpoint('b', 5, true, true, 0.9), classKey: 'y' }, { ...checkpoint('c', 7, true, true, 0.9), classKey: 'x' },
  ] as const;
  const first = (...checkpoints: readonly CheckpointInfo[]): string | null => firstAgainst({ probe: null, checkpoint: own.path, checkpoints }).checkpoint;

  test('another epoch of the run, else a network of the same classes, else any', () => {
    expect(first(own, other, alike, sibling)).toBe(sibling.path);
    expect(first(own, other, alike)).toBe(alike.path);
    expect(first(own, other)).toBe(other.path);
    expect(first(own)).toBeNull();
  });

  test('of the others the best, and one without a whole epoch only where there is no other', () => {
    const [stopped, poor] = [{ ...checkpoint('d', 0, false, true, 0.99), classKey: 'x' }, { ...checkpoint('e', 2, true, true, 0.2), classKey: 'z' }];
    const begun = { ...checkpoint('a', 0, false, false, 0.1), classKey: 'x' };
    expect(first(own, stopped, poor, other)).toBe(other.path);
    expect(first(own, begun, alike)).toBe(alike.path);
    expect(first(own, stopped)).toBe(stopped.path);
    // Weights of others have no epochs.
    expect(first(own, stopped, { ...checkpoint('f', 0, false, false, 0), scheme: 'timm' })).toContain('/f/');
  });

  test('why it stays bare is said: it does not know the class, or has no such layer', async () => {
    const note = '.trio-section > .caption';
    await withPage({ scene: inspector({ kept: { tab: 'explain', method: 'grad_cam' }, against: { checkpoint: 2, layers: 8 }, otherLabels: ['cat', 'dog'] }) }, async (page) => {
      await settle(page);
      expect(await page.locator(note).textContent()).toBe('B does not know the class “jaguar”, so that there is nothing of it to explain. Choose a class that both know, or another B.');
    });
    // The second class is one that only A knows.
    await withPage({ scene: inspector({ kept: { tab: 'explain', target: 5, against: 0 }, against: { checkpoint: 2 }, otherLabels: ['cat', 'dog'] }) }, async (page) => {
      await settle(page);
      expect(await page.locator(note).textContent()).toMatch(/^B does not know the class “jaguar”/);
    });
    await withPage({ scene: inspector({ kept: { tab: 'attention', layer: 1 }, against: { checkpoint: 2, layers: 8 } }) }, async (page) => {
      await settle(page);
      expect(await page.locator(note).textContent()).toBe('A and B have one scale. Layer 2 of 4 in A stands beside layer 2 of 8 in B: the depths differ.');
    });
    await withPage({ scene: inspector({ kept: { tab: 'attention', layer: 3 }, against: { checkpoint: 2, layers: 2 } }) }, async (page) => {
      await settle(page);
      expect(await page.locator(note).textContent()).toBe('B has no such layer or head: it has 2 × 12.');
    });
  });

  test('tabs of A alone say that they are', async () => {
    const alone = 'This tab is of A alone. B stands beside it in Attention, Rollout and Explain.';
    await withPage({ scene: inspector({ kept: { tab: 'position' }, against: { checkpoint: 1 } }) }, async (page) => {
      await settle(page);
      expect(await page.locator('.alone:visible').allTextContents()).toEqual([alone]);
      await page.getByRole('tab', { name: 'Rollout' }).click();
      await settle(page);
      expect(await page.locator('.alone:visible').count()).toBe(0);
    });
    await withPage({ scene: inspector({ kept: { tab: 'position' } }) }, async (page) => {
      await settle(page);
      expect(await page.locator('.alone:visible').count()).toBe(0);
    });
  });

  test('that it knows other classes is said', async () => {
    await withPage({ scene: inspector({ against: { checkpoint: 2 }, otherLabels: ['cat', 'dog', 'jaguar'] }) }, async (page) => {
      await settle(page);
      expect(await page.locator('.beside [role="status"]').textContent()).toBe('A and B know different classes: 10 of A, 10 of B, 6 in common. A dash stands where one does not know the class.');
      expect(await page.locator('.beside-predictions thead').innerText()).toContain('A, probability');
    });
    await withPage({ scene: inspector({ against: { checkpoint: 1 } }) }, async (page) => {
      await settle(page);
      expect(await page.locator('.beside [role="status"]').isVisible()).toBe(false);
    });
  });
});
