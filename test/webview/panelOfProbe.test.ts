import { describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { called, calls, settle, usePages } from './pages';

/** The inspector on a run with a probe image: the slider through its epochs, playing, the predictions over them. */

const withPage = usePages();
const probed = (): Scene => ({ view: 'inspector', rows: 8, columns: 8, heads: 4, probe: true });

describe('on a run with a probe image', () => {
  test('the slider goes through the epochs that were kept, asks about the frame, and says which is shown', () =>
    withPage({ scene: probed() }, async (page) => {
      const slider = page.getByRole('slider', { name: 'Epoch' });
      expect([await slider.getAttribute('max'), await slider.inputValue()]).toEqual(['20', '20']);
      expect(await page.locator('.following').isVisible()).toBe(true);
      expect(await page.getByRole('combobox', { name: 'Image size' }).isVisible()).toBe(false);
      await slider.focus();
      await page.keyboard.press('ArrowLeft');
      const frame = (epoch: string): string => `/lab/runs/vit-p16-d192-l12 animals/probe/image-1-epoch-${epoch}.frame`;
      expect(await called(page, 'chooseFrame', 1)).toEqual([{ frame: frame('0019') }]);
      await settle(page);
      expect(await page.locator('.epoch-label').textContent()).toBe('epoch 19');
      expect(await page.locator('.following').isVisible()).toBe(false);
      expect((await calls(page, 'attention')).at(-1)).toMatchObject({ checkpoint: frame('0019') });
      expect(await page.locator('.curve-legend li').count()).toBe(5);
    }));

  test('the newest comes by itself, and a checkpoint can be chosen instead', () =>
    withPage({ scene: probed() }, async (page) => {
      await page.evaluate(() => {
        const state = window.host.inspector!;
        const image = state.probe!.images[0]!;
        const path = image.frames.at(-1)!.path.replace('0020', '0021');
        const frames = [...image.frames, { path, epoch: 21, step: 1323 }];
        window.emit({ ...state, checkpoint: path, view: { ...state.view!, checkpoint: { ...state.view!.checkpoint, path, epoch: 21 } }, probe: { ...state.probe!, frame: path, images: [{ ...image, frames }] } });
      });
      await settle(page);
      expect(await page.locator('.epoch-label').textContent()).toBe('epoch 21');
      const select = page.getByRole('combobox', { name: 'Checkpoint' });
      expect(await select.inputValue()).toBe('probe:0');
      const checkpoint = await page.evaluate(() => window.host.inspector!.checkpoints[0]!.path);
      await select.selectOption(checkpoint);
      expect(await called(page, 'chooseCheckpoint', 1)).toEqual([{ checkpoint }]);
    }));

  test('the axis of the predictions ends where they do', () =>
    withPage({ scene: probed() }, async (page) => {
      const top = page.locator('.curve-scale span').first();
      const highest = () => page.locator('.curve-line').evaluateAll((lines) => Math.min(...lines.flatMap((line) => (line.getAttribute('points') ?? '').split(' ').map((point) => Number(point.split(',')[1])))));
      const before = Number.parseFloat((await top.textContent()) ?? '');
      await page.evaluate(() => {
        const state = window.host.inspector!;
        const images = state.probe!.images.map((image) => ({ ...image, curve: { ...image.curve, classes: image.curve.classes.map((one) => ({ ...one, values: one.values.map((value) => value / 10) })) } }));
        window.emit({ ...state, probe: { ...state.probe!, images } });
      });
      await settle(page);
      expect(Number.parseFloat((await top.textContent()) ?? '')).toBeLessThanOrEqual(before / 5);
      // Within the picture, and not squeezed to its bottom.
      expect(await highest()).toBeGreaterThanOrEqual(2);
      expect(await highest()).toBeLessThan(40);
    }));

  test('a line keeps its colour when the classes change their order', () =>
    withPage({ scene: probed() }, async (page) => {
      const drawn = () => page.locator('.curve-legend li').evaluateAll((all) => Object.fromEntries(all.map((item) => [item.getAttribute('title') ?? '', item.querySelector('line')?.getAttribute('stroke')])));
      const before = await drawn();
      await page.evaluate(() => {
        const state = window.host.inspector!;
        const images = state.probe!.images.map((image) => ({ ...image, curve: { ...image.curve, classes: [...image.curve.classes].reverse().map((one) => ({ ...one, values: one.values.map((value) => value * 0.9) })) } }));
        window.emit({ ...state, probe: { ...state.probe!, images } });
      });
      await settle(page);
      expect(Object.keys(await drawn())).toEqual(Object.keys(before).reverse());
      expect(new Set(Object.values(before)).size).toBeGreaterThan(1);
      expect(await drawn()).toEqual(before);
    }));

  test('play shows one epoch after the other from the beginning, and pauses', () =>
    withPage({ scene: probed() }, async (page) => {
      await page.getByRole('button', { name: 'Play the epochs' }).click();
      await called(page, 'chooseFrame', 3);
      await page.getByRole('button', { name: 'Pause' }).click();
      // What plays has one scale, that of the map that was shown; who gives each map its own again is left with it.
      const scale = page.getByRole('combobox', { name: 'Scale' });
      expect(await scale.inputValue()).toBe('fixed');
      expect(await page.locator('.scale-field output').textContent()).toMatch(/^[1-9]\d*(\.\d)?%$/);
      await scale.selectOption('map');
      const asked = (await calls(page, 'chooseFrame')).map((q) => Number(/(\d+)\.frame/.exec((q as { frame: string }).frame)?.[1]));
      expect(asked).toEqual(asked.map((_, i) => i));
      await page.waitForTimeout(700);
      expect(await calls(page, 'chooseFrame')).toHaveLength(asked.length);
      await page.getByRole('button', { name: 'Play the epochs' }).click();
      await called(page, 'chooseFrame', asked.length + 1);
      expect(await scale.inputValue()).toBe('map');
    }));

  test('there is no play button where less motion is wished', () =>
    withPage({ scene: probed() }, async (page) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.evaluate(() => window.emit(window.host.inspector!));
      await settle(page);
      expect(await page.getByRole('button', { name: 'Play the epochs' }).count()).toBe(0);
    }));
});
