// Opens and closes inspectors, as the host does: what they look at, and then that nobody looks any more. Says how much memory the engine has after each.
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { givesMemoryBack, startEngine } from '../src/enginePort';
import type { EngineApi } from '../src/protocol';
import { connect } from '../src/rpc';

const [, , cycles = '20', checkpoint = '', ...images] = process.argv;

/** Resident memory of a process, in MiB. */
function resident(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / 1024;
}

async function main(): Promise<void> {
  const engine = startEngine({ file: path.join(__dirname, 'engine.js'), nodePath: undefined, env: givesMemoryBack, onLine: (line) => process.stderr.write(`${line}\n`), describeDeath: ({ kind }) => kind });
  const client = connect<EngineApi>(engine.port, () => undefined);
  await client.listRuns({ runs: '' }).catch(() => undefined);
  const before = resident(engine.pid!);
  const [open, closed]: [number[], number[]] = [[], []];
  for (let cycle = 0; cycle < Number(cycles); cycle++) {
    const q = { checkpoint, file: images[cycle % images.length]! };
    const { probabilities } = await client.viewImage(q);
    await client.viewAttentionStack({ ...q, most: 100 * 2 ** 20 });
    await client.explain({ ...q, methods: ['chefer', 'grad_cam'], target: probabilities.indexOf(Math.max(...probabilities)), discard: 0 });
    await client.viewFlow({ ...q, block: 0, head: 0 });
    open.push(resident(engine.pid!));
    await client.letGo({});
    await sleep(1500);
    closed.push(resident(engine.pid!));
  }
  process.stdout.write(`${JSON.stringify({ before, open, closed })}\n`);
  engine.end();
}

void main();
