import { expect, test } from 'vitest';
import { createCanvas, shortened, textWidth } from '../../../src/engine/terminal/canvas';

test('a text that has room stays, a longer one is cut to its room and ends in …', () => {
  expect(shortened('cat', 100, 13)).toBe('cat');
  const name = 'a-very-long-name-of-a-photograph-from-the-last-holiday.jpeg';
  const cut = shortened(name, 150, 12);
  expect(cut).toMatch(/^a-very-long-.*…$/);
  expect(textWidth(cut, 12)).toBeLessThanOrEqual(150);
  expect(shortened('猫猫猫猫', 30, 12)).toBe('猫…');
});

test.each(['Golden retriever, 99.9 %', 'WWWMMMmmm@@%%%', 'iiillljjj...', '(ftr)-[x]/{y}', 'ÀÉñüøœß', 'EPOCH_0003–final×2'])('"%s" is drawn in no more pixels than are reckoned', async (label) => {
  for (const bold of [false, true]) {
    const [width, height] = [400, 30];
    const canvas = createCanvas(width, height);
    canvas.text(label, 0, 20, { size: 13, bold });
    const { png, lettered } = await canvas.png();
    if (!lettered) return;
    const { default: sharp } = await import('sharp');
    const data = await sharp(png).removeAlpha().raw().toBuffer();
    let last = 0;
    for (let at = 0; at < data.length; at += 3) if (data[at]! < 200) last = Math.max(last, (at / 3) % width);
    expect(last).toBeGreaterThan(10);
    expect(last).toBeLessThanOrEqual(textWidth(label, 13, bold) + 1);
  }
});
