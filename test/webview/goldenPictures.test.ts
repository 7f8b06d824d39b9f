import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Scene } from './fakeHost';
import { called, settle, usePages } from './pages';

/**
 * The pictures of the inspector's seven tabs, of fixed numbers, against those in test/golden/pictures: what is exported, and what
 * the tabs draw beside it. Texts are compared as texts and pixels as pixels, so that neither fonts nor the encoder of a PNG play a
 * part. `UPDATE_GOLDEN=1` writes them instead: look at them before they are committed.
 */

const golden = path.resolve(import.meta.dirname, '../golden/pictures');
const withPage = usePages();
/** Sixteen by twelve pixels, whose neighbours differ. */
const picture = { width: 16, height: 12, base64: Buffer.from(Array.from({ length: 192 }, (_, i) => [(i % 16) * 16, Math.floor(i / 16) * 21, (i * 37) % 256, 255]).flat()).toString('base64') };
const scene = (kept: object): Scene => ({ view: 'inspector', rows: 3, columns: 4, layers: 2, heads: 2, seen: picture, original: picture, kept: { query: 6, held: true, layer: 1, head: 0, ...kept } });

/** What the panel exports as SVG. */
async function exported(page: Page): Promise<string> {
  await page.click('text=Export');
  await page.click('.menu-item >> text=Picture as SVG…');
  await called(page, 'save');
  return page.evaluate(() => new TextDecoder().decode(Uint8Array.from((window.calls.find(({ method }) => method === 'save')!.params as { bytes: number[] }).bytes)));
}

/** How many cells a drawing has that is as large as there is room for: its colours are read in their middles. */
const cells: Readonly<Record<string, readonly [columns: number, rows: number]>> = { grids: [16, 9], 'channel-map': [16, 12], 'layer-map': [4, 3], embedding: [64, 12] };

/** The open tab's own drawings as one SVG: maps with a pixel for each number, lines, and tables whose cells are coloured. */
function drawn(page: Page): Promise<string> {
  return page.evaluate((grids) => {
    const panel = document.querySelector('[role="tabpanel"]:not([hidden])')!;
    const inCells = (canvas: HTMLCanvasElement, [columns, rows]: readonly [number, number]): HTMLCanvasElement => {
      const small = document.createElement('canvas');
      [small.width, small.height] = [columns, rows];
      const [from, to] = [canvas.getContext('2d')!, small.getContext('2d')!];
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++) to.putImageData(from.getImageData(Math.floor(((x + 0.5) * canvas.width) / columns), Math.floor(((y + 0.5) * canvas.height) / rows), 1, 1), x, y);
      return small;
    };
    let y = 0;
    const parts: string[] = [];
    const add = (height: number, part: string): void => void (parts.push(`<g transform="translate(0 ${String(y)})">${part}</g>`), (y += height + 8));
    for (const canvas of panel.querySelectorAll('canvas')) {
      const grid = grids[[...canvas.classList].find((name) => name in grids) ?? ''];
      const shown = canvas.checkVisibility() && canvas.width > 1 ? (grid ? inCells(canvas, grid) : canvas) : null;
      if (shown && shown.width <= 72) add(96, `<image class="${canvas.className}" width="${String((96 * shown.width) / shown.height)}" height="96" image-rendering="pixelated" href="${shown.toDataURL()}"/>`);
    }
    for (const lines of panel.querySelectorAll('svg.lines')) if (lines.checkVisibility()) add(240, new XMLSerializer().serializeToString(lines));
    for (const table of panel.querySelectorAll<HTMLTableElement>('table.cells')) {
      const rows = [...table.rows].map((row, r) => [...row.cells].map((cell, c) => `<rect x="${String(c * 44)}" y="${String(r * 20)}" width="44" height="20" fill="${getComputedStyle(cell.querySelector('.cell') ?? cell).backgroundColor.replace('rgba(0, 0, 0, 0)', 'none')}"/><text x="${String(c * 44 + 4)}" y="${String(r * 20 + 14)}" font-size="11">${cell.textContent}</text>`).join(''));
      if (table.checkVisibility()) add(20 * rows.length, rows.join('\n'));
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="${String(y)}">\n<style>.lines-line { fill: none; stroke-width: 2; } .grid { stroke: #ddd; } text { font: 11px sans-serif; }</style>\n${parts.join('\n')}\n</svg>\n`;
  }, cells);
}

interface Parts {
  readonly text: string;
  readonly rasters: readonly Buffer[];
}

/** An SVG without its pictures, and their pixels. */
async function partsOf(svg: string): Promise<Parts> {
  const pictures = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  const rasters = await Promise.all(pictures.map((png) => sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true })));
  let at = 0;
  const text = svg.replace(/href="data:[^"]+"/g, () => {
    const { width, height } = rasters[at++]!.info;
    return `href="${String(width)} × ${String(height)}"`;
  });
  return { text, rasters: rasters.map(({ data }) => data) };
}

async function compare(name: string, svg: string): Promise<void> {
  const file = path.join(golden, `${name}.svg`);
  if (process.env['UPDATE_GOLDEN']) {
    await mkdir(golden, { recursive: true });
    return writeFile(file, svg);
  }
  const [now, kept] = [await partsOf(svg), await partsOf(await readFile(file, 'utf8'))];
  expect(now.text).toBe(kept.text);
  // What is half transparent is kept multiplied by its opacity, and comes back with a rounding.
  const furthest = now.rasters.map((raster, i) => raster.reduce((most, value, at) => Math.max(most, Math.abs(value - kept.rasters[i]![at]!)), 0));
  expect(Math.max(0, ...furthest)).toBeLessThanOrEqual(1);
  expect(svg.length).toBeGreaterThan(300);
}

const tabs = ['flow', 'attention', 'rollout', 'explain', 'position', 'features', 'patches'] as const;

describe('exported', () => {
  test.each(tabs)('%s', (tab) =>
    withPage({ scene: scene({ tab, features: { view: 'similarity' } }), theme: 'light' }, async (page) => {
      await settle(page);
      await compare(tab, await exported(page));
    }));

  test('attention of A, of B and their difference', () =>
    withPage({ scene: { ...scene({ tab: 'attention', side: 'difference' }), against: { checkpoint: 1 } }, theme: 'light' }, async (page) => {
      await settle(page);
      await compare('attention-beside', await exported(page));
    }));
});

const about = ['/lab/runs/vit-p16-d192-l12 animals/checkpoints/epoch-12.safetensors', '2026-11-20T10:02:00Z'];
/** What takes long was asked for. */
const begun = { alignment: JSON.stringify([about, 'val', null, 256, 'class']), neighbours: JSON.stringify([about, 'val']), heads: JSON.stringify([about, '/lab/photos/jaguar.jpg']), shuffle: JSON.stringify([about, '/lab/photos/jaguar.jpg']) };

describe('drawn', () => {
  test.each([
    ['position', { tab: 'position' }], ['patches', { tab: 'patches' }],
    ...['filters', 'colours', 'norms', 'similarity', 'lens', 'heads', 'shuffle', 'alignment', 'neighbours'].map((view) => [`features-${view}`, { tab: 'features', features: { view, count: 6, begun } }] as const),
  ] as const)('%s', (name, kept) =>
    withPage({ scene: scene(kept), theme: 'light', height: 2000 }, async (page) => {
      await settle(page);
      await compare(`${name}-drawn`, await drawn(page));
    }));
});
