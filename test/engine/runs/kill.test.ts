import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { randomAt } from '../../../src/engine/random';
import { listRuns, readMetrics, reopenRun, resolveCheckpoint } from '../../../src/engine/runStore';

test('kill -9 at 20 moments of saving: the last checkpoint loads, and the run goes on where it was', async () => {
  // On the real disk, inside the project so that the program finds its packages.
  const root = path.resolve(import.meta.dirname, '../../..');
  const folder = mkdtempSync(path.join(root, 'node_modules', '.kill-'));
  const runs = path.join(folder, 'runs');
  mkdirSync(runs);
  const program = path.join(folder, 'killed.mjs');
  try {
    await build({ entryPoints: [path.join(import.meta.dirname, 'killed.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
    let torn = 0;
    for (let i = 0; i < 20; i++) {
      const known = await killWhileSaving(program, runs, Math.floor(randomAt(0, 'kill', i).next() * 120));
      const [run] = await listRuns(runs);
      expect(run?.problem).toBeUndefined();
      expect(run).toMatchObject({ state: 'interrupted', resumable: true });
      const last = await loadCheckpoint(await resolveCheckpoint(run!.path, 'last'));
      // What it told as saved is there; it may have saved one more before it died.
      expect(last.meta.epoch).toBeGreaterThanOrEqual(known);
      torn += readdirSync(path.join(run!.path, 'checkpoints')).filter((name) => name.endsWith('.tmp')).length;
    }
    const [run] = await listRuns(runs);
    const { writer, point } = await reopenRun(run!.path);
    expect(readdirSync(path.join(run!.path, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await readMetrics(run!.path)).map(({ step }) => step)).toEqual(Array.from({ length: point.state.step }, (_, step) => step + 1));
    await writer.finish('stopped', 'test', {});
    // Without kills in the middle of a write the test would show nothing.
    expect(torn).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

/** Starts the program, kills it `delay` ms after it first tells that a point is saved; returns the last one it told. */
async function killWhileSaving(program: string, runs: string, delay: number): Promise<number> {
  const child = spawn(process.execPath, [program, runs], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')));
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`It ended with ${String(code)}`)))]);
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  await once(child, 'close');
  return Number(lines.at(-1));
}
