import { expect, test } from 'vitest';
import { hasClassToken, patchBox, patchGrid, patchOf, tokenAt } from '../../../src/engine/inspect/patches';

const wide = patchGrid({ imageSize: [16, 24], patchSize: [4, 8], classToken: true, distilled: false, regTokens: 0 });

test('a wide image with wide patches has the class token before 4 × 3 patches', () => {
  expect(wide).toEqual({ rows: 4, columns: 3, patch: [4, 8], prefix: ['[cls]'], tokens: 13 });
});

test('the tokens before the patches have names, in their order', () => {
  const names = (tokens: { classToken: boolean; distilled: boolean; regTokens: number }): readonly string[] => patchGrid({ imageSize: [8, 8], patchSize: [4, 4], ...tokens }).prefix;
  expect(names({ classToken: true, distilled: true, regTokens: 0 })).toEqual(['[cls]', '[dist]']);
  expect(names({ classToken: true, distilled: false, regTokens: 2 })).toEqual(['[cls]', '[reg1]', '[reg2]']);
  expect(hasClassToken({ prefix: names({ classToken: false, distilled: false, regTokens: 1 }) })).toBe(false);
});

test('average pooling has no prefix', () => {
  const grid = patchGrid({ imageSize: [32, 32], patchSize: [4, 4], classToken: false, distilled: false, regTokens: 0 });
  expect(grid.tokens).toBe(64);
  expect(grid.prefix).toEqual([]);
  expect(patchOf(grid, 0)).toEqual([0, 0]);
});

test('tokens and patches go back and forth, and boxes tile the image', () => {
  let area = 0;
  for (let token = 1; token < wide.tokens; token++) {
    const [row, column] = patchOf(wide, token)!;
    expect(tokenAt(wide, row, column)).toBe(token);
    const box = patchBox(wide, token)!;
    expect([box.top, box.left]).toEqual([row * 4, column * 8]);
    area += box.width * box.height;
  }
  expect(area).toBe(16 * 24);
});

test('the class token is on no patch', () => {
  expect(patchOf(wide, 0)).toBeNull();
  expect(patchBox(wide, 0)).toBeNull();
});
