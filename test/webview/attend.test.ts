import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { encodePicture } from './harness';
import { called, calls, settle, usePages } from './pages';

/** What stands around attention in the inspector: the direction, the mask, what is compared, and what leaves the panel. */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const photos = path.join(process.env['VITLAB_DATA'] ?? path.resolve(root, '../shared/data'), 'photos');

const withPage = usePages();
let picture: Pick<Scene, 'seen' | 'original'>;
let other: Pick<Scene, 'seen' | 'original'>;
beforeAll(async () => {
  picture = await encodePicture(path.join(photos, 'n02128925_jaguar.jpg'), 64, 48);
  other = await encodePicture(null, 64, 48);
});

const inspector = (change: Partial<Scene> = {}): Scene => ({ view: 'inspector', rows: 6, columns: 8, layers: 4, heads: 3, ...picture, ...change });
const kept = (page: Page): Promise<Record<string, unknown>> => page.evaluate(() => window.kept as never);
const readout = (page: Page) => page.locator('.readout-value').textContent();
const share = (text: string | null): number => Number(/([+-]?[\d.]+)%$/.exec(text ?? '')?.[1]);
/** Points at a patch, the query being held. */
const read = async (page: Page, patch: number): Promise<string | null> => {
  await page.hover(`.hero-cells [data-patch="${String(patch)}"]`);
  await settle(page);
  return readout(page);
};

