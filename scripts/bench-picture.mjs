// `node scripts/bench-picture.mjs`: what `npm run bench` found (bench/results/onnx.json) as media/readme/bench.png. A picture of
// pixels, because the page of an extension in the Marketplace shows no SVG.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ratiosPicture } from '../bench/picture.ts';
import { root } from './bundles.mjs';
import { openBrowser } from './vscode-browser.mjs';

const MARGIN = 16;
const { machine, results } = JSON.parse(await readFile(path.join(root, 'bench/results/onnx.json'), 'utf8'));
const svg = ratiosPicture(results, machine);
const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg).map(Number);
const browser = await openBrowser();
try {
  const viewport = { width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  const page = await browser.newPage({ viewport, deviceScaleFactor: 2, colorScheme: 'light' });
  await page.setContent(`<body style="margin: ${MARGIN}px; background: white">${svg}</body>`);
  await page.screenshot({ path: path.join(root, 'media/readme/bench.png') });
} finally {
  await browser.close();
}
