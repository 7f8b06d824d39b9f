import { describe, expect, test } from 'vitest';
import { called, settle, usePages } from './pages';

/** The words of the field in the panels, and the glossary's own page, in a real browser under VS Code's policy. */

const withPage = usePages();

describe('a term', () => {
  test('is explained over the page by keyboard; Escape gives the focus back, and the glossary is one press away', () =>
    withPage({ scene: { view: 'evaluation' }, width: 900 }, async (page) => {
      const word = page.locator('.metrics [data-term="ece"]');
      await word.focus();
      await page.keyboard.press('Enter');
      const card = page.getByRole('dialog', { name: 'ECE' });
      expect(await card.innerText()).toMatch(/calibration error[^]*Σ[^]*Guo et al\. 2017[^]*Where to see it/);
      await page.keyboard.press('Escape');
      await settle(page);
      expect(await card.count()).toBe(0);
      expect(await word.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.keyboard.press('Enter');
      await card.getByText('Open the Glossary').click();
      await settle(page);
      expect(await called(page, 'openGlossary', 1)).toEqual([{ term: 'ece' }]);
    }));

  test('beside a heading that sorts does not sort', () =>
    withPage({ scene: { view: 'sweep' }, width: 1200 }, async (page) => {
      const heading = page.locator('th', { has: page.locator('[data-term="accuracy"]') }).first();
      const before = await heading.getAttribute('aria-sort');
      await heading.locator('.term-mark').click();
      expect(await page.getByRole('dialog').innerText()).toMatch(/Accuracy/);
      expect(await heading.getAttribute('aria-sort')).toBe(before);
    }));

  test('of the inspector stands with formula, source and caveat; keys of the panel do not act behind the card', () =>
    withPage({ scene: { view: 'inspector', kept: { tab: 'attention', held: true, query: 3 } } }, async (page) => {
      await page.locator('[role="tabpanel"]:not([hidden]) .explain summary').first().click();
      await page.locator('[role="tabpanel"]:not([hidden]) .terms [data-term="head"]').click();
      const card = page.getByRole('dialog');
      expect(await card.innerText()).toMatch(/Concat/);
      const place = await page.locator('.readout-from').innerText();
      await page.keyboard.press('ArrowRight');
      await settle(page);
      expect(await page.locator('.readout-from').innerText()).toBe(place);
    }));
});

describe('the glossary', () => {
  test('opens at the term that is asked for; searching and arrows go through it, and the place is kept', () =>
    withPage({ scene: { view: 'glossary', term: 'rollout' }, width: 900 }, async (page) => {
      await settle(page);
      expect(await page.locator('.entry h1').innerText()).toBe('Rollout');
      const field = page.getByRole('searchbox');
      await field.fill('warm');
      await settle(page);
      expect(await page.locator('.entry h1').innerText()).toBe('Warm-up');
      await field.fill('attention');
      await settle(page);
      expect(await page.locator('.list li').first().innerText()).toBe('Attention');
      await page.keyboard.press('ArrowDown');
      await settle(page);
      expect(await page.locator('[aria-selected="true"]').innerText()).not.toBe('Attention');
      await field.fill('no such word');
      await settle(page);
      expect(await page.locator('.none').isVisible()).toBe(true);
      await page.evaluate(() => window.emit({ term: 'mixup', asked: 2 }));
      await settle(page);
      expect([await page.locator('.entry h1').innerText(), await field.inputValue()]).toEqual(['Mixup', '']);
    }));
});
