import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { toCsv } from '../../../src/engine/terminal/classify';
import { bundle } from '../bundle';
import { temporaryFolder } from '../tiny';

/** What the terminal tells without any run. */

let cli: string;
let folder: string;

const vitLab = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });

beforeAll(async () => {
  [cli, folder] = await Promise.all([bundle('cli'), temporaryFolder()]);
});

test('info counts ViT-Ti/16 to the unit', async () => {
  await writeFile(
    path.join(folder, 'ti16.yaml'),
    'dataset: {format: shapes}\nimage: {size: 224}\nmodel: {patch_size: 16, depth: 12, num_heads: 3, embed_dim: 192, mlp_ratio: 4}\n',
  );
  const { stdout } = vitLab('info', 'ti16.yaml', '--classes', '1000', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ params: 5_717_416, tokens: 197 });
});

test('CSV is RFC 4180', () => {
  expect(toCsv([{ file: 'a.png', predictions: [{ label: 'x,y', probability: 0.5 }] }])).toBe('file,label_1,probability_1,error\r\na.png,"x,y",0.500000,\r\n');
});

test('train --json ends with an ended line although there never was a run', () => {
  for (const args of [['train', 'nowhere.yaml'], ['resume', 'nowhere']]) {
    const { status, stdout, stderr } = vitLab(...args, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ type: 'ended', reason: 'error', run: null, metrics: {} });
    expect(stderr).toContain('error: ');
  }
});

test('a path that the system refuses is told as such, not as a defect', async () => {
  await writeFile(path.join(folder, 'file'), '');
  const { status, stderr } = vitLab('init', 'file/inside');
  expect(status).toBe(1);
  expect(stderr).toContain(path.join('file', 'inside'));
  expect(stderr).not.toContain('defect');
});
