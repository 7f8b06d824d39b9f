// `node scripts/bench-panel.mjs`: how fast the inspector's page draws, in a real browser with a host that plays along.
//   --hovers N   patches that the pointer goes over (default 100)
//   --images N   images that come one after the other, for the memory (default 20)
// 12 × 12 heads and 197 tokens, as of a ViT-B/16. Milliseconds are of the page's main thread, wall and processor time: from
// the answers to the first picture, and for each patch that the pointer moves to. A frame at 60 Hz has 16.7.
import { parseArgs } from 'node:util';
import { buildWebviews, encodePicture, openWebview } from '../test/webview/harness.ts';
import { openBrowser } from './vscode-browser.mjs';

const { values } = parseArgs({ options: { hovers: { type: 'string', default: '100' }, images: { type: 'string', default: '20' } } });
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const browser = await openBrowser();
const bundles = await buildWebviews();
const scene = { view: 'inspector', layers: 12, heads: 12, stack: 'random', ...(await encodePicture(null, 224, 224)), kept: { tab: 'attention', layer: 7, head: 1, spread: false } };
const { page } = await openWebview(browser, bundles, { scene });
await page.locator('.multiples [data-layer]').first().waitFor({ timeout: 60_000 });
await page.waitForTimeout(3000);
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable', { timeDomain: 'threadTicks' });
const busy = async () => {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
};

/** Moves over the patches one after the other; of each the time from its event until its frame is painted, waiting left out. */
async function hover(count) {
  return page.evaluate(async (n) => {
    const cells = [...document.querySelectorAll('.hero-cells [data-patch]')];
    const times = [];
    for (let i = 0; i < n; i++) {
      const cell = cells[(i * 37) % cells.length];
      const start = performance.now();
      for (const type of ['pointerover', 'pointerenter', 'pointermove', 'mouseover', 'mousemove']) cell.dispatchEvent(new PointerEvent(type, { bubbles: type !== 'pointerenter', composed: true }));
      const handled = performance.now() - start;
      times.push(await new Promise((resolve) => requestAnimationFrame(() => {
        // The panel's own frame was asked for before: this one comes after it, in the same frame.
        const channel = new MessageChannel();
        const drawn = performance.now();
        channel.port1.onmessage = () => resolve(handled + performance.now() - Math.min(drawn, window.frameStart ?? drawn));
        channel.port2.postMessage(null);
      })));
    }
    return times;
  }, count);
}

// When a frame begins: asked for before everybody else's, again and again.
await page.evaluate(() => {
  const first = () => { window.frameStart = performance.now(); requestAnimationFrame(first); };
  requestAnimationFrame(first);
});
await hover(10);
const before = await busy();
const times = await hover(Number(values.hovers));
const cpu = (await busy()) - before;
const moved = await page.locator('.summary').first().textContent();
console.log(`a hovered patch, 12 × 12 heads × 197 tokens: ${median(times).toFixed(1)} ms of 16.7 (${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)}), ${(cpu / times.length).toFixed(1)} ms of the processor; it says “${moved?.slice(0, 40)}”`);

/** Another image comes: from its snapshot until its maps are painted. */
async function nextImage(i) {
  return page.evaluate(async (index) => {
    const { inspector } = window.host;
    const file = `/lab/photos/image-${index}.jpg`;
    const start = performance.now();
    const asked = window.calls.length;
    window.emit({ ...inspector, file, view: { ...inspector.view, file } });
    while (!window.calls.slice(asked).some(({ method }) => method === 'attention')) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - start;
  }, i);
}
await session.send('HeapProfiler.enable');
const heap = [];
const first = [];
for (let i = 0; i < Number(values.images); i++) {
  first.push(await nextImage(i));
  await page.waitForTimeout(400);
  await session.send('HeapProfiler.collectGarbage');
  // Arrays lie beside the heap of JavaScript.
  const { usedSize, backingStorageSize = NaN } = await session.send('Runtime.getHeapUsage');
  heap.push((usedSize + backingStorageSize) / 2 ** 20);
}
console.log(`another image drawn: ${median(first).toFixed(0)} ms (${Math.min(...first).toFixed(0)} to ${Math.max(...first).toFixed(0)})`);
console.log(`memory of the page after each of ${heap.length} images: ${heap.map((one) => one.toFixed(0)).join(', ')} MiB`);
await browser.close();
