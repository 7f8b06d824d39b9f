// `node scripts/bench-picture.mjs`: bench/results/onnx.svg, which `npm run bench` writes, as media/readme/bench.png: the page of
// an extension in the Marketplace shows no SVG.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './bundles.mjs';
import { openBrowser } from './vscode-browser.mjs';

const MARGIN = 16;
const browser = await openBrowser();
try {
  const svg = await readFile(path.join(root, 'bench/results/onnx.svg'), 'utf8');
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg).map(Number);
  const page = await browser.newPage({ viewport: { width: width + 2 * MARGIN, height: height + 2 * MARGIN }, deviceScaleFactor: 2, colorScheme: 'light' });
  await page.setContent(`<body style="margin: ${MARGIN}px; background: white">${svg}</body>`);
  await page.screenshot({ path: path.join(root, 'media/readme/bench.png') });
} finally {
  await browser.close();
}