describe('attention', () => {
  test('is moved once: a pointer that goes over every patch asks nothing', () =>
    withPage({ scene: inspector() }, async (page) => {
      await called(page, 'attentionStack');
      await settle(page);
      const before = (await calls(page, 'attention')).length;
      const seen = new Set<string | null>();
      for (const patch of [0, 9, 21, 34, 47]) {
        await page.hover(`.hero-cells [data-patch="${String(patch)}"]`);
        await settle(page);
        seen.add(await page.locator('.summary').first().textContent());
      }
      expect(seen.size).toBe(5);
      expect((await calls(page, 'attention')).length).toBe(before);
      expect(await calls(page, 'attentionStack')).toHaveLength(1);
    }));

  test('a hovered patch is outlined in the strip, on the image and in all maps at once', () =>
    withPage({ scene: inspector({ kept: { held: true, query: 1 } }) }, async (page) => {
      const hero = () => page.evaluate(() => document.querySelector<HTMLCanvasElement>('.hero-canvas')?.toDataURL());
      /** Colours along the upper edge of patch (2,4) in each small map. */
      const edges = () => page.evaluate(() => {
        const context = document.querySelector<HTMLCanvasElement>('.multiples-canvas')?.getContext('2d');
        return [...document.querySelectorAll<HTMLElement>('.multiples [data-layer]')].map((cell) =>
          [...(context?.getImageData(cell.offsetLeft + (cell.offsetWidth * 3) / 8 + 2, cell.offsetTop + cell.offsetHeight / 6 - 2, 6, 4).data ?? [])].join(' '));
      });
      const before = await hero();
      const plain = await edges();
      await page.hover('.strip-token[data-token="12"]');
      await settle(page);
      expect(await page.locator('.strip-token.hot').getAttribute('data-token')).toBe('12');
      expect(await hero()).not.toBe(before);
      for (const [i, edge] of (await edges()).entries()) expect(edge).not.toBe(plain[i]);
    }));

  test('the other direction is the column: what patch 20 gives to 5 is what 5 gets from 20', () =>
    withPage({ scene: inspector({ kept: { layer: 1, head: 0, query: 21, held: true } }) }, async (page) => {
      const given = await read(page, 5);
      await page.keyboard.press('t');
      await page.click('.hero-cells [data-patch="5"]');
      expect(await kept(page)).toMatchObject({ direction: 'to', query: 6 });
      const got = await read(page, 20);
      expect(share(got)).toBe(share(given));
      expect(share(given)).toBeGreaterThan(0);
      expect(await page.locator('.summary').first().textContent()).toMatch(/^Layer 2, head 1, to patch \(1,6\): .* In all it gets [\d.]+ times/);
      expect(await page.locator('.margin-name').first().textContent()).toBe('Gets ×');
      expect(await page.locator('.top-section h3').textContent()).toBe('Is looked at most by');
    }));

  test('which token is asked from stands below the image where it changes the picture, and nowhere else', async () => {
    const words: Record<string, string> = {};
    for (const [name, place] of Object.entries<object>({
      flow: { tab: 'flow' }, 'an open box of tokens by tokens': { tab: 'flow', box: 'attention' }, patches: { tab: 'patches' }, 'patches, held': { tab: 'patches', query: 10, held: true },
      attention: { tab: 'attention' }, 'attention, to': { tab: 'attention', direction: 'to' }, rollout: { tab: 'rollout' }, position: { tab: 'position' }, explain: { tab: 'explain' },
      norms: { tab: 'features', features: { view: 'norms' } }, similarity: { tab: 'features', features: { view: 'similarity' } },
    })) {
      await withPage({ scene: inspector({ kept: place }) }, async (page) => {
        words[name] = (await page.locator('.readout-from').textContent()) ?? '';
      });
    }
    expect(words).toEqual({
      flow: '', 'an open box of tokens by tokens': 'From [cls]', patches: '', 'patches, held': expect.stringMatching(/^Held at patch \(/) as string,
      attention: 'From [cls]', 'attention, to': 'To [cls]', rollout: 'From [cls]', position: expect.stringMatching(/^From patch/) as string, explain: '', norms: '', similarity: 'From [cls]',
    });
  });

  test('m joins the heads, and goes on to the largest and the smallest; the last column follows', () =>
    withPage({ scene: inspector({ kept: { layer: 1, head: 0, query: 21, held: true } }) }, async (page) => {
      const one = async (): Promise<number> => share(await read(page, 21));
      const heads: number[] = [];
      for (const digit of ['1', '2', '3']) {
        await page.keyboard.press(digit);
        await page.waitForTimeout(750);
        heads.push(await one());
      }
      const joined: Record<string, number> = {};
      for (const name of ['Mean', 'Max', 'Min']) {
        await page.keyboard.press('m');
        await settle(page);
        expect(await page.locator('.join-name').textContent()).toBe(name);
        joined[name] = await one();
      }
      // Written with three digits.
      expect(joined['Mean']).toBeCloseTo(heads.reduce((a, b) => a + b, 0) / 3, 0);
      expect(joined['Max']).toBe(Math.max(...heads));
      expect(joined['Min']).toBe(Math.min(...heads));
    }));

  test('a mask keeps the patches that hold most, and says how many; a fixed scale ends where it says', () =>
    withPage({ scene: inspector({ kept: { mass: 0.6, scale: 'fixed', ceiling: 0.02 } }) }, async (page) => {
      expect(await page.locator('.legend-kept').textContent()).toMatch(/^\d+ of 48 patches$/);
      expect(await page.locator('.legend-number').first().textContent()).toBe('0%');
      expect(await page.locator('.legend-number').nth(1).textContent()).toBe('≥ 2.0%');
    }));

  test('scores before the softmax are asked by layer, and only where they are looked at', () =>
    withPage({ scene: inspector({ kept: { layer: 1, head: 0 } }) }, async (page) => {
      expect(await calls(page, 'scores')).toEqual([]);
      await page.click('text=Scores before the softmax');
      expect(await called(page, 'scores')).toMatchObject([{ layer: 1 }]);
      await settle(page);
      expect(await page.locator('.section .summary').textContent()).toMatch(/^Layer 2, head 1, \[cls\], d = 64: scores over a range of [\d.]+, .*; without ÷ √d over [\d.]+/);
      await page.keyboard.press('m');
      await settle(page);
      expect(await page.locator('.section .caption:visible').first().textContent()).toContain('choose one head');
    }));

  test('heads are measured over many images, and the numbers survive a reload', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.click('text=Over the Validation Images');
      expect(await called(page, 'measureHeads')).toMatchObject([{ over: 'validation' }]);
      await settle(page);
      expect(await page.locator('.head-dot:not(.hollow)').count()).toBe(2 * 4 * 3);
      expect(await page.locator('.section').nth(1).textContent()).toContain('mean over 127 images (validation)');
      expect((await kept(page))['heads']).toMatchObject({ images: 127 });
      await page.click('.section >> text=CSV…');
      const [saved] = (await called(page, 'save')) as { bytes: number[] }[];
      expect(Buffer.from(saved?.bytes ?? []).toString()).toMatch(/^layer,head,distance_px,entropy_nats,mean_distance_px,sd_distance_px,mean_entropy_nats,sd_entropy_nats,images\r\n1,1,/);
    }));
});

