import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointInfo } from '../../src/protocol';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { firstAgainst } from '../../webview/inspector/toolbar';
import { knownWords } from '../../webview/inspector/knownClasses';
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
    }));
});

describe('what a network knows', () => {
  test('stands where its answers stand, with the ways to another network', () =>
    withPage({ scene: inspector() }, async (page) => {
      const line = page.locator('.known-classes');
      expect(await line.locator('span').first().textContent()).toBe('Probability, shared out among all that this network knows: jaguar, leopard, snow leopard, cheetah, tiger, class 5, class 6, class 7, class 8, class 9. A picture of anything else is given one of these, too.');
      await line.getByText('Import a Network…').click();
      expect(await called(page, 'runCommand')).toEqual([{ command: 'importWeights' }]);
      await line.getByText('Choose Another Network').click();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Checkpoint');
      // It is no warning.
      expect(await line.getAttribute('role')).toBeNull();
    }));

  test('is told by names where they are few, and by their number where they are many', () => {
    expect(knownWords({ classes: ['circle', 'square'] })).toContain(': circle, square. A picture of anything else');
    expect(knownWords({ classes: Array.from({ length: 15 }, (_, i) => `c${String(i)}`) })).toContain('c9, ….');
    expect(knownWords({ classes: Array.from({ length: 1000 }, (_, i) => `c${String(i)}`) })).toBe('Probability, shared out among the 1,000 classes that this network knows.');
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
