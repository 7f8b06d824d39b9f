import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createRun } from '../../../src/engine/runStore';
import { bundle } from '../bundle';
import { config, newRun } from '../runFixture';
import { temporaryFolder } from '../tiny';

/** `vit-lab runs` as a person types it. */

let [cli, folder] = ['', ''];
function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1', VITLAB_CACHE: '' } });
}

beforeAll(async () => {
  [cli, folder] = [await bundle('cli'), await temporaryFolder()];
  for (const depth of [2, 1]) {
    const writer = await createRun(newRun(path.join(folder, 'runs'), { config: { ...config, model: { ...config.model, depth } } }));
    await writer.finish('finished', 'completed', { 'val/top1': depth / 4 });
  }
}, 60_000);

test('runs are tagged, filtered, archived, deleted, given back and carried as one file', () => {
  const list = (...args: string[]) => JSON.parse(vitLab('runs', '--json', ...args).stdout) as { path: string; name: string; notes?: object }[];
  const count = list().length;
  const [newest] = list();
  expect(vitLab('runs', newest!.path, '--tag', 'cct', '--tag', 'paper', '--star', '--note', 'the <best>').status).toBe(0);
  expect(list('--filter', 'tag:cct is:starred')).toMatchObject([{ path: newest!.path, notes: { starred: true, archived: false, tags: ['cct', 'paper'], note: 'the <best>' } }]);
  expect(list('--filter', 'model.depth=1').map(({ path: one }) => one)).toEqual([newest!.path]);
  expect(list('--sort', 'val/top1')).toHaveLength(count);
  expect(vitLab('runs').stdout).toContain('★');
  const wrong = vitLab('runs', '--filter', 'colour:red');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('There is no field "colour". There are: state, is, tag')]);
  expect(vitLab('runs', newest!.path, '--archive').status).toBe(0);
  expect(list()).toHaveLength(count - 1);
  expect(list('--all')).toHaveLength(count);
  expect(list('--filter', 'is:archived')).toHaveLength(1);
  expect(vitLab('runs', newest!.path, '--unarchive', '--untag', 'paper').status).toBe(0);
  expect(vitLab('runs', newest!.path, '--export', 'one.vitrun').stdout).toMatch(/one\.vitrun \([\d.]+ MiB\)/);
  expect(vitLab('runs', newest!.path, '--export', 'one.vitrun').stderr).toContain('is there already');
  expect(vitLab('runs', '--import', 'one.vitrun', '--runs', 'carried').status).toBe(0);
  expect(list('--runs', 'carried')).toMatchObject([{ name: newest!.name, notes: { tags: ['cct'] } }]);
  expect(vitLab('runs', newest!.path, '--delete', '--star').status).toBe(2);
  const trashed = vitLab('runs', newest!.path, '--delete').stdout.trim();
  expect(list()).toHaveLength(count - 1);
  expect(vitLab('runs', '--trash').stdout).toContain(trashed);
  expect(vitLab('runs', trashed, '--restore').status).toBe(0);
  expect(list()).toHaveLength(count);
});
