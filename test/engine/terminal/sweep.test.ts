import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

/** `vit-lab sweep` as a person types it: the queue, and what is refused. */

let [cli, folder, place] = ['', '', ''];
const vitLab = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });

beforeAll(async () => {
  [cli, folder] = await Promise.all([bundle('cli'), temporaryFolder()]);
  await tinyConfig(folder, { sweep: { parameters: { 'model.depth': [1, 2] }, seeds: 2 }, train: { epochs: 1 } }, 'sweep.yaml');
  const ran = vitLab('sweep', 'sweep.yaml', '--runs', 'swept', '--json');
  expect(ran.status).toBe(0);
  const told = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1)!) as { folder: string; done: boolean; results: { finished: number }[] };
  expect([told.done, told.results.map(({ finished }) => finished)]).toEqual([true, [2, 2]]);
  place = told.folder;
}, 120_000);

test('the queue of a sweep is listed and changed', () => {
  const listed = JSON.parse(vitLab('sweep', place, '--list', '--json').stdout) as { state: string; trials: { state: string }[] };
  expect([listed.state, listed.trials.map(({ state }) => state)]).toEqual(['finished', ['finished', 'finished', 'finished', 'finished']]);
  expect(vitLab('sweep', place, '--first', '5').stderr).toContain('from 1 to 4, not 5');
  const mixed = vitLab('sweep', place, '--list', '--retry');
  expect([mixed.status, mixed.stderr]).toEqual([2, expect.stringContaining('--list shows or changes the queue and trains nothing: --retry does not go with it')]);
  for (const option of ['--first', '--skip']) {
    const idle = vitLab('sweep', place, option, '1');
    expect([idle.status, idle.stderr]).toEqual([1, expect.stringContaining(`${option} 1: this training is not in the queue any more (finished). Nothing was changed.`)]);
  }
  const paused = vitLab('sweep', place, '--pause');
  expect([paused.status, paused.stderr]).toEqual([1, expect.stringContaining('there is nothing to pause')]);
  const missing = vitLab('sweep', 'nope', '--list');
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('There is no file or folder nope.')]);
  expect(vitLab('sweep', 'sweep.yaml', '--pause').stderr).toContain('--pause is for the folder of a sweep');
  for (const count of ['0', '500']) {
    const wrong = vitLab('sweep', 'sweep.yaml', '--runs', 'none', '--parallel', count);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--parallel takes a whole number from 1 to 64')]);
  }
  expect(existsSync(path.join(folder, 'none'))).toBe(false);
});

test('a dry run of a sweep’s folder tells what is in the queue, and leaves it there', async () => {
  // Another one, of which nothing is trained: a dry run of its folder tells what is in the queue, and leaves it there.
  const planned = path.join(folder, 'swept', 'planned');
  await mkdir(planned);
  const record = JSON.parse(await readFile(path.join(place, 'sweep.json'), 'utf8')) as { entries: { setting: number; seed: number; round: number; epochs: number }[] };
  const written = JSON.stringify({ ...record, entries: record.entries.map(({ setting, seed, round, epochs }, i) => ({ setting, seed, round, epochs, state: i === 3 ? 'skipped' : 'waiting' })) });
  await writeFile(path.join(planned, 'sweep.json'), written);
  const dry = vitLab('sweep', planned, '--dry-run', '--retry');
  expect([dry.status, dry.stderr]).toEqual([0, '']);
  expect(dry.stdout).toContain('combinations: 2; seeds: 2; trainings: 4');
  expect(dry.stdout.match(/queued/g)).toHaveLength(4);
  expect(await readdir(planned)).toEqual(['sweep.json']);
  expect(await readFile(path.join(planned, 'sweep.json'), 'utf8')).toBe(written);
});
