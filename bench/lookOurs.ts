// Looks into images as the panel does: the engine in a process of its own, asked over the channel that the host has. Says how long it takes until all of the first picture is on this side.
import * as path from 'node:path';
import { givesMemoryBack, startEngine } from '../src/enginePort';
import type { EngineApi } from '../src/protocol';
import { connect, type Client } from '../src/rpc';
import { VERSION } from '../src/engine/version';

const [, , checkpoint = '', ...images] = process.argv;

/** What the panel asks before it draws: the image as the network sees it with its answer, and where the class token looks, in all layers and heads. */
async function firstPicture(engine: Client<EngineApi>, file: string): Promise<void> {
  const view = await engine.viewImage({ checkpoint, file });
  const { weights } = await engine.viewAttention({ checkpoint, file, query: 0 });
  if (weights.length === 0 || view.seen.rgba.length === 0) throw new Error('There is no picture');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function main(): Promise<void> {
  const begun = performance.now();
  const process_ = startEngine({ file: path.join(__dirname, 'engine.js'), nodePath: undefined, env: givesMemoryBack, onLine: (line) => process.stderr.write(`${line}\n`), describeDeath: ({ kind }) => kind });
  const engine = connect<EngineApi>(process_.port, () => undefined);
  await engine.listRuns({ runs: '' }).catch(() => undefined);
  // As VS Code's host does when an image is opened, before anybody asks to look inside.
  await engine.about({});
  const [first = '', ...others] = images;
  const firstMs = await timed(() => firstPicture(engine, first));
  const fromStart = performance.now() - begun;
  const all = await timed(() => engine.viewAttentionStack({ checkpoint, file: first, most: 100 * 2 ** 20 }));
  const next: number[] = [];
  for (const file of others) next.push(await timed(() => firstPicture(engine, file)));
  process.stdout.write(`${JSON.stringify({ label: `ViT Lab ${VERSION}`, first: firstMs, fromStart, all, next })}\n`);
  process_.end();
}

void main();
