import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { called, calls, settle, usePages } from './pages';

/** The image on its way through the network, and how it becomes tokens, in a real browser with a host that plays along. */

const withPage = usePages();
let picture: Pick<Scene, 'seen' | 'original'>;
beforeAll(async () => {
  picture = await encodePicture(null, 64, 48);
});
const scene = (kept: object, change: Partial<Scene> = {}): Scene => ({ view: 'inspector', rows: 6, columns: 8, layers: 4, heads: 3, ...picture, ...change, kept: { layer: 1, head: 1, ...kept } });
const kept = (page: Page): Promise<Readonly<Record<string, unknown>>> => page.evaluate(() => window.kept as never);
const focused = (page: Page): Promise<string | undefined> => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['box']);

describe('flow', () => {
  test('asks for one block, small; a box whole only when it is opened', () =>
    withPage({ scene: scene({ tab: 'flow' }) }, async (page) => {
      expect(await calls(page, 'flow')).toMatchObject([{ block: 1, head: 1 }]);
      expect(await calls(page, 'flowBox')).toEqual([]);
      expect(await page.locator('.flow-box').count()).toBe(25);
      expect(await page.locator('[data-box="queries"] .flow-shape').textContent()).toBe('3 × 49 × 64');
      await page.click('[data-box="attention"]');
      await settle(page);
      expect(await calls(page, 'flowBox')).toMatchObject([{ box: 'attention', block: 1, head: 1 }]);
      expect(await page.locator('.flow-detail h4').textContent()).toBe('Softmax');
      expect(await page.locator('.flow-figure').textContent()).toContain('sum 1.0000');
      expect(await kept(page)).toMatchObject({ box: 'attention' });
      await page.click('.flow-close');
      await settle(page);
      expect(await page.locator('.flow-detail').count()).toBe(0);
    }));

  test('arrow keys step from box to box, Enter opens, what is open goes along, Escape closes', () =>
    withPage({ scene: scene({ tab: 'flow' }) }, async (page) => {
      await page.focus('[data-box="image"]');
      await page.keyboard.press('ArrowRight');
      expect(await focused(page)).toBe('patches');
      await page.keyboard.press('Enter');
      await settle(page);
      expect(await page.locator('[data-box="patches"]').getAttribute('aria-expanded')).toBe('true');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await focused(page)).toBe('projected');
      expect(await kept(page)).toMatchObject({ box: 'projected' });
      await page.keyboard.press('Escape');
      await settle(page);
      expect(await kept(page)).toMatchObject({ box: '' });
    }));

  test('pages step through the blocks, digits choose the head, and all is asked anew', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'queries' }) }, async (page) => {
      await page.focus('[data-box="queries"]');
      await page.keyboard.press('PageDown');
      await page.keyboard.press('3');
      await settle(page);
      expect((await calls(page, 'flow')).at(-1)).toMatchObject({ block: 2, head: 2 });
      expect((await calls(page, 'flowBox')).at(-1)).toMatchObject({ box: 'queries', block: 2, head: 2 });
      expect(await page.locator('.flow-block h3').textContent()).toBe('Block 3 of 4');
      expect(await page.locator('.flow-detail-head .caption').textContent()).toBe('block 3 of 4, head 3 of 3');
    }));

  test('of keys that are faster than the answers the last one is shown', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'queries' }, { delay: 200 }) }, async (page) => {
      for (const key of ['PageDown', '3', 'PageUp', 'PageUp', '2']) await page.keyboard.press(key);
      await settle(page);
      // The question that ran and the last one; block 1 had no time to be asked with the heads before.
      expect((await calls(page, 'flow')).slice(1)).toMatchObject([{ block: 2, head: 1 }, { block: 0, head: 1 }]);
      expect((await calls(page, 'flowBox')).at(-1)).toMatchObject({ block: 0, head: 1 });
      expect(await page.locator('.flow-block h3').textContent()).toBe('Block 1 of 4');
      expect(await page.locator('.flow-detail-head .caption').textContent()).toBe('block 1 of 4, head 2 of 3');
      expect(await page.locator('.flow[aria-busy]').count()).toBe(0);
    }));

  test('the value under the pointer is read, its token is outlined on the image, and a click holds its row', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'norm2' }), height: 1400 }, async (page) => {
      await settle(page);
      const box = (await page.locator('.flow-large').boundingBox())!;
      await page.mouse.move(box.x + 2, box.y + (box.height * 20.5) / 49);
      await settle(page);
      expect(await page.locator('.flow-readout').textContent()).toMatch(/^patch \(3,4\) · dimension 1: -?[\d.]+/);
      await page.mouse.click(box.x + 2, box.y + (box.height * 20.5) / 49);
      await settle(page);
      expect(await kept(page)).toMatchObject({ query: 20, held: true });
    }));

  test('a cursor reads values by keyboard', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'hidden', query: 5, held: true }), height: 1400 }, async (page) => {
      await page.focus('.flow-large');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await page.locator('.flow-readout').textContent()).toMatch(/^patch \(1,6\) · unit 2: /);
    }));

  test('of attention the row of the chosen token lies over the image', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'attention', query: 10, held: true }) }, async (page) => {
      await settle(page);
      expect(await page.locator('.readout-value').textContent()).toMatch(/^\(2,2\): [\d.<]+%$/);
    }));

  test('the row stands behind the picture as a table', () =>
    withPage({ scene: scene({ tab: 'flow', box: 'probabilities' }), height: 1400 }, async (page) => {
      await settle(page);
      expect(await page.locator('.flow-class').first().textContent()).toBe('jaguar');
      await page.click('.flow-text summary');
      await page.mouse.move(5, 5);
      await page.hover('.flow-bars');
      await settle(page);
      expect(await page.locator('.flow-table tr').count()).toBe(5);
    }));

  test('the exported picture has every box with its shape and range, and says which block and head it is of', () =>
    withPage({ scene: scene({ tab: 'flow' }) }, async (page) => {
      await page.click('text=Export');
      await page.click('.menu-item >> text=Picture as SVG…');
      await called(page, 'save');
      const { name, text } = await page.evaluate(() => {
        const saved = window.calls.find(({ method }) => method === 'save')?.params as { name: string; bytes: number[] };
        return { name: saved.name, text: new TextDecoder().decode(Uint8Array.from(saved.bytes)) };
      });
      expect(name).toBe('jaguar-flow.svg');
      const texts = [...text.matchAll(/<text[^>]*>([^<]*)/g)].map(([, words]) => words);
      expect(texts).toContain('Block 2 of 4 · head 2 of 3');
      const titles = await page.locator('.flow-title').allTextContents();
      const shapes = await page.locator('.flow-shape').allTextContents();
      expect(titles).toHaveLength(25);
      for (const words of [...titles, ...shapes]) expect(texts).toContain(words);
      // Residual connections: what is added as it is.
      expect(texts).toContain('+ Tokens in');
    }));

  test('a ResNet says that it has no tokens, and shows image and answer', () =>
    withPage({ scene: scene({ tab: 'flow' }, { layers: 0, heads: 1, rows: 1, columns: 1, classToken: false }) }, async (page) => {
      expect(await page.locator('.flow-box').count()).toBe(3);
      expect(await page.locator('.panel:not([hidden]) .without').textContent()).toContain('ResNet');
    }));

  test('nothing of it can be had of a look that a training kept, and that is said', () =>
    withPage({ scene: scene({ tab: 'flow' }, { probe: true }) }, async (page) => {
      expect(await calls(page, 'flow')).toEqual([]);
      expect(await page.locator('.panel:not([hidden]) .without').textContent()).toContain('Choose a checkpoint');
    }));
});