describe('measuring heads over many images', () => {
  test('why it failed stands beside the buttons, and goes with the next try', () =>
    withPage({ scene: inspector({ stall: 0 }) }, async (page) => {
      await page.click('text=Over the Validation Images');
      await called(page, 'measureHeads');
      const problem = page.locator('.section .start-problem');
      await problem.waitFor();
      expect(await problem.textContent()).toBe('The images of animals are no longer at /data/animals. Put them back there.');
      const [box, row] = await Promise.all([problem.boundingBox(), page.locator('text=Over the Validation Images').boundingBox()]);
      expect((box?.y ?? 0) - (row?.y ?? 0)).toBeLessThan(80);
      expect(await page.locator('.status-text').textContent()).not.toContain('no longer');
    }));

  test('a network that came without its images says so before anybody tries, and offers a folder', () =>
    withPage({ scene: inspector({ withoutImages: true }) }, async (page) => {
      const own = page.locator('vscode-button', { hasText: 'Over the Validation Images' });
      expect(await own.getAttribute('aria-disabled')).toBe('true');
      expect(await page.locator('.section', { has: own }).innerText()).toContain('This network comes without the images it was trained on; choose a folder of your own images.');
      await page.click('text=Over a Folder…');
      expect(await called(page, 'measureHeads')).toMatchObject([{ over: 'folder' }]);
    }));
});

test('a map that was measured can be looked at: that of occlusion is there with the scores', () =>
  withPage({ scene: inspector({ kept: { tab: 'explain' } }) }, async (page) => {
    const tile = page.locator('[data-method="occlusion"]');
    expect(await tile.locator('canvas.empty').first().isVisible()).toBe(true);
    expect(await tile.locator('.caption').textContent()).toBe('computed when it is chosen');
    await page.getByRole('button', { name: 'Measure the Methods' }).click();
    await page.locator('.score-table').waitFor();
    await settle(page);
    expect(await tile.locator('canvas').first().getAttribute('class')).not.toContain('empty');
    expect(await tile.locator('.caption').textContent()).toMatch(/^deletion /);
  }));

