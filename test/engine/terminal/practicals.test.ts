import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle, root } from '../bundle';
import { temporaryFolder } from '../tiny';

let cli: string;
let folder: string;

function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1', VITLAB_MEDIA: path.join(root, 'media/sample') } });
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
});

test('explain knows terms, metrics and keys; a practical is written, and kept', () => {
  for (const [query, name] of [['val/ece', 'ECE'], ['train.warmup_epochs', 'Warm-up'], ['rollout', 'Rollout'], ['heads/entropy/2.1', 'Attention entropy']] as const) {
    const { status, stdout } = vitLab('explain', query);
    expect([status, stdout.split('\n')[0]]).toEqual([0, name]);
    expect(stdout).toMatch(/Where to see it: /);
  }
  expect(vitLab('explain').stdout.trim().split('\n').length).toBeGreaterThan(70);
  const unknown = vitLab('explain', 'gradiometer');
  expect([unknown.status, unknown.stderr]).toEqual([1, 'error: The glossary does not know gradiometer. `vit-lab explain` lists its terms.\n']);
  const first = vitLab('init', '--practical', '2', '--json');
  expect(JSON.parse(first.stdout)).toMatchObject({ kept: [], data: { drawn: true } });
  expect(vitLab('init', '--practical', '2').stdout).toMatch(/README\.md was there already and stays as it is\.[^]*train practical-2.better\.vit\.yaml\n[^]*www\.cs\.toronto\.edu/);
  expect(vitLab('init', '--practical', '5').stderr).toContain('--practical takes 1 | 2 | 3 | 4, not 5');
  expect(vitLab('init', '--classes', 'a,b').stderr).toContain('--classes goes with --practical N');
});
