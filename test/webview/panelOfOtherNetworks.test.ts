import { beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { usePages } from './pages';

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