describe('A against B', () => {
  test('another epoch of the run stands beside the first, with the difference in numbers', () =>
    withPage({ scene: inspector({ kept: { layer: 1, head: 0, query: 21, held: true } }) }, async (page) => {
      await page.click('text=A | B');
      expect(await called(page, 'compareWith')).toMatchObject([{ against: { file: null, checkpoint: expect.stringContaining('epoch-20') as unknown } }]);
      await settle(page);
      expect(await page.locator('.trio-tile:visible .trio-name').allTextContents()).toHaveLength(3);
      await read(page, 20);
      const [a = NaN, b = NaN, difference = NaN] = (await page.locator('.trio-value').allTextContents()).map(share);
      expect(b - a).toBeCloseTo(difference, 0);
      expect(await page.locator('.beside-predictions').innerText()).toMatch(/jaguar.*\s91%\s+62%\s+-29/s);
      await page.click('.trio-tile[data-side="difference"]');
      await settle(page);
      expect(await kept(page)).toMatchObject({ side: 'difference' });
      expect(await page.locator('.summary').first().textContent()).toMatch(/^B − A, layer 2, head 1: most more at \(\d,\d\), \+/);
      expect(await page.locator('.legend-number').first().textContent()).toMatch(/^-/);
      await page.click('text=Swap');
      expect(await called(page, 'swapSides')).toHaveLength(1);
      await page.click('text=Leave B');
      await settle(page);
      expect(await page.locator('.trio-section').isVisible()).toBe(false);
      expect(await page.locator('.summary').first().textContent()).toMatch(/^Layer 2, head 1/);
    }));

  test('A against itself differs nowhere', () =>
    withPage({ scene: inspector({ kept: { side: 'difference', layer: 1, head: 0, query: 21, held: true } }) }, async (page) => {
      await page.evaluate(() => {
        const now = window.host.inspector;
        if (now) window.host.inspector = { ...now, against: { checkpoint: null, file: null, view: now.view, error: null } };
        window.emit(window.host.inspector);
      });
      await settle(page);
      for (const patch of [0, 20, 47]) expect(share(await read(page, patch))).toBe(0);
      expect(await page.locator('.trio-section').textContent()).toContain('B is the same checkpoint and image as A');
    }));

  test('of another grid there is no difference, and it is said why', () =>
    withPage({ scene: inspector({ against: { checkpoint: 2, rows: 3, columns: 4 } }) }, async (page) => {
      expect(await page.locator('.trio-tile:visible').count()).toBe(2);
      expect(await page.locator('.trio-section').textContent()).toContain('B has 3 × 4 patches and A 6 × 8');
    }));

  test('scrubbing B asks for its epochs with the image held; another image is B’s own', () =>
    withPage({ scene: inspector({ against: { checkpoint: 1, ...(other.seen ? { picture: other.seen } : {}) } }) }, async (page) => {
      await page.locator('.beside .epoch-range').evaluate((range: HTMLInputElement) => {
        range.value = '0';
        range.dispatchEvent(new Event('input'));
      });
      expect(await called(page, 'compareWith')).toMatchObject([{ against: { checkpoint: expect.stringContaining('epoch-12') as unknown, file: '/lab/photos/poodle.jpg' } }]);
      await page.click('text=Image of A');
      expect((await called(page, 'compareWith', 2)).at(-1)).toMatchObject({ against: { file: null } });
      expect(await calls(page, 'chooseCheckpoint')).toEqual([]);
    }));

  test('what the host needs to fill the panel again lies beside the place', () =>
    withPage({ scene: inspector({ against: { checkpoint: 1 } }) }, async (page) => {
      expect((await kept(page))['panel']).toEqual({ file: '/lab/photos/jaguar.jpg', pinned: false, times: 1, against: { checkpoint: expect.stringContaining('epoch-20') as unknown, file: null }, probe: null });
    }));
});

describe('what comes in', () => {
  const drop = (page: Page, kind: 'paste' | 'drop', uri?: string) =>
    page.evaluate(([type, address]) => {
      const data = new DataTransfer();
      if (address) data.setData('text/uri-list', address);
      else data.items.add(new File([new Uint8Array([1, 2, 3])], 'clip.png', { type: 'image/png' }));
      const event = type === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true });
      document.body.dispatchEvent(event);
    }, [kind, uri] as const);

  test('a picture that is pasted or dropped is taken, an address as such', () =>
    withPage({ scene: inspector() }, async (page) => {
      await drop(page, 'paste');
      await called(page, 'takeImage', 1);
      await drop(page, 'drop');
      await called(page, 'takeImage', 2);
      await drop(page, 'drop', 'file:///lab/photos/a%20cat.png');
      expect(await called(page, 'takeImage', 3)).toEqual([
        { name: 'clip.png', bytes: [1, 2, 3] }, { name: 'clip.png', bytes: [1, 2, 3] }, { name: 'a cat.png', uri: 'file:///lab/photos/a%20cat.png' },
      ]);
    }));
});