describe('tokens', () => {
  test('the sum of the products and the bias is said, pixel by pixel', () =>
    withPage({ scene: scene({ tab: 'patches', dimension: 3, query: 10, held: true }), height: 1800 }, async (page) => {
      await settle(page);
      expect(await calls(page, 'filter')).toMatchObject([{ dimension: 3 }]);
      const total = (await page.locator('.arithmetic.total').textContent()) ?? '';
      const [, sum = '', bias = '', value = ''] = /= (-?[\d.]+) \+ b (-?[\d.]+) = (-?[\d.]+)$/.exec(total) ?? [];
      expect(Number(sum) + Number(bias)).toBeCloseTo(Number(value), 3);
      await page.focus('.sum-maps');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await settle(page);
      const pixel = (await page.locator('.arithmetic').first().textContent()) ?? '';
      expect(pixel).toMatch(/^Pixel \(2,2\): /);
      const [terms = '', result = ''] = pixel.replace(/^Pixel \(2,2\): /, '').split(' = ');
      expect(terms.split(' + ').reduce((all, term) => all + term.split(' · ').reduce((product, x) => product * Number(x), 1), 0)).toBeCloseTo(Number(result), 2);
    }));

  test('the sequence has the tokens before the patches, too', () =>
    withPage({ scene: scene({ tab: 'patches' }) }, async (page) => {
      expect(await page.locator('.sequence-patch.before').textContent()).toBe('[cls]');
      expect(await page.locator('.sequence [data-patch]').count()).toBe(48);
      expect(await page.locator('.patches .summary').first().textContent()).toBe('N = 48·64 / 8² = 48 patches, and before them [cls]: 49 tokens.');
    }));

  test('a slider asks what such a network would cost; what cannot be is said, and the plan is kept', () =>
    withPage({ scene: scene({ tab: 'patches' }), height: 2200 }, async (page) => {
      await settle(page);
      expect((await calls(page, 'plan')).at(-1)).toMatchObject({ patch: 8, heads: 3 });
      const slider = (name: string) => page.locator('.plan-controls label', { hasText: name }).locator('input');
      await slider('Patch').evaluate((input: HTMLInputElement) => {
        input.value = '1';
        input.dispatchEvent(new Event('input'));
      });
      await settle(page);
      expect((await calls(page, 'plan')).at(-1)).toMatchObject({ patch: 4 });
      expect(await page.locator('.plan-table').textContent()).toContain('12·16 = 192');
      expect(await kept(page)).toMatchObject({ plan: { patch: 4 } });
      await slider('Width').evaluate((input: HTMLInputElement) => {
        input.value = '0';
        input.dispatchEvent(new Event('input'));
      });
      await settle(page);
      expect(await page.locator('.problem').last().textContent()).toContain('do not divide');
    }));
});
