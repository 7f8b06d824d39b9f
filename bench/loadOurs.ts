// Opens a file of weights in a process of its own, as every face of ViT Lab does, and says how long that took and the peak of memory.
import { loadCheckpoint } from '../src/engine/checkpoint';
import { VERSION } from '../src/engine/version';

async function main(): Promise<void> {
  const base = process.memoryUsage.rss();
  const start = performance.now();
  const { params } = await loadCheckpoint(process.argv[2]!);
  const ms = performance.now() - start;
  process.stdout.write(`${JSON.stringify({ label: `ViT Lab ${VERSION}`, ms, peak: process.resourceUsage().maxRSS * 1024, base, tensors: params.size })}\n`);
}

void main();