describe('what leaves the panel', () => {
  const choose = async (page: Page, item: string): Promise<{ name: string; bytes: Buffer }> => {
    const before = (await calls(page, 'save')).length;
    await page.click('text=Export');
    await page.click(`.menu-item >> text=${item}`);
    const saved = (await called(page, 'save', before + 1)).at(-1) as { name: string; bytes: number[] };
    return { name: saved.name, bytes: Buffer.from(saved.bytes) };
  };

  test('a vector picture has its caption as text, and nothing from elsewhere', () =>
    withPage({ scene: inspector({ kept: { layer: 1, head: 0, mass: 0.6 }, against: { checkpoint: 1 } }) }, async (page) => {
      const { name, bytes } = await choose(page, 'Picture as SVG…');
      const svg = bytes.toString();
      expect(name).toBe('jaguar-attention.svg');
      expect(svg).toMatch(/<text[^>]*>A: Layer 2, head 1, from \[cls\]/);
      expect(svg).toContain('only patches that hold 60% of the mass');
      expect(svg).toMatch(/<text[^>]*>B: vit-p16-d192-l12 animals · epoch 20/);
      expect([...svg.matchAll(/href="([^"]{0,20})/g)].every(([, address]) => address?.startsWith('data:image/png'))).toBe(true);
      // The browser reads it as a picture of the size it says.
      const size = await page.evaluate(async (text) => {
        const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
        const image = new Image();
        image.src = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
        await image.decode();
        return [parsed.querySelector('parsererror') === null, image.width, Number(parsed.documentElement.getAttribute('width'))];
      }, svg);
      expect(size[0]).toBe(true);
      expect(size[1]).toBe(size[2]);
    }));

  test('numbers: a line for each weight, and B beside it; the array as NumPy has it', () =>
    withPage({ scene: inspector({ against: { checkpoint: 1 } }) }, async (page) => {
      const csv = (await choose(page, 'Numbers of This Picture as CSV…')).bytes.toString().split('\r\n');
      expect(csv[0]).toBe('layer,head,query,key,row,column,weight,b,b-a');
      expect(csv.length).toBe(1 + 4 * 3 * 49 + 1);
      const rows = csv.slice(1, 50).map((line) => line.split(','));
      expect(rows.reduce((sum, row) => sum + Number(row[6]), 0)).toBeCloseTo(1, 5);
      expect(rows[0]?.slice(0, 6)).toEqual(['1', '1', '[cls]', '[cls]', '', '']);
      for (const row of rows) expect(Number(row[7]) - Number(row[6])).toBeCloseTo(Number(row[8]), 9);
      const { bytes } = await choose(page, 'All Attention as .npy…');
      expect(bytes.subarray(1, 6).toString()).toBe('NUMPY');
      expect(bytes.subarray(10, 120).toString()).toContain("'shape': (4, 3, 49, 49)");
      const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
      expect(data.length).toBe(4 * 3 * 49 * 49);
      for (let row = 0; row < data.length; row += 49) expect(data.subarray(row, row + 49).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    }));

  test('a picture that the clipboard refuses is told of in our words', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.evaluate(() => (navigator.clipboard.write = () => Promise.reject(new DOMException('Document is not focused.', 'NotAllowedError'))));
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Copy Picture' }).click();
      await page.locator('.status.problem').waitFor();
      expect(await page.locator('.status-text').textContent()).toBe('The picture could not be copied: the clipboard was refused. Click into this panel and copy again, or save it as PNG in the same menu.');
      // All of it can be read, and it goes with the tab that it was said on.
      await page.setViewportSize({ width: 420, height: 800 });
      expect(await page.locator('.status-text').evaluate((text) => text.scrollWidth <= text.clientWidth && text.clientHeight > 26)).toBe(true);
      await page.click('[role="tab"] >> text=Rollout');
      await settle(page);
      expect(await page.locator('.status').getAttribute('class')).not.toContain('problem');
    }));

  test('the menu by keys: arrows go around, Escape gives the focus back', () =>
    withPage({ scene: inspector() }, async (page) => {
      await page.click('text=Export');
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      expect(await focused()).toBe('Picture as PNG…');
      await page.keyboard.press('ArrowUp');
      expect(await focused()).toBe('Panel as a Web Page…');
      await page.keyboard.press('Escape');
      expect(await page.locator('.menu-list').isVisible()).toBe(false);
      expect(await focused()).toBe('Export');
      expect((await kept(page))?.['query'] ?? null).toBe(null);
    }));
});
